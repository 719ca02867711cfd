//! A command of the component whose reply is read here instead of being passed on.

use std::ffi::OsString;
use std::io::{IsTerminal, Write, stderr};
use std::sync::{Arc, Mutex, PoisonError};

use libtv_harness::{Harness, Output, Stdio};
use serde_json::Value;

/// What a command said, and how it ended.
pub(crate) struct Reply {
    /// Its JSON; null when it said something else.
    pub(crate) json: Value,
    /// Its exit code.
    pub(crate) exit_code: u8,
    /// What the sandbox refused.
    pub(crate) refusals: Vec<String>,
}

/// Runs a command whose arguments ask for JSON. What it says on standard error is passed on.
///
/// # Errors
/// The sentence for behind the ❌, when the sandbox stopped it.
pub(crate) async fn command(harness: &Harness, arguments: Vec<OsString>) -> Result<Reply, String> {
    let kept = Kept::default();
    let stdio = Stdio {
        stdout: Output::to(kept.clone()),
        stderr: if stderr().is_terminal() {
            Output::to_terminal(stderr())
        } else {
            Output::to(stderr())
        },
        key_input: Box::new(|| Err("This command reads no key.".to_owned())),
    };
    let end = harness
        .run_command(arguments, stdio)
        .await
        .map_err(|error| super::run::sentence(&error))?;
    let bytes = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Reply {
        json: serde_json::from_slice(&bytes).unwrap_or_default(),
        exit_code: u8::try_from(end.exit_code).unwrap_or(super::FAILED),
        refusals: end.usage.refusals.iter().map(ToString::to_string).collect(),
    })
}

/// What was written so far. How much it can become is bounded by the limits of a command.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
