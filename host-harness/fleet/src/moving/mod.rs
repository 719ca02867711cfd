//! `fleet import` and `fleet export`: the jobs of a home become a tenant's, and the other way round. The records are the same on
//! both sides. At every moment one side at most has them to work on, and a move that died is finished by the same command
//! once more:
//!
//! ```text
//! import   libtv-video → libtv-video.leaving-ID    nobody polls it any more
//!          one transaction: the records, and that ID is here; → libtv-video.left-ID
//! export   the tenant is paused; its records are written to libtv-video.arriving-ID, durably
//!          one transaction: they are removed if they are still the same, and ID is gone; → libtv-video
//! ```
//!
//! Not here: keys and settings, which a tenant has by reference; the record of calls, which stays where it was made.

mod export;
mod folder;
mod import;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use host::Home;
use tokio_postgres::types::Type;

use crate::database::{Database, DatabaseError};
use crate::recipients::NameError;

pub use export::export;
pub use import::import;

/// What a folder of a move is called after the state folder's own name, before its id.
const LEAVING: &str = ".leaving-";
const LEFT: &str = ".left-";
const ARRIVING: &str = ".arriving-";
/// A random id has so many letters.
const ID_CHARS: usize = 24;

/// What was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Records.
    pub records: usize,
    /// Sessions that go on.
    pub sessions: usize,
}

/// Why nothing was moved, or not to the end.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The database's. The same command once more finishes what was begun.
    #[error("{0} Run the same command again: it finishes what was begun.")]
    Database(#[from] DatabaseError),
    /// A folder's.
    #[error("{path}: {source}. Run the same command again: it finishes what was begun.")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It can't be; the text says what to do. Nothing was moved.
    #[error("{0}")]
    Refused(String),
}

impl From<NameError> for MoveError {
    fn from(error: NameError) -> Self {
        match error {
            NameError::Database(error) => Self::Database(error),
            NameError::Refused(reason) => Self::Refused(reason),
        }
    }
}

/// The error of a folder.
fn at(path: &Path) -> impl Fn(io::Error) -> MoveError + '_ {
    |source| MoveError::Folder {
        path: path.to_owned(),
        source,
    }
}

/// Holds the home, so that no harness polls it meanwhile.
fn hold(home: &Home) -> Result<File, MoveError> {
    let path = home.owner_lock();
    let mut options = File::options();
    let options = options.create(true).truncate(false).read(true).write(true);
    let lock = options.open(&path).map_err(at(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(_) => Err(MoveError::Refused(format!(
            "A harness polls {}. Stop it first (libtv-video service uninstall, or end `serve`). Nothing was moved.",
            home.root().display()
        ))),
    }
}

/// Whether this move has happened in the database.
async fn has_happened(database: &Database, id: &str) -> Result<bool, DatabaseError> {
    let statement = "select exists (select from moved where id = $1)";
    let row = database.one(statement, &[(&id, Type::TEXT)]).await?;
    Ok(row.get(0))
}

fn new_id() -> String {
    std::iter::repeat_with(fastrand::alphanumeric)
        .take(ID_CHARS)
        .collect()
}
