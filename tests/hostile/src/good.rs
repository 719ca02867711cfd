//! The honest step: asks the gateway whether the key is good, stores the answer, and reads it back.

use crate::wasi::{self, Ask};
use crate::{Attempt, step as ended};

pub fn step() -> Attempt {
    let answer = Ask::gateway("/api/v1/key/status")
        .header("x-api-key", wasi::key()?)
        .send()?;
    let status = answer.status();
    let path = "/state/good";
    std::fs::write(path, status.to_string()).map_err(|error| error.to_string())?;
    let stored = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    Ok(ended(
        "good",
        vec![format!("the gateway answered {stored}")],
    ))
}
