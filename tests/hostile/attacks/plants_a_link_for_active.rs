//! Moves the folder of the sessions away and puts a link to another folder of the user in its place, so that the harness
//! lists that one for it.

use crate::{Attempt, got, wasi};

pub fn attack() -> Attempt {
    let state = wasi::state()?;
    state
        .rename_at("active", &state, "away")
        .and_then(|()| state.symlink_at("../../home/.ssh", "active"))
        .map_err(wasi::name)?;
    Ok(got("the link is in its place"))
}
