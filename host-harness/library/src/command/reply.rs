//! A command whose reply is read by a program instead of being passed on.

use std::ffi::OsString;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::{CommandEnd, Stdio};
use crate::error::CallError;
use crate::harness::Harness;
use crate::sandbox::Output;

/// What a command answered.
#[derive(Debug)]
#[non_exhaustive]
pub struct JsonReply {
    /// Its JSON; null when it said something else.
    pub json: Value,
    /// How it ended.
    pub end: CommandEnd,
}

impl Harness {
    /// Runs a command of the component that reads no key, with `--json` as its first option, and reads its reply. What it
    /// says on standard error goes to `stderr`.
    ///
    /// # Errors
    /// As [`run_command`](Self::run_command).
    pub async fn run_for_json<A: Into<OsString>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        stderr: Output,
    ) -> Result<JsonReply, CallError> {
        let kept = Kept::default();
        let stdio = Stdio {
            stdout: Output::to(kept.clone()),
            stderr,
            key_input: Box::new(|| Err("This command reads no key.".to_owned())),
        };
        // In front: behind a `--` it would be a word.
        let mut words: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        words.insert(words.len().min(1), "--json".into());
        let end = self.run_command(words, stdio).await?;
        let bytes = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(JsonReply {
            json: serde_json::from_slice(&bytes).unwrap_or_default(),
            end,
        })
    }
}

/// What was written so far. How much it can become is bounded by [`STDOUT_BYTES`](crate::limits::STDOUT_BYTES).
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
