//! What must hold of a command's words and options beyond their names, so that the component and the program around it
//! agree on what is wrong usage: nothing is noted, read or sent for that.

use std::ffi::OsStr;

use super::Value;
use super::line::Line;
use crate::channels;
use crate::kind::Kind;

/// How to go on where something isn't UTF-8.
pub(super) const SET_UTF8: &str = "Nothing was sent. Set the terminal or script to UTF-8 (LANG=C.UTF-8, on Windows `chcp 65001`), or give the words as a UTF-8 file with --words-file PATH.";

/// # Errors
/// The sentence that says what is wrong. `dash`: a word was `-`.
pub(super) fn judge(line: &mut Line, dash: bool) -> Result<(), String> {
    // First: what follows compares texts.
    encoded(line)?;
    values(line)?;
    if line.command.words.value == Value::Words {
        request(line, dash)?;
    }
    if line.command.kind == Kind::Upload {
        upload(line)?;
    }
    if line.has("forget") && (line.word().is_some() || line.has("chat-id") || line.has("channel")) {
        return Err("--forget stands alone: it takes the id of a submit.".to_owned());
    }
    let Some(need) = &line.command.needs else {
        return Ok(());
    };
    // Where a blank value counts as given, the command itself says what is wrong with it.
    let there = |name: &&&str| {
        if need.filled {
            line.filled(name).is_some()
        } else {
            line.has(name)
        }
    };
    if need.one_of.iter().find(there).is_some() || need.or_word && line.word().is_some() {
        return Ok(());
    }
    Err(need.sentence.to_owned())
}

/// Whether a submit that names this channel and chat wants its results nowhere: an empty value says so, whatever the
/// environment names.
#[must_use]
pub fn is_nowhere(channel: Option<&str>, chat: Option<&str>) -> bool {
    match (channel, chat) {
        // The chat decides where both are given: a channel without a chat leads nowhere.
        (_, Some(chat)) => is_blank(chat),
        (Some(channel), None) => is_blank(channel),
        (None, None) => false,
    }
}

/// Nothing but white space.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

impl Line {
    /// Whether it submits something that can be sent as far as is known here: only then its chat may be noted.
    #[must_use]
    pub fn submits(&self) -> bool {
        let says_something = self.word().is_some() || self.of_kind(Value::Session).is_some();
        let channel = self.of_kind(Value::Channel);
        let known = channel.is_none_or(|channel| {
            let is = |word: &str| word.eq_ignore_ascii_case(channel.trim());
            channels::words().any(is)
        });
        self.command.words.value == Value::Words && says_something && known
    }
}

/// Everything but the names of files is UTF-8: it would be sent, or looked for, altered.
fn encoded(line: &Line) -> Result<(), String> {
    let is_text = |value: &OsStr| value.to_str().is_some();
    if !line.words().iter().all(|word| is_text(word)) {
        let what = match line.command.words.value {
            Value::Words => "The words are not UTF-8, so that they would arrive altered.",
            _ => "The id is not UTF-8.",
        };
        return Err([what, " ", SET_UTF8].concat());
    }
    for (option, values) in line.options() {
        let is_path = matches!(option.value, Value::File | Value::Folder | Value::WordsFile);
        if !is_path && !values.iter().all(|value| is_text(value)) {
            let what = ["The value of --", option.name, " is not UTF-8. "].concat();
            return Err([&what, SET_UTF8].concat());
        }
    }
    Ok(())
}

/// Numbers and choices.
fn values(line: &Line) -> Result<(), String> {
    for (option, _) in line.options() {
        let value = line.text(option.name).unwrap_or_default();
        match option.value {
            Value::Number => {
                let plain = value.bytes().all(|byte| byte.is_ascii_digit());
                if !plain || value.parse::<u64>().is_err() {
                    return Err(["--", option.name, " needs a whole number."].concat());
                }
            }
            Value::Choice(known) if !known.contains(&value.as_str()) => {
                return Err(["--", option.name, " is ", &known.join(" or "), "."].concat());
            }
            Value::WordsInput if value != "-" => {
                return Err(["--", option.name, " takes `-`, which is standard input; a file is named by --words-file PATH, and the words themselves stand behind `--`."].concat());
            }
            // An unset variable: for these, absent would mean something else.
            Value::Submit | Value::WordsFile if is_blank(&value) => {
                return Err(["--", option.name, " is empty."].concat());
            }
            _ => {}
        }
    }
    Ok(())
}

/// The user's words stand in one place.
fn request(line: &mut Line, dash: bool) -> Result<(), String> {
    // Only in front of `--`: behind it a dash is what the user said.
    if dash && line.words().first().is_some_and(|word| word == "-") {
        line.drop_words();
        if !line.has("words") {
            line.set("words", "-");
        }
    }
    // `-` names no file.
    if line.value("words-file").is_some_and(|path| path == "-") {
        line.remove("words-file");
        line.set("words", "-");
    }
    let places = [
        line.word().is_some(),
        line.has("words"),
        line.has("words-file"),
    ];
    if places.into_iter().filter(|given| *given).count() > 1 {
        return Err("The words are given more than once: use TEXT, --words - or --words-file PATH, not several of them.".to_owned());
    }
    // An unset variable in a script, most likely: a new paid session is not what was meant.
    let session = line.text("session-id");
    if places.contains(&true) && session.is_some_and(|id| is_blank(&id)) {
        return Err("--session-id is empty. Leave it out to begin a new session.".to_owned());
    }
    Ok(())
}

/// A file on standard input needs what a path would tell: its name and its length.
///
/// # Errors
/// The sentence that says what is wrong.
fn upload(line: &Line) -> Result<(), String> {
    let (name, size) = (line.has("name"), line.has("size"));
    match line.value("file") {
        Some(path) if path == "-" && name && size => Ok(()),
        Some(path) if path == "-" => Err("--file - needs --name NAME and --size BYTES.".to_owned()),
        Some(path) if !is_blank(&path.to_string_lossy()) && (name || size) => {
            Err("--name and --size are for --file - only.".to_owned())
        }
        _ => Ok(()),
    }
}
