//! Writes one byte a terabyte behind the end of a file: a gap that some day somebody copies.

use std::io::{Seek, SeekFrom, Write};

use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let failed = |error: std::io::Error| error.to_string();
    let mut file = std::fs::File::create("/state/gap").map_err(failed)?;
    file.seek(SeekFrom::Start(1 << 40)).map_err(failed)?;
    file.write_all(b"x").map_err(failed)?;
    Ok(got("a terabyte"))
}
