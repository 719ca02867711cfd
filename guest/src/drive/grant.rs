//! Opens files through `wasi:filesystem`, each with just the rights that one use needs.
//!
//! Not `std::fs`, for two reasons: whenever std opens for writing, its libc also asks for the right
//! to change folders, which some runtimes (jco's shim) refuse; and only a descriptor gives the
//! stream that an upload is fed from. What needs no open file (renaming, removing) is
//! done with `std::fs` in the modules beside this one.

use wasip2::filesystem::preopens;
use wasip2::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags};

/// How much one call moves: runtimes cut file and stream operations at 64 KiB.
// A larger buffer would be filled in parts anyway.
pub const PIECE: usize = 64 * 1024;

/// What a file is opened for.
#[derive(Clone, Copy)]
pub enum Use {
    /// Reading; a symbolic link is followed as far as the grant reaches.
    Read,
    /// A new content, whether or not there is a file already.
    Overwrite,
    /// A file that must not exist yet.
    Create,
    /// Making an existing file durable.
    Sync,
    /// Making a folder's entries durable.
    Folder,
}

/// Whether a granted folder contains the path; std calls one that doesn't merely "not found".
pub fn covers(path: &str) -> Result<(), String> {
    locate(&preopens::get_directories(), path).map(|_| ())
}

/// Opens a path below one of the granted folders.
pub fn open(path: &str, purpose: Use) -> Result<Descriptor, String> {
    try_open(path, purpose)?.map_err(|code| reason(code).to_owned())
}

/// Makes an empty file; false where there is something of that name already. Of several processes one succeeds.
pub fn create(path: &str) -> Result<bool, String> {
    match try_open(path, Use::Create)? {
        Ok(_) => Ok(true),
        Err(ErrorCode::Exist) => Ok(false),
        Err(code) => Err(reason(code).to_owned()),
    }
}

/// Opens a path with the rights of its use. The inner result is the runtime's.
///
/// # Errors
/// No granted folder contains it.
fn try_open(path: &str, purpose: Use) -> Result<Result<Descriptor, ErrorCode>, String> {
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
    Ok(folder.open_at(follow, inside, open, rights))
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
pub fn sync(path: &str, purpose: Use) -> Result<(), String> {
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
        (Err(code), _) => Err(reason(code).to_owned()),
    }
}

/// The names in a folder; none when there is no such folder.
///
/// Not `std::fs::read_dir`: runtimes look at each file for its type, and one that another process has just
/// removed would end the whole listing, because std stops at the first error.
pub fn names(path: &str) -> Result<Option<Vec<String>>, String> {
    let grants = preopens::get_directories();
    let (folder, inside) = locate(&grants, path)?;
    let opened = folder.open_at(
        PathFlags::SYMLINK_FOLLOW,
        inside,
        OpenFlags::DIRECTORY,
        DescriptorFlags::READ,
    );
    let entries = match opened.and_then(|folder| folder.read_directory()) {
        Ok(entries) => entries,
        Err(ErrorCode::NoEntry) => return Ok(None),
        Err(code) => return Err(reason(code).to_owned()),
    };
    let mut names = Vec::new();
    loop {
        match entries.read_directory_entry() {
            Ok(Some(entry)) => names.push(entry.name),
            Ok(None) => return Ok(Some(names)),
            // Gone meanwhile; or a name that is no text, which the core neither made nor could ask for.
            Err(ErrorCode::NoEntry | ErrorCode::IllegalByteSequence) => {}
            Err(code) => return Err(reason(code).to_owned()),
        }
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
fn locate<'a>(
    grants: &'a [(Descriptor, String)],
    path: &'a str,
) -> Result<(&'a Descriptor, &'a str), String> {
    grants
        .iter()
        .filter_map(|(folder, name)| Some((folder, name, inside(name, path)?)))
        // The deepest: a folder inside another may be granted with other rights.
        .max_by_key(|(_, name, _)| bare(name).len())
        .map(|(folder, _, inside)| (folder, inside))
        .ok_or_else(|| "no granted folder contains it".to_owned())
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
