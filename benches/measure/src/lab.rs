//! What every measurement stands on: fakes on loopback, a home folder, the program, its rivals.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fakes::{ALWAYS, Fake, Fault, World};

use crate::Failed;
use crate::process::{self, Measured, Running};
use crate::programs::Programs;

/// The chat that results go to.
pub const CHAT: &str = "oc_bench";
/// A started `serve` owns its folder within milliseconds; with ten thousand sessions it looks through them first.
pub const STARTED_WITHIN: Duration = Duration::from_secs(60);
/// The rival from before: standard library only, a process for each waiting job.
const WAITER: &str = include_str!("../rivals/waiter.py");

/// One installation between fakes.
pub struct Lab {
    /// The fakes.
    pub world: World,
    folder: tempfile::TempDir,
    programs: Programs,
    variables: Vec<(String, OsString)>,
}

impl Lab {
    /// A gateway key is configured, and a Feishu app; the program has run there before.
    ///
    /// # Errors
    /// When the fakes can't start, or the program doesn't run.
    pub fn new(programs: &Programs) -> Result<Self, Failed> {
        let lab = Self::untouched(programs)?;
        lab.run(["check"])?;
        Ok(lab)
    }

    /// The same, where the program has never run.
    ///
    /// # Errors
    /// When the fakes can't start.
    pub fn untouched(programs: &Programs) -> Result<Self, Failed> {
        let folder = tempfile::Builder::new()
            .prefix("libtv-benches-")
            .tempdir()?;
        let world = World::builder().start()?;
        let ca = world.write_ca(folder.path())?;
        let home = folder.path().join("nexu");
        std::fs::create_dir(&home)?;
        std::fs::write(
            home.join("libtv.json"),
            format!(r#"{{"apiKey": "{}"}}"#, fakes::GATEWAY_KEY),
        )?;
        std::fs::write(folder.path().join("waiter.py"), WAITER)?;
        world.feishu().add_chat(CHAT);
        // Each job is a use.
        world.gateway().set_uses(1_000_000, 1_000_000);
        let set = |name: &str, value: OsString| (name.to_owned(), value);
        let variables = vec![
            set("NEXU_HOME", home.into()),
            set("HOME", folder.path().into()),
            set("LIBTV_CONNECT_TO", world.connect_to().into()),
            set("SSL_CERT_FILE", ca.into()),
            set("FEISHU_APP_ID", fakes::FEISHU_APP_ID.into()),
            set("FEISHU_APP_SECRET", fakes::FEISHU_APP_SECRET.into()),
        ];
        Ok(Self {
            world,
            folder,
            programs: programs.clone(),
            variables,
        })
    }

    /// Sets a variable for what is started from now on.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.into()));
    }

    /// A folder that goes with the lab.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The component's state folder.
    pub fn state(&self) -> PathBuf {
        self.folder().join("nexu/libtv-video")
    }

    /// A command of the program.
    pub fn program<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = process::command(&self.programs.program, &self.variables);
        command.args(arguments);
        command
    }

    /// Runs a command of the program to its end.
    ///
    /// # Errors
    /// When it doesn't end well.
    pub fn run<const N: usize>(&self, arguments: [&str; N]) -> Result<Measured, Failed> {
        process::run(&self.program(arguments))
    }

    /// Submits a job by a command; what it used, and the session's id.
    ///
    /// # Errors
    /// When it doesn't end well.
    pub fn submit(&self, chat: &str) -> Result<(Measured, String), Failed> {
        let done = self.run([
            "create-session",
            "a fox",
            "--channel",
            "feishu",
            "--chat-id",
            chat,
        ])?;
        let answer: serde_json::Value = serde_json::from_str(&done.stdout)?;
        let id = answer["sessionId"].as_str().map(str::to_owned);
        let id = id.ok_or_else(|| Failed::new(done.stdout.clone()))?;
        Ok((done, id))
    }

    /// A command of the Python rival. It can't be told to connect elsewhere, so its addresses lead there.
    pub fn waiter<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = process::command(&self.programs.python, &self.variables);
        command
            .env("LIBTV_GATEWAY_URL", self.world.gateway().https_base())
            .env("LIBTV_MEDIA_URL", self.world.media().https_base())
            .env("FEISHU_BASE_URL", self.world.feishu().https_base())
            .arg(self.folder().join("waiter.py"))
            .args(arguments);
        command
    }

    /// A command of the native rival: this binary.
    ///
    /// # Errors
    /// When the system doesn't say where this binary is.
    pub fn native<const N: usize>(&self, arguments: [&str; N]) -> Result<Command, Failed> {
        let mut command = process::command(std::env::current_exe()?, &self.variables);
        command.arg("native").args(arguments);
        Ok(command)
    }

    /// Starts `serve --json` and waits until it has looked through the state folder.
    ///
    /// # Errors
    /// When it doesn't start.
    pub fn serve<const N: usize>(&self, more: [&str; N]) -> Result<Running, Failed> {
        let mut command = self.program(["serve", "--json"]);
        command.args(more);
        let mut serving = Running::start(&mut command, &self.folder().join("serve.log"))?;
        serving.wait_for("\"event\":\"started\"", STARTED_WITHIN)?;
        Ok(serving)
    }

    /// Each answer to a poll comes so much later.
    pub fn slow_polls(&self, latency_ms: u64) {
        let route = "GET /libtv/v1/session/*";
        self.world
            .gateway()
            .fault(route, Fault::Latency(latency_ms), ALWAYS);
    }
}

/// Runs a future to its end on this thread.
///
/// # Errors
/// When the system gives no event queue.
pub fn block_on<T>(future: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(future))
}
