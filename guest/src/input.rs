//! What `-` and a file of words stand for in the arguments: the key, or the user's words.
//!
//! With our harness nothing comes here: it reads both itself, and the arguments hold the words, and what stands for the key.

use contract::commands::{
    Asked, Line, MAX_WORDS_BYTES, Mistake, Side, Value, read, words_from_bytes,
};
use libtv_video_core::io::FileSource;

use crate::drive;
use crate::drive::stdin::Stdin;

/// Puts key and words into the arguments where they say that they come from elsewhere.
///
/// # Errors
/// The lines for standard output and the exit code.
pub fn put_into(arguments: &mut Vec<String>) -> Result<(), (String, u8)> {
    // What can't be read is judged by the command line itself.
    // The same reader as the core's: what is wrong here is refused there in the same words.
    let Ok(Asked::Run(mut line)) = read(arguments.iter(), Side::Component) else {
        return Ok(());
    };
    if line.value("api-key").is_some_and(|value| value == "-") {
        let key = key().map_err(|reason| (format!("❌ {reason}"), 1))?;
        line.set("api-key", key);
    } else if !put_words(&mut line)? {
        return Ok(());
    }
    let written = line.arguments().into_iter();
    // WASI's arguments are UTF-8, so that nothing is left out here.
    *arguments = written.filter_map(|one| one.into_string().ok()).collect();
    Ok(())
}

/// The words in place of where they are; false when they stand there already.
fn put_words(line: &mut Line) -> Result<bool, (String, u8)> {
    let path = line.of_kind(Value::WordsFile);
    let bytes = match &path {
        Some(path) => bytes(Some(path))?,
        None if line.has("words") => bytes(None)?,
        None => return Ok(false),
    };
    let words = words_from_bytes(&bytes).map_err(|sentence| {
        let command = Some(line.command.name);
        (Mistake { sentence, command }.text(), 2)
    })?;
    line.remove("words");
    line.remove("words-file");
    line.set_word(words);
    Ok(true)
}

/// Where words are read: one byte more than they may have, so that too long is noticed and not cut.
const LIMIT: usize = MAX_WORDS_BYTES + 1;

/// The words of a file, or on standard input where none is named.
///
/// # Errors
/// The lines for standard output and the exit code.
fn bytes(path: Option<&str>) -> Result<Vec<u8>, (String, u8)> {
    let read = match path {
        Some(path) => match drive::read_file_up_to(path, LIMIT as u64) {
            Ok(None) => return Err((format!("❌ File not found: {path}"), 1)),
            read => read.map(Option::unwrap_or_default),
        },
        None => Stdin::new().read_up_to(LIMIT),
    };
    read.map_err(|reason| (format!("❌ The words can't be read: {reason}"), 1))
}

/// The key on standard input, without a byte order mark and blanks around it.
///
/// # Errors
/// The sentence for behind the ❌.
fn key() -> Result<String, String> {
    let unreadable = |reason: String| format!("The API key can't be read: {reason}");
    // The reader of uploads has a bound of its own: a key on standard input is short, and a film there by
    // mistake isn't swallowed.
    let read = Stdin::new().inspect(&FileSource::Stdin, None);
    let head = read.map_err(unreadable)?.map(|read| read.head);
    let text = String::from_utf8(head.unwrap_or_default())
        .map_err(|_| unreadable("it is not text".to_owned()))?;
    Ok(text.trim_start_matches('\u{feff}').trim().to_owned())
}
