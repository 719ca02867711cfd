//! What the command prints about its downloads, read as what the typed call answers, and written again as the user reads it.

use serde::Deserialize;
use serde_json::Value;

use crate::types::{Downloaded, Missed};

/// A reply names some dozens of files.
const REPLY_BYTES: usize = 1 << 20;

/// A list of downloads.
pub(super) struct Reply(Downloaded);

/// As the command prints it. What else stands in it is left out.
#[derive(Deserialize)]
struct Printed {
    output_dir: String,
    downloaded: Vec<Value>,
    #[serde(default)]
    total: u32,
    #[serde(default)]
    errors: Vec<PrintedError>,
}

#[derive(Deserialize)]
struct PrintedError {
    file: String,
    error: String,
}

impl Reply {
    /// `None` for anything else than a list of downloads: that is passed on as it is.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        // Passed on unread: it is bounded like every output, and JSON of this length would be many times
        // that in memory.
        if text.len() > REPLY_BYTES {
            return None;
        }
        let printed: Printed = serde_json::from_slice(text).ok()?;
        // What is no text names no file.
        let names = printed.downloaded.iter().filter_map(Value::as_str);
        let missed = |one: PrintedError| Missed {
            file: one.file,
            reason: one.error,
        };
        Some(Self(Downloaded {
            folder: printed.output_dir,
            files: names.map(str::to_owned).collect(),
            missed: printed.errors.into_iter().map(missed).collect(),
            total: printed.total,
        }))
    }

    /// What became of it.
    pub(super) fn with(self, settle: impl FnOnce(Downloaded) -> Downloaded) -> Self {
        Self(settle(self.0))
    }

    /// Whether something could not be stored.
    pub(super) fn has_errors(&self) -> bool {
        !self.0.missed.is_empty()
    }

    /// As the user reads it.
    pub(super) fn text(&self) -> String {
        // Through a `Value`, whose members stand in the order in which the component prints them.
        let mut json = serde_json::to_value(&self.0).unwrap_or_default();
        if let Value::Object(members) = &mut json
            && let Some(errors) = members.shift_remove("errors")
        {
            members.insert("errors".to_owned(), errors);
        }
        format!("{json}\n")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_printed_is_written_again_with_what_arrived() {
        let said = json!({
            "output_dir": "/downloads",
            "downloaded": ["/downloads/01.png", 3],
            "total": 2,
            "errors": [{"file": "03.png", "error": "no space left"}],
        });
        let reply = Reply::read(said.to_string().as_bytes()).unwrap();
        assert!(reply.has_errors());
        let reply = reply.with(|said| Downloaded {
            folder: "/u/out".to_owned(),
            files: vec!["/u/out/01.png".to_owned()],
            ..said
        });
        let expected = json!({
            "output_dir": "/u/out",
            "downloaded": ["/u/out/01.png"],
            "total": 2,
            "errors": [{"file": "03.png", "error": "no space left"}],
        });
        assert_eq!(reply.text(), format!("{expected}\n"));
        let all = reply.with(|said| Downloaded {
            missed: Vec::new(),
            ..said
        });
        assert!(!all.has_errors() && !all.text().contains("errors"));
    }

    #[test]
    fn anything_else_is_passed_on_as_it_is() {
        for text in [
            "",
            "❌ no",
            "[]",
            r#"{"error":"No result URLs found","downloaded":[]}"#,
        ] {
            assert!(Reply::read(text.as_bytes()).is_none(), "{text}");
        }
    }
}
