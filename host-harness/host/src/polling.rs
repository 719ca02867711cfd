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
//! | `polling-without-app` | has an app, and the other one has none |
//! | `polling-with-another-app` | has another app, or the same one elsewhere |
//! | `polling-with-its-own-app` | has no app, and the other one has |

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::credentials::FoundCredentials;
use crate::home::Home;
use crate::keys::service_of;
use sandbox::files;
use sandbox::secrets::{Secret, prefix};

/// What is published has a few hundred bytes.
const MAX_BYTES: u64 = 64 << 10;

/// What a process would poll and deliver with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Means {
    /// The key of its own: from its environment or the program around it. Without one it takes the stored key.
    own_key: Option<String>,
    /// The app: its id and where it is.
    app: Option<(String, String)>,
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
            app: found
                .apps
                .first()
                .map(|app| (app.app_id.clone(), app.base.text())),
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "process": std::process::id(),
            "key": self.own_key,
            "app": self.app.as_ref().map(|(id, base)| json!({"id": id, "at": base})),
        })
    }

    fn from_json(value: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let app = &value["app"];
        Self {
            own_key: text(&value["key"]),
            app: text(&app["id"]).zip(text(&app["at"])),
        }
    }
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
pub(crate) fn tell(home: &Home, means: &Means) {
    // The next time it is right again, and a file that can't be written says nothing of this process.
    drop(files::write_durably(
        &path(home),
        means.to_json().to_string().as_bytes(),
    ));
}

/// What the owner of the state folder published; none when it didn't.
fn told(home: &Home) -> Option<Means> {
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
    (home.owner_process().map(u64::from) == Some(process)).then(|| Means::from_json(&value))
}

/// Who polls this state folder, in the word that the component knows, compared with what this process has.
pub(crate) fn state(home: &Home, found: &FoundCredentials) -> &'static str {
    if !home.is_owned() {
        return "absent";
    }
    let Some(there) = told(home) else {
        return "polling";
    };
    let here = Means::of(found);
    let stored = || found.stored_key.as_ref().map(|key| shown(key));
    let key_here = here.own_key.clone().or_else(stored);
    // Both have the same libtv.json, but for a key that the program around this one brings.
    let stored_there = || stored().filter(|_| !found.key_is_programs);
    match (key_here, there.own_key.clone().or_else(stored_there)) {
        (Some(_), None) => return "polling-without-key",
        (Some(here), Some(there)) if kind(&here) != kind(&there) => {
            return "polling-with-another-kind-of-key";
        }
        (Some(here), Some(there)) if here != there => return "polling-with-another-key",
        _ => {}
    }
    match (here.app, there.app) {
        (Some(_), None) => "polling-without-app",
        (Some(here), Some(there)) if here != there => "polling-with-another-app",
        (None, Some(_)) => "polling-with-its-own-app",
        _ => "polling",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read_back_and_holds_no_secret() {
        let means = Means {
            own_key: Some(shown(&Secret::new("mgk_abcdefgh1234"))),
            app: Some(("cli_1".to_owned(), "https://open.feishu.cn".to_owned())),
        };
        let text = means.to_json();
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
            app: None,
        };
        tell(&home, &means);
        assert_eq!(told(&home), Some(means.clone()));
        let mut other = means.to_json();
        other["process"] = 1.into();
        fs::write(path(&home), other.to_string()).unwrap();
        assert_eq!(told(&home), None);
        drop(owner);
    }
}
