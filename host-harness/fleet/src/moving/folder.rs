//! A state folder as records, and records as a state folder. Not here: whose they are meanwhile.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use contract::state::PICTURES;

/// The longest record. The component reads none that is longer.
const RECORD_BYTES: u64 = 16 << 20;
/// As many as one machine's state folder may hold.
const RECORDS: usize = 1_000_000;

/// A record's path in the state folder, with `/`, and its content.
pub(super) type Record = (String, Vec<u8>);

/// Every file below the folder. Names that begin with a dot are files on their way to a name, which nobody misses.
///
/// # Errors
/// When one can't be read, isn't a plain file, or is no record.
pub(super) fn read(folder: &Path) -> io::Result<Vec<Record>> {
    let mut records = Vec::new();
    let mut left = vec![(folder.to_owned(), String::new())];
    while let Some((folder, below)) = left.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().into_string();
            let name = name.map_err(|_| io::Error::other("a name isn't text"))?;
            // Pictures may go at any time, and are larger than records that move in one transaction.
            if name.starts_with('.') || below.is_empty() && name == PICTURES {
                continue;
            }
            let (path, kind) = (format!("{below}{name}"), entry.file_type()?);
            if kind.is_dir() {
                left.push((entry.path(), format!("{path}/")));
                continue;
            }
            let is_record = kind.is_file() && entry.metadata()?.len() <= RECORD_BYTES;
            if !is_record || records.len() == RECORDS {
                return Err(io::Error::other(format!("{path} is no record")));
            }
            records.push((path, fs::read(entry.path())?));
        }
    }
    records.sort();
    Ok(records)
}

/// Writes them below the folder, durably, and for their owner alone.
///
/// # Errors
/// When that can't be.
pub(super) fn write(folder: &Path, records: &[Record]) -> io::Result<()> {
    let mut folders = vec![folder.to_owned()];
    for name in contract::state::FOLDERS {
        folders.push(folder.join(name));
    }
    for (path, bytes) in records {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(folder).to_owned();
        private(&parent)?;
        let mut file = File::create_new(&path)?;
        io::Write::write_all(&mut file, bytes)?;
        file.sync_all()?;
        folders.push(parent);
    }
    folders.sort();
    folders.dedup();
    for folder in &folders {
        private(folder)?;
    }
    // The deepest first: a folder's name is durable with its parent.
    for folder in folders.iter().rev() {
        sync(folder)?;
    }
    Ok(())
}

/// Gives it another name, durably.
///
/// # Errors
/// When that can't be.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    to.parent().map_or(Ok(()), sync)
}

/// The folder beside `state` whose name goes on with `mark`, and what stands behind that.
pub(super) fn marked(state: &Path, mark: &str) -> io::Result<Option<(PathBuf, String)>> {
    let (Some(parent), Some(name)) = (state.parent(), state.file_name()) else {
        return Ok(None);
    };
    let beginning = format!("{}{mark}", name.to_string_lossy());
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.strip_prefix(&beginning));
        if let Some(id) = id {
            return Ok(Some((entry.path(), id.to_owned())));
        }
    }
    Ok(None)
}

/// The same folder's name with a mark and an id.
pub(super) fn with_mark(state: &Path, mark: &str, id: &str) -> PathBuf {
    let name = state.file_name().unwrap_or_default().to_string_lossy();
    state.with_file_name(format!("{name}{mark}{id}"))
}

fn private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder can't be synced; the system does it by itself.
#[cfg(not(unix))]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}
