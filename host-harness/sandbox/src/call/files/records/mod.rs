//! A state folder that stands in no folder: records that came with the call, kept somewhere else by a [`Keeper`]. The
//! component sees the same `wasi:filesystem` and doesn't change by a byte.
//!
//! | the guest | becomes |
//! |---|---|
//! | reads, lists | a look at the records in memory, and in the store where others write as well |
//! | writes, renames, removes | a change in memory |
//! | syncs a file or a folder | one transaction with every change since the last one; none where nothing has changed |
//! | gives a file a second name, or makes one exclusively | the name is claimed in the store itself, at once |
//!
//! Names that begin with a dot are files on their way to a name: they never leave the process. Folders are kept by what lies in
//! them: an empty one is gone with the call, unless the next one is given it. Not here: who may write, and where the records are (`Keeper`), how one operation
//! works (`opened.rs`), the tree itself (`tree.rs`).

mod opened;
mod stream;
mod tree;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmtime_wasi::async_trait;

pub(super) use opened::{Failed, Listed, Opened, Wanted};
use tree::Tree;

/// What a call may keep in memory of its records, in bytes written: what a step may write at all.
/// A session's records are some kilobytes.
pub(super) const RECORDS_BYTES: u64 = 64 << 20;
/// The longest record. The component reads none that is longer.
const RECORD_BYTES: usize = 16 << 20;

/// What became of one record since the last commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its path in the state folder, with `/`.
    pub path: String,
    /// Its content; none where it was removed.
    pub bytes: Option<Vec<u8>>,
}

/// The call may not go on: its lease is somebody else's, or nobody knows whether a change was stored. What was stored before
/// stays; whoever takes the session up next goes on from there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Lost(pub String);

/// Where the records of one call are kept.
///
/// Once a function here has answered [`Lost`], every later one has to: a call that couldn't store one change must not store
/// a later one.
#[async_trait]
pub trait Keeper: Send + Sync {
    /// Makes all of the changes durable in one step, or none.
    ///
    /// # Errors
    /// [`Lost`]: the call ends.
    async fn commit(&self, changes: Vec<Change>) -> Result<(), Lost>;

    /// Gives a record a name that nobody has, durably; of several that claim the same name one succeeds. `changes` are stored
    /// before it, in the same step. Where the name is taken, nothing becomes of either, and the record that has it is returned.
    ///
    /// # Errors
    /// [`Lost`]: the call ends.
    async fn claim(
        &self,
        changes: Vec<Change>,
        path: &str,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, Lost>;

    /// The record at a path or the records below it as they stand now, where other calls may have changed them since this one
    /// began; none where this call is the only one that writes there. Asked when the guest lists a folder, reads a file, or looks
    /// for what isn't there.
    ///
    /// # Errors
    /// [`Lost`]: the call ends.
    async fn shared(&self, path: &str) -> Result<Option<Vec<(String, Vec<u8>)>>, Lost>;
}

/// The records of one call.
pub struct Records {
    tree: Mutex<Tree>,
    keeper: Arc<dyn Keeper>,
}

impl Records {
    /// Those that came with the call, by their paths.
    pub fn new(
        records: impl IntoIterator<Item = (String, Vec<u8>)>,
        keeper: Arc<dyn Keeper>,
    ) -> Self {
        let tree = Mutex::new(Tree::of(records));
        Self { tree, keeper }
    }

    /// With these folders, which earlier calls have made: a folder is kept by what lies in it, and nothing may lie there.
    #[must_use]
    pub fn with_folders<'a>(self, paths: impl IntoIterator<Item = &'a str>) -> Self {
        let mut tree = self.tree();
        for path in paths {
            tree.make_folder(path);
        }
        drop(tree);
        self
    }

    /// What wasn't synced, for whoever stores it with the end of the call. It may be lost by its maker's own word.
    pub fn unsaved(&self) -> Vec<Change> {
        self.tree().changes().0
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores everything that has changed.
    async fn commit(&self) -> Result<(), Lost> {
        let (changes, saved) = self.tree().changes();
        if changes.is_empty() {
            return Ok(());
        }
        self.keeper.commit(changes).await?;
        self.tree().saved(saved);
        Ok(())
    }

    /// Claims a name in the store. False where it is taken: then the record that has it is there to be read.
    async fn claim(&self, path: &str, bytes: &[u8]) -> Result<bool, Lost> {
        // A name that this call itself has given up is still stored until that is.
        if self.tree().is_stored(path) {
            self.commit().await?;
        }
        let (changes, saved) = self.tree().changes();
        match self.keeper.claim(changes, path, bytes).await? {
            None => {
                self.tree().saved(saved);
                Ok(true)
            }
            Some(winner) => {
                self.tree().found(path, winner);
                Ok(false)
            }
        }
    }

    /// Takes over what others have written at a path or below it meanwhile.
    async fn look_again(&self, path: &str) -> Result<(), Lost> {
        if let Some(records) = self.keeper.shared(path).await? {
            self.tree().renew(path, records);
        }
        Ok(())
    }
}

/// The records of a call, and where the guest sees them.
pub struct RecordFolder {
    /// Where the guest sees them: an absolute path.
    pub guest: String,
    /// The records.
    pub records: Arc<Records>,
}

#[cfg(test)]
mod tests;
