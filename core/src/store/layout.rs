//! Which names the state folder has, and what stands there beside them: a newer version's files, or what another program or a
//! component gone mad has left. Nothing is done about those; a person is told.

use contract::state::FOLDERS;

use super::{legacy, list, pictures};
use crate::io::Io;
use crate::problem::Problem;

/// What else may stand at the top.
const OTHERS: [&str; 4] = ["damaged", legacy::COPY, legacy::DONE, pictures::FOLDER];
/// How the names in a session's folder begin.
const OF_A_SESSION: [&str; 7] = [
    "asked-",
    "progress-",
    "pulse-",
    "d-",
    "lost-d-",
    "line-",
    "t-",
];

/// Entries that the layout doesn't know.
#[derive(Debug, PartialEq, Eq)]
pub struct Strange {
    /// How many there are. What lies in a folder of these isn't counted.
    pub count: usize,
    /// The first one's path in the state folder.
    pub first: String,
}

/// Looks for them at the top and in the sessions' folders; in the other ones any name may stand. Files that are being
/// written, whose names begin with a dot, are none.
///
/// # Errors
/// When the state folder can't be read.
pub fn strange(io: &Io) -> Result<Option<Strange>, Problem> {
    let is_known = |name: &str| FOLDERS.contains(&name) || OTHERS.contains(&name);
    let top = list(io, ".")?;
    let mut found: Option<Strange> = None;
    let mut note = |path: &dyn Fn() -> String| match &mut found {
        Some(strange) => strange.count += 1,
        None => {
            found = Some(Strange {
                count: 1,
                first: path(),
            });
        }
    };
    for name in top.iter().filter(|name| !is_known(name)) {
        note(&|| name.clone());
    }
    for key in super::all(io)? {
        let dir = super::session_dir(&key);
        // What can't be listed is no session's folder.
        let Ok(names) = list(io, &dir) else {
            note(&|| dir.clone());
            continue;
        };
        for name in names {
            if !OF_A_SESSION.iter().any(|begin| name.starts_with(begin)) {
                note(&|| format!("{dir}/{name}"));
            }
        }
    }
    Ok(found)
}
