//! The records of the lines that tell how far turns are. One that can't be read, damaged or of a newer version, is a line
//! that stays as it is: it isn't set aside, for a second one would be posted then.

use super::{files, record, session_dir};
use crate::io::Io;
use crate::problem::Problem;
use crate::session::Line;

/// How their names begin.
const PREFIX: &str = "line-";
/// What the records call themselves.
const KIND: &str = "line";

fn name(turn: u32) -> String {
    format!("{PREFIX}{turn:04}")
}

/// The turn whose line's record has this name.
pub(super) fn turn_of(name: &str) -> Option<u32> {
    name.strip_prefix(PREFIX)?.parse().ok()
}

/// Stores that a turn's line is about to be posted; false where it was, perhaps by another process.
///
/// # Errors
/// When it can't be written.
pub fn claim_line(io: &Io, key: &str, turn: u32, line: &Line) -> Result<bool, Problem> {
    let bytes = record::encode(KIND, line);
    files::put_new(io, &session_dir(key), &name(turn), bytes)
}

/// Stores where a turn's line stands.
///
/// # Errors
/// When it can't be written.
pub fn save_line(io: &Io, key: &str, turn: u32, line: &Line) -> Result<(), Problem> {
    files::put(
        io,
        &session_dir(key),
        &name(turn),
        record::encode(KIND, line),
    )
}

/// A turn's line; none where it has no record that can be used.
///
/// # Errors
/// When the state folder can't be read.
pub fn line(io: &Io, key: &str, turn: u32) -> Result<Option<Line>, Problem> {
    let bytes = files::read(io, &files::below(&session_dir(key), &name(turn)))?;
    Ok(bytes.and_then(|bytes| record::decode(KIND, &bytes).ok()))
}
