//! The service managers of three systems: where each has its definitions, and what it is told. Their programs are found on
//! PATH, and none of them may take longer than half a minute.

use std::env;
use std::fs;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::ValueEnum;

/// A manager that hangs (no session bus, a stuck agent) mustn't hold the command.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at whether it has ended.
const PAUSE: Duration = Duration::from_millis(10);
/// What of its complaints is shown.
const SHOWN_BYTES: u64 = 2_000;
/// What the service is called everywhere.
const NAME: &str = "libtv-video";

/// Who keeps it running.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Manager {
    /// A systemd user unit
    Systemd,
    /// A launchd agent of macOS
    Launchd,
    /// A scheduled task of Windows
    Tasks,
}

/// What a manager can be told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The definition is in its place: take it, and start what it says.
    Take,
    /// Stop it, and forget the definition.
    Forget,
    /// Start what is installed.
    Start,
    /// Stop it.
    Stop,
    /// Say whether it runs.
    Ask,
}

impl Manager {
    /// What this system has.
    pub(crate) const fn native() -> Self {
        if cfg!(target_vendor = "apple") {
            Self::Launchd
        } else if cfg!(windows) {
            Self::Tasks
        } else {
            Self::Systemd
        }
    }

    /// Its name for people.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::Launchd => "launchd",
            Self::Tasks => "the task scheduler",
        }
    }

    /// Where the definition belongs. `nexu_home` is for a system that keeps a copy of its own.
    ///
    /// # Errors
    /// A sentence, when there is no home folder.
    pub(super) fn place(self, nexu_home: &Path) -> Result<PathBuf, String> {
        match self {
            Self::Systemd => {
                let set = env::var_os("XDG_CONFIG_HOME").filter(|value| !value.is_empty());
                let config = match set {
                    Some(config) => PathBuf::from(config),
                    None => user_home()?.join(".config"),
                };
                Ok(config.join("systemd/user/libtv-video.service"))
            }
            Self::Launchd => Ok(user_home()?.join("Library/LaunchAgents/libtv-video.plist")),
            Self::Tasks => Ok(nexu_home.join("libtv-service.xml")),
        }
    }

    /// The file whose variables the service gets; none where the manager reads none.
    pub(super) fn variables_file(self) -> Option<PathBuf> {
        // The unit names it by %h, which is the home folder whatever XDG_CONFIG_HOME says.
        let home = (self == Self::Systemd).then(user_home)?.ok()?;
        Some(home.join(".config/libtv-video.env"))
    }

    /// The text as the manager reads it from a file.
    pub(super) fn written(self, text: &str) -> Vec<u8> {
        match self {
            Self::Systemd | Self::Launchd => text.as_bytes().to_vec(),
            // `schtasks` reads what the first line of its definitions says: UTF-16, with its mark.
            Self::Tasks => std::iter::once(0xfeff)
                .chain(text.encode_utf16())
                .flat_map(u16::to_le_bytes)
                .collect(),
        }
    }

    /// The command lines of an order, one after the other.
    fn lines(self, order: Order, place: &Path) -> Vec<Vec<String>> {
        let line = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let place = place.to_string_lossy();
        match self {
            Self::Systemd => {
                let unit = "libtv-video.service";
                let to = |words: &[&str]| line(&[&["systemctl", "--user"], words].concat());
                match order {
                    Order::Take => vec![
                        to(&["daemon-reload"]),
                        to(&["enable", unit]),
                        // One of an earlier version may run.
                        to(&["restart", unit]),
                    ],
                    Order::Forget => vec![to(&["disable", "--now", unit])],
                    Order::Start => vec![to(&["start", unit])],
                    Order::Stop => vec![to(&["stop", unit])],
                    Order::Ask => vec![to(&["is-active", "--quiet", unit])],
                }
            }
            Self::Launchd => {
                let domain = format!("gui/{}", user_id());
                let service = format!("{domain}/{NAME}");
                match order {
                    Order::Take => vec![line(&["launchctl", "bootstrap", &domain, &place])],
                    Order::Forget => vec![line(&["launchctl", "bootout", &service])],
                    Order::Start => vec![line(&["launchctl", "kickstart", &service])],
                    Order::Stop => vec![line(&["launchctl", "kill", "SIGTERM", &service])],
                    Order::Ask => vec![line(&["launchctl", "print", &service])],
                }
            }
            Self::Tasks => {
                let to = |words: &[&str]| line(&[&["schtasks"], words].concat());
                match order {
                    Order::Take => vec![
                        to(&["/Create", "/F", "/TN", NAME, "/XML", &place]),
                        to(&["/Run", "/TN", NAME]),
                    ],
                    Order::Forget => vec![to(&["/Delete", "/F", "/TN", NAME])],
                    Order::Start => vec![to(&["/Run", "/TN", NAME])],
                    Order::Stop => vec![to(&["/End", "/TN", NAME])],
                    Order::Ask => vec![to(&["/Query", "/TN", NAME])],
                }
            }
        }
    }

    /// Tells it.
    ///
    /// # Errors
    /// A sentence: it isn't there, or refuses.
    pub(super) fn tell(self, order: Order, place: &Path) -> Result<(), String> {
        self.lines(order, place)
            .iter()
            .try_for_each(|line| run(line))
    }
}

/// Runs a manager's program to its end.
fn run(line: &[String]) -> Result<(), String> {
    let shown = line.join(" ");
    let [program, arguments @ ..] = line else {
        return Ok(());
    };
    let failed = |error: &dyn std::fmt::Display| format!("`{shown}` failed: {error}.");
    // A file and no pipe, which may fill up while nobody reads it.
    let mut complaints = tempfile::tempfile().map_err(|error| failed(&error))?;
    let stderr = complaints.try_clone().map_err(|error| failed(&error))?;
    let started = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(stderr)
        .spawn();
    let mut running = match started {
        Ok(running) => running,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(format!(
                "This system has no {program}, so nothing keeps a service running here. Start `libtv-video serve` in another way, or let submits start it: create-session --autostart."
            ));
        }
        Err(error) => return Err(failed(&error)),
    };
    let begun = Instant::now();
    let status = loop {
        match running.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if begun.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
            Ok(None) => {
                let _ = running.kill();
                return Err(failed(&"it took more than half a minute"));
            }
            Err(error) => return Err(failed(&error)),
        }
    };
    if status.success() {
        return Ok(());
    }
    let mut said = String::new();
    let _ = complaints.rewind();
    let _ = complaints.take(SHOWN_BYTES).read_to_string(&mut said);
    match said.lines().find(|line| !line.trim().is_empty()) {
        Some(first) => Err(failed(&first.trim())),
        None => Err(failed(&status)),
    }
}

fn user_home() -> Result<PathBuf, String> {
    env::home_dir()
        .filter(|path| !path.as_os_str().is_empty())
        .ok_or_else(|| "There is no home folder to put the service into.".to_owned())
}

fn user_id() -> u32 {
    #[cfg(unix)]
    return rustix::process::getuid().as_raw();
    #[cfg(not(unix))]
    0
}

/// The names of the variables in a file of `NAME=value` lines; none where there is no such file.
pub(super) fn names_in(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let named = text.lines().filter_map(|line| line.split_once('='));
    named
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(name, _)| name.trim().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Manager; 3] = [Manager::Systemd, Manager::Launchd, Manager::Tasks];

    #[test]
    fn every_order_names_the_service_to_every_manager() {
        let place = Path::new("/x/libtv-video.plist");
        for manager in ALL {
            for order in [
                Order::Take,
                Order::Forget,
                Order::Start,
                Order::Stop,
                Order::Ask,
            ] {
                let lines = manager.lines(order, place);
                let named = lines.iter().flatten().any(|word| word.contains(NAME));
                assert!(named, "{lines:?}");
            }
        }
    }

    #[test]
    fn a_task_is_written_in_utf_16_with_its_mark() {
        assert_eq!(Manager::Tasks.written("ü"), [0xff, 0xfe, 0xfc, 0]);
        assert_eq!(Manager::Systemd.written("ü"), "ü".as_bytes());
    }

    #[test]
    fn a_manager_that_is_not_there_is_told_apart_from_one_that_refuses() {
        let absent = run(&["no-such-manager-here".to_owned()]).unwrap_err();
        assert!(absent.contains("has no no-such-manager-here"), "{absent}");
    }
}
