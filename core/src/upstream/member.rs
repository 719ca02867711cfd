//! What a service is, as data: who reads it decides nothing by a service's name.

use std::fmt;

use contract::services::{Keys, Service, of_key};
use serde_json::Value;

use super::port::Port;
use super::results::Store;
use super::{MEMBERS, Upstream};
use crate::json::{Stored, Written};

/// One service.
pub struct Member {
    /// Its addresses, its key and its routes.
    pub entry: &'static Service,
    /// What records call it: it never changes.
    pub record_name: &'static str,
    /// Whether version 1 of the records knows it: a program of that version leaves alone what belongs to another.
    pub in_version_1: bool,
    /// What people are shown in front of its address.
    pub title: &'static str,
    /// Its keys, in words, behind "only for".
    pub keys: &'static str,
    /// One of its keys, in words, behind "with".
    pub a_key: &'static str,
    /// What is known of it that who submits should hear, while its address is the usual one.
    pub warning: Option<&'static str>,
    /// What it can do.
    pub traits: Traits,
    /// How it is spoken to.
    pub port: &'static dyn Port,
}

/// What kind of work a service does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A backend agent: words go in, it may ask back, and gives results one after the other.
    Session,
    /// One request makes one result, and nothing of it is remembered.
    Task,
}

/// How a user's own picture or film reaches a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum References {
    /// It is uploaded, and its address stands in the words. The most bytes that one may have.
    Uploaded(u64),
    /// It travels in the request as a `data:` URL. The most bytes that one may have.
    InRequest(u64),
}

/// Whether a picture can be asked for instead of a film, and how it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pictures {
    /// It can't.
    None,
    /// As any other result: the job is looked at until it is there.
    AsResults,
    /// In the answer to the submit, which takes as long, and never again: nothing of it can be looked up.
    InAnswer,
}

/// What a service can do.
#[derive(Debug, Clone, Copy)]
pub struct Traits {
    /// What kind of work it does.
    pub shape: Shape,
    /// Whether a job that is there takes further words.
    pub continues: bool,
    /// Whether each request comes to an end of its own, whatever is asked behind it. Else what comes answers the latest.
    pub ends_each: bool,
    /// Whether it may ask the user something.
    pub asks: bool,
    /// Whether it tells which jobs a key has.
    pub lists: bool,
    /// Whether a job can be cancelled.
    pub cancels: bool,
    /// Whether a picture can be asked for instead of a film.
    pub pictures: Pictures,
    /// Whether the ratio is said in the words; else it is a field of the request.
    pub ratio_in_words: bool,
    /// How the user's own files reach it.
    pub references: References,
    /// How long the link of a result is good, in milliseconds; `None` where it doesn't expire.
    pub links_live_ms: Option<u64>,
    /// Where its results are, and nowhere else.
    pub stores: &'static [&'static Store],
    /// What the address begins with at which people see a project; its id follows.
    pub projects_at: Option<&'static str>,
}

/// Which service. What is stored of it is [`Member::record_name`].
#[derive(Clone, Copy)]
pub struct ServiceId(&'static Member);

impl ServiceId {
    /// That of a member.
    #[must_use]
    pub const fn of(member: &'static Member) -> Self {
        Self(member)
    }

    /// All there are.
    pub fn all() -> impl Iterator<Item = Self> {
        MEMBERS.iter().copied().map(Self)
    }

    /// That of records from before there were several.
    #[must_use]
    pub fn of_earlier_records() -> Self {
        Self(MEMBERS[0])
    }

    /// The one that records call so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|service| service.0.record_name == name)
    }

    /// The one that users call so.
    #[must_use]
    pub fn called(word: &str) -> Option<Self> {
        Self::all().find(|service| service.word() == word)
    }

    /// The one that users or records call so.
    #[must_use]
    pub fn meant_by(word: &str) -> Option<Self> {
        Self::called(word).or_else(|| Self::named(word))
    }

    /// The one that a key belongs to: by how it begins, else the one that is meant, where its keys have no form of their
    /// own.
    #[must_use]
    pub fn of_key(key: &str, meant: Option<Self>) -> Option<Self> {
        let entry = of_key(key, meant.map(|service| service.0.entry))?;
        Self::all().find(|service| service.0.entry.id == entry.id)
    }

    /// What it is.
    #[must_use]
    pub const fn member(self) -> &'static Member {
        self.0
    }

    /// What it can do.
    #[must_use]
    pub const fn traits(self) -> &'static Traits {
        &self.0.traits
    }

    /// The name used in records and replies.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0.record_name
    }

    /// Its keys. A test holds that every service has some.
    #[must_use]
    pub const fn keys(self) -> Option<&'static Keys> {
        self.0.entry.keys()
    }

    /// What users call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self.keys() {
            Some(keys) => keys.service,
            None => self.0.record_name,
        }
    }

    /// What a key of it begins with; empty where its keys have no form of their own.
    #[must_use]
    pub const fn key_prefix(self) -> &'static str {
        match self.keys() {
            Some(keys) => keys.prefix,
            None => "",
        }
    }

    /// A key of it as people read of one whose kind matters: how it begins, else whose it is.
    #[must_use]
    pub fn key_shown(self) -> String {
        match self.key_prefix() {
            "" => self.0.title.to_owned(),
            prefix => [prefix, "…"].concat(),
        }
    }

    /// Its address, unless it was moved.
    #[must_use]
    pub const fn usual_address(self) -> &'static str {
        match self.0.entry.origins {
            [first, ..] => first,
            [] => "",
        }
    }

    /// Where people see a project; none where the service has no such page.
    #[must_use]
    pub fn project_link(self, project: &str) -> Option<String> {
        let mut link = self.0.traits.projects_at?.to_owned();
        // The id is the service's word: it must not add a parameter of its own.
        link.extend(url::form_urlencoded::byte_serialize(project.as_bytes()));
        Some(link)
    }

    /// What there is to say of it to whoever submits to this address.
    #[must_use]
    pub fn warning_at(self, upstream: &Upstream<'_>) -> Option<&'static str> {
        let usual = upstream.base() == self.usual_address();
        // Who has moved the address runs something else there.
        self.0.warning.filter(|_| usual)
    }
}

impl PartialEq for ServiceId {
    fn eq(&self, other: &Self) -> bool {
        self.0.record_name == other.0.record_name
    }
}

impl Eq for ServiceId {}

impl fmt::Debug for ServiceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.record_name)
    }
}

impl Written for ServiceId {
    fn to_json(&self) -> Value {
        self.name().into()
    }
}

impl Stored for ServiceId {
    fn from_json(value: &Value) -> Option<Self> {
        Self::named(value.as_str()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_prefixes_and_addresses_belong_to_one_service_each() {
        let all: Vec<ServiceId> = ServiceId::all().collect();
        for (at, one) in all.iter().enumerate() {
            assert_eq!(ServiceId::named(one.name()), Some(*one));
            assert_eq!(ServiceId::called(one.word()), Some(*one));
            assert!(one.keys().is_some(), "{one:?}");
            assert!(one.usual_address().starts_with("https://"));
            for other in &all[at + 1..] {
                assert_ne!(one, other);
                assert_ne!(one.usual_address(), other.usual_address());
                let (prefix, others) = (one.key_prefix(), other.key_prefix());
                let told_apart = !prefix.starts_with(others) && !others.starts_with(prefix);
                assert!(told_apart || prefix.is_empty() || others.is_empty());
            }
        }
    }

    #[test]
    fn what_a_service_can_do_fits_its_shape() {
        for service in ServiceId::all() {
            let traits = service.traits();
            let remembers = traits.continues || traits.asks;
            assert!(!(traits.shape == Shape::Task && remembers), "{service:?}");
            assert!(!traits.stores.is_empty(), "{service:?}");
        }
    }
}
