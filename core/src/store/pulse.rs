//! What changes with every poll, also with one that brings nothing new. Ten thousand waiting jobs would have a disk
//! sync for nothing else: when a pulse is lost, the next poll comes early and counts again.

use super::record::Bad;
use super::{record, run, save_looked, session_dir};
use crate::io::{FsOp, Io, UnixMs};
use crate::json::stored;
use crate::problem::Problem;
use crate::session::Progress;

/// The polls since the turn's progress was stored; the members are those of [`Progress`].
#[derive(Debug, PartialEq, Eq)]
pub struct Pulse {
    /// Answered polls.
    pub polls: u32,
    /// Polls in a row without anything new.
    pub quiet_polls: u32,
    /// When to poll next.
    pub next_poll_at_ms: UnixMs,
}

stored!(Pulse {
    polls,
    quiet_polls,
    next_poll_at_ms,
});

impl Pulse {
    /// What of a progress changes with every poll.
    fn of(progress: &Progress) -> Self {
        Self {
            polls: progress.polls,
            quiet_polls: progress.quiet_polls,
            next_poll_at_ms: progress.next_poll_at_ms,
        }
    }

    /// Puts it into the progress it belongs to. One from before the progress was stored says nothing.
    fn apply(&self, progress: &mut Progress) {
        // By their number: a pulse isn't synced, so that after a crash an old one may stand beside a newer
        // progress.
        if self.polls > progress.polls {
            progress.polls = self.polls;
            progress.quiet_polls = self.quiet_polls;
            progress.next_poll_at_ms = self.next_poll_at_ms;
        }
    }
}

/// The name of a turn's pulse in the session's folder.
pub(super) fn name(turn: u32) -> String {
    format!("pulse-{turn:04}")
}

/// Reads a turn's pulse into its progress. A damaged one is passed over: it will be written again.
///
/// # Errors
/// When it was written by a newer version, or the folder can't be read.
pub(super) fn read(io: &Io, dir: &str, turn: u32, progress: &mut Progress) -> Result<(), Problem> {
    let path = format!("{dir}/{}", name(turn));
    let bytes = super::read(io, &path)?;
    match bytes.map(|bytes| record::decode::<Pulse>("pulse", &bytes)) {
        Some(Ok(pulse)) => pulse.apply(progress),
        Some(Err(newer @ Bad::Newer(_))) => return Err(newer.refused(&path)),
        // Torn is what an unsynced file may be; setting it aside would cost a sync, for nothing.
        Some(Err(Bad::Damaged(_))) | None => {}
    }
    Ok(())
}

/// Stores where a turn stands after an answered poll; `before` is what was stored. Only news are made durable, and where it ended
/// meanwhile it becomes that here.
///
/// # Errors
/// When it can't be written.
pub fn save_poll(
    io: &Io,
    key: &str,
    turn: u32,
    before: &Progress,
    after: &mut Progress,
) -> Result<(), Problem> {
    let pulse = Pulse::of(after);
    let mut without_news = before.clone();
    pulse.apply(&mut without_news);
    // Compared as a whole, so that a member which is added later counts as news until somebody decides
    // otherwise.
    if without_news != *after {
        return save_looked(io, key, turn, after);
    }
    let path = format!("{}/{}", session_dir(key), name(turn));
    run(io, FsOp::Write(path, record::encode("pulse", &pulse)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::folder::Performing;
    use crate::io::{Effect, FsDone, Outcome};
    use crate::session::State;

    /// Files, and how many syncs there were.
    #[derive(Default)]
    struct Disk {
        files: BTreeMap<String, Vec<u8>>,
        syncs: u32,
    }

    impl Disk {
        fn drive<T>(&mut self, procedure: impl FnOnce(&Io) -> T) -> T {
            let mut perform = |effect| match effect {
                Effect::Fs(op) => Outcome::Fs(Ok(self.perform(op))),
                _ => panic!("only files are touched"),
            };
            procedure(&Io::new(&Performing::at(1, &mut perform), [0; 32]))
        }

        fn perform(&mut self, op: FsOp) -> FsDone {
            match op {
                FsOp::Read(path) => return FsDone::Content(self.files.get(&path).cloned()),
                FsOp::Write(path, bytes) => drop(self.files.insert(path, bytes)),
                FsOp::Sync(_) | FsOp::SyncDir(_) => self.syncs += 1,
                FsOp::Rename(from, to) => {
                    let bytes = self.files.remove(&from).unwrap();
                    self.files.insert(to, bytes);
                }
                _ => panic!("no other operation is needed"),
            }
            FsDone::Done
        }

        fn save(&mut self, before: &Progress, after: &Progress) {
            let mut after = after.clone();
            self.drive(|io| save_poll(io, "k", 1, before, &mut after))
                .unwrap();
        }

        fn read(&mut self, stored: &Progress) -> Progress {
            let mut progress = stored.clone();
            self.drive(|io| read(io, "sessions/k", 1, &mut progress))
                .unwrap();
            progress
        }
    }

    fn progress(polls: u32) -> Progress {
        Progress {
            polls,
            quiet_polls: polls,
            next_poll_at_ms: u64::from(polls) * 8_000,
            state: State::Generating,
            ..Progress::begun(0)
        }
    }

    #[test]
    fn a_poll_without_news_waits_for_no_disk_and_is_read_back() {
        let mut disk = Disk::default();
        disk.save(&progress(1), &progress(2));
        disk.save(&progress(2), &progress(3));
        assert_eq!(disk.syncs, 0);
        assert_eq!(disk.read(&progress(1)), progress(3));
    }

    #[test]
    fn news_are_durable_and_an_older_pulse_says_nothing_any_more() {
        let mut disk = Disk::default();
        disk.save(&progress(1), &progress(2));
        let news = Progress {
            state: State::AwaitingUser,
            ..progress(3)
        };
        disk.save(&progress(2), &news);
        assert_eq!(disk.syncs, 2, "the file and its folder");
        assert_eq!(disk.read(&news), news);
    }

    #[test]
    fn a_turn_that_was_cancelled_while_its_poll_was_under_way_stays_cancelled() {
        let mut disk = Disk::default();
        let cancelled = Progress {
            state: State::Failed,
            ended_at_ms: Some(7),
            ..progress(1)
        };
        disk.drive(|io| super::super::save_progress(io, "k", 1, &cancelled))
            .unwrap();
        // News, as the service told them before it was asked to stop.
        let mut seen = Progress {
            state: State::AwaitingUser,
            ..progress(2)
        };
        disk.drive(|io| save_poll(io, "k", 1, &progress(1), &mut seen))
            .unwrap();
        assert_eq!(seen, cancelled);
        let stored = &disk.files["sessions/k/progress-0001"];
        let stored: Progress = record::decode("progress", stored).unwrap();
        assert_eq!(stored, cancelled);
        // What it has ended with itself stands: the film is there.
        let mut film = Progress {
            state: State::Completed,
            ..progress(2)
        };
        disk.drive(|io| save_poll(io, "k", 1, &progress(1), &mut film))
            .unwrap();
        assert_eq!(film.state, State::Completed);
    }

    #[test]
    fn a_damaged_pulse_is_passed_over() {
        let mut disk = Disk::default();
        disk.save(&progress(1), &progress(2));
        let pulse = disk.files.get_mut("sessions/k/pulse-0001").unwrap();
        pulse.truncate(pulse.len() / 2);
        assert_eq!(disk.read(&progress(1)), progress(1));
    }
}
