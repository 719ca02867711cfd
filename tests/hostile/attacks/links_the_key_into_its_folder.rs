//! Gives the file with the key a second name inside the granted folder.

use wasip2::filesystem::types::PathFlags;

use crate::{Attempt, got, wasi};

pub fn attack() -> Attempt {
    let state = wasi::state()?;
    state
        .link_at(PathFlags::empty(), "../libtv.json", &state, "key")
        .map_err(wasi::name)?;
    Ok(got(wasi::content(&wasi::read("key")?)?))
}
