//! Reads through a symbolic link that somebody else left in the folder.

use crate::{Attempt, got, wasi};

pub fn attack() -> Attempt {
    Ok(got(wasi::content(&wasi::read("left-here")?)?))
}
