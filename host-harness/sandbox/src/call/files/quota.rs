//! How much the state folder may hold, over all processes and calls. Nothing is walked per write: the folder was measured
//! once, and since then what is about to be written is added up, so that the account says too much and never too little.
//! Only when that reaches the quota the folder is measured anew.
//!
//! The account is a file beside the folder, where no component can write. A process takes room from it in pieces and gives
//! back at its end what it didn't use. So the folder can outgrow its quota by one piece for each process that was
//! writing while another one measured, and by nothing else.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::LimitHit;
use crate::files;
use crate::folder::OpenFolder;

/// What a process takes from the account at a time: one look at a file for some hundred writes of a record.
const PIECE: Room = Room {
    bytes: 1 << 20,
    files: 256,
};
/// Who found the folder full doesn't measure it again for ten times what that took, and at least this long: a component
/// that repeats its attempt without end keeps no more than a tenth of a core and a disk busy.
const FULL_FOR: Duration = Duration::from_secs(1);
/// The account's lock is held for one read and one write, or for one measuring of a large folder.
const LOCK_WAIT: Duration = Duration::from_secs(20);
/// Folders in folders that are measured: far more than a call can make ([`FOLDER_DEPTH`](crate::limits::FOLDER_DEPTH)), for
/// what older versions left. Each is a descriptor while it is open.
const MEASURED_DEPTH: usize = 64;
/// Parts of a path that are named when it can't be read.
const SHOWN_PARTS: usize = 3;
/// The account is written over in place: always the same length.
/// Two numbers of 64 bits have up to twenty digits each.
const ACCOUNT_BYTES: usize = 48;

/// Bytes and files (folders and links counted like files).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Room {
    /// Bytes of all of them.
    pub bytes: u64,
    /// How many.
    pub files: u64,
}

impl Room {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            files: self.files.saturating_add(other.files),
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(other.bytes),
            files: self.files.saturating_sub(other.files),
        }
    }

    fn at_most(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.min(other.bytes),
            files: self.files.min(other.files),
        }
    }

    fn holds(self, other: Self) -> bool {
        other.bytes <= self.bytes && other.files <= self.files
    }
}

/// Why there is no room.
#[derive(Debug)]
pub enum NoRoom {
    /// The quota is reached.
    Full(LimitHit),
    /// The account can't be read or written.
    Account(io::Error),
}

/// The quota of one state folder.
pub struct StateQuota {
    folder: PathBuf,
    account: PathBuf,
    quota: Room,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    /// Taken from the account and not used yet.
    left: Room,
    /// What was hit, and until when it counts without looking.
    full: Option<(LimitHit, Instant)>,
}

impl StateQuota {
    /// Of `folder`; what is counted is added up in the file `account`, which no call may see.
    pub fn new(folder: PathBuf, account: PathBuf, quota: Room) -> Self {
        Self {
            folder,
            account,
            quota,
            taken: Mutex::default(),
        }
    }

    /// Takes room for what is about to be written.
    ///
    /// # Errors
    /// `NoRoom`: nothing may be written then.
    pub fn take(&self, need: Room) -> Result<(), NoRoom> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if !taken.left.holds(need) {
            let begun = Instant::now();
            if let Some((hit, until)) = taken.full
                && begun < until
            {
                return Err(NoRoom::Full(hit));
            }
            taken.full = None;
            match self.fetch(need.minus(taken.left)) {
                Ok(room) => taken.left = taken.left.plus(room),
                Err(NoRoom::Full(hit)) => {
                    let pause = (begun.elapsed() * 10).max(FULL_FOR);
                    taken.full = Some((hit, Instant::now() + pause));
                    return Err(NoRoom::Full(hit));
                }
                Err(error) => return Err(error),
            }
        }
        taken.left = taken.left.minus(need);
        Ok(())
    }

    /// A file was removed: its place is free again.
    pub fn removed_one(&self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        // Its bytes don't come back before the next measuring: how long it was is known only by asking for
        // each file that goes, and other names may still lead to it.
        taken.left.files += 1;
    }

    /// Takes `need` from the account, and a piece for later where there is one.
    fn fetch(&self, need: Room) -> Result<Room, NoRoom> {
        let mut account = Account::open(&self.account).map_err(NoRoom::Account)?;
        let mut used = match account.read() {
            Some(used) => used,
            None => self.measure()?,
        };
        if !self.quota.holds(used.plus(need)) {
            used = self.measure()?;
        }
        let room = self.quota.minus(used);
        if !room.holds(need) {
            // What was measured counts for the others too.
            account.write(used).map_err(NoRoom::Account)?;
            return Err(NoRoom::Full(self.hit(used.plus(need))));
        }
        // Near the quota the piece is what is left, so that the last megabyte can be used, too.
        let piece = need.plus(PIECE).at_most(room);
        account.write(used.plus(piece)).map_err(NoRoom::Account)?;
        Ok(piece)
    }

    /// Which of the two quotas it is that this would exceed.
    fn hit(&self, wanted: Room) -> LimitHit {
        if wanted.bytes > self.quota.bytes {
            LimitHit::StateBytes(self.quota.bytes)
        } else {
            LimitHit::StateFiles(self.quota.files)
        }
    }

    fn measure(&self) -> Result<Room, NoRoom> {
        measure(&self.folder, self.quota)
            .and_then(|measuring| measuring.result(&self.folder))
            .map_err(NoRoom::Account)
    }
}

impl Drop for StateQuota {
    fn drop(&mut self) {
        let left = self
            .taken
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .left;
        if left != Room::default() {
            // What can't be given back counts as used until the next measuring.
            let _ = Account::open(&self.account).and_then(|mut account| match account.read() {
                Some(used) => account.write(used.minus(left)),
                // It was damaged meanwhile: whoever needs it next measures.
                None => Ok(()),
            });
        }
    }
}

/// What stands in a folder, by the files' lengths. A sparse file counts in full: some day somebody copies it. Stops counting
/// where the quota is passed by far: no more has to be known.
///
/// Entered by descriptors: no path is too long for that, and a link that takes a folder's place leads nowhere.
struct Measuring {
    quota: Room,
    found: Room,
    /// What can't be read, as a path in the folder.
    unread: Option<(PathBuf, io::Error)>,
}

fn measure(folder: &Path, quota: Room) -> io::Result<Measuring> {
    let mut measuring = Measuring {
        quota,
        found: Room::default(),
        unread: None,
    };
    let root = OpenFolder::at(folder)?;
    measuring.folder(&root, Path::new(""), 0);
    Ok(measuring)
}

impl Measuring {
    fn folder(&mut self, folder: &OpenFolder, path: &Path, depth: usize) {
        let entries = match folder.entries() {
            Ok(entries) => entries,
            Err(error) => return self.cannot_read(path, error),
        };
        // Names only, entered when this listing is closed: a level holds one descriptor while those below
        // are measured.
        let mut below = Vec::new();
        for entry in entries {
            if self.found.files > self.quota.files.saturating_mul(2) {
                return;
            }
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => return self.cannot_read(path, error),
            };
            // Of a link itself: what it leads to is not here.
            let Ok(meta) = entry.metadata() else { continue };
            let bytes = if meta.is_dir() { 0 } else { meta.len() };
            self.found = self.found.plus(Room { bytes, files: 1 });
            if meta.is_dir() {
                below.push(entry.file_name());
            }
        }
        for name in below {
            let path = path.join(&name);
            if depth == MEASURED_DEPTH {
                return self.cannot_read(&path, io::Error::other("it lies too deep"));
            }
            match folder.folder(Path::new(&name)) {
                Ok(folder) => self.folder(&folder, &path, depth + 1),
                // Removed since it was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => self.cannot_read(&path, error),
            }
        }
    }

    fn cannot_read(&mut self, path: &Path, error: io::Error) {
        self.unread.get_or_insert((path.to_owned(), error));
    }

    /// What was found. What can't be read may hold anything: then the folder counts as full, and says why.
    fn result(self, folder: &Path) -> io::Result<Room> {
        match self.unread {
            None => Ok(self.found),
            Some((path, error)) => Err(io::Error::other(format!(
                "{} can't be read, so that nobody knows how much it holds: {error}. Nothing is stored until it is removed",
                folder.join(short(&path)).display()
            ))),
        }
    }
}

/// The beginning of a path, for a person: where to look, however long the rest is.
fn short(path: &Path) -> PathBuf {
    path.components().take(SHOWN_PARTS).collect()
}

/// The account, locked until it is dropped.
struct Account(File);

impl Account {
    fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        let file = files::private(&mut options).open(path)?;
        files::lock(&file, LOCK_WAIT)?;
        Ok(Self(file))
    }

    /// `None` when it is new or damaged.
    fn read(&mut self) -> Option<Room> {
        let mut text = String::new();
        (&self.0)
            .take(ACCOUNT_BYTES as u64)
            .read_to_string(&mut text)
            .ok()?;
        let mut numbers = text.split_whitespace().map(str::parse);
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(bytes)), Some(Ok(files)), None) => Some(Room { bytes, files }),
            _ => None,
        }
    }

    fn write(&mut self, used: Room) -> io::Result<()> {
        let text = format!("{} {}", used.bytes, used.files);
        // Written over, and not replaced by a rename: the lock is on this very file, and whoever waits for
        // it would get the lock of a file that is gone. What a crash leaves unreadable is measured anew.
        self.0.rewind()?;
        self.0
            .write_all(format!("{text:<width$}\n", width = ACCOUNT_BYTES - 1).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    struct Kept {
        folder: tempfile::TempDir,
        quota: Room,
    }

    impl Kept {
        fn new(bytes: u64, files: u64) -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("state")).unwrap();
            Self {
                folder,
                quota: Room { bytes, files },
            }
        }

        /// A process.
        fn process(&self) -> StateQuota {
            let (state, account) = (self.state(), self.folder.path().join("account"));
            StateQuota::new(state, account, self.quota)
        }

        fn state(&self) -> PathBuf {
            self.folder.path().join("state")
        }

        fn write(&self, name: &str, bytes: u64) {
            let file = File::create(self.state().join(name)).unwrap();
            file.set_len(bytes).unwrap();
        }
    }

    fn room(bytes: u64, files: u64) -> Room {
        Room { bytes, files }
    }

    fn hit(result: Result<(), NoRoom>) -> LimitHit {
        match result {
            Err(NoRoom::Full(hit)) => hit,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn everything_fits_up_to_the_quota_and_not_one_byte_or_file_more() {
        let kept = Kept::new(5 << 20, 1_000);
        kept.write("before", 2 << 20);
        let process = kept.process();
        process.take(room(3 << 20, 1)).unwrap();
        kept.write("after", 3 << 20);
        assert_eq!(hit(process.take(room(1, 0))), LimitHit::StateBytes(5 << 20));
        let kept = Kept::new(5 << 20, 3);
        let process = kept.process();
        for name in ["1", "2", "3"] {
            process.take(room(0, 1)).unwrap();
            kept.write(name, 0);
        }
        assert_eq!(hit(process.take(room(0, 1))), LimitHit::StateFiles(3));
    }

    #[test]
    fn what_one_process_wrote_counts_for_the_next_and_what_it_left_is_given_back() {
        let kept = Kept::new(10 << 20, 100_000);
        for number in 0..9 {
            // Each takes a piece of a megabyte more than it needs, and gives it back.
            let process = kept.process();
            process.take(room(1 << 20, 1)).unwrap();
            kept.write(&number.to_string(), 1 << 20);
        }
        kept.process().take(room(1 << 20, 1)).unwrap();
        kept.write("9", 1 << 20);
        hit(kept.process().take(room(1, 1)));
    }

    #[test]
    fn what_was_removed_meanwhile_is_room_again_once_it_is_measured() {
        let kept = Kept::new(3 << 20, 1_000);
        let process = kept.process();
        // Written over and over: two megabytes of content, thirty of writing.
        for _ in 0..30 {
            process.take(room(1 << 20, 1)).unwrap();
            kept.write("the same", 1 << 20);
        }
        kept.write("another", 2 << 20);
        // What it had taken before may be used up; then it is full.
        let full = (0..3).find_map(|_| process.take(room(1 << 20, 1)).err());
        hit(Err(full.unwrap()));
        fs::remove_file(kept.state().join("another")).unwrap();
        kept.process().take(room(1 << 20, 1)).unwrap();
    }

    #[test]
    fn a_killed_process_leaves_its_piece_counted_until_the_next_measuring() {
        let kept = Kept::new(5 << 20, 1_000);
        let killed = kept.process();
        killed.take(room(4 << 20, 1)).unwrap();
        std::mem::forget(killed);
        // The account says four and more; the folder is empty.
        kept.process().take(room(5 << 20, 1)).unwrap();
    }

    #[test]
    fn a_damaged_account_is_measured_anew() {
        let kept = Kept::new(5 << 20, 1_000);
        kept.write("before", 5 << 20);
        fs::write(kept.folder.path().join("account"), "nonsense").unwrap();
        hit(kept.process().take(room(1, 0)));
    }

    #[test]
    fn many_processes_together_stay_within_the_quota() {
        let kept = Kept::new(8 << 20, 1_000_000);
        let written: u64 = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..8_u64)
                .map(|writer| {
                    let kept = &kept;
                    scope.spawn(move || {
                        let process = kept.process();
                        let file = File::create(kept.state().join(writer.to_string())).unwrap();
                        let mut written = 0;
                        while process.take(room(64 << 10, 0)).is_ok() {
                            written += 64 << 10;
                            file.set_len(written).unwrap();
                        }
                        written
                    })
                })
                .collect();
            writers
                .into_iter()
                .map(|writer| writer.join().unwrap())
                .sum()
        });
        let overshoot = written.saturating_sub(8 << 20);
        assert!(overshoot <= 8 * PIECE.bytes, "{overshoot}");
        assert!(written >= 7 << 20, "{written}");
    }

    #[test]
    fn folders_and_links_count_and_what_a_link_leads_to_does_not() {
        let kept = Kept::new(1 << 20, 10);
        fs::create_dir(kept.state().join("d")).unwrap();
        kept.write("d/file", 1_000);
        #[cfg(unix)]
        std::os::unix::fs::symlink("/", kept.state().join("link")).unwrap();
        let measured = measure(&kept.state(), kept.quota).unwrap();
        let found = measured.result(&kept.state()).unwrap();
        assert_eq!(found.files, if cfg!(unix) { 3 } else { 2 });
        assert!(found.bytes < 2_000, "{found:?}");
    }

    /// As a shell would: a path to the last of them would be too long.
    #[cfg(unix)]
    fn nest(kept: &Kept, folders: usize) {
        use rustix::fs::{Mode, OFlags, mkdirat, open, openat};
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let mut at = open(kept.state(), flags, Mode::empty()).unwrap();
        let name = "x".repeat(200);
        for _ in 0..folders {
            mkdirat(&at, name.as_str(), Mode::RWXU).unwrap();
            at = openat(&at, name.as_str(), flags, Mode::empty()).unwrap();
        }
        let made = Mode::RUSR | Mode::WUSR;
        let last = openat(&at, "last", OFlags::CREATE | OFlags::WRONLY, made).unwrap();
        File::from(last).set_len(1_000).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn folders_whose_path_is_too_long_for_the_system_are_measured_all_the_same() {
        let kept = Kept::new(1 << 20, 100);
        nest(&kept, 30);
        let measured = measure(&kept.state(), kept.quota).unwrap();
        let found = measured.result(&kept.state()).unwrap();
        assert_eq!((found.bytes, found.files), (1_000, 31));
        kept.process().take(room(1_000, 1)).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_measured_counts_as_full_and_is_named_until_it_is_gone() {
        let kept = Kept::new(1 << 20, 1_000);
        nest(&kept, MEASURED_DEPTH + 2);
        let Err(NoRoom::Account(error)) = kept.process().take(room(1, 1)) else {
            panic!("it counts as empty");
        };
        let told = error.to_string();
        assert!(told.contains("xxx") && told.contains("too deep"), "{told}");
        assert!(told.len() < 1_500, "{told}");
        let away = kept.folder.path().join("away");
        fs::rename(kept.state().join("x".repeat(200)), away).unwrap();
        kept.process().take(room(1, 1)).unwrap();
    }
}
