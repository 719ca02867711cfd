//! OpenClaw's configuration, read by OpenClaw's rules: where the file is (`places`), JSON5 (`text`), files that it includes
//! (`include`), variables it refers to (`variables`), secrets kept elsewhere (`secret`), which of several accounts is meant
//! (`accounts`), those that a plug-in keeps in files of its own (`kept`); and what makes an account of a channel (`section`). Only read; never written, never granted to the component.
//!
//! A file that is there and can't be used is an error, and nothing else is taken in its place: another account is another
//! bot, which isn't in the chat, or knows its people by other names.

mod accounts;
mod config;
mod include;
mod kept;
mod places;
mod secret;
mod section;
#[cfg(test)]
mod tests;
mod text;
mod variables;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use config::Config;
use section::Found;

use contract::channels::Channel;

pub use places::openclaw_state_dir;
pub(crate) use places::{Looked, Lookup, Places};

use sandbox::http::Contexts;
use sandbox::secrets::Secret;

/// More accounts than anybody has bots; what stands beyond them is passed over, as in the component.
const MOST_ACCOUNTS: usize = 20;

/// An account of a channel.
pub(crate) struct Account {
    pub(crate) app_id: String,
    /// Which of those with that id it is, where several share one.
    pub(crate) agent: Option<String>,
    pub(crate) secret: Arc<Secret>,
    /// The origin of its platform, or why it isn't known.
    pub(crate) origin: Result<Cow<'static, str>, String>,
    /// What its conversations are known by, where the channel's plug-in keeps that.
    pub(crate) contexts: Option<Contexts>,
    /// The file and the account, for people.
    pub(crate) found_in: String,
}

/// The files that may have accounts of a channel, in the order in which they count. Each is read once, when it is first looked into.
pub(crate) struct Files<'a> {
    channel: &'a Channel,
    places: &'a Places,
    files: Vec<(&'a Looked, OnceCell<Read<'a>>)>,
}

/// What is in a file; nothing where it isn't there.
type Read<'a> = Result<Option<Config<'a>>, String>;

impl<'a> Files<'a> {
    /// Those that were found at these places.
    pub(crate) fn of(channel: &'a Channel, places: &'a Places, found: &'a [Looked]) -> Self {
        let files = found.iter();
        Self {
            channel,
            places,
            files: files.map(|looked| (looked, OnceCell::new())).collect(),
        }
    }

    /// Each with what is in it.
    fn read(&self) -> impl Iterator<Item = (&'a Looked, &Read<'a>)> {
        self.files.iter().map(|(looked, read)| {
            let config = || match looked.is_there {
                true => Config::read(self.places, &looked.place, self.channel),
                false => Ok(None),
            };
            (*looked, read.get_or_init(config))
        })
    }

    /// The account called `name`, or the one that is meant without a name, in the first file that has any.
    ///
    /// # Errors
    /// Words for behind "credentials:": what was looked at, or what is there and can't be used.
    pub(crate) fn account(&self, name: Option<&str>) -> Result<Account, String> {
        let channel = self.channel;
        let unusable = |reason: String| unusable(channel, reason);
        let (mut looked_at, mut without_name) = (Vec::new(), Vec::new());
        for (Looked { place, shown, .. }, read) in self.read() {
            let Some(config) = read.as_ref().map_err(|why| unusable(why.clone()))? else {
                if let Some(variable) = place.named_by {
                    return Err(unusable(format!(
                        "{variable} names {shown}, which isn't there"
                    )));
                }
                looked_at.extend(place.is_told.then_some(Cow::Borrowed(&**shown)));
                continue;
            };
            match section::find(channel, config, name) {
                Ok(Found::Account(account)) => return Ok(kept(channel, account, shown)),
                Ok(Found::Nothing) => {
                    looked_at.push(format!("{shown} (no app is configured there)").into());
                }
                Ok(Found::NotThere(ids)) => without_name.push(format!("{shown} has: {ids}")),
                Err(reason) => return Err(unusable(format!("{shown}: {reason}"))),
            }
        }
        if let Some(name) = name.filter(|_| !without_name.is_empty()) {
            let files = without_name.join("; ");
            return Err(unusable(format!(
                "{} names the account {name}, which isn't there. {files}",
                channel.section.chosen_by
            )));
        }
        Err(printable(&format!(
            "not found. Looked at: {}. Set {}, or keep them in one of these files.",
            looked_at.join(", "),
            both(channel)
        )))
    }

    /// Every account in the first file that has any, each with its name; and why others can't be used.
    pub(crate) fn accounts(&self) -> (Vec<(String, Account)>, Vec<String>) {
        let channel = self.channel;
        for (looked, read) in self.read() {
            let config = match read {
                Ok(Some(config)) => config,
                Ok(None) if looked.place.named_by.is_none() => continue,
                // What is wrong with it is told where the account without a name is looked for, and no other file is taken.
                Ok(None) | Err(_) => break,
            };
            let found = section::all(channel, config).unwrap_or_default();
            if found.is_empty() {
                continue;
            }
            let (mut accounts, mut unusable) = (Vec::new(), Vec::new());
            for account in found.into_iter().take(MOST_ACCOUNTS) {
                match account {
                    Ok(account) => {
                        let id = printable(&account.id);
                        accounts.push((id, kept(channel, account, &looked.shown)));
                    }
                    Err(reason) => unusable.push(self::unusable(channel, reason)),
                }
            }
            return (accounts, unusable);
        }
        (Vec::new(), Vec::new())
    }
}

/// What is known of an account of the file that is shown so.
fn kept(channel: &Channel, account: section::Account, shown: &str) -> Account {
    let unusable = |reason: String| unusable(channel, format!("{shown}: {reason}"));
    Account {
        app_id: account.app_id,
        agent: account.agent,
        secret: Arc::new(account.secret),
        origin: account.origin.map_err(unusable),
        found_in: printable(&format!("{shown}, account {}", account.id)),
        contexts: account.contexts,
    }
}

/// Words for something that is there and doesn't work.
pub(super) fn unusable(channel: &Channel, reason: String) -> String {
    let reason = printable(&reason);
    let variables = both(channel);
    format!("can't be used. {reason}. Correct that, or set {variables}.")
}

/// The variables that make an app, for people.
pub(crate) fn both(channel: &Channel) -> String {
    contract::channels::enumerated(channel.variables.of_app(), "and")
}

/// Names from a file, for a terminal: without its commands.
fn printable(text: &str) -> String {
    // Nearly all of them, and each call has some for every channel.
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.to_owned();
    }
    let mut shown = String::new();
    for c in text.chars() {
        if contract::text::is_unseen(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}
