//! Keeps a credential that a service echoes from reaching the component: what was sent with a request is
//! overwritten, byte for byte, in its answer. Not here: other encodings than the credential's own text.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

/// Anything shorter is no credential, and overwriting it would mangle words.
const MIN_SECRET_BYTES: usize = 8;
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The credentials in a request's headers, as they leave. Like every secret they have no `Debug`.
pub(super) struct Sent(Vec<Bytes>);

impl Sent {
    pub(super) fn with(headers: &HeaderMap) -> Self {
        let values = [headers.get(API_KEY), headers.get(AUTHORIZATION)];
        let secrets = values.into_iter().flatten().map(|value| {
            let bytes = value.as_bytes();
            let bare = bytes.strip_prefix(b"Bearer ").unwrap_or(bytes);
            Bytes::copy_from_slice(bare)
        });
        Self(
            secrets
                .filter(|secret| secret.len() >= MIN_SECRET_BYTES)
                .collect(),
        )
    }

    /// The answer without what was sent. One to a request without credentials stays as it is.
    pub(super) fn scrub(self, response: Response<WasiBody>) -> Response<WasiBody> {
        if self.0.is_empty() {
            return response;
        }
        let (mut head, body) = response.into_parts();
        let echoing: Vec<HeaderName> = head
            .headers
            .iter()
            .filter(|(_, value)| {
                self.0
                    .iter()
                    .any(|secret| find(value.as_bytes(), secret).is_some())
            })
            .map(|(name, _)| name.clone())
            .collect();
        for name in echoing {
            head.headers.remove(name);
        }
        let scrubbed = Scrubbed {
            inner: body,
            secrets: self,
            held: BytesMut::new(),
        };
        Response::from_parts(head, scrubbed.boxed_unsync())
    }

    fn overwrite(&self, bytes: &mut [u8]) {
        for secret in &self.0 {
            let mut from = 0;
            while let Some(at) = find(&bytes[from..], secret) {
                let end = from + at + secret.len();
                bytes[from + at..end].fill(b'*');
                from = end;
            }
        }
    }

    /// How many bytes at the end could be the beginning of a secret.
    fn open_end(&self, bytes: &[u8]) -> usize {
        let open = |secret: &Bytes| {
            let longest = bytes.len().min(secret.len() - 1);
            (1..=longest)
                .rev()
                .find(|len| bytes.ends_with(&secret[..*len]))
        };
        self.0.iter().filter_map(open).max().unwrap_or(0)
    }
}

fn find(bytes: &[u8], secret: &[u8]) -> Option<usize> {
    bytes
        .windows(secret.len())
        .position(|window| window == secret)
}

/// A body that holds back its end while it could be the beginning of a secret.
struct Scrubbed {
    inner: WasiBody,
    secrets: Sent,
    held: BytesMut,
}

impl Body for Scrubbed {
    type Data = Bytes;
    type Error = WasiError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, WasiError>>> {
        let this = &mut *self;
        loop {
            match ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    // Trailers, which have no data, are left out: the component reads none.
                    let Ok(data) = frame.into_data() else {
                        continue;
                    };
                    this.held.extend_from_slice(&data);
                    this.secrets.overwrite(&mut this.held);
                    let ready = this.held.len() - this.secrets.open_end(&this.held);
                    if ready > 0 {
                        let piece = this.held.split_to(ready).freeze();
                        return Poll::Ready(Some(Ok(Frame::data(piece))));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None if this.held.is_empty() => return Poll::Ready(None),
                None => {
                    let rest = this.held.split().freeze();
                    return Poll::Ready(Some(Ok(Frame::data(rest))));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    struct Pieces(VecDeque<Bytes>);

    impl Body for Pieces {
        type Data = Bytes;
        type Error = WasiError;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, WasiError>>> {
            Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
        }
    }

    async fn scrubbed(pieces: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(API_KEY, "mgk_secret_1234".parse().unwrap());
        let pieces = pieces
            .iter()
            .map(|piece| Bytes::copy_from_slice(piece.as_bytes()));
        let body = Pieces(pieces.collect()).boxed_unsync();
        let response = Response::builder()
            .header("x-echo", "mgk_secret_1234")
            .header("x-other", "stays")
            .body(body)
            .unwrap();
        let answer = Sent::with(&headers).scrub(response);
        assert!(!answer.headers().contains_key("x-echo"));
        assert!(answer.headers().contains_key("x-other"));
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn an_echoed_key_is_overwritten_wherever_the_pieces_part() {
        let text = "bad key mgk_secret_1234, mgk_secret_1234 mgk_sec";
        let expected = "bad key ***************, *************** mgk_sec";
        for at in 0..text.len() {
            assert_eq!(scrubbed(&[&text[..at], &text[at..]]).await, expected);
        }
        let letters: Vec<&str> = (0..text.len()).map(|at| &text[at..=at]).collect();
        assert_eq!(scrubbed(&letters).await, expected);
    }
}
