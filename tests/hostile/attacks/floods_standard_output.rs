//! Prints a line again and again, where a command's answer belongs.

use std::io::Write;

use crate::Attempt;

pub fn attack() -> Attempt {
    let line = [b'x'; 4096];
    loop {
        let _ = std::io::stdout().write_all(&line);
    }
}
