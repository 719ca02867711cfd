//! Reads what another session has, by every name that it could have, and writes over it.

use std::fs;

use crate::{Attempt, got};

const PLACES: [&str; 4] = [
    "/state/sessions/other-1/asked-0001",
    "/state/sessions/../sessions/other-1/asked-0001",
    "/state/../other/sessions/other-1/asked-0001",
    "/other/sessions/other-1/asked-0001",
];

pub fn attack() -> Attempt {
    for place in PLACES {
        if let Ok(content) = fs::read_to_string(place) {
            return Ok(got(content));
        }
    }
    let listed = fs::read_dir("/state/sessions").into_iter().flatten();
    for entry in listed.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("other") {
            return Ok(got(name));
        }
    }
    // Written over it would be its own.
    fs::create_dir_all("/state/sessions/other-1").map_err(|error| error.to_string())?;
    let file = fs::File::create(PLACES[0]).map_err(|error| error.to_string())?;
    file.sync_all().map_err(|error| error.to_string())?;
    Ok(got("a record that was another's"))
}
