//! Set-up commands: the component edits a private copy of `libtv.json` that holds placeholders; the harness takes over
//! what changed in it, with the real key, and only then lets the output out.

use std::fs;
use std::io::Write;
use std::sync::{Arc, Mutex};

use contract::services::{CHOICES, KEY_MEMBER, OF_SERVICES, SERVICE_IN_USE, Service, maker};
use serde_json::{Map, Value};

use crate::credentials::{Change, ConfigFile, KeySlot, short_text};
use crate::error::{CallError, ConfigError, HomeError};
use crate::grants::{Basis, GUEST_CONFIG};
use crate::home::Home;
use sandbox::call::{Folder, Output, Use};
use sandbox::secrets::ApiKey;

/// The member with the default ratio.
const RATIO: &str = "videoRatio";
const NAME: &str = "libtv.json";

/// A private folder with the copy; removed when it is dropped.
pub(super) struct ConfigCopy {
    folder: tempfile::TempDir,
    /// What the copy held at first: what differs from it afterwards is what the command changed.
    before: Map<String, Value>,
}

impl ConfigCopy {
    /// Makes the copy, with the members that the component may know; no file where it has none.
    ///
    /// # Errors
    /// [`CallError::Home`]: the home folder can't be written.
    pub(super) fn make(home: &Home, basis: &Basis) -> Result<Self, CallError> {
        let fail = |error| HomeError::new("can't create a private folder in", home.root(), error);
        // tempfile makes it 0700.
        let folder = tempfile::Builder::new()
            .prefix(".libtv-setup-")
            .tempdir_in(home.root())
            .map_err(fail)?;
        let before = basis.config_members();
        if !before.is_empty() {
            fs::write(
                folder.path().join(NAME),
                Value::Object(before.clone()).to_string(),
            )
            .map_err(fail)?;
        }
        Ok(Self { folder, before })
    }

    pub(super) fn variable(&self) -> (String, String) {
        ("LIBTV_CONFIG_DIR".to_owned(), GUEST_CONFIG.to_owned())
    }

    pub(super) fn folder(&self) -> Folder {
        Folder {
            host: self.folder.path().to_owned(),
            guest: GUEST_CONFIG.to_owned(),
            purpose: Use::Config,
        }
    }

    /// Takes over what the command changed, durably. Members it left alone keep the value they have by now: another
    /// set-up may have changed them meanwhile. With `wants_keyring` the key goes into the keyring, also one that was in
    /// the file before; returns what the user should know of that.
    ///
    /// # Errors
    /// [`CallError`]: nothing was changed in `libtv.json`, and the output stays withheld.
    pub(super) fn commit(
        self,
        home: &Home,
        basis: &Basis,
        keyring: &KeySlot,
        wants_keyring: bool,
    ) -> Result<Option<String>, CallError> {
        let copy = self.folder.path().join(NAME);
        // A link that the component made would be followed with the harness's rights.
        if fs::symlink_metadata(&copy).is_ok_and(|meta| !meta.is_file()) {
            return Err(CallError::Refused(
                "The component left something else than a file as its configuration; nothing was changed."
                    .to_owned(),
            ));
        }
        let after = ConfigFile::at(copy).read()?;
        let mut changes = changes(&self.before, &after, basis)?;
        let found = &basis.found;
        // The same key, given again with `--keyring`: nothing changed in the copy, and it moves all the
        // same.
        if wants_keyring
            && !found.in_keyring
            && self.before.get("apiKey") == after.get("apiKey")
            && let Some(key) = &found.stored_key
        {
            changes.push(Change::Set("apiKey", Value::from(key.expose())));
        }
        let (changes, told) = keyring
            .apply(changes, wants_keyring, found.in_keyring)
            .map_err(CallError::Refused)?;
        if !changes.is_empty() {
            ConfigFile::at(home.config()).change(changes)?;
        } else if basis.found.config_error.is_some() {
            // The command said "done" about a file that can't be used: its own reading says what is wrong.
            ConfigFile::at(home.config())
                .read()
                .map_err(|error: ConfigError| CallError::Config(error))?;
        }
        Ok(told)
    }
}

/// What the command changed, member by member.
fn changes(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    basis: &Basis,
) -> Result<Vec<Change>, CallError> {
    let mut changes = Vec::new();
    for name in [KEY_MEMBER, RATIO, SERVICE_IN_USE] {
        match (before.get(name), after.get(name)) {
            (old, new) if old == new => {}
            (_, None) => changes.push(Change::Remove(name)),
            (_, Some(value)) if name == KEY_MEMBER => {
                changes.push(Change::Set(name, real_key(value, None, basis)?));
            }
            (_, Some(value)) if name == SERVICE_IN_USE => {
                let known = value.as_str().is_some_and(|word| maker(word).is_some());
                changes.push(Change::Set(name, known_or_refused(known, value)?));
            }
            (_, Some(value)) => changes.push(Change::Set(name, value.clone())),
        }
    }
    for found in &basis.found.services {
        let of = |members: &Map<String, Value>| {
            let all = members.get(OF_SERVICES);
            all.and_then(|all| all.get(found.word))
                .cloned()
                .unwrap_or_default()
        };
        let (before, after) = (of(before), of(after));
        for name in CHOICES.into_iter().chain([KEY_MEMBER]) {
            match (before.get(name), after.get(name)) {
                (old, new) if old == new => {}
                (_, None) => changes.push(Change::RemoveOf(found.word, name)),
                (_, Some(value)) => {
                    let value = if name == KEY_MEMBER {
                        real_key(value, Some(found.service), basis)?
                    } else {
                        known_or_refused(short_text(value).is_some(), value)?
                    };
                    changes.push(Change::SetOf(found.word, name, value));
                }
            }
        }
    }
    Ok(changes)
}

/// A value that the component may store, as it is.
fn known_or_refused(is_known: bool, value: &Value) -> Result<Value, CallError> {
    is_known.then(|| value.clone()).ok_or_else(|| {
        CallError::Refused(
            "The component tried to store something that no setting can be; nothing was changed."
                .to_owned(),
        )
    })
}

/// The key that a placeholder in the copy stands for, in the place of this service's key; none for the place of those that
/// are told by how they begin. A key of another service is never stored there: it would be sent to that one's host.
fn real_key(
    value: &Value,
    place: Option<&'static Service>,
    basis: &Basis,
) -> Result<Value, CallError> {
    let key = value
        .as_str()
        .and_then(|placeholder| basis.keys.find(placeholder));
    let is_its = |key: &ApiKey| {
        let is_told =
            |service: &Service| service.keys().is_some_and(|keys| !keys.prefix.is_empty());
        match (place, key.service) {
            (Some(place), service) => service.is_some_and(|service| service.id == place.id),
            (None, service) => service.is_none_or(is_told),
        }
    };
    match key.filter(|key| is_its(key)) {
        Some(key) => Ok(Value::from(key.secret.expose())),
        // A key that this command was not given, or not for this: the component made it up.
        None => Err(CallError::Refused(
            "The component tried to store an unknown API key; nothing was changed.".to_owned(),
        )),
    }
}

/// An output that keeps everything until it is released.
pub(super) struct Withheld {
    kept: Arc<Mutex<Vec<u8>>>,
    output: Output,
}

/// An output that keeps what is written, and what lets it out.
pub(super) fn withhold(output: Output) -> (Output, Option<Withheld>) {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keeper = Output::like(&output, Keeper(Arc::clone(&kept)));
    (keeper, Some(Withheld { kept, output }))
}

impl Withheld {
    /// What it holds.
    pub(super) fn kept(&self) -> Vec<u8> {
        self.kept
            .lock()
            .map(|kept| kept.clone())
            .unwrap_or_default()
    }

    /// Lets out what it holds, or `instead`.
    ///
    /// # Errors
    /// The output can't be written; what was stored stays so.
    pub(super) fn release(mut self, instead: Option<String>) -> std::io::Result<()> {
        let text = instead.map_or_else(|| self.kept(), String::into_bytes);
        self.output.write(&text)
    }
}

struct Keeper(Arc<Mutex<Vec<u8>>>);

impl Write for Keeper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Ok(mut kept) = self.0.lock() {
            kept.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::FoundKey;
    use crate::settings::Settings;
    use sandbox::secrets::Secret;

    fn basis(home: &Home) -> Basis {
        let settings = Settings::new(home.root());
        Basis::gather(
            &settings,
            home,
            &Arc::default(),
            Some(FoundKey {
                secret: Arc::new(Secret::new("mgk_newnewnew9999")),
                meant: None,
            }),
        )
    }

    fn edit(content: &str, edited: Option<&str>) -> (Result<(), CallError>, String) {
        let root = tempfile::tempdir().unwrap();
        let home = Home::at(root.path());
        fs::write(home.config(), content).unwrap();
        let basis = basis(&home);
        let copy = ConfigCopy::make(&home, &basis).unwrap();
        let path = copy.folder.path().join(NAME);
        assert!(
            !fs::read_to_string(&path)
                .unwrap_or_default()
                .contains("oldold"),
            "the copy holds the key"
        );
        match edited {
            Some(text) => fs::write(path, text).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
        let result = copy
            .commit(&home, &basis, &KeySlot::default(), false)
            .map(drop);
        (result, fs::read_to_string(home.config()).unwrap())
    }

    const OLD: &str = r#"{"apiKey":"mgk_oldoldold1234","x":1,"videoRatio":"1:1"}"#;

    #[test]
    fn a_new_key_is_stored_in_place_of_its_placeholder() {
        let (result, text) = edit(
            OLD,
            Some(r#"{"apiKey":"mgk_placeholder-libtv-api-key-new-9999","videoRatio":"1:1"}"#),
        );
        result.unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&json["apiKey"], &json["x"], &json["videoRatio"]),
            (&"mgk_newnewnew9999".into(), &1.into(), &"1:1".into())
        );
    }

    #[test]
    fn an_unchanged_placeholder_leaves_the_key_as_it_is() {
        let (result, text) = edit(
            OLD,
            Some(r#"{"apiKey":"mgk_placeholder-libtv-api-key-1234","videoRatio":"9:16"}"#),
        );
        result.unwrap();
        assert!(
            text.contains("mgk_oldoldold1234") && text.contains("9:16"),
            "{text}"
        );
    }

    #[test]
    fn a_removed_member_is_removed_and_nothing_else() {
        let (result, text) = edit(OLD, Some(r#"{"videoRatio":"1:1"}"#));
        result.unwrap();
        assert!(
            !text.contains("apiKey") && text.contains("\"x\": 1") && text.contains("1:1"),
            "{text}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_the_copy_is_not_followed() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::at(root.path());
        fs::write(home.config(), OLD).unwrap();
        fs::write(
            root.path().join("other.json"),
            r#"{"videoRatio":"private"}"#,
        )
        .unwrap();
        let basis = basis(&home);
        let copy = ConfigCopy::make(&home, &basis).unwrap();
        let path = copy.folder.path().join(NAME);
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("../other.json", path).unwrap();
        assert!(matches!(
            copy.commit(&home, &basis, &KeySlot::default(), false),
            Err(CallError::Refused(_))
        ));
        assert_eq!(fs::read_to_string(home.config()).unwrap(), OLD);
    }

    const TWO: &str = r#"{"apiKey":"mgk_oldoldold1234","services":{"ark":{"apiKey":"arkoldoldold5678","model":"m-1","own":1}}}"#;

    #[test]
    fn what_is_kept_of_a_service_is_changed_by_itself() {
        let (result, text) = edit(
            TWO,
            Some(
                r#"{"apiKey":"mgk_placeholder-libtv-api-key-1234","service":"ark","services":{"ark":{"apiKey":"placeholder-ark-api-key-5678","model":"m-2","resolution":"720p"}}}"#,
            ),
        );
        result.unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        let ark = serde_json::json!({"apiKey": "arkoldoldold5678", "model": "m-2", "own": 1, "resolution": "720p"});
        assert_eq!(
            (&json["services"]["ark"], &json["service"]),
            (&ark, &"ark".into())
        );
        assert_eq!(json["apiKey"], "mgk_oldoldold1234");
        let (result, text) = edit(
            TWO,
            Some(
                r#"{"apiKey":"mgk_placeholder-libtv-api-key-1234","services":{"ark":{"model":"m-1"}}}"#,
            ),
        );
        result.unwrap();
        assert!(
            !text.contains("arkoldoldold") && text.contains("m-1") && text.contains("own"),
            "{text}"
        );
    }

    #[test]
    fn a_key_is_not_moved_to_the_place_of_another_service() {
        for edited in [
            r#"{"apiKey":"placeholder-ark-api-key-5678"}"#,
            r#"{"services":{"ark":{"apiKey":"mgk_placeholder-libtv-api-key-1234"}}}"#,
            r#"{"services":{"ark":{"apiKey":"mgk_placeholder-libtv-api-key-new-9999"}}}"#,
            r#"{"services":{"modelark":{"apiKey":"placeholder-ark-api-key-5678"}}}"#,
            r#"{"services":{"ark":{"apiKey":"placeholder-ark-api-key-5678","model":"a b"}}}"#,
            r#"{"service":"somewhere"}"#,
        ] {
            let (result, text) = edit(TWO, Some(edited));
            assert!(matches!(result, Err(CallError::Refused(_))), "{edited}");
            assert_eq!(text, TWO, "{edited}");
        }
    }

    #[test]
    fn a_key_that_nobody_gave_is_refused_and_nothing_is_written() {
        let (result, text) = edit(
            OLD,
            Some(r#"{"apiKey":"mgk_made-up-by-the-guest","videoRatio":"9:16"}"#),
        );
        assert!(matches!(result, Err(CallError::Refused(_))));
        assert_eq!(text, OLD);
    }
}
