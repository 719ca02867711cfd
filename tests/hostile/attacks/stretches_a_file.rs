//! Makes a file a terabyte long without writing anything.

use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let failed = |error: std::io::Error| error.to_string();
    let file = std::fs::File::create("/state/long").map_err(failed)?;
    file.set_len(1 << 40).map_err(failed)?;
    Ok(got("a terabyte"))
}
