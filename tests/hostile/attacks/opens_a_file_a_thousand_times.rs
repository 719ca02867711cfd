//! Keeps a file open a thousand times: every one of them is a file of the whole process.

use crate::{Attempt, got, wasi};

pub fn attack() -> Attempt {
    std::fs::write("/state/one", "1").map_err(|error| error.to_string())?;
    let mut open = Vec::new();
    for _ in 0..1_000 {
        open.push(wasi::read("one")?);
    }
    Ok(got(format!("{} open files", open.len())))
}
