//! Shapes and places as people have them: each one from OpenClaw's documents, its code, or a report.

mod accounts;
mod files;
mod secrets;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use contract::channels::Channel;
use serde_json::{Value, json};

use super::{Account, Places};

/// A machine with an OpenClaw: `home/.openclaw`, and variables.
struct Machine {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Machine {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    /// With `~/.openclaw/openclaw.json`.
    fn with(config: &str) -> Self {
        Self::new().file(".openclaw/openclaw.json", config)
    }

    /// The same, and `channels.feishu` is this.
    fn feishu(feishu: &Value) -> Self {
        Self::with(&json!({"channels": {"feishu": feishu}}).to_string())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    fn var(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn find(&self, name: Option<&str>) -> Result<Account, String> {
        self.find_of(&contract::channels::FEISHU, name)
    }

    fn find_of(&self, channel: &Channel, name: Option<&str>) -> Result<Account, String> {
        let mut variables = self.variables.clone();
        let home = self.folder.path().to_str().unwrap().to_owned();
        variables.push(("HOME".to_owned(), home));
        let lookup = move |name: &str| {
            let known = variables.iter().find(|(known, _)| known == name);
            known.map(|(_, value)| value.into())
        };
        let mut places = Places::from_lookup(&lookup);
        places.refer_to(Arc::new(lookup), Some(self.path("here")));
        let found = places.look(&self.path("nexu"));
        super::Files::of(channel, &places, &found).account(name)
    }

    #[track_caller]
    fn app(&self) -> String {
        self.app_called(None)
    }

    /// The app's id and its secret.
    #[track_caller]
    fn app_called(&self, name: Option<&str>) -> String {
        let account = self.find(name).unwrap_or_else(|error| panic!("{error}"));
        format!("{}:{}", account.app_id, account.secret.expose())
    }

    /// Why there is no app; never with a secret in it.
    #[track_caller]
    fn told(&self) -> String {
        self.told_of(None)
    }

    #[track_caller]
    fn told_of(&self, name: Option<&str>) -> String {
        let Err(words) = self.find(name) else {
            panic!("an app was found")
        };
        assert!(!words.contains("hunter2"), "{words}");
        words
    }
}

#[track_caller]
fn holds(words: &str, parts: &[&str]) {
    for part in parts {
        assert!(words.contains(part), "no {part} in: {words}");
    }
}
