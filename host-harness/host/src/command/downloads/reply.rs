//! What the component says about its downloads, and what the user reads: the same JSON, with the files that really arrived
//! and where they are.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::GUEST_DOWNLOADS;

/// A reply names some dozens of files.
const REPLY_BYTES: usize = 1 << 20;

pub(super) struct Reply(Value);

impl Reply {
    /// `None` for anything else than a list of downloads: that is passed on as it is.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        // Passed on unread: it is bounded like every output, and JSON of this length would be many times
        // that in memory.
        if text.len() > REPLY_BYTES {
            return None;
        }
        let json: Value = serde_json::from_slice(text).ok()?;
        (json["downloaded"].is_array() && json["output_dir"].is_string()).then_some(Self(json))
    }

    /// Puts the user's folder in the place of the component's, and moves each file with `take`.
    pub(super) fn tell(&mut self, shown: &Path, take: impl Fn(&str) -> Result<PathBuf, String>) {
        let shown = shown.display().to_string();
        let Value::Array(claimed) = self.0["downloaded"].take() else {
            return;
        };
        let (mut downloaded, mut errors) = (Vec::new(), Vec::new());
        // What the component claims decides only what is looked for: each file is judged by what it is when
        // it is moved.
        for claim in claimed.iter().filter_map(Value::as_str) {
            let name = claim
                .strip_prefix(GUEST_DOWNLOADS)
                .and_then(|rest| rest.strip_prefix('/'))
                .unwrap_or(claim);
            match take(name) {
                Ok(path) => downloaded.push(Value::from(path.display().to_string())),
                Err(error) => errors.push(json!({"file": name, "error": error})),
            }
        }
        // Behind our own: these are the component's sentences, which name a folder that only it knows.
        if let Value::Array(told) = self.0["errors"].take() {
            errors.extend(told.into_iter().map(|mut error| {
                if let Value::String(text) = &mut error["error"] {
                    *text = text.replace(GUEST_DOWNLOADS, &shown);
                }
                error
            }));
        }
        self.0["output_dir"] = Value::from(shown);
        self.0["downloaded"] = Value::from(downloaded);
        if errors.is_empty() {
            if let Value::Object(members) = &mut self.0 {
                members.remove("errors");
            }
        } else {
            self.0["errors"] = Value::from(errors);
        }
    }

    pub(super) fn has_errors(&self) -> bool {
        self.0.get("errors").is_some()
    }

    pub(super) fn text(&self) -> String {
        format!("{}\n", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_reads_what_arrived_and_where() {
        let said = json!({
            "output_dir": "/downloads",
            "downloaded": ["/downloads/01.png", "/downloads/02.png", "/etc/passwd", 3],
            "total": 4,
            "errors": [{"file": "03.png", "error": "could not write in /downloads: no space left"}],
        });
        let mut reply = Reply::read(said.to_string().as_bytes()).unwrap();
        reply.tell(Path::new("/u/out"), |name| match name {
            "01.png" => Ok(Path::new("/u/out").join(name)),
            _ => Err("no".to_owned()),
        });
        let expected = json!({
            "output_dir": "/u/out",
            "downloaded": ["/u/out/01.png"],
            "total": 4,
            "errors": [
                {"file": "02.png", "error": "no"},
                {"file": "/etc/passwd", "error": "no"},
                {"file": "03.png", "error": "could not write in /u/out: no space left"},
            ],
        });
        assert_eq!(reply.text(), format!("{expected}\n"));
        assert!(reply.has_errors());
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
