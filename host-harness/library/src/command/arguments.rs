//! What a user's arguments become before the component sees them, and what they grant. Keys become placeholders, a
//! file to upload becomes standard input, a folder for downloads is the only one that is opened.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use contract::commands::{
    Asked, Line, MAX_WORDS_BYTES, Mistake, Side, Value, is_nowhere, read, words_from_bytes,
};
use contract::kind::Kind;

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
    /// The chat that the user named: for results of a submit, a test message, or what is shown.
    pub(super) chat: Option<String>,
    /// The session it names, for the record.
    pub(super) session: Option<String>,
    /// The command, or nothing for help.
    pub(super) name: &'static str,
    /// Whether the user said that results go nowhere, whatever the environment names.
    pub(super) nowhere: bool,
}

impl Rewritten {
    /// These arguments, which grant nothing.
    fn only(arguments: &[&str]) -> Self {
        Self {
            arguments: arguments.iter().map(|one| (*one).to_owned()).collect(),
            new_key: None,
            stdin: None,
            folder: None,
            keyring: false,
            submits: false,
            chat: None,
            session: None,
            name: "",
            nowhere: false,
        }
    }
}

/// # Errors
/// [`CallError`]: nothing may be granted, noted or run then. Wrong usage is among it, in the component's own words.
pub(super) fn rewrite(
    arguments: Vec<OsString>,
    input: impl FnOnce() -> Result<String, String>,
    downloads: Option<&Path>,
    home: &Home,
) -> Result<Rewritten, CallError> {
    let usage = |mistake: Mistake| CallError::Usage(mistake.text());
    let mut line = match read(arguments, Side::Harness).map_err(usage)? {
        Asked::Run(line) => line,
        Asked::Help(command) => return Ok(Rewritten::only(&[command.name, "--help"])),
        Asked::Overview => return Ok(Rewritten::only(&["--help"])),
        Asked::Version => return Ok(Rewritten::only(&["--version"])),
    };
    let mut rewritten = Rewritten::only(&[]);
    rewritten.name = line.command.name;
    rewritten.session = line.of_kind(Value::Session);
    rewritten.chat = line.of_kind(Value::Chat);
    rewritten.nowhere = is_nowhere(
        line.text("channel").as_deref(),
        line.text("chat-id").as_deref(),
    );
    if line.has("api-key") {
        rewritten.new_key = put_key(&mut line, input)?;
    } else if line.has("words") {
        let words = input().map_err(|sentence| wrong_words(&line, sentence))?;
        put_words(&mut line, words);
    } else if let Some(path) = line.value("words-file").map(PathBuf::from) {
        let words = words_from_bytes(&read_words(&path)?)
            .map_err(|sentence| wrong_words(&line, sentence))?;
        put_words(&mut line, words);
    }
    rewritten.submits = line.submits();
    rewritten.keyring = line.remove("keyring");
    match line.command.kind {
        Kind::Upload => rewritten.stdin = open_upload(&mut line),
        Kind::Download => rewritten.folder = open_downloads(&mut line, downloads, home)?,
        _ => {}
    }
    let written = line.arguments().into_iter();
    rewritten.arguments = written
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    Ok(rewritten)
}

/// What stands for the key in its place; none for an empty one.
fn put_key(
    line: &mut Line,
    input: impl FnOnce() -> Result<String, String>,
) -> Result<Option<Arc<Secret>>, CallError> {
    let key = match line.text("api-key").as_deref() {
        Some("-") => read_key(input)?,
        key => key.unwrap_or_default().to_owned(),
    };
    if key.is_empty() {
        line.set("api-key", "");
        return Ok(None);
    }
    let secret = Arc::new(Secret::new(key));
    let keys = Placeholders::new(None, None, Some(Arc::clone(&secret)));
    let placeholder = keys.new.map(|key| key.placeholder).unwrap_or_default();
    line.set("api-key", placeholder);
    Ok(Some(secret))
}

/// The words in place of where they were. A component sees neither the file nor standard input.
fn put_words(line: &mut Line, words: String) {
    line.remove("words");
    line.remove("words-file");
    line.set_word(words);
}

fn wrong_words(line: &Line, sentence: String) -> CallError {
    let command = Some(line.command.name);
    CallError::Usage(Mistake { sentence, command }.text())
}

fn read_words(path: &Path) -> Result<Vec<u8>, CallError> {
    let refuse = |error: std::io::Error| {
        CallError::Refused(if error.kind() == std::io::ErrorKind::NotFound {
            format!("File not found: {}", path.display())
        } else {
            format!("The words in {} can't be read: {error}.", path.display())
        })
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(refuse)?;
    // One byte more shows that there are too many.
    let limit = MAX_WORDS_BYTES as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(refuse)?;
    Ok(bytes)
}

fn read_key(input: impl FnOnce() -> Result<String, String>) -> Result<String, CallError> {
    let text = zeroize::Zeroizing::new(input().map_err(CallError::Refused)?);
    if text.len() > KEY_BYTES {
        return Err(CallError::Refused(
            "The API key on standard input is too long.".to_owned(),
        ));
    }
    // PowerShell puts a mark in front of what it pipes.
    Ok(text.trim_start_matches('\u{feff}').trim().to_owned())
}

/// The file as standard input, its name and size as arguments. When it can't be opened the arguments stay, and the
/// component says why.
fn open_upload(line: &mut Line) -> Option<File> {
    let path = line.value("file")?.to_owned();
    // Looked at first: opening a pipe would wait for somebody to write.
    if !fs::metadata(&path).ok()?.is_file() {
        return None;
    }
    let file = File::open(&path).ok()?;
    let meta = file.metadata().ok()?;
    line.set("file", "-");
    line.set("name", path);
    line.set("size", meta.len().to_string());
    Some(file)
}

/// The folder for downloads, created if need be, absolute, and never one through which secrets could be reached.
fn open_downloads(
    line: &mut Line,
    default: Option<&Path>,
    home: &Home,
) -> Result<Option<Folder>, CallError> {
    let Some(asked) = line
        .value("output-dir")
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
    line.set("output-dir", absolute.clone());
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
        let Err(CallError::Usage(text)) = run(&[
            "setup",
            "--api-key",
            "mgk_firstfirst1111",
            "--api-key=mgk_secondsecond2222",
        ]) else {
            panic!()
        };
        assert!(
            text.contains("more than once") && !text.contains("mgk_"),
            "{text}"
        );
    }

    #[test]
    fn text_after_two_dashes_is_not_an_option() {
        let rewritten = run(&["create-session", "--", "--api-key is a text"]).unwrap();
        assert_eq!(
            rewritten.arguments,
            ["create-session", "--", "--api-key is a text"]
        );
        assert!(run(&["setup", "--api-key"]).is_err());
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
        let rewritten = run(&[
            "download-results",
            "s",
            "--output-dir",
            text,
            "--prefix",
            "x",
        ])
        .unwrap();
        assert_eq!(
            rewritten.arguments,
            [
                "download-results",
                "s",
                "--prefix",
                "x",
                "--output-dir",
                text
            ]
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
            let rewritten = run(&["download-results", "s", "--output-dir", asked]).unwrap();
            let granted = rewritten.folder.unwrap();
            assert_eq!(granted.host, real, "{way}");
            assert_eq!(granted.guest, real.to_str().unwrap(), "{way}");
            assert_eq!(rewritten.arguments[3], granted.guest, "{way}");
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
                    run_in(&["download-results", "s", "--output-dir", target], &home),
                    Err(CallError::Refused(_))
                ),
                "{target}"
            );
        }
    }
}
