//! What the harness that polls has, published for the processes that submit: they can't know its environment. A file beside the
//! lock, `libtv-harness.json`, without secrets. Not here: who polls; that is the lock's.
//!
//! | word for the component | this process, compared with the one that polls |
//! |---|---|
//! | `absent` | nobody polls |
//! | `polling` | both have the same, or nothing is known of the other one |
//! | `polling-without-key` | has a key, and the other one has none |
//! | `polling-with-another-kind-of-key` | has a key of another service |
//! | `polling-with-another-key` | has another key of the same service |
//!
//! Behind it, for each channel or service in whose app or key both differ, a space and:
//!
//! | word | this process, compared with the one that polls |
//! |---|---|
//! | `without-app:<channel>` | has an app, and the other one has none |
//! | `with-another-app:<channel>` | has another app, or the same one elsewhere |
//! | `with-its-own-app:<channel>` | has no app, and the other one has |
//! | `without-key:<service>` | has a key of a service whose keys have a place of their own, and the other one has none |
//! | `with-another-key:<service>` | has another key of it |

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use contract::channels::CHANNELS;
use serde_json::{Value, json};

use crate::credentials::{ConfigFile, FoundCredentials, FoundService};
use crate::home::Home;
use crate::keys::service_of;
use sandbox::files;
use sandbox::http::App;
use sandbox::secrets::{Secret, prefix};

/// What is published has a few hundred bytes.
const MAX_BYTES: u64 = 64 << 10;

/// What had a harness poll: for people who ask what runs there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StartedBy {
    /// A person or a script, by `serve`.
    Command,
    /// A service manager.
    Service,
    /// A submit that found nobody polling.
    Submit,
    /// An agent's MCP client.
    Mcp,
    /// A program around this library.
    #[default]
    Program,
}

impl StartedBy {
    const ALL: [Self; 5] = [
        Self::Command,
        Self::Service,
        Self::Submit,
        Self::Mcp,
        Self::Program,
    ];

    /// Its word in files and for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Service => "service",
            Self::Submit => "submit",
            Self::Mcp => "mcp",
            Self::Program => "program",
        }
    }

    /// The one of this word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }
}

/// The harness that polls, as far as it told of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Poller {
    /// Its process; none where the system lets nobody read that beside the lock (Windows).
    pub process: Option<u32>,
    /// What started it.
    pub started_by: Option<StartedBy>,
    /// Since when it polls, in milliseconds since 1970.
    pub since_ms: Option<u64>,
}

/// How and when this harness began to poll.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    pub(crate) by: StartedBy,
    pub(crate) at_ms: u64,
}

/// What a process would poll and deliver with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Means {
    /// The key of its own: from its environment or the program around it. Without one it takes the stored key.
    own_key: Option<String>,
    /// Keys of its own of services that have a place of their own, by their words.
    service_keys: Vec<(String, String)>,
    /// Its apps: of which channel, their ids and where they are.
    apps: Vec<AppMeans>,
}

/// An app as far as people may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AppMeans {
    channel: String,
    /// The app's id; of a channel whose apps have none, the end of its secret.
    id: String,
    at: String,
}

impl Means {
    /// What a process has that found this.
    pub(crate) fn of(found: &FoundCredentials) -> Self {
        let own = found.environment_key.as_ref();
        let own = own.or_else(|| {
            let is_own = found.key_is_programs;
            found.stored_key.as_ref().filter(|_| is_own)
        });
        Self {
            own_key: own.map(|key| shown(key)),
            service_keys: found.services.iter().filter_map(own_of).collect(),
            apps: found
                .apps
                .iter()
                // A named account comes out of the same file wherever this program runs.
                .filter(|app| app.account.is_none())
                .filter_map(|app| AppMeans::of(app))
                .collect(),
        }
    }

    fn to_json(&self, start: Start) -> Value {
        json!({
            "process": std::process::id(),
            "startedBy": start.by.name(),
            "sinceMs": start.at_ms,
            "key": self.own_key,
            "keys": self.service_keys.iter().cloned().collect::<BTreeMap<_, _>>(),
            // The first one alone is what a version that knew one channel reads.
            "app": self.apps.first().map(AppMeans::to_json),
            "apps": self.apps.iter().map(AppMeans::to_json).collect::<Vec<_>>(),
        })
    }

    fn from_json(value: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let apps = match value["apps"].as_array() {
            Some(apps) => apps.iter().filter_map(AppMeans::from_json).collect(),
            // A harness of a version that knew one channel tells of its app alone.
            None => AppMeans::from_json(&value["app"]).into_iter().collect(),
        };
        Self {
            own_key: text(&value["key"]),
            service_keys: value["keys"]
                .as_object()
                .into_iter()
                .flatten()
                .filter_map(|(word, key)| Some((word.clone(), text(key)?)))
                .collect(),
            apps,
        }
    }

    /// Those of a channel.
    fn of_channel(&self, channel: &str) -> Vec<&AppMeans> {
        let apps = self.apps.iter();
        apps.filter(|app| app.channel == channel).collect()
    }
}

impl AppMeans {
    /// `None` for an app of a service that no channel has.
    fn of(app: &App) -> Option<Self> {
        let mut channels = CHANNELS.into_iter();
        let channel = channels.find(|channel| channel.service.id == app.service.id)?;
        let id = if channel.variables.app.is_some() {
            app.app_id.clone()
        } else {
            format!("…{}", app.secret.last_four())
        };
        Some(Self {
            channel: channel.id.to_owned(),
            id,
            at: app.base.text(),
        })
    }

    fn to_json(&self) -> Value {
        json!({"channel": self.channel, "id": self.id, "at": self.at})
    }

    fn from_json(value: &Value) -> Option<Self> {
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        Some(Self {
            channel: text("channel").unwrap_or_else(|| CHANNELS[0].id.to_owned()),
            id: text("id")?,
            at: text("at")?,
        })
    }
}

/// A service's key that this process has of its own: from its environment or the program around it.
fn own_of(found: &FoundService) -> Option<(String, String)> {
    let own = found.environment.as_ref();
    let own = own.or_else(|| found.stored.as_ref().filter(|_| found.is_programs))?;
    Some((found.word.to_owned(), shown(own)))
}

/// A key as far as people may see it: its kind and its last four characters.
fn shown(key: &Secret) -> String {
    let prefix = prefix(service_of(key.expose()));
    format!("{prefix}…{}", key.last_four())
}

/// The kind of a key that is shown: which service it is for.
fn kind(shown: &str) -> &str {
    shown.split('…').next().unwrap_or_default()
}

fn path(home: &Home) -> PathBuf {
    home.root().join("libtv-harness.json")
}

/// Tells what this harness has; the caller owns the state folder. Best effort: without it nothing is claimed.
pub(crate) fn tell(home: &Home, means: &Means, start: Start) {
    // The next time it is right again, and a file that can't be written says nothing of this process.
    drop(files::write_durably(
        &path(home),
        means.to_json(start).to_string().as_bytes(),
    ));
}

/// What the owner of the state folder published; none when it didn't.
fn told(home: &Home) -> Option<Value> {
    let path = path(home);
    // Neither a link nor a file without end: where a group can write to the home folder, it may be
    // anybody's.
    let is_ours =
        fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() <= MAX_BYTES);
    let text = is_ours.then(|| fs::read(&path).ok())??;
    let value: Value = serde_json::from_slice(&text).ok()?;
    let process = value["process"].as_u64()?;
    // A file that a former owner left describes a process that is gone: only the one that holds the lock is
    // believed.
    (home.owner_process().map(u64::from) == Some(process)).then_some(value)
}

impl Home {
    /// Whether `libtv.json` says `"autostart": true`: a submit that finds nobody polling is to start what polls.
    pub fn wants_autostart(&self) -> bool {
        let members = ConfigFile::at(self.config()).read();
        // A file that can't be used is named by every command; here it says nothing.
        members.is_ok_and(|members| members.get("autostart") == Some(&true.into()))
    }

    /// The harness that polls this state folder now; none when nobody does.
    pub fn poller(&self) -> Option<Poller> {
        if !self.is_owned() {
            return None;
        }
        let told = told(self).unwrap_or_default();
        Some(Poller {
            process: self.owner_process(),
            started_by: told["startedBy"].as_str().and_then(StartedBy::of_name),
            since_ms: told["sinceMs"].as_u64(),
        })
    }
}

/// Who polls this state folder, in the words that the component knows, compared with what this process has.
pub(crate) fn state(home: &Home, found: &FoundCredentials) -> String {
    if !home.is_owned() {
        return "absent".to_owned();
    }
    let Some(there) = told(home).as_ref().map(Means::from_json) else {
        return "polling".to_owned();
    };
    let here = Means::of(found);
    let mut words = of_keys(found, &here, &there).to_owned();
    for service in &found.services {
        if let Some(how) = of_service(service, &there) {
            words.extend([" ", how, ":", service.word]);
        }
    }
    for channel in CHANNELS {
        let (here, there) = (here.of_channel(channel.id), there.of_channel(channel.id));
        let how = match (here.is_empty(), there.is_empty()) {
            (false, true) => "without-app",
            (true, false) => "with-its-own-app",
            // Each of this process's has to be there: a job may be answered with any of them.
            (false, false) if !here.iter().all(|app| there.contains(app)) => "with-another-app",
            _ => continue,
        };
        words.extend([" ", how, ":", channel.id]);
    }
    words
}

/// How the key of a service with a place of its own differs; `None` where it doesn't, or this process has none.
fn of_service(service: &FoundService, there: &Means) -> Option<&'static str> {
    let stored = service.stored.as_ref().map(|key| shown(key));
    let here = own_of(service)
        .map(|(_, key)| key)
        .or_else(|| stored.clone())?;
    let mut own = there.service_keys.iter();
    let own = own.find(|(word, _)| *word == service.word);
    // Both have the same libtv.json, but for a key that the program around this one brings.
    let there = own.map(|(_, key)| key.clone());
    match there.or_else(|| stored.filter(|_| !service.is_programs)) {
        None => Some("without-key"),
        Some(there) if there != here => Some("with-another-key"),
        Some(_) => None,
    }
}

/// The first word: whether the one that polls has the same key.
fn of_keys(found: &FoundCredentials, here: &Means, there: &Means) -> &'static str {
    let stored = || found.stored_key.as_ref().map(|key| shown(key));
    let key_here = here.own_key.clone().or_else(stored);
    // Both have the same libtv.json, but for a key that the program around this one brings.
    let stored_there = || stored().filter(|_| !found.key_is_programs);
    match (key_here, there.own_key.clone().or_else(stored_there)) {
        (Some(_), None) => "polling-without-key",
        (Some(here), Some(there)) if kind(&here) != kind(&there) => {
            "polling-with-another-kind-of-key"
        }
        (Some(here), Some(there)) if here != there => "polling-with-another-key",
        _ => "polling",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Start = Start {
        by: StartedBy::Submit,
        at_ms: 1_767_225_600_000,
    };

    #[test]
    fn what_is_told_is_read_back_and_holds_no_secret() {
        let means = Means {
            own_key: Some(shown(&Secret::new("mgk_abcdefgh1234"))),
            service_keys: vec![("ark".to_owned(), shown(&Secret::new("0a1b-abcdefgh5678")))],
            apps: vec![AppMeans {
                channel: "feishu".to_owned(),
                id: "cli_1".to_owned(),
                at: "https://open.feishu.cn".to_owned(),
            }],
        };
        let text = means.to_json(START);
        assert_eq!(Means::from_json(&text), means);
        assert!(!text.to_string().contains("abcdefgh"), "{text}");
        assert_eq!(means.own_key.as_deref(), Some("mgk_…1234"));
    }

    #[test]
    fn what_an_earlier_owner_told_says_nothing_of_this_one() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        home.prepare().unwrap();
        let owner = home.own().unwrap();
        let means = Means {
            own_key: None,
            service_keys: Vec::new(),
            apps: Vec::new(),
        };
        assert_eq!(home.poller().unwrap().started_by, None);
        tell(&home, &means, START);
        let there = told(&home).as_ref().map(Means::from_json);
        assert_eq!(there, Some(means.clone()));
        let poller = Poller {
            process: Some(std::process::id()),
            started_by: Some(StartedBy::Submit),
            since_ms: Some(START.at_ms),
        };
        assert_eq!(home.poller(), Some(poller));
        let mut other = means.to_json(START);
        other["process"] = 1.into();
        fs::write(path(&home), other.to_string()).unwrap();
        assert_eq!(told(&home), None);
        drop(owner);
        assert_eq!(home.poller(), None);
    }
}
