//! A submit that finds nobody polling starts what polls (`--autostart`, or `"autostart": true` in `libtv.json`): one process for
//! all jobs, detached from this one, which ends by itself. Of several that are started at once the lock lets one stay, and what
//! dies is replaced by the next submit. It has this process's environment, credentials included.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use host::{Home, StartedBy};

use super::environment::{self, STARTED_BY};

/// After an hour without work it ends: long enough that the next picture of a conversation finds it, and nothing is left of
/// it the next day.
const IDLE_SECONDS: u64 = 3_600;
/// It has the lock within some milliseconds; a machine that is very busy gets this long.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks at the lock.
const PAUSE: Duration = Duration::from_millis(10);
/// A log that is larger begins anew: it holds complaints, a line or two for each start.
const LOG_BYTES: u64 = 64 << 10;

/// Whether this submit is to see to it that something polls.
pub(crate) fn is_wanted(home: &Home, by_option: bool) -> bool {
    // Who wants nothing delivered by itself wants nothing that would.
    let unwanted = environment::variable("LIBTV_SKIP_BACKGROUND_WAITER").is_some();
    !unwanted && (by_option || home.wants_autostart())
}

/// Returns when something polls, started here or not.
///
/// # Errors
/// A sentence for whoever runs the machine: nothing polls.
pub(crate) async fn ensure(home: &Home) -> Result<(), String> {
    if home.is_owned() {
        return Ok(());
    }
    let log = home.serve_log();
    let failed = |reason: &dyn std::fmt::Display| {
        format!(
            "what polls could not be started: {reason}. Its own words are in {}; start it by hand with: libtv-video serve",
            log.display()
        )
    };
    let mut child = start(home).map_err(|error| failed(&error))?;
    let begun = Instant::now();
    while !home.is_owned() {
        let ended = child.try_wait().map_err(|error| failed(&error))?;
        // Another one had the lock first and is about to show it, or this one failed: the lock says which.
        if let Some(status) = ended
            && status.code() != Some(i32::from(super::OWNED))
        {
            return Err(failed(&status));
        }
        if begun.elapsed() > PATIENCE {
            return Err(failed(&"it didn't begin within five seconds"));
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

fn start(home: &Home) -> io::Result<Child> {
    let log = log(home)?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["serve", "--until-idle", &IDLE_SECONDS.to_string()])
        .env(STARTED_BY, StartedBy::Submit.name())
        // Not the folder of whoever submits: it might be unmounted or removed some day.
        .current_dir(home.root())
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    #[cfg(windows)]
    {
        const DETACHED_PROCESS: u32 = 0x8;
        const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
        std::os::windows::process::CommandExt::creation_flags(
            &mut command,
            DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP,
        );
    }
    command.spawn()
}

/// For its owner only, as all the process makes.
fn log(home: &Home) -> io::Result<File> {
    let path = home.serve_log();
    let is_full = fs::metadata(&path).is_ok_and(|meta| meta.len() > LOG_BYTES);
    let mut options = OpenOptions::new();
    options.create(true);
    if is_full {
        options.write(true).truncate(true).open(path)
    } else {
        options.append(true).open(path)
    }
}

/// Leaves the terminal and the session of the process that started this one, whose end would be this one's as well.
pub(crate) fn detach() {
    // It fails only for who leads a group of processes already, and then there is nothing to leave.
    #[cfg(unix)]
    let _ = rustix::process::setsid();
}
