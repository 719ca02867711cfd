//! The keyring of Windows (Credential Manager) and of macOS (Keychain) for the API key, by the crate `keyring`. One entry for each
//! `$NEXU_HOME`. Not here: Linux, whose keyring is asked through a program of its own (`keyring.rs`).

use std::path::Path;

use host::{Keyring, Secret};
use keyring::{Entry, Error};

/// What the entries are called.
const SERVICE: &str = "libtv-video";

/// The entry of one `$NEXU_HOME`.
pub(super) struct Native {
    home: String,
}

impl Native {
    /// That of this home.
    pub(super) fn of(nexu_home: &Path) -> Self {
        Self {
            home: nexu_home.display().to_string(),
        }
    }

    /// By home: two homes of one user keep two keys apart.
    fn entry(&self) -> Result<Entry, String> {
        Entry::new(SERVICE, &self.home).map_err(reason)
    }
}

/// In words of ours: the library's may quote what it found.
fn reason(error: Error) -> String {
    match error {
        Error::NoStorageAccess(_) => "it is locked, or denies this program",
        Error::BadEncoding(_) => "what it holds is no key",
        _ => "it doesn't answer",
    }
    .to_owned()
}

impl Keyring for Native {
    fn load(&self) -> Result<Option<Secret>, String> {
        match self.entry()?.get_password() {
            Ok(key) if key.is_empty() => Ok(None),
            Ok(key) => Ok(Some(Secret::new(key))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(reason(error)),
        }
    }

    fn store(&self, secret: &str) -> Result<(), String> {
        self.entry()?.set_password(secret).map_err(reason)
    }

    fn remove(&self) -> Result<(), String> {
        match self.entry()?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(reason(error)),
        }
    }
}

#[cfg(all(test, windows))]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_kept_for_its_home_alone_and_can_be_removed() {
        let here = Native::of(Path::new(r"C:\libtv test\一"));
        let there = Native::of(Path::new(r"C:\libtv test\二"));
        here.remove().unwrap();
        assert!(here.load().unwrap().is_none());
        here.store("mgk_test_1234").unwrap();
        assert_eq!(here.load().unwrap().unwrap().last_four(), "1234");
        assert!(there.load().unwrap().is_none());
        here.remove().unwrap();
        here.remove().unwrap();
        assert!(here.load().unwrap().is_none());
    }
}
