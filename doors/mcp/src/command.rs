//! Commands of the component that have no typed export: their arguments, and the one JSON text that they print.

use std::ffi::OsString;
use std::io::Write;
use std::sync::{Arc, Mutex};

use libtv_harness::{Harness, Output, Stdio};
use serde::Deserialize;
use serde_json::Value;

use crate::failure::Failure;

/// What a command printed, and whether it says that it worked.
pub(crate) struct Answer {
    pub(crate) json: Value,
    pub(crate) worked: bool,
}

/// Runs a command with `--json`, in the sandbox.
///
/// # Errors
/// What the command or the sandbox says.
pub(crate) async fn run(harness: &Harness, arguments: &[&str]) -> Result<Answer, Failure> {
    let printed = Printed::default();
    let stdio = Stdio {
        stdout: Output::to(printed.clone()),
        stderr: Output::discard(),
        key_input: Box::new(|| Err("No key is read here.".to_owned())),
    };
    // In front: what stands behind `--` is text.
    let (command, rest) = arguments.split_first().unwrap_or((&"", &[]));
    let line: Vec<OsString> = [*command, "--json"]
        .iter()
        .chain(rest)
        .map(OsString::from)
        .collect();
    let end = harness
        .run_command(line, stdio)
        .await
        .map_err(|error| Failure::of_call(&error))?;
    let json = printed.json().ok_or_else(|| {
        Failure::permanent(
            format!("{command} gave no answer that can be read."),
            "Please report this.",
        )
    })?;
    match json.get("error").map(Failure::deserialize) {
        Some(Ok(failure)) => Err(failure),
        Some(Err(_)) | None => Ok(Answer {
            json,
            worked: end.exit_code == 0,
        }),
    }
}

/// A command's standard output. Its length is bounded by the sandbox.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.0.lock().ok()?).ok()
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut kept = self
            .0
            .lock()
            .map_err(|_| std::io::Error::other("the output is gone"))?;
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
