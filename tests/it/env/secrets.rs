//! What every test ends with: planted secrets are in nothing that came of it, in no spelling. Searched are everything
//! that was printed, every file but those that a user keeps secrets in, every message, and the component's memory after
//! each call.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, Once};

use fakes::{
    ARK_KEY, DINGTALK_CLIENT_SECRET, DINGTALK_TOKENS_BEGIN, DIRECT_KEY, FEISHU_APP_SECRET,
    GATEWAY_KEY, MODELARK_KEY, PIPPIT_KEY, WECHAT_BOT_TOKEN, WECHAT_CONTEXTS_BEGIN,
    WECOM_CORP_SECRET, WECOM_TOKENS_BEGIN,
};
use serde_json::Value;
use tests::canary::Search;
use tests::memory::{CLEAN, REPORT, watched_component};

use super::{TestEnv, cache, files_below};

/// A shorter text is no key: it would be found everywhere.
const KEY_CHARS: usize = 12;
/// What every token of the fake begins with; the tokens themselves are made while the program runs.
const TOKENS_BEGIN: &str = "t-testkit000000000000";

/// What a test has seen and given so far.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    printed: Vec<(String, String)>,
    keys: BTreeSet<String>,
    /// Files that hold secrets because the test put them there.
    own: Vec<PathBuf>,
    /// What the test hands over by itself is in the memory.
    expected_in_memory: bool,
    /// The test has looked at its leaks by itself: it planted them.
    forgiven: bool,
}

impl Seen {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Something was printed.
    pub(super) fn printed(&self, by: &str, text: &str) {
        self.state().printed.push((by.to_owned(), text.to_owned()));
    }

    /// A text given to a program that may be a key.
    pub(super) fn given(&self, text: &str) {
        let text = text.trim();
        if text.len() >= KEY_CHARS && !text.contains(char::is_whitespace) {
            self.state().keys.insert(text.to_owned());
        }
    }

    /// The keys in arguments.
    pub(super) fn keys_in(&self, arguments: &[OsString]) {
        let texts: Vec<_> = arguments
            .iter()
            .map(|text| text.to_string_lossy())
            .collect();
        for (at, text) in texts.iter().enumerate() {
            if let Some(key) = text.strip_prefix("--api-key=") {
                self.given(key);
            } else if text == "--api-key" {
                texts
                    .get(at + 1)
                    .into_iter()
                    .for_each(|key| self.given(key));
            }
        }
    }
}

/// The code for such memories is compiled by whichever test is the first: its commands, and those of the tests beside it, would
/// each compile their own.
fn compile_once(report: &Path) {
    static COMPILED: Once = Once::new();
    COMPILED.call_once(|| {
        watched_component(Some(&cache()), "", report).unwrap();
    });
}

impl TestEnv {
    /// From now on the component's memory is searched after every call.
    pub(super) fn plant(&mut self) {
        // Such memories take other code than the program has in it, and wine can't map that from a file: each command would
        // compile the component. It is the same component, whose memory is searched on Linux.
        if cfg!(windows) {
            return;
        }
        let report = self.folder().join("memory-report");
        compile_once(&report);
        self.vars.insert(REPORT.into(), report.into());
    }

    /// The program as it is, with nothing beside it: for tests of what it takes, and of the engine it compiles for.
    pub fn unwatched(mut self) -> Self {
        self.vars.remove(std::ffi::OsStr::new(REPORT));
        self
    }

    /// This file holds secrets, or this folder, because the test put them there.
    pub fn holds_secrets(&self, path: impl Into<PathBuf>) {
        self.seen.state().own.push(path.into());
    }

    /// What the user hands to the component is in its memory, secret or not.
    pub fn expects_secrets_in_memory(&self) {
        self.seen.state().expected_in_memory = true;
    }

    /// The leaks of this world were wanted.
    pub fn forgive(&self) {
        self.seen.state().forgiven = true;
    }

    /// What was found in the memory of the calls so far, one line for each call.
    pub fn memory_report(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder().join("memory-report"));
        text.unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// Arguments of a command in this process.
    pub fn keys_in(&self, arguments: &[&str]) {
        let arguments: Vec<OsString> = arguments.iter().map(Into::into).collect();
        self.seen.keys_in(&arguments);
    }

    /// What a command in this process printed.
    pub fn printed(&self, text: &str) {
        self.seen.printed("the harness", text);
    }

    /// One more secret.
    pub fn plant_secret(&self, secret: &str) {
        self.seen.given(secret);
    }

    /// Every secret there is, with its name.
    pub fn canaries(&self) -> Vec<(String, String)> {
        let named = |name: &str, secret: &str| (name.to_owned(), secret.to_owned());
        let mut all = vec![
            named("the gateway key", GATEWAY_KEY),
            named("the direct key", DIRECT_KEY),
            named("the key of Ark", ARK_KEY),
            named("the key of ModelArk", MODELARK_KEY),
            named("the key of Pippit", PIPPIT_KEY),
            named("the app secret", FEISHU_APP_SECRET),
            named("a tenant token", TOKENS_BEGIN),
            named("the secret of DingTalk's app", DINGTALK_CLIENT_SECRET),
            named("a token of DingTalk", DINGTALK_TOKENS_BEGIN),
            named("the token of WeChat's account", WECHAT_BOT_TOKEN),
            named(
                "what a conversation of WeChat is known by",
                WECHAT_CONTEXTS_BEGIN,
            ),
            named("the secret of WeCom's app", WECOM_CORP_SECRET),
            named("a token of WeCom", WECOM_TOKENS_BEGIN),
        ];
        let keys = contract::services::makers().map(|(_, keys)| keys.variable);
        for name in keys.chain(["FEISHU_APP_SECRET", "DISCORD_BOT_TOKEN"]) {
            let value = self.vars.get(std::ffi::OsStr::new(name));
            value
                .into_iter()
                .for_each(|value| self.seen.given(&value.to_string_lossy()));
        }
        let config = std::fs::read(self.config_path()).unwrap_or_default();
        if let Ok(config) = serde_json::from_slice::<Value>(&config) {
            let services = config["services"].as_object().into_iter().flatten();
            let kept = services.map(|(_, kept)| &kept["apiKey"]);
            let keys = kept.chain([&config["apiKey"]]).filter_map(Value::as_str);
            keys.for_each(|key| self.seen.given(key));
        }
        let keys = self.seen.state().keys.clone();
        all.extend(keys.iter().map(|key| named("a key", key)));
        all
    }

    pub(super) fn canaries_text(&self) -> String {
        let line = |(name, secret): (String, String)| format!("{name}={secret}\n");
        self.canaries().into_iter().map(line).collect()
    }

    /// Where a secret was found that must not be there.
    pub fn leaks(&self) -> Vec<String> {
        let search = Search::of(&self.canaries());
        let mut leaks = Vec::new();
        let mut look = |place: &str, bytes: &[u8]| {
            if let Some(found) = search.find(bytes) {
                leaks.push(format!("{found}: in {place}"));
            }
        };
        let state = self.seen.state();
        for (by, text) in &state.printed {
            look(&format!("what {by} printed"), text.as_bytes());
        }
        let kept = std::fs::canonicalize(self.config_path()).unwrap_or_default();
        for file in files_below(self.folder()) {
            // A link to the user's own file holds nothing by itself.
            let real = std::fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
            let user = real == kept || state.own.iter().any(|own| file.starts_with(own));
            // Reading a pipe would wait for somebody to write.
            if !user && !is_openclaw(&file) && file.is_file() {
                look(
                    &file.display().to_string(),
                    &std::fs::read(&file).unwrap_or_default(),
                );
            }
        }
        #[cfg(all(unix, feature = "postgres"))]
        if self.store().is_some() {
            // Those of a folder are among the files above.
            for (path, bytes) in self.records() {
                look(&format!("the record {path}"), &bytes);
            }
            let in_the_folder = files_below(&self.state().join("sessions"));
            assert!(in_the_folder.is_empty(), "{in_the_folder:?}");
        }
        let (feishu, lark) = (self.feishu().messages(), self.world().lark().messages());
        for message in feishu.into_iter().chain(lark) {
            look("a message", message.content.to_string().as_bytes());
        }
        for message in self.world().discord().messages() {
            look("a message", message.content.as_bytes());
        }
        if !state.expected_in_memory {
            let found = self
                .memory_report()
                .into_iter()
                .filter(|line| line != CLEAN);
            leaks.extend(found.map(|found| format!("{found}: in the component's memory")));
        }
        leaks
    }
}

fn is_openclaw(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == "openclaw.json")
}

impl Drop for TestEnv {
    fn drop(&mut self) {
        // A test that has failed says so itself.
        if std::thread::panicking() || self.seen.state().forgiven {
            return;
        }
        let leaks = self.leaks();
        assert!(
            leaks.is_empty(),
            "secrets where none may be:\n{}\n{}",
            leaks.join("\n"),
            super::output::again()
        );
    }
}
