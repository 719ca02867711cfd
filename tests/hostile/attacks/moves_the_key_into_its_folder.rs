//! Renames the file with the key into the granted folder.

use crate::{Attempt, got, wasi};

pub fn attack() -> Attempt {
    let state = wasi::state()?;
    state
        .rename_at("../libtv.json", &state, "key")
        .map_err(wasi::name)?;
    Ok(got(wasi::content(&wasi::read("key")?)?))
}
