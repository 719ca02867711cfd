//! Puts a finished file under its final name without ever overwriting another one.

use std::fs::File;
use std::io::{ErrorKind, Read};

use super::grant::{self, PIECE, Use};

/// Gives the finished file its name. A file of the same content that has it already is as good;
/// one of other content stays, and that is told. The temporary name may be left over.
pub fn without_overwriting(temporary: &str, path: &str) -> Result<(), String> {
    // A link and no rename: a rename would replace what stands there.
    match std::fs::hard_link(temporary, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => accept_equal(temporary, path),
        // File systems without links: FAT, some network shares.
        Err(_) if std::fs::symlink_metadata(path).is_ok() => accept_equal(temporary, path),
        Err(_) => reserve_and_rename(temporary, path),
    }
}

/// Takes the name with an empty file, which only one process can, and renames over that.
fn reserve_and_rename(temporary: &str, path: &str) -> Result<(), String> {
    grant::open(path, Use::Create)
        .map(drop)
        .map_err(|reason| format!("could not write {path}: {reason}"))?;
    std::fs::rename(temporary, path).map_err(|error| {
        drop(std::fs::remove_file(path));
        format!("could not write {path}: {error}")
    })
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

/// Whether two files have the same bytes; two pieces of each stand in memory at most.
fn equal(left: &str, right: &str) -> std::io::Result<bool> {
    let (left, right) = (File::open(left)?, File::open(right)?);
    let mut rest = left.metadata()?.len();
    // Lengths first: most files that differ differ in it, and no byte is read.
    if rest != right.metadata()?.len() {
        return Ok(false);
    }
    let (mut left, mut right) = (left, right);
    let mut pieces = (vec![0; PIECE], vec![0; PIECE]);
    while rest > 0 {
        let len = usize::try_from(rest).unwrap_or(PIECE).min(PIECE);
        let (Some(one), Some(other)) = (pieces.0.get_mut(..len), pieces.1.get_mut(..len)) else {
            return Ok(false);
        };
        left.read_exact(one)?;
        right.read_exact(other)?;
        if one != other {
            return Ok(false);
        }
        rest -= len as u64;
    }
    Ok(true)
}
