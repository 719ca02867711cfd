//! What a user's arguments become before the component sees them, and what they grant. Keys become placeholders, a
//! file to upload becomes standard input, a folder for downloads is the only one that is opened.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::credentials::{Placeholders, Secret};
use crate::error::CallError;
use crate::home::Home;
use crate::sandbox::{Folder, Use};

/// A key has some dozens of characters.
const KEY_BYTES: usize = 4 << 10;

/// Arguments for the component, with what they grant.
pub(super) struct Rewritten {
    pub(super) arguments: Vec<String>,
    pub(super) new_key: Option<Arc<Secret>>,
    pub(super) stdin: Option<File>,
    pub(super) folder: Option<Folder>,
    /// Whether the key is to be kept in the keyring.
    pub(super) keyring: bool,
    /// Whether it submits.
    pub(super) submits: bool,
    /// The chat that the user named: for results of a submit, or for a test message.
    pub(super) chat: Option<String>,
    /// The session it names, for the record.
    pub(super) session: Option<String>,
}

pub(super) fn rewrite(
    arguments: Vec<OsString>,
    key_input: impl FnOnce() -> Result<String, String>,
    downloads: Option<&Path>,
    home: &Home,
) -> Result<Rewritten, CallError> {
    let command = arguments
        .iter()
        .find(|argument| !argument.as_encoded_bytes().starts_with(b"-"))
        .cloned()
        .unwrap_or_default();
    let asks_for_help = arguments
        .iter()
        .any(|argument| argument == "--help" || argument == "-h");
    let mut options = Options(arguments);
    let mut rewritten = Rewritten {
        arguments: Vec::new(),
        new_key: None,
        stdin: None,
        folder: None,
        keyring: false,
        submits: false,
        chat: None,
        session: options.session(&command),
    };

    if let Some(key) = options.take("--api-key") {
        let key = if key == "-" {
            read_key(key_input)?
        } else {
            key.to_string_lossy().into_owned()
        };
        let placeholder = if key.is_empty() {
            String::new()
        } else {
            let secret = Arc::new(Secret::new(key));
            let keys = Placeholders::new(None, None, Some(Arc::clone(&secret)));
            rewritten.new_key = Some(secret);
            keys.new.map(|key| key.placeholder).unwrap_or_default()
        };
        options.put("--api-key", placeholder.into());
    }
    if ["setup", "update-key"].iter().any(|name| command == *name) {
        rewritten.keyring = options.take_flag("--keyring");
    }
    if command == "upload" && !asks_for_help {
        rewritten.stdin = open_upload(&mut options);
    }
    if command == "download-results" && !asks_for_help {
        rewritten.folder = open_downloads(&mut options, downloads, home)?;
    }
    rewritten.submits = command == "create-session" && !asks_for_help;
    if rewritten.submits || command == "doctor" {
        rewritten.chat = options
            .peek("--chat-id")
            .map(|chat| chat.to_string_lossy().into_owned());
    }
    rewritten.arguments = options
        .0
        .into_iter()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    Ok(rewritten)
}

fn read_key(key_input: impl FnOnce() -> Result<String, String>) -> Result<String, CallError> {
    let text = zeroize::Zeroizing::new(key_input().map_err(CallError::Refused)?);
    // PowerShell puts a byte order mark in front of what it pipes.
    let text = text.trim_start_matches('\u{feff}');
    if text.len() > KEY_BYTES {
        return Err(CallError::Refused(
            "The API key on standard input is too long.".to_owned(),
        ));
    }
    Ok(text.trim().to_owned())
}

/// The file as standard input, its name and size as arguments. When it can't be opened the arguments stay, and the
/// component says why.
fn open_upload(options: &mut Options) -> Option<File> {
    let path = options.peek("--file")?;
    // Looked at first: opening a pipe would wait for somebody to write.
    if !fs::metadata(&path).ok()?.is_file() {
        return None;
    }
    let file = File::open(&path).ok()?;
    let meta = file.metadata().ok()?;
    options.take("--file");
    options.put("--file", "-".into());
    options.put("--name", path);
    options.put("--size", meta.len().to_string().into());
    Some(file)
}

/// The folder for downloads, created if need be, absolute, and never one through which secrets could be reached.
fn open_downloads(
    options: &mut Options,
    default: Option<&Path>,
    home: &Home,
) -> Result<Option<Folder>, CallError> {
    let Some(asked) = options
        .peek("--output-dir")
        .map(PathBuf::from)
        .or_else(|| default.map(Path::to_owned))
    else {
        return Ok(None);
    };
    let mut absolute = std::path::absolute(&asked).unwrap_or(asked);
    let created = fs::create_dir_all(&absolute);
    // The component finds its folder by name, and above a folder that it sees there is nothing.
    if absolute
        .components()
        .any(|part| part == Component::ParentDir)
        && let Ok(real) = fs::canonicalize(&absolute)
    {
        absolute = real;
    }
    options.take("--output-dir");
    options.put("--output-dir", absolute.clone().into());
    if created.is_err() {
        // The component finds no such folder and says so.
        return Ok(None);
    }
    let real = fs::canonicalize(&absolute).unwrap_or_else(|_| absolute.clone());
    let root = fs::canonicalize(home.root()).unwrap_or_else(|_| home.root().to_owned());
    if root.starts_with(&real) || real.starts_with(&root) {
        return Err(CallError::Refused(format!(
            "{} can't be the output folder: it would open {}, where keys are kept. Choose a folder of its own with --output-dir.",
            absolute.display(),
            home.root().display()
        )));
    }
    Ok(Some(Folder {
        host: real,
        guest: absolute.to_string_lossy().into_owned(),
        purpose: Use::Downloads,
    }))
}

/// Arguments, with `--name value` and `--name=value` as one thing.
struct Options(Vec<OsString>);

impl Options {
    fn find(&self, name: &str) -> Option<(usize, usize, OsString)> {
        // What follows `--` is text, whatever it looks like.
        let end = self
            .0
            .iter()
            .position(|argument| argument == "--")
            .unwrap_or(self.0.len());
        self.0[..end]
            .iter()
            .enumerate()
            .find_map(|(index, argument)| {
                if argument == name {
                    // The last option without its value: the component complains about that.
                    return (index + 1 < end).then(|| (index, 2, self.0[index + 1].clone()));
                }
                let rest = argument
                    .as_encoded_bytes()
                    .strip_prefix(name.as_bytes())?
                    .strip_prefix(b"=")?;
                Some((index, 1, from_bytes(rest)))
            })
    }

    /// The session that a command names, as an option or as its word.
    fn session(&self, command: &OsStr) -> Option<String> {
        let takes_word = ["query-session", "download-results", "status"];
        let word = || {
            let at = self.0.iter().position(|argument| argument == command)?;
            let word = self
                .0
                .get(at + 1)
                .filter(|_| takes_word.iter().any(|name| command == *name))?;
            (!word.as_encoded_bytes().starts_with(b"-")).then(|| word.clone())
        };
        let session = self.peek("--session-id").or_else(word)?;
        Some(session.to_string_lossy().into_owned())
    }

    fn peek(&self, name: &str) -> Option<OsString> {
        self.find(name).map(|(_, _, value)| value)
    }

    /// Removes every occurrence; the last one counts.
    fn take(&mut self, name: &str) -> Option<OsString> {
        let mut last = None;
        while let Some((index, count, value)) = self.find(name) {
            self.0.drain(index..index + count);
            last = Some(value);
        }
        last
    }

    /// Removes every occurrence of an option without a value, and tells whether there was one.
    fn take_flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        let mut counts = true;
        self.0.retain(|argument| {
            counts &= argument != "--";
            !(counts && argument == name)
        });
        self.0.len() < before
    }

    /// Adds an option where options still count: before `--`.
    fn put(&mut self, name: &str, value: OsString) {
        let end = self
            .0
            .iter()
            .position(|argument| argument == "--")
            .unwrap_or(self.0.len());
        // As one argument when the value could be taken for an option itself.
        if value.as_encoded_bytes().starts_with(b"-") && value != "-" {
            let mut one = OsString::from(name);
            one.push("=");
            one.push(value);
            self.0.insert(end, one);
        } else {
            self.0.insert(end, value);
            self.0.insert(end, name.into());
        }
    }
}

#[cfg(unix)]
fn from_bytes(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt;
    OsStr::from_bytes(bytes).to_owned()
}

#[cfg(not(unix))]
fn from_bytes(bytes: &[u8]) -> OsString {
    OsStr::new(&*String::from_utf8_lossy(bytes)).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(arguments: &[&str]) -> Result<Rewritten, CallError> {
        run_in(arguments, Path::new("/nowhere/nexu"))
    }

    fn run_in(arguments: &[&str], home: &Path) -> Result<Rewritten, CallError> {
        rewrite(
            arguments.iter().map(OsString::from).collect(),
            || Ok("mgk_from-stdin-7777\n".into()),
            None,
            &Home::at(home),
        )
    }

    #[test]
    fn a_key_becomes_a_placeholder_in_either_spelling() {
        for arguments in [
            vec!["setup", "--api-key", "mgk_secretsecret1234", "--json"],
            vec!["setup", "--json", "--api-key=mgk_secretsecret1234"],
        ] {
            let rewritten = run(&arguments).unwrap();
            assert_eq!(
                rewritten.arguments,
                [
                    "setup",
                    "--json",
                    "--api-key",
                    "mgk_placeholder-libtv-api-key-new-1234"
                ]
            );
            assert_eq!(rewritten.new_key.unwrap().expose(), "mgk_secretsecret1234");
        }
    }

    #[test]
    fn a_key_from_standard_input_loses_its_line_feed() {
        let rewritten = run(&["update-key", "--api-key", "-"]).unwrap();
        assert_eq!(rewritten.new_key.unwrap().expose(), "mgk_from-stdin-7777");
        assert_eq!(
            rewritten.arguments,
            [
                "update-key",
                "--api-key",
                "mgk_placeholder-libtv-api-key-new-7777"
            ]
        );
    }

    #[test]
    fn no_key_is_left_when_the_option_is_given_twice() {
        let rewritten = run(&[
            "setup",
            "--api-key",
            "mgk_firstfirst1111",
            "--api-key=mgk_secondsecond2222",
        ])
        .unwrap();
        assert_eq!(
            rewritten.arguments,
            [
                "setup",
                "--api-key",
                "mgk_placeholder-libtv-api-key-new-2222"
            ]
        );
    }

    #[test]
    fn text_after_two_dashes_is_not_an_option() {
        let rewritten = run(&["create-session", "--", "--api-key", "is a text"]).unwrap();
        assert_eq!(
            rewritten.arguments,
            ["create-session", "--", "--api-key", "is a text"]
        );
        assert!(run(&["setup", "--api-key"]).unwrap().new_key.is_none());
    }

    #[test]
    fn a_file_to_upload_becomes_standard_input() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("-odd name.png");
        fs::write(&path, b"12345").unwrap();
        let path = path.to_str().unwrap();
        let rewritten = run(&["upload", "--file", path]).unwrap();
        assert_eq!(
            rewritten.arguments,
            ["upload", "--file", "-", "--name", path, "--size", "5"]
        );
        assert!(rewritten.stdin.is_some());
    }

    #[test]
    fn a_missing_file_or_a_folder_is_left_for_the_component_to_refuse() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["/no/such/file.png", folder.path().to_str().unwrap()] {
            let rewritten = run(&["upload", "--file", path]).unwrap();
            assert_eq!(rewritten.arguments, ["upload", "--file", path]);
            assert!(rewritten.stdin.is_none());
        }
    }

    #[test]
    fn downloads_go_to_an_absolute_folder_that_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a/b");
        let text = target.to_str().unwrap();
        let rewritten = run(&["download-results", "--output-dir", text, "--prefix", "x"]).unwrap();
        assert_eq!(
            rewritten.arguments,
            ["download-results", "--prefix", "x", "--output-dir", text]
        );
        assert_eq!(rewritten.folder.unwrap().guest, text);
        assert!(target.is_dir());
    }

    #[test]
    fn a_folder_that_is_named_by_the_way_through_another_is_the_one_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let real = fs::canonicalize(folder.path()).unwrap().join("out");
        // Made on the way, and there already.
        for way in ["out/../out", "out/deep/../../out"] {
            let asked = folder.path().join(way);
            let asked = asked.to_str().unwrap();
            let rewritten = run(&["download-results", "--output-dir", asked]).unwrap();
            let granted = rewritten.folder.unwrap();
            assert_eq!(granted.host, real, "{way}");
            assert_eq!(granted.guest, real.to_str().unwrap(), "{way}");
            assert_eq!(rewritten.arguments[2], granted.guest, "{way}");
        }
    }

    #[test]
    fn a_folder_through_which_keys_could_be_reached_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home/.nexu");
        fs::create_dir_all(&home).unwrap();
        for target in [
            folder.path().join("home"),
            home.clone(),
            home.join("downloads"),
        ] {
            let target = target.to_str().unwrap();
            assert!(
                matches!(
                    run_in(&["download-results", "--output-dir", target], &home),
                    Err(CallError::Refused(_))
                ),
                "{target}"
            );
        }
    }
}
