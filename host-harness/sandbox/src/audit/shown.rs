//! What the host fetched for a person, with its line in the record: written when the last byte has passed, or when whoever
//! reads it goes away, which is `abandoned`. Not here: fetching it (`http/fetch.rs`).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::Response;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, SizeHint};

use super::{OK, Recorder};
use crate::http::FetchedBody;

/// The response, whose body keeps the record.
pub fn recorded(response: Response<FetchedBody>, recorder: Recorder) -> Response<FetchedBody> {
    response.map(|body| {
        let mut recorded = Recorded {
            left_bytes: body.size_hint().exact(),
            body,
            recorder: Some(recorder),
        };
        if recorded.left_bytes == Some(0) {
            recorded.end();
        }
        recorded.boxed_unsync()
    })
}

struct Recorded {
    body: FetchedBody,
    /// `None` for a body of unknown length. Who knows the length asks for nothing behind it.
    left_bytes: Option<u64>,
    /// Taken at the end. Dropped before it, it writes the line by itself.
    recorder: Option<Recorder>,
}

impl Recorded {
    fn end(&mut self) {
        if let Some(recorder) = self.recorder.take() {
            // `poll_frame` can't wait, and the last byte shouldn't wait for the disk.
            tokio::spawn(async move { recorder.end(OK, None).await });
        }
    }
}

impl Body for Recorded {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            let bytes = frame.data_ref().map_or(0, Buf::remaining) as u64;
            self.left_bytes = self.left_bytes.map(|left| left.saturating_sub(bytes));
        }
        if frame.is_none() || self.left_bytes == Some(0) {
            self.end();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
