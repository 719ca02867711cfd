//! Names in the granted folders: looked at, given, changed and taken away through `wasi:filesystem`, as wasi-libc would do it.
//! What is in the files is `grant`'s.
//!
//! Not `std::fs`: std's and libc's way to the same calls is 20 KB of code.

use wasip2::filesystem::preopens;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};

use super::grant::{Refused, locate};

/// Looks at what a name stands for, behind a link too.
///
/// # Errors
/// [`Refused`]; missing also where a link leads to nothing.
pub fn stat(path: &str) -> Result<DescriptorStat, Refused> {
    let follow = PathFlags::SYMLINK_FOLLOW;
    at(path, &|folder, inside| folder.stat_at(follow, inside))
}

/// Whether there is anything of that name, a link that leads nowhere included.
pub fn is_taken(path: &str) -> bool {
    at(path, &|folder, inside| {
        folder.stat_at(PathFlags::empty(), inside)
    })
    .is_ok()
}

/// Whether there is a folder of that name.
pub fn is_folder(path: &str) -> bool {
    stat(path).is_ok_and(|found| found.type_ == DescriptorType::Directory)
}

/// Gives a file another name. Atomic in POSIX and in WASI's words: whoever reads meanwhile finds the old file or the new.
///
/// # Errors
/// [`Refused`]; both names are as they were.
pub fn rename(from: &str, to: &str) -> Result<(), Refused> {
    between(from, to, &|(old, from), (new, to)| {
        old.rename_at(from, new, to)
    })
}

/// Gives a file a second name, unless that is taken.
///
/// # Errors
/// [`Refused`]: [`ErrorCode::Exist`] where the name is taken; where the file system has no links, one of several.
pub fn link(from: &str, to: &str) -> Result<(), Refused> {
    between(from, to, &|(old, from), (new, to)| {
        old.link_at(PathFlags::empty(), from, new, to)
    })
}

/// Removes a file; one that isn't there need not be removed.
///
/// # Errors
/// [`Refused`]; the file is still there.
pub fn remove_file(path: &str) -> Result<(), Refused> {
    let removed = at(path, &|folder, inside| folder.unlink_file_at(inside));
    missing_is_fine(removed)
}

/// Removes an empty folder; one that isn't there need not be removed.
///
/// # Errors
/// [`Refused`], also where there is something in it.
pub fn remove_dir(path: &str) -> Result<(), Refused> {
    let removed = at(path, &|folder, inside| folder.remove_directory_at(inside));
    missing_is_fine(removed)
}

/// Makes a folder and its parents.
///
/// # Errors
/// [`Refused`]; some of the parents may have been made. [`ErrorCode::Exist`] where something else has the name.
pub fn make_dir(path: &str) -> Result<(), Refused> {
    // A granted folder can't be made and need not be: it is there.
    if is_folder(path) {
        return Ok(());
    }
    at(path, &|folder, inside| {
        // From the deepest up, until one is made or there, and back.
        let mut missing = vec![inside];
        while let Some(path) = missing.pop() {
            match (folder.create_directory_at(path), path.rsplit_once('/')) {
                (Err(ErrorCode::NoEntry), Some((parent, _))) => missing.extend([path, parent]),
                // Another process may have been faster.
                (Ok(()) | Err(ErrorCode::Exist), _) => {}
                (Err(code), _) => return Err(code),
            }
        }
        Ok(())
    })?;
    if is_folder(path) {
        Ok(())
    } else {
        Err(Refused::By(ErrorCode::Exist))
    }
}

/// The names in a folder; none when there is no such folder.
///
/// Runtimes look at each file for its type: one that another process has just removed doesn't end the listing.
///
/// # Errors
/// [`Refused`]; what was listed until then isn't told.
pub fn list(path: &str) -> Result<Option<Vec<String>>, Refused> {
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
        Err(code) => return Err(Refused::By(code)),
    };
    let mut names = Vec::new();
    loop {
        match entries.read_directory_entry() {
            Ok(Some(entry)) => names.push(entry.name),
            Ok(None) => return Ok(Some(names)),
            // Gone meanwhile; or a name that is no text, which the core neither made nor could ask for.
            Err(ErrorCode::NoEntry | ErrorCode::IllegalByteSequence) => {}
            Err(code) => return Err(Refused::By(code)),
        }
    }
}

/// Does something with a path, as seen from the granted folder it lies in.
///
/// # Errors
/// [`Refused`]: no such folder, or what `act` met.
fn at<T>(
    path: &str,
    act: &dyn Fn(&Descriptor, &str) -> Result<T, ErrorCode>,
) -> Result<T, Refused> {
    let grants = preopens::get_directories();
    let (folder, inside) = locate(&grants, path)?;
    act(folder, inside).map_err(Refused::By)
}

/// A path as seen from the granted folder it lies in.
type Seen<'a> = (&'a Descriptor, &'a str);

/// Does something with two paths, which need not lie in the same granted folder.
fn between(
    from: &str,
    to: &str,
    act: &dyn Fn(Seen<'_>, Seen<'_>) -> Result<(), ErrorCode>,
) -> Result<(), Refused> {
    let grants = preopens::get_directories();
    act(locate(&grants, from)?, locate(&grants, to)?).map_err(Refused::By)
}

/// Of a removal.
fn missing_is_fine(removed: Result<(), Refused>) -> Result<(), Refused> {
    match removed {
        Err(refused) if refused.is_missing() => Ok(()),
        other => other,
    }
}
