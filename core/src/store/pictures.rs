//! The user's own pictures, kept for services that take them in the request itself: in `pictures`, each under a name that says
//! all there is to know of it. They are the user's files still: what is kept here may go at any time.
//!
//! ```text
//! pictures/<digest>-<bytes>-<when it was kept>
//! pictures/.<when>-<random>                      one that is being written
//! ```

use super::files::{list_all, run};
use crate::io::{FileSource, FsOp, Inspected, Io, Keep, UnixMs};
use crate::problem::Problem;

pub use contract::state::{PICTURE_MARK as MARK, PICTURES as FOLDER};

/// So many days a picture is kept: as long as services keep what was made of it.
pub const KEPT_DAYS: u64 = 7;
const KEPT_MS: u64 = KEPT_DAYS * 24 * 60 * 60 * 1000;
/// One that is being written for longer belongs to a process that died.
const WRITTEN_MS: u64 = 24 * 60 * 60 * 1000;
/// So many are kept; an older one goes first. A request takes fourteen at most.
const MOST: usize = 100;
/// So many bytes are kept: an eighth of what the whole state folder may have.
const MOST_BYTES: u64 = 512 << 20;
/// Hex digits of a digest: half of a SHA-256, which nobody finds a second picture for.
const DIGEST_CHARS: usize = 32;

/// A picture that is kept, as its name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it is called.
    pub digest: String,
    /// Its length in bytes.
    pub len: u64,
    /// When it was kept.
    pub at_ms: UnixMs,
}

impl Kept {
    fn parse(name: &str) -> Option<Self> {
        let mut parts = name.split('-');
        let digest = parts.next().filter(|digest| digest.len() == DIGEST_CHARS)?;
        let kept = Self {
            digest: digest.to_owned(),
            len: parts.next()?.parse().ok()?,
            at_ms: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(kept)
    }

    /// Its path in the state folder.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{FOLDER}/{}-{}-{}", self.digest, self.len, self.at_ms)
    }
}

/// Keeps a picture, durably; its digest, which is the same for the same picture. Room is made first.
///
/// # Errors
/// When it can't be read or written.
pub fn keep(io: &Io, source: FileSource, len: u64) -> Result<String, Problem> {
    run(io, FsOp::MakeDir(FOLDER.to_owned()))?;
    super::sync_folders(io)?;
    // Before and not after: else a full folder would hold more than it may while the new one is written.
    sweep(io, 1, len)?;
    let at_ms = io.now_ms();
    let temporary = format!("{FOLDER}/.{at_ms}-{}", &io.nonce()[..8]);
    let written = io.keep(Keep {
        source,
        source_len: len,
        path: temporary.clone(),
    });
    let digest = match written {
        Ok(digest) => digest,
        Err(reason) => {
            // What is left of it the next sweep finds.
            run(io, FsOp::Remove(temporary)).ok();
            return Err(Problem::permanent(format!(
                "The picture can't be kept: {reason}"
            )));
        }
    };
    // Only now is it known what it is called: it was read once, from a stream that can't be read again.
    let digest: String = digest.chars().take(DIGEST_CHARS).collect();
    let kept = Kept { digest, len, at_ms };
    let earlier = kept_as(io, &kept.digest)?;
    run(io, FsOp::Sync(temporary.clone()))?;
    run(io, FsOp::Rename(temporary, kept.path()))?;
    run(io, FsOp::SyncDir(FOLDER.to_owned()))?;
    // Behind the new one, so that there is always one of them; kept from now on, it stays as long as any.
    for old in earlier.iter().filter(|old| **old != kept) {
        run(io, FsOp::Remove(old.path()))?;
    }
    Ok(kept.digest)
}

/// A kept picture by its digest, and what is seen of it now; none where there is none.
///
/// # Errors
/// When the state folder can't be read.
pub fn find(io: &Io, digest: &str) -> Result<Option<(Kept, Inspected)>, Problem> {
    for kept in kept_as(io, digest)? {
        let seen = io.inspect(FileSource::Kept(kept.path()), None);
        if let Some(seen) = seen.map_err(|reason| Problem::storage(&reason))? {
            return Ok(Some((kept, seen)));
        }
    }
    Ok(None)
}

/// Those of this digest: two where somebody keeps it once more just now.
fn kept_as(io: &Io, digest: &str) -> Result<Vec<Kept>, Problem> {
    let names = list_all(io, FOLDER)?;
    let kept = names.iter().filter_map(|name| Kept::parse(name));
    Ok(kept.filter(|kept| kept.digest == digest).collect())
}

/// Removes what is too old, and of the rest the oldest, so that `more` pictures of `bytes` in all have room.
///
/// # Errors
/// When the state folder can't be used.
pub fn sweep(io: &Io, more: usize, bytes: u64) -> Result<(), Problem> {
    let now_ms = io.now_ms();
    let mut gone = Vec::new();
    let mut stay: Vec<Kept> = Vec::new();
    for name in list_all(io, FOLDER)? {
        if let Some(written) = name.strip_prefix('.') {
            let since = written.split('-').next().and_then(|at| at.parse().ok());
            // By a clock that was set back as well.
            let is_left = since.is_none_or(|at_ms: u64| now_ms.abs_diff(at_ms) > WRITTEN_MS);
            gone.extend(is_left.then(|| format!("{FOLDER}/{name}")));
        // What a newer version keeps here under other names isn't this one's to remove.
        } else if let Some(kept) = Kept::parse(&name) {
            if now_ms.abs_diff(kept.at_ms) > KEPT_MS {
                gone.push(kept.path());
            } else {
                stay.push(kept);
            }
        }
    }
    let mut all = stay
        .iter()
        .fold(bytes, |sum, kept| sum.saturating_add(kept.len));
    while stay.len().saturating_add(more) > MOST || (all > MOST_BYTES && !stay.is_empty()) {
        // A hundred names at most: looking for the oldest each time is less code than sorting them.
        let times = stay.iter().map(|kept| kept.at_ms);
        let oldest = times.enumerate().min_by_key(|(_, at_ms)| *at_ms);
        let Some((at, _)) = oldest else { break };
        let kept = stay.swap_remove(at);
        all = all.saturating_sub(kept.len);
        gone.push(kept.path());
    }
    gone.into_iter()
        .try_for_each(|path| run(io, FsOp::Remove(path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::{Folder, NOW_MS};

    const DAY_MS: u64 = 24 * 60 * 60 * 1000;

    fn name(number: u64, len: u64, age_ms: u64) -> String {
        format!("{number:032x}-{len}-{}", NOW_MS - age_ms)
    }

    /// What is left of files of these names.
    fn swept(names: &[String], more: usize, bytes: u64) -> Vec<String> {
        let mut folder = Folder::default();
        folder.run(|io| {
            for name in names {
                run(io, FsOp::Write(format!("{FOLDER}/{name}"), Vec::new())).unwrap();
            }
            sweep(io, more, bytes).unwrap();
        });
        let mut left = folder.names(FOLDER);
        left.sort();
        left
    }

    #[test]
    fn a_picture_stays_for_a_week_and_the_oldest_goes_for_a_new_one() {
        let young = name(1, 10, 6 * DAY_MS);
        let old = name(2, 10, 8 * DAY_MS);
        assert_eq!(swept(&[young.clone(), old], 0, 0), [young.as_str()]);
        let all: Vec<String> = (0..100).map(|number| name(number, 1, number)).collect();
        assert_eq!(swept(&all, 0, 0).len(), 100);
        let left = swept(&all, 1, 1);
        assert_eq!(left.len(), 99);
        assert!(!left.contains(&all[99]), "the oldest one");
        let large = [name(1, 300 << 20, 5), name(2, 200 << 20, 4)];
        assert_eq!(swept(&large, 1, 12 << 20).len(), 2);
        assert_eq!(swept(&large, 1, 13 << 20), [large[1].as_str()]);
    }

    #[test]
    fn what_a_process_left_that_died_goes_and_what_nobody_here_named_stays() {
        let being_written = format!(".{}-0f0f0f0f", NOW_MS - 1_000);
        let left_over = format!(".{}-0e0e0e0e", NOW_MS - 2 * DAY_MS);
        let names = [being_written.clone(), left_over, "notes.txt".to_owned()];
        assert_eq!(swept(&names, 1, 1), [being_written.as_str(), "notes.txt"]);
    }
}
