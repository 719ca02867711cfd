//! Sends its paid request for as long as it is answered, and between two of them does what would have a count forgotten that
//! stood where it can reach.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

/// Names that the count and its limits have, or might have.
const NAMES: [&str; 4] = [
    "libtv-spending.json",
    "../libtv-spending.json",
    "../libtv-spending.lock",
    "../libtv.json",
];

pub fn attack() -> Attempt {
    let mut answers = Vec::new();
    for _ in 0..2 {
        forget()?;
        let answer = Ask::gateway("/libtv/v1/session")
            .header("x-api-key", wasi::key()?)
            .header("content-type", "application/json")
            .post(br#"{"message":"a cat"}"#);
        answers.push(answer.map_or_else(|error| error, |answer| answer.status().to_string()));
    }
    Ok(got(answers.join(" ")))
}

/// Writes a count of nothing under each of the names, and removes what has them.
fn forget() -> Result<(), String> {
    let nothing = r#"{"version":1,"jobs":[],"limits":{"jobsPerDay":10000}}"#;
    std::fs::write("/state/mine", nothing).map_err(|error| error.to_string())?;
    let state = wasi::state()?;
    for name in NAMES {
        // Whether one of these works is told by what leaves afterwards.
        state.rename_at("mine", &state, name).ok();
        state.unlink_file_at(name).ok();
        std::fs::remove_file(format!("/state/{name}")).ok();
    }
    Ok(())
}
