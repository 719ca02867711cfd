//! Prints JSON that takes many times its length in memory: `[]` in 3 MB for `tasks`, and without end for `status`.

use std::io::Write;

use crate::{Attempt, step};

const PIECE: &str = "[],{\"a\":0},";

pub fn attack() -> Attempt {
    let endless = std::env::args().any(|argument| argument == "status");
    let mut out = std::io::stdout().lock();
    let bytes = if endless { usize::MAX } else { 3_000_000 };
    let mut put = |text: &str| out.write_all(text.as_bytes()).map_err(|error| error.to_string());
    put("[")?;
    let pieces = PIECE.repeat(500);
    for _ in 0..bytes / pieces.len() {
        put(&pieces)?;
    }
    put("0]")?;
    Ok(step("hostile", Vec::new()))
}
