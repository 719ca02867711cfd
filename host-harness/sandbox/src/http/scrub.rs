//! Keeps a secret that a service echoes from reaching the component: in an answer it is overwritten, whatever spelling
//! it comes in, and a header that holds one is left out. Lengths stay. Not here: which spellings there are.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::{HeaderName, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

use crate::secrets::{Finding, Spellings};

/// The answer without secrets.
pub(super) fn scrub(response: Response<WasiBody>, spellings: Arc<Spellings>) -> Response<WasiBody> {
    let (mut head, body) = response.into_parts();
    let echoing: Vec<HeaderName> = head
        .headers
        .iter()
        .filter(|(name, value)| {
            [name.as_str().as_bytes(), value.as_bytes()]
                .iter()
                .any(|text| spellings.find(text) == Some(Finding::Secret))
        })
        .map(|(name, _)| name.clone())
        .collect();
    for name in echoing {
        head.headers.remove(name);
    }
    let scrubbed = Scrubbed {
        inner: body,
        spellings,
        held: BytesMut::new(),
    };
    Response::from_parts(head, scrubbed.boxed_unsync())
}

/// A body that holds back its end while it could be the beginning of a secret.
struct Scrubbed {
    inner: WasiBody,
    spellings: Arc<Spellings>,
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
                    this.spellings.overwrite(&mut this.held);
                    let ready = this.held.len() - this.spellings.open_end(&this.held);
                    if ready > 0 {
                        let piece = this.held.split_to(ready).freeze();
                        return Poll::Ready(Some(Ok(Frame::data(piece))));
                    }
                }
                // What is held back may be the beginning of a secret, and goes with the error.
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
    use super::super::pieces::Pieces;
    use super::*;

    async fn scrubbed(pieces: &[&str]) -> String {
        let pieces = pieces
            .iter()
            .map(|piece| Bytes::copy_from_slice(piece.as_bytes()));
        let body = Pieces::of(pieces).boxed_unsync();
        let response = Response::builder()
            .header("x-echo", "mgk_secret_1234")
            .header("x-hex", "6D676B5F7365637265745F31323334")
            .header("x-other", "stays")
            .body(body)
            .unwrap();
        let spellings = Arc::new(Spellings::of(["mgk_secret_1234"].into_iter(), &[]));
        let answer = scrub(response, spellings);
        assert_eq!(answer.headers().len(), 1);
        assert!(answer.headers().contains_key("x-other"));
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn an_echoed_key_is_overwritten_wherever_the_pieces_part() {
        for (text, expected) in [
            (
                "bad key mgk_secret_1234, mgk_secret_1234 mgk_sec",
                "bad key ***************, *************** mgk_sec",
            ),
            (
                "hex 6d676b5f7365637265745f31323334, base64 bWdrX3NlY3JldF8xMjM0.",
                "hex ******************************, base64 ********************.",
            ),
            (
                "percent mgk%5Fsecret%5F1234 json mgk\\u005fsecret",
                "percent ******************* json mgk\\u005fsecret",
            ),
        ] {
            for at in 0..text.len() {
                assert_eq!(scrubbed(&[&text[..at], &text[at..]]).await, expected);
            }
            let letters: Vec<&str> = (0..text.len()).map(|at| &text[at..=at]).collect();
            assert_eq!(scrubbed(&letters).await, expected);
        }
    }
}
