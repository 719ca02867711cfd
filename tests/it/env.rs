//! A home folder, a world of fakes, and the program between them. Not here: what a test expects.
//!
//! ```ignore
//! let env = TestEnv::new();                       // gateway key and Feishu app configured, polls every 0.1 s
//! let out = env.run(["create-session", "a cat", "--channel", "feishu", "--chat-id", "oc_x"]).ok();
//! let serve = env.serve();                        // killed when it is dropped
//! env.wait_for_messages("oc_x", 1);               // woken by the fake, never asleep
//! ```

#![allow(dead_code, reason = "an environment offers more than each test uses")]

#[cfg(all(unix, feature = "postgres"))]
mod on_postgres;
mod output;
pub mod scenes;
mod secrets;
mod serving;
mod stopping;
mod talking;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use fakes::{Ark, Fake, Feishu, LibTv, Media, SentMessage, World, WorldBuilder};
use host_harness::{Component, Environment, Harness, Settings};
pub use output::{Output, Running};
use secrets::Seen;
use serde_json::{Value, json};
pub use serving::Serving;
pub use stopping::ask_to_stop;
pub use talking::Talking;
use tests::memory::{CACHE, CANARIES, REPORT, watched_component};

/// The program, built by cargo before these tests run.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_libtv-video-under-test");
/// No command here takes a second; a busy machine gets a minute.
pub const TIMEOUT: Duration = Duration::from_secs(60);
/// The variable that names the user's own folder.
pub const USER_HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
/// The chat that most tests send to.
pub const CHAT: &str = "oc_test";

/// What is settled before the world starts.
pub struct Builder {
    world: WorldBuilder,
    vars: BTreeMap<OsString, OsString>,
    config: Option<String>,
}

impl Builder {
    /// One variable more, or another value.
    pub fn var(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.vars.insert(name.into(), value.as_ref().to_owned());
        self
    }

    /// One variable less.
    pub fn without(mut self, name: &str) -> Self {
        self.vars.remove(OsStr::new(name));
        self
    }

    /// `libtv.json` as it is; `None`: there is none.
    pub fn config(mut self, text: Option<&str>) -> Self {
        self.config = text.map(str::to_owned);
        self
    }

    /// `libtv.json` with this key.
    pub fn key(self, key: &str) -> Self {
        let text = json!({"apiKey": key}).to_string();
        self.config(Some(&text))
    }

    /// No Feishu app is known.
    pub fn without_feishu(self) -> Self {
        self.without("FEISHU_APP_ID").without("FEISHU_APP_SECRET")
    }

    /// One more app that Feishu and Lark know.
    pub fn app(mut self, app: fakes::App) -> Self {
        self.world = self.world.app(app);
        self
    }

    /// One more valid key.
    pub fn valid_key(mut self, key: &str) -> Self {
        self.world = self.world.key(key);
        self
    }

    /// Starts the world.
    pub fn start(self) -> TestEnv {
        let folder = tempfile::tempdir().unwrap();
        let world = self.world.start().unwrap();
        let ca = world.write_ca(folder.path()).unwrap();
        let (home, user) = (folder.path().join("nexu"), folder.path().join("user"));
        for made in [&home, &user] {
            std::fs::create_dir(made).unwrap();
        }
        let mut vars = BTreeMap::from([
            ("NEXU_HOME".into(), home.clone().into()),
            (USER_HOME.into(), user.into()),
            (CACHE.into(), cache().into()),
            ("LIBTV_CONNECT_TO".into(), world.connect_to().into()),
            ("SSL_CERT_FILE".into(), ca.into()),
        ]);
        // Without these no program of Windows has sockets or temporary files.
        for name in ["SystemRoot", "TEMP", "TMP", "WINEPREFIX"] {
            if cfg!(windows) {
                vars.extend(std::env::var_os(name).map(|value| (name.into(), value)));
            }
        }
        vars.extend(self.vars);
        #[cfg(all(unix, feature = "postgres"))]
        vars.extend(on_postgres::variables());
        let mut env = TestEnv {
            world,
            folder,
            vars,
            seen: Seen::default(),
        };
        env.plant();
        if let Some(config) = self.config {
            std::fs::write(env.config_path(), config).unwrap();
        }
        env
    }
}

/// One installation, for one test. When the test is done everything that came of it is searched for secrets
/// (`secrets.rs`).
pub struct TestEnv {
    world: World,
    folder: tempfile::TempDir,
    vars: BTreeMap<OsString, OsString>,
    seen: Seen,
}

impl TestEnv {
    /// A gateway key in `libtv.json`, the Feishu app in the environment, a poll every 0.1 s.
    pub fn new() -> Self {
        Self::builder().start()
    }

    /// The same with a direct key.
    pub fn direct() -> Self {
        Self::builder().key(fakes::DIRECT_KEY).start()
    }

    /// The same, to be changed.
    pub fn builder() -> Builder {
        let builder = Builder {
            world: World::builder(),
            vars: BTreeMap::new(),
            config: None,
        };
        builder
            .key(fakes::GATEWAY_KEY)
            .var("FEISHU_APP_ID", fakes::FEISHU_APP_ID)
            .var("FEISHU_APP_SECRET", fakes::FEISHU_APP_SECRET)
            .var("LIBTV_POLL_INTERVAL_SECONDS", "0.1")
    }

    /// The variables of its commands.
    pub fn vars(&self) -> &BTreeMap<OsString, OsString> {
        &self.vars
    }

    /// Changes a variable for the commands to come.
    pub fn set(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.vars.insert(name.into(), value.as_ref().to_owned());
    }

    /// The same world and home with one more variable: for commands that run beside others.
    fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        self.command_of(PROGRAM, arguments)
    }

    fn command_of<A: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Command {
        let arguments: Vec<OsString> = arguments
            .into_iter()
            .map(|argument| argument.as_ref().to_owned())
            .collect();
        self.seen.keys_in(&arguments);
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(&self.vars)
            .env(CANARIES, self.canaries_text())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The same installation for a harness inside the test's own process.
    pub fn settings(&self) -> Settings {
        let environment = Environment::from_lookup(|name| self.vars.get(OsStr::new(name)).cloned());
        let settings = Settings::new(self.home()).with_environment(environment);
        #[cfg(all(unix, feature = "postgres"))]
        if let Some(store) = self.store() {
            return settings.with_state_store(std::sync::Arc::new(store));
        }
        settings
    }

    /// Runs one command to its end.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Output {
        self.spawn(arguments).finish()
    }

    /// Runs another program in the same surroundings.
    pub fn run_program<A: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Output {
        Running::start(self.command_of(program, arguments), None, &self.seen).finish()
    }

    /// Runs one command with this on its standard input.
    pub fn run_with_input<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        input: &str,
    ) -> Output {
        self.seen.given(input);
        Running::start(self.command(arguments), Some(input.to_owned()), &self.seen).finish()
    }

    /// Starts one command.
    pub fn spawn<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Running {
        Running::start(self.command(arguments), None, &self.seen)
    }

    /// The harness as an embedding program has it, in this process.
    pub fn harness(&self) -> Harness {
        self.harness_with(|settings| settings)
    }

    /// The same with other settings.
    pub fn harness_with(&self, change: impl FnOnce(Settings) -> Settings) -> Harness {
        let settings = self.settings();
        let component = match self.vars.get(OsStr::new(REPORT)) {
            Some(report) => {
                watched_component(Some(&cache()), &self.canaries_text(), report.as_ref())
            }
            None => Component::embedded(),
        };
        Harness::new(component.unwrap(), change(settings)).unwrap()
    }

    /// Where its state is, when that isn't its folder.
    #[cfg(all(unix, feature = "postgres"))]
    pub fn store(&self) -> Option<tests::on_postgres::OnPostgres> {
        tests::on_postgres::OnPostgres::of(|name| self.vars.get(OsStr::new(name)).cloned())
    }

    /// Starts the timer and waits until it owns the state folder.
    pub fn serve(&self) -> Serving {
        let serving = self.serve_unchecked();
        serving.wait_for_line("started: polling");
        serving
    }

    /// Starts the timer, whatever becomes of it.
    pub fn serve_unchecked(&self) -> Serving {
        Serving::start(self.command(["serve"]), &self.seen)
    }

    /// The same with other arguments.
    pub fn serve_with<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Serving {
        Serving::start(self.command(arguments), &self.seen)
    }

    /// Starts an MCP server, and shakes hands with it.
    pub fn mcp(&self) -> Talking {
        let mut talking = self.mcp_unchecked();
        talking.shake_hands();
        talking
    }

    /// Starts an MCP server that polls, and shakes hands with it.
    pub fn polling_mcp(&self) -> Talking {
        let talking = self.mcp();
        talking.wait_for_log("started: polling");
        talking
    }

    /// Starts an MCP server, whatever becomes of it.
    pub fn mcp_unchecked(&self) -> Talking {
        Talking::start(self.command(["mcp"]))
    }

    /// Starts a command that is looked at while it runs. What it prints is left in its pipes.
    pub fn start<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> std::process::Child {
        let mut command = self.command(arguments);
        stopping::on_its_own(&mut command);
        command.spawn().unwrap()
    }

    /// Submits `text` with results to [`CHAT`], and gives the session's id.
    pub fn submit(&self, text: &str) -> String {
        self.submit_to(text, CHAT)
    }

    /// Submits `text` with results to a Feishu chat.
    pub fn submit_to(&self, text: &str, chat: &str) -> String {
        self.ask(text, "feishu", chat).ok().session_id()
    }

    /// Asks for `text`, with results to a chat.
    pub fn ask(&self, text: &str, channel: &str, chat: &str) -> Output {
        self.ask_with(text, channel, chat, &[])
    }

    /// The same with further options.
    pub fn ask_with(&self, text: &str, channel: &str, chat: &str, more: &[&str]) -> Output {
        let line = [
            "create-session",
            text,
            "--channel",
            channel,
            "--chat-id",
            chat,
        ];
        self.run([&line, more].concat())
    }

    /// Continues a session without naming a chat.
    pub fn continue_session(&self, id: &str, text: &str) -> Value {
        self.run(["create-session", text, "--session-id", id])
            .ok()
            .json()
    }

    /// Watches a session to its end.
    pub fn watch(&self, id: &str) -> Output {
        self.run(["wait-and-deliver", "--session-id", id])
    }

    /// At least so many messages of a Feishu chat.
    pub fn wait_for_messages(&self, chat: &str, count: usize) -> Vec<SentMessage> {
        block_on(self.feishu().wait_for_messages(chat, count, TIMEOUT))
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// What stands in [`CHAT`].
    pub fn chat(&self) -> Vec<SentMessage> {
        self.feishu().chat(CHAT).messages()
    }

    pub fn world(&self) -> &World {
        &self.world
    }

    pub fn gateway(&self) -> LibTv {
        self.world.gateway()
    }

    pub fn direct_api(&self) -> LibTv {
        self.world.direct()
    }

    pub fn ark(&self) -> Ark {
        self.world.ark()
    }

    pub fn modelark(&self) -> Ark {
        self.world.modelark()
    }

    pub fn media(&self) -> Media {
        self.world.media()
    }

    pub fn feishu(&self) -> Feishu {
        self.world.feishu()
    }

    pub fn slack(&self) -> fakes::Slack {
        self.world.slack()
    }

    pub fn slack_files(&self) -> fakes::SlackFiles {
        self.world.slack_files()
    }

    /// A folder that goes with the test; commands run in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `$NEXU_HOME`.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("nexu")
    }

    /// The state folder.
    pub fn state(&self) -> PathBuf {
        self.home().join("libtv-video")
    }

    /// What the component has stored, by paths in the state folder, wherever that is; entries included.
    pub fn records(&self) -> Vec<(String, Vec<u8>)> {
        #[cfg(all(unix, feature = "postgres"))]
        if let Some(store) = self.store() {
            return on_a_thread(|| block_on(store.records()).unwrap());
        }
        let record = |path: PathBuf| {
            let below = path.strip_prefix(self.state()).unwrap();
            let below = below.to_str().unwrap().replace('\\', "/");
            (below, std::fs::read(path).unwrap())
        };
        files_below(&self.state()).into_iter().map(record).collect()
    }

    /// Those below a folder of it.
    pub fn records_below(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let is_below = |path: &str| {
            let rest = path.strip_prefix(folder);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        let mut records = self.records();
        records.retain(|(path, _)| is_below(path));
        records
    }

    /// Puts something else there, or nothing, behind the component's back.
    pub fn set_record(&self, path: &str, bytes: Option<&[u8]>) {
        #[cfg(all(unix, feature = "postgres"))]
        if let Some(store) = self.store() {
            on_a_thread(|| block_on(store.set(path, bytes)).unwrap());
            return;
        }
        let path = self.state().join(path);
        match bytes {
            Some(bytes) => std::fs::write(path, bytes).unwrap(),
            None => std::fs::remove_file(path).unwrap(),
        }
    }

    /// `libtv.json`.
    pub fn config_path(&self) -> PathBuf {
        self.home().join("libtv.json")
    }

    /// What stands in `libtv.json`.
    pub fn config(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.config_path()).unwrap()).unwrap()
    }

    /// The log of a session.
    pub fn log(&self, id: &str) -> String {
        std::fs::read_to_string(self.home().join(format!("libtv-waiter-{id}.log")))
            .unwrap_or_default()
    }
}

/// Waits for what a fake sees.
pub fn wait_until<S: Fake>(fake: &S, condition: impl Fn(&S) -> bool + Send) {
    block_on(fake.wait_until(TIMEOUT, condition)).unwrap_or_else(|error| panic!("{error}"));
}

/// The texts of messages, `[image]` and the like for others.
pub fn texts(messages: &[SentMessage]) -> Vec<String> {
    let show = |message: &SentMessage| {
        message
            .text()
            .map_or_else(|| format!("[{}]", message.msg_type), str::to_owned)
    };
    messages.iter().map(show).collect()
}

/// Every file below a folder.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() {
                files_below(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// Where the test itself may be in a runtime.
#[cfg(all(unix, feature = "postgres"))]
fn on_a_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// Compiled code, for all tests and all runs of them: beside the program.
pub fn cache() -> PathBuf {
    Path::new(PROGRAM).with_file_name("it-cache")
}
