//! What a user's arguments become before the component sees them, and what they grant. Keys become placeholders, a
//! file to upload becomes standard input, a folder for downloads is the only one that is opened.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use contract::commands::{
    Asked, Line, MAX_WORDS_BYTES, Mistake, Side, Value, is_nowhere, read, words_from_bytes,
};
use contract::kind::Kind;
use contract::services::{Service, maker, of_key};

use crate::error::CallError;
use crate::keys::{FoundKey, Placeholders, service_of};
use sandbox::secrets::Secret;

use super::downloads::{Downloads, GUEST_DOWNLOADS};
use super::places::Places;
use super::upload::Upload;

/// A key has some dozens of characters.
const KEY_BYTES: usize = 4 << 10;

/// Arguments for the component, with what they grant.
pub(super) struct Rewritten {
    /// What the component is given, without the program's name.
    pub(super) arguments: Vec<String>,
    /// The key that stood in the arguments; the component has its placeholder.
    pub(super) new_key: Option<FoundKey>,
    /// The service that the user named.
    pub(super) service: Option<&'static Service>,
    /// The file that becomes standard input.
    pub(super) upload: Option<Upload>,
    /// The folder that results are put into.
    pub(super) downloads: Option<Downloads>,
    /// Whether the key is to be kept in the keyring.
    pub(super) keyring: bool,
    /// Whether it submits.
    pub(super) submits: bool,
    /// The chat that the user named: for results of a submit, a test message, or what is shown.
    pub(super) chat: Option<String>,
    /// The channel that it is of, where one is named.
    pub(super) channel: Option<String>,
    /// The thread that it names.
    pub(super) thread: Option<String>,
    /// The messages that it answers.
    pub(super) answers: Vec<String>,
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
            service: None,
            upload: None,
            downloads: None,
            keyring: false,
            submits: false,
            chat: None,
            channel: None,
            answers: Vec::new(),
            thread: None,
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
    in_use: impl FnOnce() -> Option<&'static Service>,
    places: impl FnOnce() -> Places,
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
    rewritten.service = line.text("service").and_then(|word| maker(&word));
    rewritten.chat = line.of_kind(Value::Chat);
    rewritten.channel = line.text("channel");
    rewritten.thread = line.filled("thread");
    rewritten.answers = ["reply-to", "thread"]
        .iter()
        .filter_map(|option| line.text(option))
        .collect();
    rewritten.nowhere = is_nowhere(
        line.text("channel").as_deref(),
        line.text("chat-id").as_deref(),
    );
    // One of the three at most: standard input can be read only once.
    if line.has("api-key") {
        let named = rewritten.service;
        rewritten.new_key = put_key(&mut line, input, || named.or_else(in_use))?;
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
    // Whoever runs the command has seen to it.
    line.remove("autostart");
    match line.command.kind {
        Kind::Upload => rewritten.upload = open_upload(&mut line, places)?,
        Kind::Download => rewritten.downloads = open_downloads(&mut line, downloads, places)?,
        _ => {}
    }
    let written = line.arguments().into_iter();
    rewritten.arguments = written
        // What isn't UTF-8 was refused when the line was read, but for paths: those are replaced by names
        // of ours, or only shown in an error.
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    Ok(rewritten)
}

/// What stands for the key in its place; none for an empty one.
fn put_key(
    line: &mut Line,
    input: impl FnOnce() -> Result<String, String>,
    meant: impl FnOnce() -> Option<&'static Service>,
) -> Result<Option<FoundKey>, CallError> {
    let key = match line.text("api-key").as_deref() {
        Some("-") => read_key(input)?,
        key => key.unwrap_or_default().to_owned(),
    };
    if key.is_empty() {
        line.set("api-key", "");
        return Ok(None);
    }
    // How it begins stands above the service that is meant: a key that is told by that is never another's.
    let meant = match service_of(&key) {
        Some(_) => None,
        None => meant().filter(|service| of_key(&key, Some(service)).is_some()),
    };
    let key = FoundKey {
        secret: Arc::new(Secret::new(key)),
        meant,
    };
    let keys = Placeholders::new(Vec::new(), Some(key.clone()));
    let placeholder = keys.new.map(|key| key.placeholder).unwrap_or_default();
    // The key itself never reaches the component's arguments, which it could write into a file or a log.
    line.set("api-key", placeholder);
    Ok(Some(key))
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

/// The bytes of a file of words. Whether they are text, and not too many, is judged where all words are.
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
    // The text from the pipe is a copy of the key.
    let text = zeroize::Zeroizing::new(input().map_err(CallError::Refused)?);
    if text.len() > KEY_BYTES {
        return Err(CallError::Refused(
            "The API key on standard input is too long.".to_owned(),
        ));
    }
    // PowerShell puts a mark in front of what it pipes.
    Ok(text.trim_start_matches('\u{feff}').trim().to_owned())
}

/// The file as standard input, its name and size as arguments. Where there is no such file the arguments stay, and the
/// component says so.
fn open_upload(
    line: &mut Line,
    places: impl FnOnce() -> Places,
) -> Result<Option<Upload>, CallError> {
    let Some(path) = line.value("file").map(PathBuf::from) else {
        return Ok(None);
    };
    let Some(upload) = Upload::open(&path, &places())? else {
        return Ok(None);
    };
    line.set("file", "-");
    line.set("name", upload.name.clone());
    line.set("size", upload.bytes.to_string());
    Ok(Some(upload))
}

/// The folder for downloads; the component finds another one under a name that tells nothing.
fn open_downloads(
    line: &mut Line,
    default: Option<&Path>,
    places: impl FnOnce() -> Places,
) -> Result<Option<Downloads>, CallError> {
    let Some(asked) = line
        .value("output-dir")
        .map(PathBuf::from)
        .or_else(|| default.map(Path::to_owned))
    else {
        return Ok(None);
    };
    let prefix = line.value("prefix").map(PathBuf::from);
    let downloads = Downloads::open(&asked, prefix.as_deref(), &places())?;
    line.set("output-dir", GUEST_DOWNLOADS);
    Ok(Some(downloads))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn run(arguments: &[&str]) -> Result<Rewritten, CallError> {
        run_in(arguments, Path::new("/nowhere/nexu"))
    }

    fn run_in(arguments: &[&str], home: &Path) -> Result<Rewritten, CallError> {
        rewrite(
            arguments.iter().map(OsString::from).collect(),
            || Ok("mgk_from-stdin-7777\n".into()),
            None,
            || None,
            || Places::around(home),
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
            assert_eq!(
                rewritten.new_key.unwrap().secret.expose(),
                "mgk_secretsecret1234"
            );
        }
    }

    #[test]
    fn a_key_without_a_form_is_the_named_services_and_one_with_a_form_never_is() {
        for (arguments, placeholder) in [
            (
                ["setup", "--api-key=0a1b-2c3d-9999", "--service=ark"],
                "placeholder-ark-api-key-new-9999",
            ),
            (
                ["setup", "--api-key=0a1b-2c3d-9999", "--service=nexu"],
                "placeholder-libtv-api-key-new-9999",
            ),
            (
                ["setup", "--api-key=mgk_2c3d-9999", "--service=ark"],
                "mgk_placeholder-libtv-api-key-new-9999",
            ),
        ] {
            let rewritten = run(&arguments).unwrap();
            let told = rewritten.arguments.iter().any(|one| one == placeholder);
            assert!(told, "{:?}", rewritten.arguments);
        }
    }

    #[test]
    fn a_key_from_standard_input_loses_its_line_feed() {
        let rewritten = run(&["update-key", "--api-key", "-"]).unwrap();
        assert_eq!(
            rewritten.new_key.unwrap().secret.expose(),
            "mgk_from-stdin-7777"
        );
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
    fn a_file_to_upload_becomes_standard_input_and_its_folders_are_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("odd name.png");
        fs::write(&path, b"GIF89a\0\0").unwrap();
        let rewritten = run(&["upload", "--file", path.to_str().unwrap()]).unwrap();
        assert_eq!(
            rewritten.arguments,
            [
                "upload",
                "--file",
                "-",
                "--name",
                "odd name.png",
                "--size",
                "8"
            ]
        );
        assert!(rewritten.upload.is_some());
    }

    #[test]
    fn a_missing_file_or_a_folder_is_left_for_the_component_to_refuse() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["/no/such/file.png", folder.path().to_str().unwrap()] {
            let rewritten = run(&["upload", "--file", path]).unwrap();
            assert_eq!(rewritten.arguments, ["upload", "--file", path]);
            assert!(rewritten.upload.is_none());
        }
    }

    #[test]
    fn downloads_go_to_a_private_folder_inside_of_the_one_that_was_named() {
        let folder = tempfile::tempdir().unwrap();
        let real = fs::canonicalize(folder.path()).unwrap().join("a/b");
        // Made on the way, and there already.
        for way in ["a/b", "a/b/../b", "a/new/../b"] {
            let asked = folder.path().join(way);
            let asked = asked.to_str().unwrap();
            let rewritten = run(&["download-results", "s", "--output-dir", asked]).unwrap();
            assert_eq!(
                rewritten.arguments,
                ["download-results", "s", "--output-dir", "/downloads"]
            );
            let granted = rewritten.downloads.unwrap().folder();
            assert_eq!(granted.host.parent(), Some(real.as_path()), "{way}");
            assert_eq!(granted.guest, "/downloads");
        }
        assert_eq!(fs::read_dir(&real).unwrap().count(), 0);
        assert!(!folder.path().join("a/new").exists());
    }

    #[test]
    fn a_folder_that_is_refused_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home/.nexu");
        fs::create_dir_all(&home).unwrap();
        for target in ["libtv-audit/x.jsonl", "libtv.json", "new/deep"] {
            let target = home.join(target);
            let asked = target.to_str().unwrap();
            assert!(matches!(
                run_in(&["download-results", "s", "--output-dir", asked], &home),
                Err(CallError::Refused(_))
            ));
        }
        assert_eq!(fs::read_dir(&home).unwrap().count(), 0);
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
