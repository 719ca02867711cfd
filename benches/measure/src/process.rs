//! What processes use: of one that has ended by the kernel's own account, of a living one from `/proc`.
//!
//! A program that ends is started by a small process of this same binary (`benches run-measured`), because a
//! child begins with the memory of its parent, and this one's would drown the child's.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};

use crate::Failed;

/// What an ended process used.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// From its start to its exit, in milliseconds.
    pub wall_ms: f64,
    /// On the processor, in its own code and the kernel's, in milliseconds.
    pub cpu_ms: f64,
    /// The most resident memory, in MB (10^6 bytes).
    pub peak_mb: f64,
    /// How it ended.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
}

/// Runs a command to its end.
///
/// # Errors
/// When it can't be started or doesn't end with code 0.
pub fn run(command: &Command) -> Result<Measured, Failed> {
    let mut wrapped = Command::new(std::env::current_exe().map_err(Failed::from)?);
    wrapped
        .arg("run-measured")
        .arg("--")
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            wrapped.env(name, value);
        }
    }
    let output = wrapped.output().map_err(Failed::from)?;
    let shown = || format!("{:?}", command.get_args().collect::<Vec<_>>());
    let measured: Measured = serde_json::from_slice(&output.stdout).map_err(|error| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Failed::new(format!("{}: {error}: {said}", shown()))
    })?;
    if measured.code == 0 {
        return Ok(measured);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failed::new(format!(
        "{} ended with {}: {}{said}",
        shown(),
        measured.code,
        measured.stdout
    )))
}

/// The other half of [`run`]: starts the program as its only child, and prints what it used.
///
/// # Errors
/// When it can't be started.
pub fn run_measured(program: &[OsString]) -> Result<(), Failed> {
    let (name, arguments) = program
        .split_first()
        .ok_or_else(|| Failed::new("no program"))?;
    let begun = Instant::now();
    let mut child = Command::new(name)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Failed::new(format!("{}: {error}", name.display())))?;
    let mut stdout = Vec::new();
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_end(&mut stdout)?;
    }
    let code = child.wait()?.code().unwrap_or(-1);
    let wall = begun.elapsed();
    let used =
        getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| Failed::new(error.to_string()))?;
    let ms = |seconds: i64, micros: i64| seconds as f64 * 1e3 + micros as f64 / 1e3;
    let (user, system) = (used.user_time(), used.system_time());
    let measured = Measured {
        wall_ms: wall.as_secs_f64() * 1e3,
        cpu_ms: ms(user.tv_sec(), user.tv_usec()) + ms(system.tv_sec(), system.tv_usec()),
        // Linux counts KiB; macOS bytes.
        peak_mb: used.max_rss() as f64
            * if cfg!(target_os = "macos") {
                1.0
            } else {
                1024.0
            }
            / 1e6,
        code,
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
    };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

/// A process that runs until it is dropped.
pub struct Running {
    child: Child,
    /// Where its standard output goes.
    pub log: PathBuf,
}

impl Running {
    /// Starts it; what it prints goes to `log`.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self, Failed> {
        let file = std::fs::File::create(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()?;
        Ok(Self {
            child,
            log: log.to_owned(),
        })
    }

    /// Waits until its output holds `text`.
    ///
    /// # Errors
    /// When it has ended, or `within` is over.
    pub fn wait_for(&mut self, text: &str, within: Duration) -> Result<(), Failed> {
        let begun = Instant::now();
        loop {
            let said = std::fs::read_to_string(&self.log)?;
            if said.contains(text) {
                return Ok(());
            }
            if self.child.try_wait()?.is_some() || begun.elapsed() > within {
                let end: String = said.lines().rev().take(5).collect::<Vec<_>>().join("\n");
                return Err(Failed::new(format!(
                    "no \"{text}\" within {within:?}; it said last: {end}"
                )));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The most resident memory so far, in MB.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub fn peak_mb(&self) -> Result<f64, Failed> {
        self.kib("status", "VmHWM:").map(|kib| kib * 1024.0 / 1e6)
    }

    /// Its share of memory: pages that several processes share are divided among them. In MB.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub fn share_mb(&self) -> Result<f64, Failed> {
        self.kib("smaps_rollup", "Pss:")
            .map(|kib| kib * 1024.0 / 1e6)
    }

    fn kib(&self, file: &str, label: &str) -> Result<f64, Failed> {
        let text = std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))?;
        text.lines()
            .find_map(|line| {
                line.strip_prefix(label)?
                    .split_whitespace()
                    .next()?
                    .parse()
                    .ok()
            })
            .ok_or_else(|| Failed::new(format!("/proc/…/{file} has no {label}")))
    }

    /// The time all its threads have spent on processors, in milliseconds.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub fn cpu_ms(&self) -> Result<f64, Failed> {
        let mut total_ns = 0.0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // A thread may end while it is looked at.
            let text = std::fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
            let ns = text.split_whitespace().next();
            total_ns += ns.and_then(|ns| ns.parse::<f64>().ok()).unwrap_or_default();
        }
        Ok(total_ns / 1e6)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command with nothing but this environment.
pub fn command<'a>(
    program: impl AsRef<OsStr>,
    environment: impl IntoIterator<Item = &'a (String, OsString)>,
) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs(environment.into_iter().map(|(name, value)| (name, value)));
    command
}
