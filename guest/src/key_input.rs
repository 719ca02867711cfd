//! A key on standard input, so that it doesn't stand in the list of processes: `--api-key -`.
//!
//! With our harness nothing comes here: it reads the key itself, and the arguments hold what stands for it.

use libtv_video_core::io::FileSource;

use crate::drive::stdin::Stdin;

const OPTION: &str = "--api-key";

/// Puts the key into the arguments where they say that it comes from standard input.
///
/// # Errors
/// A sentence, when it can't be read from there.
pub fn put_into(arguments: &mut [String]) -> Result<(), String> {
    let mut before = "";
    for argument in arguments {
        match argument.as_str() {
            // What follows is text, whatever it looks like.
            "--" => return Ok(()),
            "-" if before == OPTION => {
                *argument = key()?;
                return Ok(());
            }
            "--api-key=-" => {
                *argument = format!("{OPTION}={}", key()?);
                return Ok(());
            }
            OPTION => before = OPTION,
            _ => before = "",
        }
    }
    Ok(())
}

fn key() -> Result<String, String> {
    let unreadable = |reason: String| format!("The API key can't be read: {reason}");
    let read = Stdin::new().inspect(&FileSource::Stdin, None);
    let head = read.map_err(unreadable)?.map(|read| read.head);
    let text = String::from_utf8(head.unwrap_or_default())
        .map_err(|_| unreadable("it is not text".to_owned()))?;
    Ok(text.trim().to_owned())
}
