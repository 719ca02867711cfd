//! Printing: errors with ❌ on standard output, colours only on a terminal. A closed pipe is no reason to panic.
//!
//! All that is printed passes here, and much of it comes from services and chats: a terminal gets nothing to obey but the
//! colours that [`paint`] puts in, and no foreign text can put in any.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{IsTerminal, Write};
use std::sync::LazyLock;

use host::is_unseen;

/// One line on standard output.
pub(crate) fn out(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let line = match stdout.is_terminal() {
        true => harmless(line),
        false => Cow::Borrowed(line),
    };
    // Nobody reads any more: there is nobody to tell.
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// One line on standard error.
pub(crate) fn hint(line: &str) {
    let mut stderr = std::io::stderr().lock();
    let line = match stderr.is_terminal() {
        true => harmless(line),
        false => Cow::Borrowed(line),
    };
    let _ = writeln!(stderr, "{line}");
}

/// What only whoever runs the machine can mend, on standard error: an agent doesn't relay a line that begins so.
pub(crate) fn warn_operator(told: &impl std::fmt::Display) {
    hint(&format!("→ ⚠️ {told}"));
}

/// Clears the terminal from the top.
pub(crate) fn clear() {
    let _ = write!(std::io::stdout(), "\u{1b}[H\u{1b}[2J");
}

/// The colours that [`paint`] is asked for, and their end: no other command of a terminal passes.
const COLOURS: [&str; 9] = ["0", "1", "2", "31", "32", "33", "34", "35", "36"];

/// `line` as a terminal may get it. What is unseen is written as in JSON, so that a line of JSON stays one and means the same.
fn harmless(line: &str) -> Cow<'_, str> {
    let is_kept = |c: char| matches!(c, '\n' | '\t');
    if !line.contains(|c| is_unseen(c) && !is_kept(c)) {
        return Cow::Borrowed(line);
    }
    let mut shown = String::with_capacity(line.len() + 64);
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if let Some((code, after)) = colour_at(rest) {
            // Writing to a string can't fail.
            let _ = write!(shown, "\u{1b}[{code}m");
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        if is_unseen(c) && !is_kept(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// The colour that `text` begins with, if it is one of ours, and what stands behind it.
fn colour_at(text: &str) -> Option<(&str, &str)> {
    let (code, after) = text.strip_prefix(MARK.as_str())?.split_once('m')?;
    COLOURS.contains(&code).then_some((code, after))
}

/// What [`paint`] begins its colours with, until they are printed: drawn anew by each process, so that text from elsewhere has none.
static MARK: LazyLock<String> = LazyLock::new(|| {
    // The standard library's own randomness: it only has to be unknown to whoever writes a text.
    let drawn = RandomState::new().build_hasher().finish();
    format!("\u{1b}{drawn:016x}[")
});

/// An error, where agents read it.
pub(crate) fn error(reason: &str) {
    out(&format!("❌ {reason}"));
}

/// Whether standard output wants colours.
pub(crate) fn has_colours() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    !unwanted && !dumb && std::io::stdout().is_terminal()
}

/// `text` in a colour of the ANSI palette, where wanted: for [`out`] alone, which makes a colour of it.
pub(crate) fn paint(text: &str, code: &str, wanted: bool) -> String {
    debug_assert!(COLOURS.contains(&code), "{code} would not pass");
    if wanted {
        let mark = MARK.as_str();
        format!("{mark}{code}m{text}{mark}0m")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_colours_and_nothing_else() {
        for (line, shown) in [
            ("\u{1b}]52;c;aGk=\u{7}", "\\u001b]52;c;aGk=\\u0007"),
            ("\u{1b}[2J\u{1b}[8m", "\\u001b[2J\\u001b[8m"),
            ("\u{1b}[32m❌ ok\u{1b}[0m", "\\u001b[32m❌ ok\\u001b[0m"),
            ("\u{9b}2J\u{85}\u{7f}\r", "\\u009b2J\\u0085\\u007f\\u000d"),
            (
                "a\u{202e}gpj.exe\u{2066}\u{200f}\u{61c}",
                "a\\u202egpj.exe\\u2066\\u200f\\u061c",
            ),
            ("a\u{2028}b\u{e0041}", "a\\u2028b\\udb40\\udc41"),
        ] {
            assert_eq!(harmless(line), shown);
        }
        let whole = "a fox 🦊\n\tü 狐狸 👩\u{200d}🚀";
        assert_eq!(harmless(whole), whole);
        let painted = paint("good \u{1b}[31mbad", "32", true);
        assert_eq!(harmless(&painted), "\u{1b}[32mgood \\u001b[31mbad\u{1b}[0m");
    }

    #[test]
    fn a_line_of_json_means_the_same_on_a_terminal() {
        let value = serde_json::json!({"words": "a\u{9b}2J\u{202e}b\u{e0041}\u{1b}[2J\"\\"});
        let shown = harmless(&value.to_string()).into_owned();
        assert!(shown.is_ascii(), "{shown}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&shown).unwrap(),
            value
        );
    }
}
