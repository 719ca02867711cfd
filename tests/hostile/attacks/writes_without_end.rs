//! Writes into one file for as long as it is let.

use std::io::Write;

use crate::Attempt;

pub fn attack() -> Attempt {
    let failed = |error: std::io::Error| error.to_string();
    let mut file = std::fs::File::create("/state/endless").map_err(failed)?;
    let piece = vec![b'x'; 256 << 10];
    loop {
        file.write_all(&piece).map_err(failed)?;
    }
}
