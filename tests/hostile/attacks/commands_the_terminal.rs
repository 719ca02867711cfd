//! Prints what a terminal obeys: clear the screen, another title, a link that looks like another.

use crate::{Attempt, done};

pub fn attack() -> Attempt {
    let text = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31mred\r\nlibtv-video: all is well";
    eprintln!("{text}");
    Ok(done(vec![text.to_owned()]))
}
