//! An answer and how it ends: whole, cut off, or with a reset.

use crate::blob::Blob;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use hyper::body::{Body, Frame, SizeHint};
use serde_json::Value;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// How often the body gives way before it breaks off, so that what was written is flushed first.
const TURNS_BEFORE_BREAKING: u8 = 3;

/// What the headers say about the length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Length {
    #[default]
    Right,
    /// None: the body is chunked.
    Absent,
    /// So many bytes more than there are.
    Above(u64),
}

#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    blob: Blob,
    start: u64,
    end: u64,
    length: Length,
    breaks_at: Option<u64>,
}

impl Reply {
    pub(crate) fn of(status: u16, content_type: &str, blob: impl Into<Blob>) -> Self {
        let blob = blob.into();
        let end = blob.len();
        let reply = Self {
            status,
            headers: Vec::new(),
            blob,
            start: 0,
            end,
            length: Length::Right,
            breaks_at: None,
        };
        reply.header("content-type", content_type)
    }

    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self::of(
            status,
            "application/json; charset=utf-8",
            value.to_string().into_bytes(),
        )
    }

    pub(crate) fn text(status: u16, text: &str) -> Self {
        Self::of(status, "text/plain", text.as_bytes().to_vec())
    }

    /// The page an edge server makes up when it doesn't pass a request on.
    pub(crate) fn html(status: u16) -> Self {
        let reason = StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("");
        let page = format!(
            "<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n\
             <center><h1>{status} {reason}</h1></center>\r\n<hr><center>edge</center>\r\n</body>\r\n</html>\r\n"
        );
        Self::of(status, "text/html", page.into_bytes())
    }

    pub(crate) fn bare(status: u16, headers: Vec<(String, String)>, body: &str) -> Self {
        Self {
            headers,
            ..Self::of(status, "", body.as_bytes().to_vec())
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sends only `start..end` of the content.
    pub(crate) fn range(mut self, start: u64, end: u64) -> Self {
        (self.start, self.end) = (start, end);
        self
    }

    pub(crate) fn length(mut self, length: Length) -> Self {
        self.length = length;
        self
    }

    /// Breaks off after so many bytes, though more were announced.
    pub(crate) fn breaks_after(mut self, bytes: u64) -> Self {
        self.breaks_at = Some((self.start + bytes).min(self.end));
        self
    }

    pub(crate) fn breaks_in_the_middle(self) -> Self {
        let half = (self.end - self.start) / 2;
        self.breaks_after(half)
    }

    pub(crate) fn into_response(self) -> Response<ReplyBody> {
        let (len, breaks_at) = match self.length {
            Length::Right => (Some(self.end - self.start), self.breaks_at),
            Length::Absent => (None, self.breaks_at),
            Length::Above(more) => (
                Some(self.end - self.start + more),
                self.breaks_at.or(Some(self.end)),
            ),
        };
        let mut response = Response::new(ReplyBody {
            blob: self.blob,
            at: self.start,
            end: self.end,
            breaks_at,
            turns: TURNS_BEFORE_BREAKING,
        });
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                headers.append(name, value);
            }
        }
        if let Some(len) = len {
            headers
                .entry(header::CONTENT_LENGTH)
                .or_insert(HeaderValue::from(len));
        }
        response
    }
}

/// Hands out a [`Blob`] and breaks off where it is told.
pub(crate) struct ReplyBody {
    blob: Blob,
    at: u64,
    end: u64,
    breaks_at: Option<u64>,
    turns: u8,
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.breaks_at == Some(self.at) {
            if self.turns > 0 {
                self.turns -= 1;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            return Poll::Ready(Some(Err(io::Error::other("the script ends the body here"))));
        }
        let chunk = self.blob.chunk(self.at, self.breaks_at.unwrap_or(self.end));
        self.at += chunk.len() as u64;
        Poll::Ready((!chunk.is_empty()).then_some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.breaks_at.is_none() && self.at >= self.end
    }

    // The length stands in the headers alone: it may be a lie, which hyper would correct.
    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
