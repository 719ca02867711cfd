//! Puts a finished file under its final name without ever overwriting another one.

use wasip2::filesystem::types::Descriptor;

use super::grant::{self, Refused, Use};
use super::names;

/// Gives the finished file its name. A file of the same content that has it already is as good;
/// one of other content stays, and that is told. The temporary name may be left over.
pub fn without_overwriting(temporary: &str, path: &str) -> Result<(), String> {
    // A link and no rename: a rename would replace what stands there.
    match names::link(temporary, path) {
        Ok(()) => Ok(()),
        // Also where the file system has no links, as FAT and some network shares: the name is taken.
        Err(_) if names::is_taken(path) => accept_equal(temporary, path),
        Err(_) => reserve_and_rename(temporary, path)
            .map_err(|refused| format!("could not write {path}: {}", refused.reason())),
    }
}

/// Takes the name with an empty file, which only one process can, and renames over that.
fn reserve_and_rename(temporary: &str, path: &str) -> Result<(), Refused> {
    grant::open(path, Use::Create)?;
    let renamed = names::rename(temporary, path);
    if renamed.is_err() {
        names::remove_file(path).ok();
    }
    renamed
}

/// A file that stands there is as good where it has the same content.
///
/// # Errors
/// It has other content, or can't be read.
fn accept_equal(temporary: &str, path: &str) -> Result<(), String> {
    match equal(temporary, path) {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!("{path} exists already, with other content")),
        Err(_) => Err(format!("{path} exists already and can't be compared")),
    }
}

/// Whether two files have the same bytes; a piece of each stands in memory at most.
fn equal(left: &str, right: &str) -> Result<bool, Refused> {
    let (left, right) = (
        grant::open(left, Use::Read)?,
        grant::open(right, Use::Read)?,
    );
    let len = |file: &Descriptor| file.stat().map(|found| found.size).map_err(Refused::By);
    let len = (len(&left)?, len(&right)?);
    // Lengths first: most files that differ differ in it, and no byte is read.
    if len.0 != len.1 {
        return Ok(false);
    }
    let mut at = 0;
    while at < len.0 {
        let (one, other) = (grant::read_at(&left, at)?, grant::read_at(&right, at)?);
        // A runtime may give less than there is.
        let both = one.len().min(other.len());
        if both == 0 || one.get(..both) != other.get(..both) {
            return Ok(false);
        }
        at += both as u64;
    }
    Ok(true)
}
