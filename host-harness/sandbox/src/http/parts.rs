//! A form that uploads and commits at once (`multipart/form-data`, RFC 7578), read while it passes. Its first part is JSON,
//! which is read whole and written anew before anything leaves; behind it are files, which stream. Between two parts nothing
//! stands that the route doesn't name, and inside a file nothing that somebody could take for the beginning of a part: there
//! is no second message in it, however a server reads it. Not here: what the JSON may say (`json_body.rs`).
//!
//! ```text
//! --b⏎ head ⏎⏎ JSON ⏎--b⏎ head ⏎⏎ bytes … ⏎--b--⏎
//! └─ written anew ─┘└─── judged ──┘└ passed, and searched for `--b`
//! ```

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use contract::services::{Member, Part};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use memchr::memmem;
use serde_json::{Map, Value};
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

use super::body::CallMeter;
use super::json_body;
use super::refusal::Refusal;

/// A part's head: two lines with two names of a hundred characters.
const HEAD_BYTES: usize = 512;
/// The longest name or type of a file.
const NAME_BYTES: usize = 100;

/// What a form may be, and whom to tell of one that isn't.
pub(super) struct Form<'a> {
    pub(super) boundary: &'a str,
    pub(super) json: Option<Part>,
    pub(super) members: &'static [Member],
    pub(super) files: &'static [Part],
    /// Noted where the body turns out to be something else while it leaves.
    pub(super) refusal: Refusal,
    pub(super) meter: Arc<CallMeter>,
}

/// A form whose first part was read.
pub(super) struct Admitted {
    /// The members of its JSON; none where it has none.
    pub(super) members: Map<String, Value>,
    /// The body as it may leave.
    pub(super) body: WasiBody,
    /// How many bytes of what came were read, and how many stand in their place.
    pub(super) rewritten: (usize, usize),
}

impl Form<'_> {
    /// Reads what has to be read before anything leaves; `None` where it isn't exactly what the route takes.
    pub(super) async fn admit(self, mut body: WasiBody) -> Option<Admitted> {
        let mut judged = Judged {
            inner: body_of_nothing(),
            first: Bytes::new(),
            held: BytesMut::new(),
            at: At::Begin,
            delimiter: format!("--{}", self.boundary).into_bytes(),
            files: self.files.to_vec(),
            refusal: self.refusal,
            meter: self.meter,
        };
        let (mut members, mut rewritten) = (Map::new(), (0, 0));
        if let Some(json) = self.json {
            let text = judged.read_first(json, &mut body).await?;
            members = json_body::anew(&text.json, self.members)?;
            let anew = judged.write_first(json, &members)?;
            rewritten = (text.taken, anew.len());
            judged.first = anew;
            judged.at = At::Between;
        }
        judged.inner = body;
        Some(Admitted {
            members,
            body: judged.boxed_unsync(),
            rewritten,
        })
    }
}

/// In the place of a body that is being read.
fn body_of_nothing() -> WasiBody {
    super::full(Bytes::new())
}

/// The first part as it came.
struct First {
    json: Bytes,
    /// How many bytes it had in all, from the first boundary on and without what ends it.
    taken: usize,
}

/// Where in the form its reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before the first boundary.
    Begin,
    /// Before the line break that ends a part.
    Between,
    /// Inside a file, which may have so many bytes more.
    File(u64),
    /// Behind the last boundary.
    End,
}

/// A form on its way.
struct Judged {
    inner: WasiBody,
    /// What leaves before anything else: the first part, written anew.
    first: Bytes,
    /// What was read and isn't judged yet: at most a part's head, or as much of a file as a boundary has bytes.
    held: BytesMut,
    at: At,
    /// What every boundary begins with.
    delimiter: Vec<u8>,
    /// The files that may still come.
    files: Vec<Part>,
    refusal: Refusal,
    meter: Arc<CallMeter>,
}

impl Judged {
    /// Reads from `body` until the first part is there.
    async fn read_first(&mut self, json: Part, body: &mut WasiBody) -> Option<First> {
        let head = json_head(&self.delimiter, json.name);
        let end = [b"\r\n", &self.delimiter[..]].concat();
        let most = head
            .len()
            .saturating_add(usize::try_from(json.max_bytes).ok()?);
        loop {
            // The end is found before its first byte could be the JSON's: a line break in JSON is no text of it.
            if let Some(at) = memmem::find(self.held.get(head.len()..).unwrap_or_default(), &end) {
                let taken = head.len() + at;
                let part = self.held.split_to(taken).freeze();
                let json = part.slice(head.len()..);
                return (taken <= most && part.starts_with(&head)).then_some(First { json, taken });
            }
            if self.held.len() > most + end.len() {
                return None;
            }
            let data = body.frame().await?.ok()?.into_data().unwrap_or_default();
            self.held.extend_from_slice(&data);
        }
    }

    /// The first part of what was read of it; `None` where a text in it looks like a boundary.
    fn write_first(&self, json: Part, members: &Map<String, Value>) -> Option<Bytes> {
        let text = serde_json::to_vec(members).ok()?;
        let clean = memmem::find(&text, &self.delimiter).is_none();
        clean.then(|| {
            [&json_head(&self.delimiter, json.name)[..], &text]
                .concat()
                .into()
        })
    }

    /// What may leave of what is held. `ended`: nothing comes any more.
    ///
    /// # Errors
    /// The form is not what its route takes; nothing of it may leave any more.
    fn take(&mut self, ended: bool) -> Result<Bytes, NotThis> {
        match self.at {
            At::Begin | At::Between => self.boundary(ended),
            At::File(left) => self.file(left, ended),
            At::End if self.held.is_empty() => Ok(Bytes::new()),
            At::End => Err(NotThis),
        }
    }

    /// A boundary, and the head of the file behind it or the end of all.
    fn boundary(&mut self, ended: bool) -> Result<Bytes, NotThis> {
        let line: &[u8] = if self.at == At::Begin { b"" } else { b"\r\n" };
        let begin = line.len() + self.delimiter.len();
        let last = [line, &self.delimiter, b"--\r\n"].concat();
        // Only as the very end: whoever stands behind it would be another part to somebody.
        if self.held.len() <= last.len() && last.starts_with(&self.held) {
            if self.held.len() == last.len() || ended && self.held.len() + 2 == last.len() {
                self.at = At::End;
                return Ok(self.held.split().freeze());
            }
            return if ended {
                Err(NotThis)
            } else {
                Ok(Bytes::new())
            };
        }
        let Some(end) = memmem::find(&self.held, b"\r\n\r\n") else {
            let waits = !ended && self.held.len() <= begin + HEAD_BYTES;
            return if waits {
                Ok(Bytes::new())
            } else {
                Err(NotThis)
            };
        };
        let head = self.held.split_to(end + 4).freeze();
        let is_boundary = head.starts_with(line) && head[line.len()..].starts_with(&self.delimiter);
        let name = is_boundary.then(|| file_name_of(&head[begin..])).flatten();
        let known = |part: &Part| name.as_deref() == Some(part.name);
        let at = self.files.iter().position(known).ok_or(NotThis)?;
        // Taken off the list: a server may read the first of two files of one name, or the last.
        self.at = At::File(self.files.swap_remove(at).max_bytes);
        Ok(head)
    }

    /// Bytes of a file, up to what may be the beginning of a boundary.
    fn file(&mut self, left: u64, ended: bool) -> Result<Bytes, NotThis> {
        let (passed, at) = match memmem::find(&self.held, &self.delimiter) {
            // Everything that looks like a boundary has to be one: some servers ask for less before it than RFC 2046 does.
            Some(at) if self.held[..at].ends_with(b"\r\n") => (at - 2, true),
            Some(_) => return Err(NotThis),
            None if ended => return Err(NotThis),
            // With the line break that has to stand before it.
            None => {
                let kept = self.delimiter.len() + 1;
                (self.held.len().saturating_sub(kept), false)
            }
        };
        let left = left.checked_sub(passed as u64).ok_or(NotThis)?;
        self.at = if at { At::Between } else { At::File(left) };
        Ok(self.held.split_to(passed).freeze())
    }
}

/// A form isn't what its route takes.
struct NotThis;

impl Body for Judged {
    type Data = Bytes;
    type Error = WasiError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, WasiError>>> {
        let this = &mut *self;
        if !this.first.is_empty() {
            let first = std::mem::take(&mut this.first);
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let mut ended = false;
        loop {
            let before = this.at;
            let Ok(passed) = this.take(ended) else {
                this.meter.refuse(this.refusal.clone());
                return Poll::Ready(Some(Err(WasiError::HttpRequestDenied)));
            };
            if !passed.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(passed))));
            }
            if this.at != before {
                continue;
            }
            if ended {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let data = frame.into_data().unwrap_or_default();
                    this.held.extend_from_slice(&data);
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => ended = true,
            }
        }
    }
}

/// How a form begins whose first part is JSON.
fn json_head(delimiter: &[u8], name: &str) -> Vec<u8> {
    let head = format!(
        "\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: application/json\r\n\r\n"
    );
    [delimiter, head.as_bytes()].concat()
}

/// The name of the part whose head this is, from behind the boundary to its blank line; `None` for whatever isn't just a
/// file's.
fn file_name_of(head: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(head).ok()?.strip_suffix("\r\n\r\n")?;
    let text = text.strip_prefix("\r\nContent-Disposition: form-data; name=\"")?;
    let (name, text) = text.split_once("\"; filename=\"")?;
    let (file, kind) = text.split_once("\"\r\nContent-Type: ")?;
    let plain = |text: &str, more: &[u8]| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || more.contains(&byte);
        (1..=NAME_BYTES).contains(&text.len()) && text.bytes().all(is_plain)
    };
    // No quote, escape or line end in any of them: there is one way to read it.
    (plain(file, b"._- ") && plain(kind, b"/.+-")).then(|| name.to_owned())
}

#[cfg(test)]
#[path = "tests/parts.rs"]
mod tests;
