//! `libtv-waiter-<session>.log`: what happened to one session, one line an event, for a person debugging later.
//! Bounded: a log that has grown too long loses its older half.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::event::{Event, EventKind, one_line, state_name};
use crate::files;
use crate::home::Home;

/// A two-hour job writes a few kilobytes; a month of failures must not fill a disk.
const MAX_BYTES: u64 = 512 << 10;
/// One line: longer texts are an upstream's excuse, not information.
const LINE_CHARS: usize = 2_000;

/// Appends what `event` tells about a session to the session's log.
///
/// # Errors
/// The log's path and the reason.
pub(super) fn record(home: &Home, event: &Event) -> Result<(), (PathBuf, io::Error)> {
    let Some((session_id, lines)) = lines(event) else {
        return Ok(());
    };
    let path = home.session_log(session_id);
    append(&path, &lines).map_err(|error| (path, error))
}

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
                    state_name(step.state),
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
        _ => return None,
    };
    (!text.is_empty()).then_some((session_id, text))
}

fn push(text: &mut String, at_ms: u64, line: &str) {
    let clipped: String = line.chars().take(LINE_CHARS).collect();
    text.push_str(&format_time(at_ms));
    text.push(' ');
    text.push_str(&one_line(&clipped));
    text.push('\n');
}

/// Milliseconds since 1970 as `2026-01-02T03:04:05.678Z`.
pub fn format_time(at_ms: u64) -> String {
    i64::try_from(at_ms)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map_or_else(|| format!("{at_ms}ms"), |time| format!("{time:.3}"))
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|meta| meta.len() + text.len() as u64 > MAX_BYTES) {
        halve(path)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    files::private(&mut options)
        .open(path)?
        .write_all(text.as_bytes())
}

/// Keeps the newer half, from the beginning of a line on.
fn halve(path: &Path) -> io::Result<()> {
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
    files::write_durably(path, &kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Usage;

    fn failed(reason: &str) -> Event {
        let kind = EventKind::StepFailed {
            session_id: "s/1".into(),
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
        record(&home, &failed("a\nb\u{1b}[2J")).unwrap();
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
        for number in 0..400 {
            record(&home, &failed(&format!("{number} {}", "x".repeat(1_900)))).unwrap();
        }
        let text = fs::read_to_string(home.session_log("s/1")).unwrap();
        assert!(text.len() as u64 <= MAX_BYTES && text.len() as u64 > MAX_BYTES / 4);
        assert!(text.starts_with("(older") && text.contains(" 399 ") && !text.contains(": 0 "));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_a_log() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        record(&home, &failed("x")).unwrap();
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
