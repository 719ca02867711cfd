//! Takes memory until there is none, and goes on with what it has.

use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    loop {
        let mut piece = Vec::new();
        if piece.try_reserve_exact(1 << 20).is_err() {
            return Ok(got(format!("{} MiB, and it went on", pieces.len())));
        }
        piece.resize(1 << 20, 1);
        pieces.push(piece);
    }
}
