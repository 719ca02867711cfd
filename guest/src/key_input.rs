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
    let Some(place) = place(arguments) else {
        return Ok(());
    };
    let argument = &mut arguments[place];
    let key = key()?;
    *argument = if argument == "-" {
        key
    } else {
        format!("{OPTION}={key}")
    };
    Ok(())
}

/// Which argument stands for the key on standard input.
fn place(arguments: &[String]) -> Option<usize> {
    let mut before = "";
    for (place, argument) in arguments.iter().enumerate() {
        match argument.as_str() {
            // What follows is text, whatever it looks like.
            "--" => return None,
            "--api-key=-" => return Some(place),
            "-" if before == OPTION => return Some(place),
            other => before = other,
        }
    }
    None
}

fn key() -> Result<String, String> {
    let unreadable = |reason: String| format!("The API key can't be read: {reason}");
    let read = Stdin::new().inspect(&FileSource::Stdin, None);
    let head = read.map_err(unreadable)?.map(|read| read.head);
    let text = String::from_utf8(head.unwrap_or_default())
        .map_err(|_| unreadable("it is not text".to_owned()))?;
    // PowerShell puts a byte order mark in front of what it pipes.
    Ok(text.trim_start_matches('\u{feff}').trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place_in(line: &str) -> Option<usize> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        place(&words)
    }

    #[test]
    fn a_dash_is_the_key_behind_its_option_and_nowhere_else() {
        for (line, found) in [
            ("setup --api-key -", Some(2)),
            ("setup --video-ratio 1:1 --api-key=-", Some(3)),
            ("update-key --json --api-key - --video-ratio 1:1", Some(3)),
            ("setup --api-key mgk_1", None),
            ("upload --file -", None),
            ("create-session -- --api-key -", None),
            ("setup --api-key", None),
            ("setup - --api-key", None),
        ] {
            assert_eq!(place_in(line), found, "{line}");
        }
    }
}
