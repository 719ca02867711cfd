//! `libtv-waiter-<session>.log`: what happened to one session, one line an event, for a person debugging later.
//! Bounded: a log that has grown too long loses its older half, and when all logs together are too many or too long,
//! those go that nothing was written into for the longest.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::event::{Event, EventKind, one_line};
use crate::home::Home;
use crate::limits::LISTED_SESSIONS;
use sandbox::files;
use sandbox::time::format_time;

/// A two-hour job writes a few kilobytes; a month of failures must not fill a disk.
const MAX_BYTES: u64 = 512 << 10;
/// Logs at once: as many as a listing may name sessions. Only a component that makes sessions up comes here, and each name
/// it makes up would be a file.
const MAX_LOGS: Room = Room {
    files: LISTED_SESSIONS as u64,
    // A job's log has some kilobytes: a hundred thousand of them fit, and a disk has room for it.
    bytes: 1 << 30,
};
/// One line: longer texts are an upstream's excuse, not information.
const LINE_CHARS: usize = 2_000;

/// What all logs use, or may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Room {
    files: u64,
    bytes: u64,
}

/// The logs of one home. Only the harness that owns the timer writes them, so it need not count them each time.
pub(super) struct Logs {
    home: Home,
    most: Room,
    /// `None` until something is written.
    used: Option<Room>,
}

impl Logs {
    /// Those of this home; nothing is listed before the first line.
    pub(super) fn of(home: Home) -> Self {
        Self {
            home,
            most: MAX_LOGS,
            used: None,
        }
    }

    /// Appends what `event` tells about a session to the session's log.
    ///
    /// # Errors
    /// The log's path and the reason.
    pub(super) fn record(&mut self, event: &Event) -> Result<(), (PathBuf, io::Error)> {
        let Some((session_id, lines)) = lines(event) else {
            return Ok(());
        };
        let path = self.home.session_log(session_id);
        self.write(&path, &lines).map_err(|error| (path, error))
    }

    fn write(&mut self, path: &Path, text: &str) -> io::Result<()> {
        // Listed once: the only writer keeps the sum by itself, and a listing of a hundred thousand names
        // takes long.
        let mut used = match self.used {
            Some(used) => used,
            None => room_of(&self.all()?),
        };
        let before = fs::metadata(path).ok().map(|meta| meta.len());
        let after = append(path, before, text)?;
        used.files += u64::from(before.is_none());
        used.bytes = (used.bytes + after).saturating_sub(before.unwrap_or(0));
        if used.files > self.most.files || used.bytes > self.most.bytes {
            used = self.prune()?;
        }
        self.used = Some(used);
        Ok(())
    }

    /// Removes what was written longest ago, until a quarter of the room is free: listing is what takes time. Answers
    /// with what is left.
    fn prune(&self) -> io::Result<Room> {
        let mut logs = self.all()?;
        logs.sort_unstable_by_key(|log| log.written);
        let mut left = room_of(&logs);
        for log in logs {
            if left.files <= self.most.files / 4 * 3 && left.bytes <= self.most.bytes / 4 * 3 {
                break;
            }
            fs::remove_file(&log.path)?;
            left.files -= 1;
            left.bytes -= log.bytes;
        }
        Ok(left)
    }

    /// Every session's log, also of sessions that ended long ago.
    fn all(&self) -> io::Result<Vec<Log>> {
        let mut logs = Vec::new();
        for entry in fs::read_dir(self.home.root())? {
            let entry = entry?;
            if !Home::is_session_log(&entry.file_name()) {
                continue;
            }
            let meta = entry.metadata()?;
            logs.push(Log {
                path: entry.path(),
                bytes: meta.len(),
                written: meta.modified()?,
            });
        }
        Ok(logs)
    }
}

struct Log {
    path: PathBuf,
    bytes: u64,
    written: SystemTime,
}

fn room_of(logs: &[Log]) -> Room {
    Room {
        files: logs.len() as u64,
        bytes: logs.iter().map(|log| log.bytes).sum(),
    }
}

/// The session that an event is about, and what its log says of it; `None` for what belongs into no
/// session's log.
fn lines(event: &Event) -> Option<(&str, String)> {
    let mut text = String::new();
    let session_id = match &event.kind {
        EventKind::SessionNoticed { session_id, .. } => {
            push(&mut text, event.at_ms, "noticed by the harness");
            session_id
        }
        EventKind::StepDone { step, usage } => {
            for said in &step.events {
                push(&mut text, said.at_ms, &said.text);
            }
            for refusal in &usage.refusals {
                push(&mut text, event.at_ms, &refusal.to_string());
            }
            if step.next_poll_at_ms.is_none() {
                let end = format!(
                    "ended: {}, {} of {} delivered",
                    step.state.name(),
                    step.delivered,
                    step.results
                );
                push(&mut text, event.at_ms, &end);
            }
            &step.session_id
        }
        EventKind::StepFailed {
            session_id,
            reason,
            failures,
            retry_at_ms,
            usage,
            ..
        } => {
            let pause_s = retry_at_ms.saturating_sub(event.at_ms) / 1000;
            push(
                &mut text,
                event.at_ms,
                &format!("step failed ({failures} in a row), again in {pause_s} s: {reason}"),
            );
            for refusal in &usage.refusals {
                push(&mut text, event.at_ms, &refusal.to_string());
            }
            session_id
        }
        EventKind::SetAside {
            session_id, reason, ..
        } => {
            push(&mut text, event.at_ms, &format!("set aside: {reason}"));
            session_id
        }
        _ => return None,
    };
    (!text.is_empty()).then_some((session_id, text))
}

/// One line, with its time; whatever the text holds, it stays one.
fn push(text: &mut String, at_ms: u64, line: &str) {
    let clipped: String = line.chars().take(LINE_CHARS).collect();
    text.push_str(&format_time(at_ms));
    text.push(' ');
    text.push_str(&one_line(&clipped));
    text.push('\n');
}

/// To a log that had `before` bytes; answers how many it has.
fn append(path: &Path, before: Option<u64>, text: &str) -> io::Result<u64> {
    let more = text.len() as u64;
    let mut had = before.unwrap_or(0);
    if had + more > MAX_BYTES && before.is_some() {
        had = halve(path)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    files::private(&mut options)
        .open(path)?
        .write_all(text.as_bytes())?;
    Ok(had + more)
}

/// Keeps the newer half, from the beginning of a line on; answers how many bytes that is.
fn halve(path: &Path) -> io::Result<u64> {
    let content = fs::read(path)?;
    let middle = content
        .len()
        .saturating_sub(usize::try_from(MAX_BYTES / 2).unwrap_or(usize::MAX));
    let start = content[middle..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(content.len(), |at| middle + at + 1);
    let mut kept = b"(older lines were removed)\n".to_vec();
    kept.extend_from_slice(&content[start..]);
    // As a whole under the same name: a crash in between leaves the long log and not half of the short one.
    files::write_durably(path, &kept)?;
    Ok(kept.len() as u64)
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use sandbox::call::Usage;

    fn failed(reason: &str) -> Event {
        failed_of("s/1", reason)
    }

    fn failed_of(session_id: &str, reason: &str) -> Event {
        let kind = EventKind::StepFailed {
            session_id: session_id.into(),
            reason: reason.into(),
            advice: String::new(),
            temporary: true,
            failures: 1,
            retry_at_ms: 3_000,
            usage: Usage::default(),
        };
        Event { at_ms: 1_000, kind }
    }

    #[test]
    fn a_line_has_its_time_and_stays_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        Logs::of(home.clone())
            .record(&failed("a\nb\u{1b}[2J"))
            .unwrap();
        let text = fs::read_to_string(home.session_log("s/1")).unwrap();
        assert_eq!(
            text,
            "1970-01-01T00:00:01.000Z step failed (1 in a row), again in 2 s: a b [2J\n"
        );
    }

    #[test]
    fn a_log_is_bounded_and_keeps_its_newer_half() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let mut logs = Logs::of(home.clone());
        for number in 0..400 {
            logs.record(&failed(&format!("{number} {}", "x".repeat(1_900))))
                .unwrap();
        }
        assert_eq!(logs.used, Some(room_of(&logs.all().unwrap())));
        let text = fs::read_to_string(home.session_log("s/1")).unwrap();
        assert!(text.len() as u64 <= MAX_BYTES && text.len() as u64 > MAX_BYTES / 4);
        assert!(text.starts_with("(older") && text.contains(" 399 ") && !text.contains(": 0 "));
    }

    /// Logs with room for `most`, of which each session from 0 to `sessions` has had one line of `bytes`.
    fn many(folder: &Path, most: Room, sessions: usize, bytes: usize) -> Logs {
        let mut logs = Logs::of(Home::at(folder));
        logs.most = most;
        for number in 0..sessions {
            let session = format!("s-{number}");
            logs.record(&failed_of(&session, &"x".repeat(bytes)))
                .unwrap();
            let log = File::options()
                .append(true)
                .open(logs.home.session_log(&session));
            // The clock of a file system may stand still for some of them.
            let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(number as u64);
            log.unwrap().set_modified(at).unwrap();
        }
        logs
    }

    #[test]
    fn sessions_that_are_made_up_leave_a_bounded_number_of_logs_the_latest_ones() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("libtv.json"), "{}").unwrap();
        let most = Room {
            files: 8,
            bytes: 1 << 20,
        };
        let logs = many(folder.path(), most, 8, 1);
        assert_eq!(room_of(&logs.all().unwrap()).files, 8);
        let logs = many(folder.path(), most, 9, 1);
        assert_eq!(logs.used, Some(room_of(&logs.all().unwrap())));
        for (number, kept) in [(0, false), (2, false), (3, true), (8, true)] {
            let log = logs.home.session_log(&format!("s-{number}"));
            assert_eq!(log.exists(), kept, "{number}");
        }
        assert!(folder.path().join("libtv.json").exists());
    }

    #[test]
    fn all_logs_together_have_a_bounded_length() {
        let folder = tempfile::tempdir().unwrap();
        let most = Room {
            files: 1_000,
            bytes: 10_000,
        };
        let logs = many(folder.path(), most, 40, 900);
        let left = room_of(&logs.all().unwrap());
        assert!(left.bytes <= most.bytes && left.files > 3, "{left:?}");
        assert_eq!(logs.used, Some(left));
        assert!(logs.home.session_log("s-39").exists());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_a_log() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        Logs::of(home.clone()).record(&failed("x")).unwrap();
        assert_eq!(
            fs::metadata(home.session_log("s/1"))
                .unwrap()
                .permissions()
                .mode()
                & 0o777,
            0o600
        );
    }
}
