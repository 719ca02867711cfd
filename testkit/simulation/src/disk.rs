//! A disk that forgets what wasn't synced. File contents and folder entries are volatile until their
//! own sync; a power failure decides the fate of each that is not. It is no file system: no rights, and no
//! errors but of missing, taken and full folders.

use std::collections::BTreeMap;

use libtv_video_core::io::{FsDone, FsOp};

use super::rng::Rng;

/// What a power failure does to something unsynced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was on the disk already.
    Kept,
    /// It wasn't.
    Dropped,
    /// Half of it was: contents become a part with a garbage tail; entries are kept.
    Torn,
}

/// What a name leads to; a file by its number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    Dir,
    File(usize),
}

// Contents and names have lives of their own, as on real file systems: a synced file whose name isn't durable
// is lost.
struct Node {
    durable: Vec<u8>,
    current: Vec<u8>,
    dirty: bool,
}

/// A change of entries that isn't durable yet. A rename is atomic: both names or neither.
enum Change {
    Put(String, Entry),
    Rename(String, String, Entry),
    Remove(String),
}

impl Change {
    /// Whether a sync of this folder makes it durable.
    fn touches(&self, dir: &str) -> bool {
        match self {
            Self::Put(path, _) | Self::Remove(path) => parent(path) == dir,
            Self::Rename(from, to, _) => parent(from) == dir || parent(to) == dir,
        }
    }

    /// Puts it into effect.
    fn apply(self, entries: &mut BTreeMap<String, Entry>) {
        match self {
            Self::Put(path, entry) => {
                entries.insert(path, entry);
            }
            Self::Rename(from, to, entry) => {
                // Another file may have taken the old name since.
                if entries.get(&from) == Some(&entry) {
                    entries.remove(&from);
                }
                entries.insert(to, entry);
            }
            Self::Remove(path) => {
                entries.remove(&path);
            }
        }
    }
}

/// The state folder.
#[derive(Default)]
pub(super) struct Disk {
    nodes: Vec<Node>,
    entries: BTreeMap<String, Entry>,
    durable: BTreeMap<String, Entry>,
    pending: Vec<Change>,
    /// How many contents aren't synced.
    dirty: usize,
}

impl Disk {
    /// Puts a durable file there, before the run.
    pub(super) fn install(&mut self, path: &str, content: &[u8]) {
        self.nodes.push(Node {
            durable: content.to_vec(),
            current: content.to_vec(),
            dirty: false,
        });
        let entry = Entry::File(self.nodes.len() - 1);
        self.entries.insert(path.to_owned(), entry);
        self.durable.insert(path.to_owned(), entry);
    }

    /// Performs an operation as the component's driver does.
    ///
    /// # Errors
    /// The reason in words, as a system's.
    pub(super) fn perform(&mut self, op: FsOp) -> Result<FsDone, String> {
        refuse_odd(&op)?;
        match op {
            FsOp::Read(path) => Ok(FsDone::Content(self.content(&path).map(<[u8]>::to_vec))),
            FsOp::Write(path, bytes) => self.write(&path, bytes),
            FsOp::Sync(path) => {
                let Some(Entry::File(id)) = self.entries.get(&path) else {
                    return Err(format!("{path}: no such file"));
                };
                let node = &mut self.nodes[*id];
                if node.dirty {
                    node.durable.clone_from(&node.current);
                    node.dirty = false;
                    self.dirty -= 1;
                }
                Ok(FsDone::Done)
            }
            FsOp::Rename(from, to) => self.rename(&from, &to),
            FsOp::Link(from, to) => self.link(&from, to),
            // Only changes of this folder: a sync that took others along would hide a missing one.
            FsOp::SyncDir(dir) => {
                self.require_dir(&dir)?;
                let (now, later) = std::mem::take(&mut self.pending)
                    .into_iter()
                    .partition(|change| change.touches(&dir));
                self.pending = later;
                let now: Vec<Change> = now;
                for change in now {
                    change.apply(&mut self.durable);
                }
                Ok(FsDone::Done)
            }
            FsOp::List(dir) => Ok(FsDone::Names(self.list(&dir))),
            FsOp::RemoveDir(path) if !self.list(&path).is_empty() => {
                Err(format!("{path}: the folder isn't empty"))
            }
            // Not durable either: what was removed may be back after a power failure.
            FsOp::Remove(path) | FsOp::RemoveDir(path) => {
                if self.entries.remove(&path).is_some() {
                    self.pending.push(Change::Remove(path.clone()));
                }
                Ok(FsDone::Done)
            }
            FsOp::MakeDir(path) => {
                // Each parent is a change of its own, and may be lost with its children.
                let mut at = 0;
                let path = &path;
                while at < path.len() {
                    at = path[at..].find('/').map_or(path.len(), |len| at + len);
                    let part = &path[..at];
                    if !self.entries.contains_key(part) {
                        self.entries.insert(part.to_owned(), Entry::Dir);
                        self.pending.push(Change::Put(part.to_owned(), Entry::Dir));
                    }
                    at += 1;
                }
                Ok(FsDone::Done)
            }
        }
    }

    /// What a process reads now.
    pub(super) fn content(&self, path: &str) -> Option<&[u8]> {
        match self.entries.get(path) {
            Some(Entry::File(id)) => Some(&self.nodes[*id].current),
            Some(Entry::Dir) | None => None,
        }
    }

    /// The paths of all files.
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Whether a power failure would change anything: where not, all fates are one.
    pub(super) fn is_at_risk(&self) -> bool {
        !self.pending.is_empty() || self.dirty > 0
    }

    /// The power fails. Every unsynced thing meets the given fate, or each one of its own.
    pub(super) fn lose_power(&mut self, fate: Option<Fate>, rng: &mut Rng) {
        for change in std::mem::take(&mut self.pending) {
            let kept = match fate {
                // Names are written in one piece: a file system's journal tears contents and not entries.
                Some(Fate::Kept | Fate::Torn) => true,
                Some(Fate::Dropped) => false,
                None => rng.chance(500),
            };
            if kept {
                change.apply(&mut self.durable);
            }
        }
        for node in self.nodes.iter_mut().filter(|node| node.dirty) {
            let fate = fate.unwrap_or_else(|| rng.pick(&[Fate::Kept, Fate::Dropped, Fate::Torn]));
            match fate {
                Fate::Kept => node.durable.clone_from(&node.current),
                Fate::Dropped => {}
                Fate::Torn => node.durable = torn(&node.current, rng),
            }
            node.current.clone_from(&node.durable);
            node.dirty = false;
        }
        self.dirty = 0;
        let known = self.durable.clone();
        self.durable
            // What lies in a folder whose name was lost can't be reached, however durable it is itself.
            .retain(|path, _| ancestors(path).all(|dir| known.contains_key(dir)));
        self.entries.clone_from(&self.durable);
    }

    /// Makes or overwrites a file; neither its content nor its name is durable.
    fn write(&mut self, path: &str, bytes: Vec<u8>) -> Result<FsDone, String> {
        // Overwritten in place, so that a crash may leave neither the old content nor the new: the core must
        // not rely on this.
        if let Some(Entry::File(id)) = self.entries.get(path) {
            let node = &mut self.nodes[*id];
            node.current = bytes;
            self.dirty += usize::from(!node.dirty);
            node.dirty = true;
            return Ok(FsDone::Done);
        }
        self.require_dir(parent(path))?;
        self.nodes.push(Node {
            durable: Vec::new(),
            current: bytes,
            dirty: true,
        });
        self.dirty += 1;
        let entry = Entry::File(self.nodes.len() - 1);
        self.entries.insert(path.to_owned(), entry);
        self.pending.push(Change::Put(path.to_owned(), entry));
        Ok(FsDone::Done)
    }

    /// Gives a file another name, in place of what has it.
    fn rename(&mut self, from: &str, to: &str) -> Result<FsDone, String> {
        self.require_dir(parent(to))?;
        let entry = self
            .entries
            .remove(from)
            .ok_or_else(|| format!("{from}: no such file"))?;
        self.entries.insert(to.to_owned(), entry);
        self.pending
            .push(Change::Rename(from.to_owned(), to.to_owned(), entry));
        Ok(FsDone::Done)
    }

    /// Gives a file a second name, unless that is taken.
    fn link(&mut self, from: &str, to: String) -> Result<FsDone, String> {
        self.require_dir(parent(&to))?;
        if self.entries.contains_key(&to) {
            return Ok(FsDone::Taken);
        }
        let entry = self.entries.get(from).copied();
        let entry = entry.ok_or_else(|| format!("{from}: no such file"))?;
        self.entries.insert(to.clone(), entry);
        self.pending.push(Change::Put(to, entry));
        Ok(FsDone::Done)
    }

    /// # Errors
    /// There is no such folder.
    fn require_dir(&self, dir: &str) -> Result<(), String> {
        if dir == "." || self.entries.get(dir) == Some(&Entry::Dir) {
            Ok(())
        } else {
            Err(format!("{dir}: no such folder"))
        }
    }

    /// The names in a folder, in order; none where there is no such folder.
    fn list(&self, dir: &str) -> Vec<String> {
        if dir == "." {
            let top = self.entries.keys().filter(|path| !path.contains('/'));
            return top.cloned().collect();
        }
        let prefix = format!("{dir}/");
        self.entries
            .range(prefix.clone()..)
            .map_while(|(path, _)| path.strip_prefix(&prefix))
            .filter(|name| !name.contains('/'))
            .map(str::to_owned)
            .collect()
    }
}

/// The component's driver refuses such paths too.
fn refuse_odd(op: &FsOp) -> Result<(), String> {
    let paths = match op {
        FsOp::Rename(from, to) | FsOp::Link(from, to) => [from, to],
        FsOp::Read(path)
        | FsOp::Write(path, _)
        | FsOp::Sync(path)
        | FsOp::SyncDir(path)
        | FsOp::List(path)
        | FsOp::Remove(path)
        | FsOp::RemoveDir(path)
        | FsOp::MakeDir(path) => [path, path],
    };
    let odd =
        |path: &String| path != "." && path.split('/').any(|part| matches!(part, "" | "." | ".."));
    match paths.into_iter().find(|path| odd(path)) {
        Some(path) => Err(format!("a path that leaves the state folder: {path:?}")),
        None => Ok(()),
    }
}

/// The folder that a path lies in; `.` is the state folder.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(dir, _)| dir)
}

/// All folders above a path.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// Some of the bytes, and perhaps something else behind them.
fn torn(whole: &[u8], rng: &mut Rng) -> Vec<u8> {
    let kept = usize::try_from(rng.below(whole.len() as u64 + 1)).unwrap_or(0);
    let mut bytes = whole[..kept].to_vec();
    if rng.chance(500) {
        // Blocks of the right length with whatever was there before: a length alone doesn't tell that a record
        // is torn.
        bytes.extend((kept..whole.len()).map(|_| rng.next().to_le_bytes()[0]));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(disk: &mut Disk, op: FsOp) {
        disk.perform(op).unwrap();
    }

    #[test]
    fn a_renamed_file_survives_only_when_it_and_its_folder_were_synced() {
        for (sync, sync_dir, survives) in [
            (true, true, true),
            (true, false, false),
            (false, true, false),
        ] {
            let mut disk = Disk::default();
            done(&mut disk, FsOp::MakeDir("a".to_owned()));
            done(&mut disk, FsOp::SyncDir(".".to_owned()));
            done(&mut disk, FsOp::Write("a/.t".to_owned(), b"text".to_vec()));
            if sync {
                done(&mut disk, FsOp::Sync("a/.t".to_owned()));
            }
            done(&mut disk, FsOp::Rename("a/.t".to_owned(), "a/f".to_owned()));
            if sync_dir {
                done(&mut disk, FsOp::SyncDir("a".to_owned()));
            }
            assert_eq!(disk.content("a/f"), Some(&b"text"[..]));
            disk.lose_power(Some(Fate::Dropped), &mut Rng::new(1));
            assert_eq!(disk.content("a/f") == Some(&b"text"[..]), survives);
        }
    }

    #[test]
    fn of_two_links_to_one_name_the_first_stands() {
        let mut disk = Disk::default();
        for name in ["a", "b"] {
            done(&mut disk, FsOp::Write(name.to_owned(), name.into()));
            done(&mut disk, FsOp::Sync(name.to_owned()));
        }
        let mut link = |from: &str| disk.perform(FsOp::Link(from.to_owned(), "c".to_owned()));
        assert_eq!(link("a"), Ok(FsDone::Done));
        assert_eq!(link("b"), Ok(FsDone::Taken));
        done(&mut disk, FsOp::Remove("a".to_owned()));
        done(&mut disk, FsOp::SyncDir(".".to_owned()));
        disk.lose_power(Some(Fate::Dropped), &mut Rng::new(1));
        assert_eq!(disk.content("c"), Some(&b"a"[..]));
    }

    #[test]
    fn a_folder_whose_entry_was_lost_takes_its_files_along() {
        let mut disk = Disk::default();
        done(&mut disk, FsOp::MakeDir("a".to_owned()));
        done(&mut disk, FsOp::Write("a/f".to_owned(), b"text".to_vec()));
        done(&mut disk, FsOp::Sync("a/f".to_owned()));
        done(&mut disk, FsOp::SyncDir("a".to_owned()));
        disk.lose_power(Some(Fate::Dropped), &mut Rng::new(1));
        assert_eq!(disk.files().count(), 0);
    }
}
