//! Opens files through `wasi:filesystem`, each with just the rights that one use needs.
//!
//! Not `std::fs`: whenever std opens for writing, its libc also asks for the right to change folders, which some runtimes
//! (jco's shim) refuse; and only a descriptor gives the stream that an upload is fed from. What needs no open file
//! (renaming, removing) is `names`'s.

use wasip2::filesystem::preopens;
use wasip2::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags};

/// How much one call moves: runtimes cut file and stream operations at 64 KiB.
// A larger buffer would be filled in parts anyway.
pub const PIECE: usize = 64 * 1024;

/// How much of a file is read first: nearly every one of ours is smaller, and a runtime makes a buffer of what is asked for.
const FIRST_PIECE: usize = 4 * 1024;

/// What a file is opened for.
#[derive(Clone, Copy)]
pub enum Use {
    /// Reading; a symbolic link is followed as far as the grant reaches.
    Read,
    /// A new content from the first byte on, whether or not there is a file already.
    Overwrite,
    /// The same, with what is there left in its place until it is written over.
    Update,
    /// A file that must not exist yet.
    Create,
    /// Making an existing file durable.
    Sync,
    /// Making a folder's entries durable.
    Folder,
}

/// Why something can't be done with a path.
#[derive(Clone, Copy)]
pub enum Refused {
    /// No granted folder contains it.
    NotGranted,
    /// The runtime's reason.
    By(ErrorCode),
}

impl Refused {
    /// Whether there is nothing of that name: in no granted folder there is nothing.
    pub const fn is_missing(self) -> bool {
        matches!(self, Self::NotGranted | Self::By(ErrorCode::NoEntry))
    }

    /// In words.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotGranted => "no granted folder contains it",
            Self::By(code) => reason(code),
        }
    }
}

impl From<Refused> for String {
    fn from(refused: Refused) -> Self {
        refused.reason().to_owned()
    }
}

/// Makes an empty file; false where there is something of that name already. Of several processes one succeeds.
pub fn create(path: &str) -> Result<bool, Refused> {
    match open(path, Use::Create) {
        Ok(_) => Ok(true),
        Err(Refused::By(ErrorCode::Exist)) => Ok(false),
        Err(refused) => Err(refused),
    }
}

/// Opens a path below one of the granted folders, with the rights of its use.
///
/// # Errors
/// [`Refused`]; nothing was opened, and nothing made.
pub fn open(path: &str, purpose: Use) -> Result<Descriptor, Refused> {
    let grants = preopens::get_directories();
    let (folder, inside) = locate(&grants, path)?;
    let (follow, open, rights) = match purpose {
        Use::Read => (
            // A user may name a link to a film. What is written never follows one: it could lead out of where
            // it was meant.
            PathFlags::SYMLINK_FOLLOW,
            OpenFlags::empty(),
            DescriptorFlags::READ,
        ),
        Use::Overwrite => (
            PathFlags::empty(),
            OpenFlags::CREATE | OpenFlags::TRUNCATE,
            DescriptorFlags::WRITE,
        ),
        Use::Update => (
            PathFlags::empty(),
            OpenFlags::CREATE,
            DescriptorFlags::WRITE,
        ),
        Use::Create => (
            PathFlags::empty(),
            // Exclusive is the one lock that WASI's files have.
            OpenFlags::CREATE | OpenFlags::EXCLUSIVE,
            DescriptorFlags::WRITE,
        ),
        Use::Sync => (
            PathFlags::empty(),
            OpenFlags::empty(),
            DescriptorFlags::WRITE,
        ),
        Use::Folder => (
            PathFlags::SYMLINK_FOLLOW,
            OpenFlags::DIRECTORY,
            DescriptorFlags::READ,
        ),
    };
    folder
        .open_at(follow, inside, open, rights)
        .map_err(Refused::By)
}

/// The bytes of a file from an offset on, as many as one call gives; none at the end.
///
/// # Errors
/// [`Refused::By`] the runtime.
pub fn read_at(file: &Descriptor, offset: u64) -> Result<Vec<u8>, Refused> {
    let read = file.read(PIECE as u64, offset);
    read.map(|(bytes, _)| bytes).map_err(Refused::By)
}

/// What a file begins with, at most so many bytes; all of it where that is less.
///
/// # Errors
/// [`Refused::By`] the runtime; what was read until then isn't told.
pub fn read_up_to(file: &Descriptor, limit: u64) -> Result<Vec<u8>, Refused> {
    let mut content = Vec::new();
    loop {
        let wanted = limit - content.len() as u64;
        let piece = if content.len() < FIRST_PIECE {
            FIRST_PIECE
        } else {
            PIECE
        };
        let (bytes, ended) = file
            .read(wanted.min(piece as u64), content.len() as u64)
            .map_err(Refused::By)?;
        content.extend_from_slice(&bytes);
        if ended || bytes.is_empty() || content.len() as u64 == limit {
            return Ok(content);
        }
        if content.len() == FIRST_PIECE {
            // It goes on: room for all of it at once, so that what is large doesn't stand in memory twice while it grows.
            let len = file.stat().map_or(0, |found| found.size).min(limit);
            content.reserve_exact(
                usize::try_from(len)
                    .unwrap_or(0)
                    .saturating_sub(FIRST_PIECE),
            );
        }
    }
}

/// Empties a file that has more than `length` bytes: what is then written from the beginning is all of it.
///
/// # Errors
/// [`Refused::By`] the runtime.
pub fn empty_longer(file: &Descriptor, length: usize) -> Result<(), Refused> {
    let found = file.stat().map_err(Refused::By)?;
    if found.size > length as u64 {
        return file.set_size(0).map_err(Refused::By);
    }
    Ok(())
}

/// Writes at an offset, in pieces.
pub fn write_at(file: &Descriptor, bytes: &[u8], mut offset: u64) -> Result<(), String> {
    for piece in bytes.chunks(PIECE) {
        let mut rest = piece;
        while !rest.is_empty() {
            let written = file
                .write(rest, offset)
                .map_err(|code| reason(code).to_owned())?;
            rest = usize::try_from(written)
                .ok()
                // A runtime that takes nothing and says no error would be asked for ever.
                .filter(|count| *count > 0)
                .and_then(|count| rest.get(count..))
                .ok_or("the runtime wrote nothing")?;
            offset += written;
        }
    }
    Ok(())
}

/// Makes the content of a file, or the entries of a folder, durable.
pub fn sync(path: &str, purpose: Use) -> Result<(), Refused> {
    match (open(path, purpose)?.sync(), purpose) {
        (Ok(()), _) => Ok(()),
        // There are file systems on which a folder can't be synced, and say so in two ways; Windows refuses to flush a folder that
        // was opened to be read, which is all a component can do. Nothing else can be done there.
        (
            Err(
                ErrorCode::Unsupported
                | ErrorCode::Invalid
                | ErrorCode::Access
                | ErrorCode::NotPermitted,
            ),
            Use::Folder,
        ) => Ok(()),
        (Err(code), _) => Err(Refused::By(code)),
    }
}

/// What went wrong, for a message.
pub const fn reason(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Access | ErrorCode::NotPermitted => "permission denied",
        ErrorCode::NoEntry => "no such file or folder",
        ErrorCode::Exist => "it exists already",
        ErrorCode::IsDirectory => "it is a folder",
        ErrorCode::NotDirectory => "a part of the path is not a folder",
        ErrorCode::InsufficientSpace | ErrorCode::Quota => "no space left",
        ErrorCode::ReadOnly => "the folder is read-only",
        ErrorCode::NameTooLong => "the name is too long",
        ErrorCode::Loop | ErrorCode::TooManyLinks => "it is a symbolic link",
        ErrorCode::FileTooLarge => "the file is too large",
        ErrorCode::Unsupported => "the runtime can't do this",
        ErrorCode::Io => "input/output error",
        _ => "the runtime refused",
    }
}

/// The deepest granted folder that contains the path, and the path from there.
pub fn locate<'a>(
    grants: &'a [(Descriptor, String)],
    path: &'a str,
) -> Result<(&'a Descriptor, &'a str), Refused> {
    grants
        .iter()
        .filter_map(|(folder, name)| Some((folder, name, inside(name, path)?)))
        // The deepest: a folder inside another may be granted with other rights.
        .max_by_key(|(_, name, _)| bare(name).len())
        .map(|(folder, _, inside)| (folder, inside))
        .ok_or(Refused::NotGranted)
}

/// The path as seen from a granted folder, if it lies in it.
fn inside<'a>(granted: &str, path: &'a str) -> Option<&'a str> {
    let (granted, path) = (bare(granted), bare(path));
    let rest = match path.strip_prefix(granted)? {
        rest if granted.is_empty() => rest,
        "" => "",
        rest => rest.strip_prefix('/')?,
    };
    Some(if rest.is_empty() { "." } else { rest })
}

/// A path without what stands for "from here" or "from the top": a component has one root, and
/// its working directory is that root, as in wasi-libc.
fn bare(path: &str) -> &str {
    let mut path = path;
    while let Some(rest) = path.strip_prefix('/').or_else(|| path.strip_prefix("./")) {
        path = rest;
    }
    if path == "." {
        return "";
    }
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn a_path_is_seen_from_the_folder_it_lies_in() {
        assert_eq!(inside("/data", "/data/a/b"), Some("a/b"));
        assert_eq!(inside("/data/", "/data"), Some("."));
        assert_eq!(inside("/data", "data/a"), Some("a"));
    }

    #[test]
    fn a_folder_that_only_begins_alike_contains_nothing() {
        assert_eq!(inside("/data", "/database/a"), None);
        assert_eq!(inside("/data/a", "/data"), None);
    }

    #[test]
    fn the_root_and_the_working_directory_contain_everything() {
        for root in ["/", ".", "./", ""] {
            assert_eq!(inside(root, "/a/b"), Some("a/b"), "{root}");
            assert_eq!(inside(root, "./a"), Some("a"), "{root}");
            assert_eq!(inside(root, "."), Some("."), "{root}");
        }
    }

    #[test]
    fn hidden_files_keep_their_dot() {
        assert_eq!(inside(".", ".a"), Some(".a"));
        assert_eq!(inside("/data", "/data/.a"), Some(".a"));
    }
}
