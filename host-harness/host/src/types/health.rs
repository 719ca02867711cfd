//! What is configured, and whether it works.

use serde::Serialize;
use wasmtime::component::{ComponentType, Lift};

use super::{Problem, text};

/// An account of a channel that results are sent with.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(record)]
#[serde(rename_all = "camelCase")]
pub struct ChannelAccount {
    /// The channel, in lower case.
    pub channel: String,
    /// The platform's id of it. No secret.
    pub id: String,
    /// The platform's address.
    pub url: String,
    /// Where it was found, for people.
    #[component(name = "found-in")]
    pub found_in: String,
}

/// Whether results arrive by themselves.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(variant)]
#[serde(rename_all = "camelCase")]
pub enum Polling {
    /// A harness polls.
    #[component(name = "active")]
    Active,
    /// One polls, but lacks something, which the text names: results don't arrive by themselves.
    #[component(name = "lacking")]
    Lacking(String),
    /// None polls.
    #[component(name = "absent")]
    Absent,
    /// The component can't know.
    #[component(name = "unknown")]
    Unknown,
}

/// How often a key may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(record)]
pub struct Uses {
    /// What is left.
    pub remaining: i64,
    /// What it was good for.
    pub max: i64,
}

/// What is configured, and whether the key is good.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(record)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// The key's last four characters, behind asterisks.
    #[component(name = "api-key")]
    pub api_key: String,
    /// Where the key is kept, for people.
    #[component(name = "key-from")]
    pub key_from: Option<String>,
    /// Which service the key belongs to, as a session stores it.
    pub service: String,
    /// The service's address.
    pub url: String,
    /// The ratio of videos whose request names none.
    #[component(name = "video-ratio")]
    pub video_ratio: String,
    /// The configuration file.
    pub config: String,
    /// Whether the service said that the key is good; some can't be asked.
    pub verified: bool,
    /// How often the key may be used, as the service says it.
    pub uses: Option<Uses>,
    /// When the key expires, as the service says it.
    #[component(name = "expires-at")]
    pub expires_at: Option<String>,
    /// The accounts that results are sent with.
    pub accounts: Vec<ChannelAccount>,
    /// Why there are none, as a sentence.
    #[component(name = "no-accounts")]
    pub no_accounts: Option<String>,
    /// Whether results arrive by themselves.
    pub polling: Polling,
    /// What is known against this configuration.
    pub warning: Option<String>,
    /// Why nothing can be submitted now.
    pub problem: Option<Problem>,
}

/// How one link of the chain from the key to the chat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(enum)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Health {
    /// It works.
    #[component(name = "good")]
    Good,
    /// Results arrive all the same, or it couldn't be looked at.
    #[component(name = "doubtful")]
    Doubtful,
    /// It has to be mended.
    #[component(name = "broken")]
    Broken,
}

/// What was found of one link.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(record)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Which one, in a word or two.
    pub link: String,
    /// How it is.
    pub health: Health,
    /// What was found.
    pub detail: String,
    /// What to do about it, a line for each step.
    #[serde(serialize_with = "text::or_empty")]
    pub advice: Option<String>,
}
