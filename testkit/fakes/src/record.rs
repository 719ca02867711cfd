//! What arrived: one entry per request, kept for the assertions of a test.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

/// How much of each part of a form is kept: a text field whole, of a file enough to recognise it.
pub(crate) const KEPT_HEAD_BYTES: usize = 4096;

/// Longer strings of a JSON body are cut: pictures travel in them as `data:` URLs, and a record is for assertions.
const KEPT_STRING_BYTES: usize = 256 * 1024;
/// What is left of them.
const KEPT_OF_LONG_STRING_BYTES: usize = 64;

/// A request as it arrived, and what became of it.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// In capitals.
    pub method: String,
    /// Without the query, not decoded.
    pub path: String,
    /// After the `?`, not decoded.
    pub query: Option<String>,
    /// All of them, credentials included: a test looks for secrets here.
    pub headers: HeaderMap,
    /// The body, if it was read.
    pub body: Body,
    /// Milliseconds since the world began, by the machine's clock.
    pub at_ms: u64,
    /// Whether it came over TLS.
    pub tls: bool,
    /// The fault that was played, by name.
    pub fault: Option<String>,
    /// The status that was answered; none when no answer was sent (yet).
    pub status: Option<u16>,
}

impl Recorded {
    /// A header's value, if it is there and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The first value of a query parameter, percent-decoded.
    pub fn query_value(&self, name: &str) -> Option<String> {
        self.query.as_deref()?.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key == name).then(|| percent_decode(value, true))
        })
    }

    /// Every value of a query parameter, percent-decoded, in order.
    pub fn query_values(&self, name: &str) -> Vec<String> {
        self.query_pairs()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value)
            .collect()
    }

    /// All query parameters, percent-decoded, in order.
    pub(crate) fn query_pairs(&self) -> impl Iterator<Item = (String, String)> {
        let pairs = self.query.as_deref().unwrap_or_default().split('&');
        pairs.filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(key, true), percent_decode(value, true))
        })
    }

    /// The body, when it is JSON.
    pub fn json(&self) -> Option<&Value> {
        match &self.body {
            Body::Json(value) => Some(value),
            _ => None,
        }
    }

    /// The length that the headers announce, if they do.
    pub fn announced_bytes(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    /// A part of a multipart body, by its name.
    pub fn part(&self, name: &str) -> Option<&Part> {
        match &self.body {
            Body::Form { parts, .. } => parts.iter().find(|part| part.name == name),
            _ => None,
        }
    }
}

/// A request's body. No file content is kept.
#[derive(Clone, Debug, Default)]
pub enum Body {
    /// None, or not read.
    #[default]
    None,
    /// JSON, whatever the content type says.
    Json(Value),
    /// Other text of up to 1 MiB.
    Text(String),
    /// Neither, or longer.
    Other {
        /// Its length.
        bytes: u64,
        /// Lower-case hexadecimal.
        sha256: String,
        /// The first bytes of the content: at least 4 KiB, unless it is shorter.
        head: Bytes,
    },
    /// `multipart/form-data`.
    Form {
        /// In the order they came.
        parts: Vec<Part>,
        /// Bytes of all parts' content.
        bytes: u64,
    },
    /// A form that could not be read, and why.
    Malformed(String),
    /// The connection ended before the body did.
    Aborted,
}

/// One part of a form.
#[derive(Clone, Debug)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// The `filename` it came with.
    pub file_name: Option<String>,
    /// The content type it came with.
    pub content_type: Option<String>,
    /// All headers of the part.
    pub headers: HeaderMap,
    /// Length of the content.
    pub bytes: u64,
    /// Of the content, in lower-case hexadecimal.
    pub sha256: String,
    /// The first bytes of the content: at least 4 KiB, unless it is shorter.
    pub head: Bytes,
}

impl Part {
    /// The content as text, when it is text and short enough to have been kept whole.
    pub fn text(&self) -> Option<&str> {
        (self.head.len() as u64 == self.bytes)
            .then(|| std::str::from_utf8(&self.head).ok())
            .flatten()
    }

    pub(crate) fn forget(&mut self) {
        if self.head.len() > KEPT_HEAD_BYTES {
            self.head = Bytes::copy_from_slice(&self.head[..KEPT_HEAD_BYTES]);
        }
    }
}

/// Replaces strings that are too long to keep by their beginning and their length.
pub(crate) fn shorten(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > KEPT_STRING_BYTES => {
            let head: String = text.chars().take(KEPT_OF_LONG_STRING_BYTES).collect();
            *text = format!("{head}… ({} bytes)", text.len());
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        _ => {}
    }
}

/// In a query, but not in a path, `+` is a space.
pub(crate) fn percent_decode(text: &str, is_query: bool) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = text
            .get(at + 1..at + 3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], escaped) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 3;
            }
            (b'+', _) if is_query => {
                decoded.push(b' ');
                at += 1;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_that_escape_nothing_stay() {
        assert_eq!(percent_decode("a%20b+c%zz%e4%bd%a0%", true), "a b c%zz你%");
        assert_eq!(percent_decode("..%2F+", false), "../+");
    }
}
