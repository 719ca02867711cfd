//! What a client is sent for a call: text for models that read nothing else, structured content by the tool's schema,
//! and links to results.

use std::path::Path;

use rmcp::model::{CallToolResult, ContentBlock, Resource};
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use crate::failure::{Failure, ToolError};

/// What a call came to.
pub(crate) struct Answer {
    structured: Value,
    links: Vec<Resource>,
}

impl Answer {
    /// # Errors
    /// Never for the types of this crate; a defect is told, not hidden.
    pub(crate) fn of(answer: &impl Serialize) -> Result<Self, Failure> {
        let structured = serde_json::to_value(answer).map_err(|error| {
            Failure::permanent(
                format!("The answer can't be written: {error}."),
                "Please report this.",
            )
        })?;
        Ok(Self {
            structured,
            links: Vec::new(),
        })
    }

    /// Links to results on the web.
    pub(crate) fn with_results<'a>(mut self, urls: impl ExactSizeIterator<Item = &'a str>) -> Self {
        let count = urls.len();
        let link = |(number, url): (usize, &str)| {
            // The address says nothing to people, and clients show the name.
            let name = if count == 1 {
                "result".to_owned()
            } else {
                format!("result {number} of {count}")
            };
            linked(url, name)
        };
        self.links.extend((1..).zip(urls).map(link));
        self
    }

    /// Links to files on this machine.
    pub(crate) fn with_files<'a>(mut self, paths: impl Iterator<Item = &'a str>) -> Self {
        self.links.extend(paths.filter_map(|path| {
            let name = Path::new(path).file_name()?.to_string_lossy().into_owned();
            // A path that is not absolute has no URL: it stays in the structured content alone.
            Some(linked(Url::from_file_path(path).ok()?.as_str(), name))
        }));
        self
    }
}

/// A link that a client may offer to open, with its type where the name tells one.
fn linked(url: &str, name: String) -> Resource {
    let link = Resource::new(url, name);
    match mime_type(url) {
        Some(mime) => link.with_mime_type(mime),
        None => link,
    }
}

/// By the name; what isn't known is left open.
fn mime_type(url: &str) -> Option<&'static str> {
    // A signed link's query may end like a file of another type.
    let path = url.split(['?', '#']).next()?;
    let (_, extension) = path.rsplit('/').next()?.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "mp4" | "m4v" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        _ => return None,
    })
}

/// The result of a call, for the client.
pub(crate) fn result(answer: Result<Answer, Failure>) -> CallToolResult {
    match answer {
        Ok(Answer { structured, links }) => {
            let mut result = CallToolResult::structured(structured);
            // Behind the text, which models without structured content read from its beginning.
            result
                .content
                .extend(links.into_iter().map(ContentBlock::resource_link));
            result
        }
        Err(failure) => {
            // Both: clients that show no structured content show the sentence, and programs get the error's kind.
            let mut result = CallToolResult::error(vec![ContentBlock::text(failure.text())]);
            result.structured_content = Some(json!({"error": ToolError::from(failure)}));
            result
        }
    }
}

#[cfg(test)]
mod tests {
    use super::mime_type;

    #[test]
    fn a_results_type_is_told_by_its_name_or_not_at_all() {
        for (url, mime) in [
            ("https://h/sd-gen-save-img/a.mp4", Some("video/mp4")),
            ("https://h/claw/a.b/c.PNG?x=1.gif", Some("image/png")),
            ("file:///tmp/x.jpeg", Some("image/jpeg")),
            ("https://h.mp4/claw/nothing", None),
            ("https://h/claw/a.exe", None),
        ] {
            assert_eq!(mime_type(url), mime, "{url}");
        }
    }
}
