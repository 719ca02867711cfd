//! The operating system's keyring as a place for the API key, where the user asked for it and one answers. Which one
//! that is, and how it is spoken to, is the embedding program's business. `libtv.json` then holds a mark in place of
//! the key; the keyring is asked once for each mark, not at every call.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::Change;
use sandbox::secrets::Secret;

/// The member of `libtv.json` that says that the key is in the keyring. Another value with every key that is stored.
pub(crate) const MARK: &str = "apiKeyInKeyring";
const KEY: &str = "apiKey";

/// One secret in the keyring of the operating system. Each call may take as long as a person needs to unlock it, and
/// must end by itself. An error is a clause for people, without the secret: `it is locked`.
pub trait Keyring: Send + Sync {
    /// The secret; none when there is none.
    ///
    /// # Errors
    /// When no keyring answers.
    fn load(&self) -> Result<Option<Secret>, String>;

    /// Stores it in place of what was there.
    ///
    /// # Errors
    /// When no keyring answers, or it doesn't take it.
    fn store(&self, secret: &str) -> Result<(), String>;

    /// Removes it, if it is there.
    ///
    /// # Errors
    /// When no keyring answers.
    fn remove(&self) -> Result<(), String>;
}

/// The keyring of one harness, with what was read from it.
#[derive(Default)]
pub(crate) struct KeySlot {
    keyring: Option<Box<dyn Keyring>>,
    /// The key that was last read, with the mark it was stored under.
    read: Mutex<Option<(String, Arc<Secret>)>>,
}

impl KeySlot {
    pub(crate) fn of(keyring: impl Keyring + 'static) -> Self {
        Self {
            keyring: Some(Box::new(keyring)),
            read: Mutex::default(),
        }
    }

    fn keyring(&self) -> Result<&dyn Keyring, String> {
        self.keyring
            .as_deref()
            .ok_or_else(|| "this program was built without one".to_owned())
    }

    /// The key that was stored with `mark`.
    ///
    /// # Errors
    /// A clause: why it can't be had.
    pub(crate) fn key(&self, mark: &str) -> Result<Arc<Secret>, String> {
        let mut read = self
            .read
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        // Kept for as long as the mark is the same: unlocking may ask a person, and a timer can't do that
        // at every step.
        if let Some((known, key)) = read.as_ref()
            && known == mark
        {
            return Ok(Arc::clone(key));
        }
        let key = self.keyring()?.load()?;
        let key = Arc::new(key.ok_or("it has no key of ours")?);
        *read = Some((mark.to_owned(), Arc::clone(&key)));
        Ok(key)
    }

    /// What a change of `libtv.json` becomes when its key belongs into the keyring, or was in it: the keyring is
    /// changed first, so that a crash in between leaves a key that works. Where no keyring answers the key stays in the
    /// file, and the sentence says so.
    ///
    /// # Errors
    /// A sentence, when a key can't be removed from the keyring.
    pub(crate) fn apply(
        &self,
        changes: Vec<Change>,
        wanted: bool,
        was_in: bool,
    ) -> Result<(Vec<Change>, Option<String>), String> {
        let (mut all, mut told) = (Vec::new(), None);
        for change in changes {
            match change {
                Change::Set(KEY, Value::String(key)) if wanted || was_in => {
                    let key = zeroize::Zeroizing::new(key);
                    match self.keyring().and_then(|keyring| keyring.store(&key)) {
                        Ok(()) => {
                            // A new one for each key: other processes see by it that what they have read is
                            // out of date.
                            let mark = format!("{:016x}", fastrand::u64(..));
                            all.push(Change::Set(MARK, Value::String(mark)));
                            all.push(Change::Remove(KEY));
                        }
                        // The user asked for a key to be stored, and a machine without a keyring must not
                        // be one without a key.
                        Err(reason) => {
                            told = Some(format!(
                                "No keyring took the key ({reason}): it is kept in libtv.json, which only you can read."
                            ));
                            all.push(Change::Set(KEY, Value::String(key.to_string())));
                            all.push(Change::Remove(MARK));
                        }
                    }
                }
                Change::Remove(KEY) if was_in => {
                    self.keyring()
                        .and_then(|keyring| keyring.remove())
                        .map_err(|reason| format!("The key can't be removed from the keyring: {reason}. Nothing was changed."))?;
                    all.push(Change::Remove(MARK));
                    all.push(Change::Remove(KEY));
                }
                other => all.push(other),
            }
        }
        Ok((all, told))
    }
}
