//! What a path of the component's state folder is in the database. Not here: what stands in the records.
//!
//! | path | becomes |
//! |---|---|
//! | `active/<key>` | the row of `session`: that there is one is the entry |
//! | `sessions/<key>/…`, `finished/<time>-<key>` | a record of this session |
//! | everything else (`submits/…`, `pace/…`, `damaged/…`) | a record of the tenant's, which its calls share |

use host::{Change, Lost};

use crate::uncertain::is_uncertain;

/// A key has some fifty characters.
const KEY_CHARS: usize = 100;
/// A path has two folders and a name.
const PATH_CHARS: usize = 400;
/// Where the entries are.
const ACTIVE: &str = "active/";
/// Where the sessions are.
const SESSIONS: &str = "sessions/";
/// How the entry of an intent begins. A session's key has a dash before its digest, so it can't be one.
const INTENT: &str = "submit-";

/// What a call may write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// The records of one session, and the tenant's shared ones.
    Session(String),
    /// Those of any session of the tenant: a submit, which makes one, and who takes up what one has left.
    Tenant,
}

impl Reach {
    /// Of the step of this entry.
    pub fn of_entry(key: &str) -> Self {
        if key.starts_with(INTENT) {
            Self::Tenant
        } else {
            Self::Session(key.to_owned())
        }
    }

    fn holds(&self, scope: &str) -> bool {
        match self {
            Self::Session(key) => scope.is_empty() || scope == key,
            Self::Tenant => true,
        }
    }
}

/// Changes as the database takes them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Writes {
    /// Scopes of the records that are stored.
    pub scopes: Vec<String>,
    /// Their paths, in the same order.
    pub paths: Vec<String>,
    /// Their contents, in the same order.
    pub bytes: Vec<Vec<u8>>,
    /// Records that are removed.
    pub gone: Vec<String>,
    /// Entries that are to be polled.
    pub woken: Vec<String>,
    /// Entries that are to be polled no more.
    pub ended: Vec<String>,
    /// Those of them that say that a delivery's outcome isn't known.
    pub uncertain: Vec<String>,
    /// Whether somebody has to look later whether this call came to its end.
    pub leaves_work: bool,
}

impl Writes {
    /// Sorts the changes of a call.
    ///
    /// # Errors
    /// [`Lost`]: the call wants to write what isn't its own.
    pub fn of(changes: Vec<Change>, reach: &Reach) -> Result<Self, Lost> {
        let mut writes = Self::default();
        for Change { path, bytes } in changes {
            if path.chars().count() > PATH_CHARS || path.contains('\0') {
                return Err(Lost("a record's path is too long".to_owned()));
            }
            if let Some(key) = path.strip_prefix(ACTIVE) {
                if !is_key(key) {
                    return Err(Lost("an entry's name can't be one".to_owned()));
                }
                let list = if bytes.is_some() {
                    &mut writes.woken
                } else {
                    &mut writes.ended
                };
                list.push(key.to_owned());
                continue;
            }
            let scope = scope_of(&path);
            if !reach.holds(scope) {
                return Err(Lost("a record belongs to another session".to_owned()));
            }
            match bytes {
                Some(bytes) => {
                    if is_uncertain(&path, &bytes) {
                        writes.uncertain.push(path.clone());
                    }
                    writes.leaves_work |= path.starts_with("submits/") || path.contains("/asked-");
                    writes.scopes.push(scope.to_owned());
                    writes.paths.push(path);
                    writes.bytes.push(bytes);
                }
                None => writes.gone.push(path),
            }
        }
        Ok(writes)
    }
}

/// Which session a record belongs to; empty for the tenant's shared ones.
pub fn scope_of(path: &str) -> &str {
    if let Some(rest) = path.strip_prefix(SESSIONS) {
        return rest.split('/').next().unwrap_or_default();
    }
    path.strip_prefix("finished/")
        .and_then(|name| name.split_once('-'))
        .map_or("", |(_, key)| key)
}

/// The entry of a session, as the component finds it.
pub fn entry(key: &str) -> (String, Vec<u8>) {
    (format!("{ACTIVE}{key}"), Vec::new())
}

fn is_key(key: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !key.is_empty() && key.len() <= KEY_CHARS && key.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &str, bytes: Option<&str>) -> Change {
        Change {
            path: path.to_owned(),
            bytes: bytes.map(|text| text.as_bytes().to_vec()),
        }
    }

    #[test]
    fn a_step_writes_its_own_session_and_no_other() {
        let reach = Reach::of_entry("a-1");
        let own = [
            "sessions/a-1/d-x",
            "finished/00000000000001-a-1",
            "pace/oc_1",
            "submits/x",
        ];
        for path in own {
            assert!(
                Writes::of(vec![change(path, Some(""))], &reach).is_ok(),
                "{path}"
            );
        }
        for path in ["sessions/b-2/d-x", "finished/00000000000001-b-2"] {
            assert!(
                Writes::of(vec![change(path, Some(""))], &reach).is_err(),
                "{path}"
            );
            assert!(
                Writes::of(vec![change(path, None)], &reach).is_err(),
                "{path}"
            );
        }
        assert!(
            Writes::of(
                vec![change("sessions/b-2/d-x", None)],
                &Reach::of_entry("submit-0f")
            )
            .is_ok()
        );
    }

    #[test]
    fn an_entry_is_a_row_and_no_record() {
        let changes = vec![change("active/a-1", Some("")), change("active/b-2", None)];
        let writes = Writes::of(changes, &Reach::Tenant).unwrap();
        assert_eq!(
            (writes.woken, writes.ended),
            (vec!["a-1".to_owned()], vec!["b-2".to_owned()])
        );
        assert!(writes.paths.is_empty() && writes.gone.is_empty());
        for name in ["", "a b", "a/b", "é", &"x".repeat(101)] {
            let path = format!("active/{name}");
            assert!(
                Writes::of(vec![change(&path, Some(""))], &Reach::Tenant).is_err(),
                "{name}"
            );
        }
    }

    #[test]
    fn what_a_submit_stores_is_looked_after() {
        let leaves = |path| {
            Writes::of(vec![change(path, Some(""))], &Reach::Tenant)
                .unwrap()
                .leaves_work
        };
        assert!(leaves("submits/x") && leaves("sessions/a-1/asked-0001"));
        assert!(!leaves("sessions/a-1/progress-0001"));
    }
}
