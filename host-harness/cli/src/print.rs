//! Printing: errors with ❌ on standard output, colours only on a terminal. A closed pipe is no reason to panic.

use std::io::{IsTerminal, Write};

/// One line on standard output.
pub(crate) fn out(line: &str) {
    let mut stdout = std::io::stdout().lock();
    // Nobody reads any more: there is nobody to tell.
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// One line on standard error.
pub(crate) fn hint(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

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

/// `text` in a colour of the ANSI palette, where wanted.
pub(crate) fn paint(text: &str, code: &str, wanted: bool) -> String {
    if wanted {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}
