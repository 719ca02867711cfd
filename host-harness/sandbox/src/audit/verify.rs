//! Whether the record is whole: every line unchanged, in its place, none missing. Not defended against: who can write
//! the folder and computes the whole chain and the head anew.

use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;

use super::journal::{Head, Journal};
use super::kept;
use super::line::{self, Link, Sealed};
use super::outside;

/// Files that were pruned while they were being read: look again.
const TRIES: u32 = 3;

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line in it, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} line {}", self.file.display(), self.line)
    }
}

/// A record that is whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// Lines checked.
    pub lines: u64,
    /// The number of the first line; not 1 when older files were pruned, which the record says itself.
    pub first_n: u64,
    /// Lines of older files that were pruned: the first and last of each day. Not among [`lines`](Self::lines).
    pub kept: u64,
    /// Calls whose process ended in them: what they did isn't known.
    pub without_end: u64,
    /// Lines that a crash cut off. Those that a later call closed say so in the chain; the last may still be open.
    pub torn: Vec<Place>,
    /// Whether the last of them is still open.
    pub open_end: bool,
}

/// Why a record is not whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Something was changed, removed, moved or put in.
    #[error("{at}: {what}")]
    Broken {
        /// The first place where the chain doesn't hold.
        at: Place,
        /// What is wrong there.
        what: Broken,
    },
    /// The record can't be read.
    #[error("{} can't be read: {source}", folder.display())]
    Unreadable {
        /// The record's folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// Its digest isn't that of its text.
    #[error("this line was changed or put in")]
    Changed,
    /// It is whole, but made for another line before it.
    #[error("this line doesn't follow the one before: one of them was replaced")]
    Replaced,
    /// Lines between it and the one before are gone.
    #[error("the lines with the numbers {0} to {1} are missing before this one")]
    Missing(u64, u64),
    /// Its number was there already.
    #[error("the line with the number {0} stands in the wrong place or a second time")]
    Misplaced(u64),
    /// The record begins later than it says itself.
    #[error("the lines before number {0} were removed, and the record doesn't say so")]
    Beginning(u64),
    /// The head knows of later lines.
    #[error("the lines with the numbers {0} to {1} are missing behind this one")]
    End(u64, u64),
    /// The head names another last line.
    #[error("the head names another line with this number")]
    OtherHead,
    /// The end beside the record names another last line.
    #[error("the end that is kept beside the record names another line with this number")]
    OtherEnd,
    /// Nothing is left of it.
    #[error("There is no record, although {0} lines were written: it was removed")]
    Gone(u64),
    /// What was kept of older files isn't what it was.
    #[error("the lines that were kept of older files were changed or removed, here or behind")]
    Kept,
    /// There is no head.
    #[error(
        "the file \"head\" is missing or damaged: nobody can say whether lines are missing behind this one"
    )]
    NoHead,
}

/// Checks all of it. Only the snapshot takes the lock; reading and checking keep nobody waiting.
///
/// # Errors
/// The first place where it isn't whole, or that it can't be read.
pub(super) fn verify(journal: &Journal) -> Result<Verified, VerifyError> {
    let unreadable = |source| VerifyError::Unreadable {
        folder: journal.folder.clone(),
        source,
    };
    if !journal.folder.exists() {
        let nothing = Files {
            head: None,
            outside: outside::read(&journal.folder),
            kept: None,
            contents: Vec::new(),
        };
        return Walk::default().all(&nothing, journal.file(1));
    }
    let mut tries = 0;
    loop {
        tries += 1;
        match Snapshot::take(journal).and_then(|snapshot| snapshot.read()) {
            Ok(files) => return Walk::default().all(&files, journal.file(1)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && tries < TRIES => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
}

struct Content {
    path: PathBuf,
    /// As far as the snapshot goes.
    bytes: Vec<u8>,
}

/// The content of a snapshot.
struct Files {
    head: Option<Head>,
    outside: Option<Link>,
    kept: Option<Content>,
    contents: Vec<Content>,
}

/// What there is at one moment; read without the lock, so that nobody has to wait for a long record.
struct Snapshot {
    head: Option<Head>,
    outside: Option<Link>,
    /// Replaced as a whole, so read at once.
    kept: Option<Content>,
    files: Vec<(PathBuf, u64)>,
}

impl Snapshot {
    fn take(journal: &Journal) -> io::Result<Self> {
        let _lock = journal.lock()?;
        let files = journal
            .numbers()?
            .into_iter()
            .map(|number| {
                let path = journal.file(number);
                let length = fs::metadata(&path)?.len();
                Ok((path, length))
            })
            .collect::<io::Result<_>>()?;
        Ok(Self {
            head: journal.head(),
            outside: outside::read(&journal.folder),
            kept: kept_lines(journal)?,
            files,
        })
    }

    fn read(self) -> io::Result<Files> {
        let read = |(path, length): (PathBuf, u64)| {
            let mut bytes = fs::read(&path)?;
            // What was appended since the snapshot lies behind the head that it holds.
            bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
            Ok(Content { path, bytes })
        };
        Ok(Files {
            head: self.head,
            outside: self.outside,
            kept: self.kept,
            contents: self
                .files
                .into_iter()
                .map(read)
                .collect::<io::Result<_>>()?,
        })
    }
}

/// The lines kept of pruned files; `None` when nothing was pruned, or by a version that kept none.
fn kept_lines(journal: &Journal) -> io::Result<Option<Content>> {
    let path = kept::path(&journal.folder);
    match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => Ok(Some(Content {
            path,
            bytes: bytes?,
        })),
    }
}

/// The check of one line after the other.
#[derive(Default)]
struct Walk {
    last: Option<(Link, Place)>,
    /// The number and predecessor of a first line that isn't number 1, until a "pruned" line confirms them.
    beginning: Option<(u64, String, Place)>,
    /// What stands before the first line, when it was pruned and lines were kept of it.
    kept_up_to: Option<Link>,
    /// Bytes that are no line, and where they begin.
    odd: Option<(Place, Vec<u8>)>,
    /// The head's number was passed, with this digest.
    at_head: Option<(String, Place)>,
    /// The same of the end outside.
    at_outside: Option<(String, Place)>,
    found: Verified,
}

impl Walk {
    /// `first` is the file where a record begins.
    fn all(mut self, files: &Files, first: PathBuf) -> Result<Verified, VerifyError> {
        for content in &files.contents {
            self.refuse_odd()?;
            let pieces = content.bytes.split_inclusive(|byte| *byte == b'\n');
            for (index, piece) in pieces.enumerate() {
                let at = Place {
                    file: content.path.clone(),
                    line: index + 1,
                };
                match piece.strip_suffix(b"\n").and_then(line::open) {
                    Some(sealed) => self.line(sealed, at, files)?,
                    None => {
                        let (_, bytes) = self.odd.get_or_insert_with(|| (at, Vec::new()));
                        bytes.extend_from_slice(piece);
                    }
                }
            }
        }
        self.end(files, first)
    }

    /// Takes one line that is whole in itself, and judges whether it stands where it belongs.
    fn line(&mut self, sealed: Sealed, at: Place, files: &Files) -> Result<(), VerifyError> {
        let Link { n, hash } = &sealed.link;
        match self.odd.take() {
            Some((odd, bytes)) if is_closing(&sealed, &bytes) => self.found.torn.push(odd),
            Some((odd, _)) => return Err(broken(odd, Broken::Changed)),
            None => {}
        }
        match &self.last {
            None => {
                self.found.first_n = *n;
                // Not judged yet: the line that says so stands further on in the chain, where the older
                // files were pruned.
                if *n != 1 || sealed.prev != Link::genesis().hash {
                    self.beginning = Some((*n, sealed.prev.clone(), at.clone()));
                }
            }
            Some((last, _)) if *n <= last.n => return Err(broken(at, Broken::Misplaced(*n))),
            Some((last, _)) if *n > last.n + 1 => {
                return Err(broken(at, Broken::Missing(last.n + 1, n - 1)));
            }
            Some((last, _)) if sealed.prev != last.hash => {
                return Err(broken(at, Broken::Replaced));
            }
            Some(_) => {}
        }
        self.confirm_beginning(&sealed);
        let here = |link: &Link| (link.n == *n).then(|| (hash.clone(), at.clone()));
        let at_head = files.head.as_ref().and_then(|head| here(&head.link));
        self.at_head = at_head.or(self.at_head.take());
        let at_outside = files.outside.as_ref().and_then(here);
        self.at_outside = at_outside.or(self.at_outside.take());
        self.found.lines += 1;
        self.found.without_end += u64::from(sealed.members["outcome"] == super::NO_END);
        self.last = Some((sealed.link, at));
        Ok(())
    }

    /// Older lines that are gone are in order when the chain itself says that they were pruned.
    fn confirm_beginning(&mut self, sealed: &Sealed) {
        if sealed.members["call"] == "pruned"
            && let Some((n, prev, _)) = &self.beginning
            && sealed.members["first_n"] == *n
            && sealed.members["first_prev"] == prev.as_str()
        {
            // An older version of this program pruned without keeping anything.
            self.kept_up_to = (sealed.members["kept"].as_u64() > Some(0)).then(|| Link {
                n: n - 1,
                hash: prev.clone(),
            });
            self.beginning = None;
        }
    }

    /// At the end of a file that isn't the last: only there can a crash have cut a line off.
    fn refuse_odd(&mut self) -> Result<(), VerifyError> {
        match self.odd.take() {
            Some((odd, _)) => Err(broken(odd, Broken::Changed)),
            None => Ok(()),
        }
    }

    /// What was kept is whole, and comes up to the first line.
    fn kept(&mut self, files: &Files) -> Result<(), VerifyError> {
        let nothing = || Place {
            file: files
                .contents
                .first()
                .map_or_else(PathBuf::new, |first| first.path.with_file_name(kept::NAME)),
            line: 1,
        };
        let up_to = self.kept_up_to.take();
        let Some(content) = &files.kept else {
            return match up_to {
                Some(_) => Err(broken(nothing(), Broken::Kept)),
                None => Ok(()),
            };
        };
        let (count, last) =
            check_kept(content, self.found.first_n).map_err(|at| broken(at, Broken::Kept))?;
        self.found.kept = count;
        match (up_to, last) {
            // A process that died while it pruned had kept lines already of what is still there.
            (Some(up_to), Some(last)) if last.n > up_to.n || last == up_to => Ok(()),
            (Some(_), _) => Err(broken(nothing(), Broken::Kept)),
            (None, _) => Ok(()),
        }
    }

    /// Behind the last line: whether the record reaches as far as head and end outside know.
    fn end(mut self, files: &Files, first: PathBuf) -> Result<Verified, VerifyError> {
        let start = Place {
            file: files
                .contents
                .first()
                .map_or(first, |first| first.path.clone()),
            line: 1,
        };
        let (last_n, last) = match self.last.take() {
            Some((link, at)) => (link.n, at),
            None => (0, start),
        };
        // Before the head, which lies in the folder and goes with it when the record is removed.
        if let Some(known) = &files.outside {
            if last_n == 0 {
                return Err(broken(last, Broken::Gone(known.n)));
            }
            if known.n > last_n {
                return Err(broken(last, Broken::End(last_n + 1, known.n)));
            }
        }
        let Some(head) = &files.head else {
            return match last_n {
                0 if self.odd.is_none() => Ok(self.found),
                _ => Err(broken(last, Broken::NoHead)),
            };
        };
        if head.link.n > last_n {
            return Err(broken(last, Broken::End(last_n + 1, head.link.n)));
        }
        if let Some((hash, at)) = self.at_head.take()
            && hash != head.link.hash
        {
            return Err(broken(at, Broken::OtherHead));
        }
        if let (Some((hash, at)), Some(known)) = (self.at_outside.take(), &files.outside)
            && hash != known.hash
        {
            return Err(broken(at, Broken::OtherEnd));
        }
        if let Some((n, _, at)) = self.beginning.take() {
            return Err(broken(at, Broken::Beginning(n)));
        }
        self.kept(files)?;
        // All that the head knows of is there: what lies behind is a line that a crash cut off.
        if let Some((odd, _)) = self.odd.take() {
            self.found.torn.push(odd);
            self.found.open_end = true;
        }
        Ok(self.found)
    }
}

/// Lines that were kept, as far as they are older than `first_n`: each whole, in order, and following one another where no
/// number is between them. Returns how many there are, and the last.
fn check_kept(content: &Content, first_n: u64) -> Result<(u64, Option<Link>), Place> {
    let (mut count, mut last) = (0, None::<Link>);
    for (index, piece) in content
        .bytes
        .split_inclusive(|byte| *byte == b'\n')
        .enumerate()
    {
        let at = || Place {
            file: content.path.clone(),
            line: index + 1,
        };
        let sealed = piece
            .strip_suffix(b"\n")
            .and_then(line::open)
            .ok_or_else(at)?;
        let follows = last.as_ref().is_none_or(|last| {
            let next = last.n + 1;
            sealed.link.n > next || (sealed.link.n == next && sealed.prev == last.hash)
        });
        if !follows {
            return Err(at());
        }
        count += u64::from(sealed.link.n < first_n);
        last = Some(sealed.link);
    }
    Ok((count, last))
}

fn broken(at: Place, what: Broken) -> VerifyError {
    VerifyError::Broken { at, what }
}

/// Whether a line says of these bytes that a crash cut them off. A line feed may have been added behind them.
fn is_closing(sealed: &Sealed, bytes: &[u8]) -> bool {
    let without = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let is = |bytes: &[u8]| {
        sealed.members["torn_bytes"] == bytes.len()
            && sealed.members["torn_hash"] == line::digest(bytes).as_str()
    };
    sealed.members["call"] == "torn" && (is(bytes) || is(without))
}
