//! Renames a file of its own over the file with the key.

use crate::{Attempt, got, wasi};

pub fn attack() -> Attempt {
    std::fs::write("/state/mine", r#"{"apiKey": "mgk_mine"}"#).map_err(|error| error.to_string())?;
    let state = wasi::state()?;
    state
        .rename_at("mine", &state, "../libtv.json")
        .map_err(wasi::name)?;
    Ok(got("its own configuration"))
}
