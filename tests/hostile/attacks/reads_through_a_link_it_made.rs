//! Makes a symbolic link that leads out of its folder, and reads through it.

use crate::{Attempt, got, wasi};

pub fn attack() -> Attempt {
    wasi::state()?
        .symlink_at("../libtv.json", "way-out")
        .map_err(wasi::name)?;
    Ok(got(wasi::content(&wasi::read("way-out")?)?))
}
