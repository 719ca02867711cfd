//! `libtv.json`: read, and written whole under a lock, so that a crash leaves the old or the new content and two
//! `setup`s at once lose nothing. Unknown members and their order stay. A damaged file is named, never reset.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use contract::services::OF_SERVICES;
use serde_json::{Map, Value};

use crate::error::ConfigError;
use sandbox::files;

/// A configuration of some values; a larger file is not ours.
const MAX_BYTES: u64 = 1 << 20;

/// One change to a member.
pub enum Change {
    /// Set a member.
    Set(&'static str, Value),
    /// Remove a member.
    Remove(&'static str),
    /// Set a member of what is kept of a service, by its word.
    SetOf(&'static str, &'static str, Value),
    /// Remove one.
    RemoveOf(&'static str, &'static str),
}

/// The file and its lock.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    path: PathBuf,
}

impl ConfigFile {
    /// The file at `path`; nothing is opened yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its members; none when there is no file. Tightens its permissions when others could read it.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(&self) -> Result<Map<String, Value>, ConfigError> {
        let text = match files::read_bounded(&self.path, MAX_BYTES) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Map::new()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(self.damaged(error.to_string()));
            }
            Err(error) => return Err(self.io("can't read")(error)),
        };
        // Best effort: a file of another owner stays readable as it is, and writing it will say why not.
        let _ = files::tighten(&self.path);
        match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
            Ok(Value::Object(members)) => Ok(members),
            Ok(_) => Err(self.damaged("it is not a JSON object".to_owned())),
            // The parser's own message may quote the key.
            Err(error) => Err(self.damaged(format!(
                "not valid JSON at line {}, column {}",
                error.line(),
                error.column()
            ))),
        }
    }

    /// Applies changes to what the file holds now, and returns when they are durable.
    ///
    /// # Errors
    /// [`ConfigError`]; the file then has its old content.
    pub fn change(&self, changes: Vec<Change>) -> Result<(), ConfigError> {
        // Before it is read: what another process changes between the two would be written over.
        let _lock = self.lock().map_err(self.io("can't lock"))?;
        let mut members = self.read()?;
        for change in changes {
            match change {
                Change::Set(name, value) => {
                    members.insert(name.to_owned(), value);
                }
                Change::Remove(name) => {
                    // `shift_remove` keeps the order of the others.
                    members.shift_remove(name);
                }
                Change::SetOf(word, name, value) => {
                    self.of_service(&mut members, word)?
                        .insert(name.to_owned(), value);
                }
                Change::RemoveOf(word, name) => {
                    self.of_service(&mut members, word)?.shift_remove(name);
                }
            }
        }
        let mut text = serde_json::to_string_pretty(&Value::Object(members))
            .map_err(|error| self.io("can't write")(error.into()))?;
        text.push('\n');
        // A link stays a link: what it points to is replaced.
        let target = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let text = zeroize::Zeroizing::new(text);
        files::write_durably(&target, text.as_bytes()).map_err(self.io("can't write"))
    }

    /// What is kept of a service.
    ///
    /// # Errors
    /// [`ConfigError::Damaged`]: something else stands in its place, and isn't written over.
    fn of_service<'a>(
        &self,
        members: &'a mut Map<String, Value>,
        word: &str,
    ) -> Result<&'a mut Map<String, Value>, ConfigError> {
        let mut place = members;
        for name in [OF_SERVICES, word] {
            let inner = place
                .entry(name)
                .or_insert_with(|| Value::Object(Map::new()));
            place = inner
                .as_object_mut()
                .ok_or_else(|| self.damaged(format!("`{name}` is not a JSON object")))?;
        }
        Ok(place)
    }

    /// Held while reading and replacing; a file of its own, because the configuration itself is replaced.
    fn lock(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let file = files::private(&mut options).open(self.path.with_extension("json.lock"))?;
        file.lock()?;
        Ok(file)
    }

    /// The error of a file that is there and can't be used; `reason` holds nothing of its content.
    fn damaged(&self, reason: String) -> ConfigError {
        ConfigError::Damaged {
            path: self.path.clone(),
            reason,
        }
    }

    fn io(&self, action: &'static str) -> impl Fn(io::Error) -> ConfigError {
        move |source| ConfigError::Io {
            action,
            path: self.path.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn file(content: Option<&str>) -> (tempfile::TempDir, ConfigFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("libtv.json");
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        (folder, ConfigFile::at(path))
    }

    #[test]
    fn unknown_members_and_their_order_stay() {
        let (_folder, config) = file(Some(
            r#"{"z": 1, "apiKey": "mgk_old", "a": {"y": 1, "b": 2}, "videoRatio": "1:1"}"#,
        ));
        config
            .change(vec![
                Change::Set("apiKey", json!("mgk_new")),
                Change::Remove("videoRatio"),
            ])
            .unwrap();
        let text = fs::read_to_string(config.path()).unwrap();
        assert_eq!(
            serde_json::to_string(&config.read().unwrap()).unwrap(),
            r#"{"z":1,"apiKey":"mgk_new","a":{"y":1,"b":2}}"#,
            "{text}"
        );
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_it_and_utf_16_is_called_that() {
        let (_folder, config) = file(Some("\u{feff}{\"apiKey\": \"mgk_1\"}"));
        assert_eq!(config.read().unwrap()["apiKey"], "mgk_1");
        fs::write(config.path(), b"\xff\xfe{\0}\0").unwrap();
        let error = config.read().unwrap_err().to_string();
        assert!(error.contains("UTF-16"), "{error}");
    }

    #[test]
    fn a_missing_file_is_empty_and_is_made_on_the_first_change() {
        let (_folder, config) = file(None);
        assert!(config.read().unwrap().is_empty());
        config
            .change(vec![Change::Set("videoRatio", json!("9:16"))])
            .unwrap();
        assert_eq!(config.read().unwrap()["videoRatio"], "9:16");
    }

    #[test]
    fn a_damaged_file_is_named_not_quoted_and_not_touched() {
        for content in [r#"{"apiKey": "mgk_hunter2""#, "[1]", "", "\u{1}"] {
            let (_folder, config) = file(Some(content));
            let error = config
                .change(vec![Change::Set("apiKey", json!("x"))])
                .unwrap_err()
                .to_string();
            assert!(
                error.contains("libtv.json") && !error.contains("hunter2"),
                "{error}"
            );
            assert_eq!(fs::read_to_string(config.path()).unwrap(), content);
        }
    }

    #[test]
    fn writers_at_the_same_time_lose_nothing() {
        let (_folder, config) = file(None);
        const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
        std::thread::scope(|scope| {
            for name in NAMES {
                let config = &config;
                scope.spawn(move || config.change(vec![Change::Set(name, json!(name))]).unwrap());
            }
        });
        assert_eq!(config.read().unwrap().len(), NAMES.len());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it_before_or_after() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, config) = file(Some("{}"));
        let mode = || fs::metadata(config.path()).unwrap().permissions().mode() & 0o777;
        fs::set_permissions(config.path(), fs::Permissions::from_mode(0o644)).unwrap();
        config.read().unwrap();
        assert_eq!(mode(), 0o600);
        config
            .change(vec![Change::Set("apiKey", json!("x"))])
            .unwrap();
        assert_eq!(mode(), 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_linked_configuration_stays_linked() {
        let (folder, config) = file(None);
        let target = folder.path().join("elsewhere.json");
        fs::write(&target, r#"{"a": 1}"#).unwrap();
        std::os::unix::fs::symlink(&target, config.path()).unwrap();
        config.change(vec![Change::Set("b", json!(2))]).unwrap();
        assert!(fs::symlink_metadata(config.path()).unwrap().is_symlink());
        assert!(fs::read_to_string(&target).unwrap().contains("\"b\""));
    }
}
