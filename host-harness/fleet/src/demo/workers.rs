//! The three harnesses: processes of this very program, each with a home of its own.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// How many.
const WORKERS: usize = 3;
/// Steps at once, of each.
const PARALLEL: &str = "16";

/// Killed when they are dropped.
pub(super) struct Workers(Vec<Child>);

impl Workers {
    /// Starts them.
    pub(super) fn start(
        folder: &Path,
        url: &str,
        lease_seconds: u64,
        variables: &[(String, OsString)],
    ) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let start = |nth: usize| {
            let mut command = Command::new(&program);
            // A harness finds nothing of whoever shows this: no key, no home.
            command
                .args(["fleet", "serve", "--parallel", PARALLEL, "--lease-seconds"])
                .arg(lease_seconds.to_string())
                .env_clear()
                .envs(variables.iter().map(|(name, value)| (name, value)))
                .env("LIBTV_FLEET_DATABASE", url)
                .env("NEXU_HOME", folder.join(format!("home-{nth}")))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command.spawn()
        };
        let mut workers = Self(Vec::new());
        for nth in 1..=WORKERS {
            let started = start(nth);
            workers
                .0
                .push(started.map_err(|error| format!("A harness can't start: {error}"))?);
        }
        Ok(workers)
    }

    /// Kills the one of this name. False where it is none of these.
    pub(super) fn kill(&mut self, owner: &str) -> bool {
        let mut all = self.0.iter_mut();
        let Some(child) = all.find(|child| owner == format!("worker-{}", child.id())) else {
            return false;
        };
        let killed = child.kill().is_ok();
        drop(child.wait());
        killed
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // One that has ended can't be killed, and needs it no more.
            drop(child.kill());
            drop(child.wait());
        }
    }
}
