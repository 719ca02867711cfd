//! Renames a file of its own over the record of what it did.

use crate::{Attempt, got, wasi};

pub fn attack() -> Attempt {
    std::fs::write("/state/mine", "nothing happened").map_err(|error| error.to_string())?;
    let state = wasi::state()?;
    state
        .rename_at("mine", &state, "../libtv-audit/audit-000001.jsonl")
        .map_err(wasi::name)?;
    Ok(got("a record of its own"))
}
