//! A command whose reply is read by a program instead of being passed on.

use std::ffi::OsString;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::{CommandEnd, Stdio};
use sandbox::error::LimitHit;

use crate::error::CallError;
use crate::harness::Harness;
use crate::limits::{REPLY_BYTES, REPLY_VALUES};
use sandbox::call::Output;

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
            stdout: Output::to(kept.clone()).at_most(REPLY_BYTES),
            stderr,
            key_input: Box::new(|| Err("This command reads no key.".to_owned())),
        };
        // In front: behind a `--` it would be a word.
        let mut words: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        words.insert(words.len().min(1), "--json".into());
        let end = self.run_command(words, stdio).await?;
        let mut kept = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = std::mem::take(&mut *kept);
        if values(&bytes) > REPLY_VALUES {
            return Err(CallError::Limit(LimitHit::Values(REPLY_VALUES)));
        }
        Ok(JsonReply {
            // What isn't JSON is no error: the exit code says that the command failed, and it printed why.
            json: serde_json::from_slice(&bytes).unwrap_or_default(),
            end,
        })
    }
}

/// The values in a JSON text, members of objects counted twice; of anything else at least as many as a reader of JSON would
/// hold before it notices. Each takes many times its bytes in memory, so they are counted before they are read.
fn values(json: &[u8]) -> usize {
    let (mut values, mut quoted, mut escaped) = (1, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b':' | b'[' | b'{' if !quoted => values += 1,
            _ => {}
        }
    }
    values
}

/// What was written so far. How much it can become is bounded by [`REPLY_BYTES`].
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

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn values_are_counted_wherever_they_stand_and_texts_are_one() {
        for (json, expected) in [
            ("1", 1),
            ("[]", 2),
            ("[[]]", 3),
            ("[1,2]", 3),
            (r#"{"a":"[[,,{{::"}"#, 3),
            (r#"["\",[","]]"#, 3),
            (r#""\\""#, 1),
        ] {
            assert_eq!(values(json.as_bytes()), expected, "{json}");
        }
        assert_eq!(values("[".repeat(1_000).as_bytes()), 1_001);
    }
}
