//! Commands of the component that have no typed export: their arguments, and the one JSON text that they print.

use host::{Harness, Output};
use serde::Deserialize;
use serde_json::Value;

use crate::failure::Failure;

/// What a command printed, and whether it says that it worked.
pub(crate) struct Answer {
    /// The one JSON text on standard output.
    pub(crate) json: Value,
    /// Whether its exit code was 0. Some commands print what they found and fail all the same.
    pub(crate) worked: bool,
}

/// Runs a command with `--json`, in the sandbox.
///
/// # Errors
/// What the command or the sandbox says.
pub(crate) async fn run(harness: &Harness, arguments: &[&str]) -> Result<Answer, Failure> {
    let command = arguments.first().copied().unwrap_or_default();
    let reply = harness
        .run_for_json(arguments, Output::discard())
        .await
        .map_err(|error| Failure::of_call(&error))?;
    let json = reply.json;
    // Nothing, or something else than JSON: a model must not be given an empty answer as if it were one.
    if json.is_null() {
        return Err(Failure::permanent(
            format!("{command} gave no answer that can be read."),
            "Please report this.",
        ));
    }
    match json.get("error").map(Failure::deserialize) {
        Some(Ok(failure)) => Err(failure),
        Some(Err(_)) | None => Ok(Answer {
            json,
            worked: reply.end.exit_code == 0,
        }),
    }
}
