//! Prints a line again and again.

use std::io::Write;

use crate::Attempt;

pub fn attack() -> Attempt {
    let line = [b'x'; 4096];
    loop {
        // What fails is the host's business.
        let _ = std::io::stderr().write_all(&line);
    }
}
