//! Looking at the folder `active`: which entries are new, changed or gone, and when the sessions behind them are due.
//! Only those are read: what a look costs doesn't grow with the sessions that wait.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use sandbox::error::LimitHit;

use crate::error::{CallError, HomeError};
use crate::harness::Harness;
use crate::home::Home;
use crate::limits::{LOOK_MS, LOOKS_AT_ONCE, MAX_SESSIONS};
use crate::types::DueSession;
use sandbox::folder::{Identity, OpenFolder};

/// Sessions read by one call: some milliseconds of its time on the processor.
const BATCH: usize = 200;

/// Which entries a look is for.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct News {
    /// These, whatever is known of them.
    pub(super) names: BTreeSet<String>,
    /// And all that are new, changed or gone.
    pub(super) all: bool,
}

impl News {
    /// Everything there is.
    pub(super) fn all() -> Self {
        Self {
            names: BTreeSet::new(),
            all: true,
        }
    }

    /// Takes other news over.
    pub(super) fn add(&mut self, other: Self) {
        self.names.extend(other.names);
        self.all |= other.all;
    }
}

/// When to look, and for what.
pub(super) struct Look {
    /// There may be something to see.
    pub(super) wanted: bool,
    pub(super) running: bool,
    /// What it is for, beside what the watch tells.
    pub(super) news: News,
    /// The next look begins no earlier.
    pub(super) not_before_ms: u64,
    /// When the next would be if they came evenly; ahead of the time while they come faster.
    even_ms: u64,
    /// Failures in a row.
    pub(super) failures: u32,
    /// None has succeeded yet: its sessions were there before, and are not new.
    pub(super) first: bool,
    /// When everything is looked at next.
    pub(super) all_at_ms: u64,
}

impl Default for Look {
    /// At once, and at everything.
    fn default() -> Self {
        Self {
            wanted: true,
            running: false,
            news: News::all(),
            not_before_ms: 0,
            even_ms: 0,
            failures: 0,
            first: true,
            all_at_ms: 0,
        }
    }
}

impl Look {
    /// The earliest time of the next look, `gap_ms` after this one at least.
    pub(super) fn pace(&mut self, now_ms: u64, gap_ms: u64) {
        let burst_ms = LOOK_MS * LOOKS_AT_ONCE;
        let latest_ms = now_ms.saturating_add(burst_ms);
        self.even_ms = self.even_ms.clamp(now_ms, latest_ms) + LOOK_MS;
        self.not_before_ms = (now_ms + gap_ms).max(self.even_ms - burst_ms);
    }
}

/// An entry as it was last seen.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// The session behind the entry, as the component said.
    pub(super) session_id: String,
    /// `None` where the file system keeps none: then it counts as unchanged.
    modified: Option<SystemTime>,
}

/// What a look found.
#[derive(Debug)]
pub(super) struct Found {
    /// Entries that were read, with what they say.
    pub(super) due: Vec<(String, Seen, u64)>,
    /// Entries that are not there any more.
    pub(super) gone: Vec<String>,
    /// The folder that was listed: another one than before, where the component put a new one in its place.
    pub(super) folder: Identity,
    /// Why some were left out.
    pub(super) left_out: Option<String>,
}

/// Looks. `known` are the entries seen before; it is used only for news of all.
///
/// # Errors
/// [`CallError`] when the folder can't be listed or the component refuses.
pub(super) async fn look(
    harness: &Harness,
    news: News,
    known: HashMap<String, Seen>,
) -> Result<Found, CallError> {
    if news.all {
        // What an earlier installation left, or a process that died while it submitted, is taken up before the folder is
        // listed: it has entries then.
        harness.due_entries(&[]).await?;
    }
    let home = harness.home().clone();
    // A folder of fifty thousand entries takes a while, which the timer's own task mustn't wait for.
    let sorting = tokio::task::spawn_blocking(move || listed(&home, news, &known));
    let (folder, sorted) = sorting
        .await
        .map_err(|error| CallError::Trap(error.to_string()))??;
    let mut found = Found {
        due: Vec::with_capacity(sorted.wanted.len()),
        gone: sorted.gone,
        folder,
        left_out: sorted
            .has_more
            .then(|| format!("more than {MAX_SESSIONS} sessions")),
    };
    for batch in sorted.wanted.chunks(BATCH) {
        match read(harness, batch, &mut found).await {
            // The limit stops the whole call, and doesn't say which entry it was.
            // One of them has it; the others are no worse for that.
            Err(CallError::Limit(hit @ LimitHit::SessionId(_))) => {
                for entry in batch.chunks(1) {
                    match read(harness, entry, &mut found).await {
                        Err(CallError::Limit(LimitHit::SessionId(_))) => {
                            found.left_out = Some(hit.to_string());
                        }
                        read => read?,
                    }
                }
            }
            read => read?,
        }
    }
    Ok(found)
}

/// Asks the component what stands behind these entries.
async fn read(harness: &Harness, entries: &[Entry], found: &mut Found) -> Result<(), CallError> {
    let names: Vec<String> = entries.iter().map(|(name, _)| name.clone()).collect();
    let due = harness.due_entries(&names).await?;
    for ((name, modified), DueSession { session_id, at_ms }) in entries.iter().zip(due) {
        let seen = Seen {
            session_id,
            modified: *modified,
        };
        found.due.push((name.clone(), seen, at_ms));
    }
    Ok(())
}

/// A name in the folder, and when the file was last modified.
type Entry = (String, Option<SystemTime>);

/// The entries of a folder, by what is to be done about them.
#[derive(Debug, Default)]
struct Sorted {
    /// To be read.
    wanted: Vec<Entry>,
    /// Not there any more.
    gone: Vec<String>,
    /// There are more than the timer takes: the others were not listed.
    has_more: bool,
}

/// Opens the folder, whatever the component has made of its name since the last look, and sorts what is in it.
fn listed(
    home: &Home,
    news: News,
    known: &HashMap<String, Seen>,
) -> Result<(Identity, Sorted), CallError> {
    // Opened anew at each look: the component can move the folder away and put another one in its place,
    // and that one counts.
    let folder = home.open_active(&home.open_state()?)?;
    let sorted = folder
        .identity()
        .and_then(|identity| Ok((identity, sort(&folder, news, known)?)));
    Ok(sorted.map_err(|error| HomeError::new("can't list", home.active(), error))?)
}

/// The entries to read, and those that are gone.
fn sort(folder: &OpenFolder, news: News, known: &HashMap<String, Seen>) -> io::Result<Sorted> {
    let modified = |name: &str| -> Option<Entry> {
        let metadata = folder.stat(Path::new(name)).ok()?;
        let modified = metadata.modified().ok();
        Some((name.to_owned(), modified.map(|time| time.into_std())))
    };
    if !news.all {
        let mut gone = Vec::new();
        let mut present = Vec::new();
        for name in news.names {
            match modified(&name) {
                Some(entry) => present.push(entry),
                None => gone.push(name),
            }
        }
        return Ok(Sorted {
            wanted: present,
            gone,
            has_more: false,
        });
    }
    let mut listed = Vec::new();
    let mut has_more = false;
    for entry in folder.entries()? {
        if let Ok(name) = entry?.file_name().into_string()
            && is_entry(&name)
            && let Some(entry) = modified(&name)
        {
            if listed.len() == MAX_SESSIONS {
                has_more = true;
                break;
            }
            listed.push(entry);
        }
    }
    let names: BTreeSet<&str> = listed.iter().map(|(name, _)| name.as_str()).collect();
    let gone = known
        .keys()
        .filter(|name| !names.contains(name.as_str()))
        // Where there were too many to list all.
        .filter(|name| !has_more || modified(name).is_none())
        .cloned()
        .collect();
    listed.retain(|(name, modified)| {
        let same = known
            .get(name)
            .is_some_and(|seen| seen.modified == *modified);
        !same || news.names.contains(name)
    });
    Ok(Sorted {
        wanted: listed,
        gone,
        has_more,
    })
}

/// A file on its way to becoming an entry has a hidden name.
pub(super) fn is_entry(name: &str) -> bool {
    !name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &tempfile::TempDir) -> OpenFolder {
        OpenFolder::at(folder.path()).unwrap()
    }

    fn names(entries: &[Entry]) -> Vec<&str> {
        let mut names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    fn seen(entries: &[Entry]) -> HashMap<String, Seen> {
        let seen = |(name, modified): &Entry| {
            let seen = Seen {
                session_id: format!("id of {name}"),
                modified: *modified,
            };
            (name.clone(), seen)
        };
        entries.iter().map(seen).collect()
    }

    #[test]
    fn a_look_at_all_reads_what_is_new_or_changed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| std::fs::write(folder.path().join(name), b"").unwrap();
        for name in ["same", "changed", "removed", ".hidden"] {
            put(name);
        }
        let first = sort(&open(&folder), News::all(), &HashMap::new()).unwrap();
        assert_eq!(
            (names(&first.wanted), first.gone.len()),
            (vec!["changed", "removed", "same"], 0)
        );

        let mut known = seen(&first.wanted);
        known.get_mut("changed").unwrap().modified = Some(SystemTime::UNIX_EPOCH);
        std::fs::remove_file(folder.path().join("removed")).unwrap();
        put("new");
        let second = sort(&open(&folder), News::all(), &known).unwrap();
        assert_eq!(names(&second.wanted), ["changed", "new"]);
        assert_eq!(second.gone, ["removed"]);
    }

    #[test]
    fn a_look_at_one_entry_reads_it_though_it_is_known_and_lists_nothing() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["one", "other"] {
            std::fs::write(folder.path().join(name), b"").unwrap();
        }
        let mut news = News::default();
        news.names.extend(["one".to_owned(), "gone".to_owned()]);
        let sorted = sort(&open(&folder), news, &HashMap::new()).unwrap();
        assert_eq!(
            (names(&sorted.wanted), sorted.gone),
            (vec!["one"], vec!["gone".to_owned()])
        );
    }
}
