//! A body that a platform wants encrypted, block by block while it passes, and one that is only measured beforehand. What a
//! block, a key and the padding are says the contract (`services::seal`).
//!
//! It protects nothing of the user's: the key stands in the message. Not here: which bodies these are (`mod.rs`, by the route).

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use bytes::{Bytes, BytesMut};
use contract::services::seal;
use http::{HeaderValue, Request, Response, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use md5::{Digest, Md5};
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

use super::body::Progress;
use super::broker::json_response;

/// A block, as an index.
const BLOCK: usize = seal::BLOCK_BYTES as usize;

/// The request with its body encrypted by the key in its header, which is left out, and of the length that this makes. `None`
/// where either isn't there.
pub(super) fn sealed(request: Request<WasiBody>) -> Option<Request<WasiBody>> {
    let (mut head, inner) = request.into_parts();
    let key = head.headers.remove(seal::KEY)?;
    let cipher = Aes128::new_from_slice(&bytes_of(key.to_str().ok()?)?).ok()?;
    // A platform takes no body in chunks, so that the length has to be known before the first block leaves.
    let announced = head.headers.get(header::CONTENT_LENGTH)?;
    let bytes: u64 = announced.to_str().ok()?.parse().ok()?;
    let sealed_bytes = seal::sealed_bytes(bytes);
    let length = HeaderValue::from(sealed_bytes);
    head.headers.insert(header::CONTENT_LENGTH, length);
    let body = Sealed {
        inner,
        cipher,
        rest: BytesMut::new(),
        announced: bytes,
        left: bytes,
        unsent: sealed_bytes,
        ended: false,
    };
    Some(Request::from_parts(head, body.boxed_unsync()))
}

/// The response in a service's place to a body that was only to be measured.
///
/// # Errors
/// It doesn't come to its end, or not soon enough.
pub(super) async fn measured(
    mut body: impl Body<Data = Bytes, Error = WasiError> + Unpin,
    progress: &Progress,
    longest_quiet: Duration,
) -> Result<Response<Bytes>, WasiError> {
    let (mut digest, mut bytes) = (Md5::new(), 0);
    loop {
        let frame = tokio::select! {
            frame = body.frame() => frame,
            () = progress.stalled(longest_quiet) => return Err(WasiError::ConnectionReadTimeout),
        };
        let Some(frame) = frame else { break };
        let data = frame?.into_data().unwrap_or_default();
        // Piece by piece: a film never stands in memory.
        bytes += data.len() as u64;
        digest.update(&data);
    }
    let hex: String = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let said = serde_json::json!({seal::BYTES: bytes, seal::MD5: hex});
    Ok(json_response(said.to_string()))
}

/// The bytes that a key's digits stand for.
fn bytes_of(key: &str) -> Option<[u8; BLOCK]> {
    if !seal::is_key(key) {
        return None;
    }
    let mut bytes = [0; BLOCK];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(key.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// A body that is encrypted piece by piece.
struct Sealed {
    /// The plain bytes.
    inner: WasiBody,
    /// With the upload's own key.
    cipher: Aes128,
    /// What of it doesn't fill a block yet.
    rest: BytesMut,
    /// So many bytes were to come
    announced: u64,
    /// and these still are.
    left: u64,
    /// Of the encrypted ones.
    unsent: u64,
    /// Whether the last block has left.
    ended: bool,
}

impl Sealed {
    /// The blocks that are whole with this piece, encrypted.
    ///
    /// # Errors
    /// More bytes than were announced.
    fn take(&mut self, data: &[u8]) -> Result<Bytes, WasiError> {
        self.left = self
            .left
            .checked_sub(data.len() as u64)
            .ok_or_else(|| self.odd())?;
        self.rest.extend_from_slice(data);
        let whole = self.rest.len() / BLOCK * BLOCK;
        Ok(self.encrypted(whole))
    }

    /// The last block, which is never without padding.
    ///
    /// # Errors
    /// Fewer bytes than were announced: then there is no last block, and nobody can take what came for the whole.
    fn end(&mut self) -> Result<Bytes, WasiError> {
        if self.left != 0 {
            return Err(self.odd());
        }
        self.ended = true;
        // Less than a block is left, so that this is between one and a whole one.
        let padding = BLOCK - self.rest.len();
        let filled = u8::try_from(padding).unwrap_or_default();
        self.rest.resize(BLOCK, filled);
        Ok(self.encrypted(BLOCK))
    }

    /// The first `len` bytes of the rest, whole blocks, encrypted.
    fn encrypted(&mut self, len: usize) -> Bytes {
        let mut blocks = self.rest.split_to(len);
        let (whole, _) = Array::slice_as_chunks_mut(&mut blocks);
        self.cipher.encrypt_blocks(whole);
        self.unsent = self.unsent.saturating_sub(len as u64);
        blocks.freeze()
    }

    /// It has not as many bytes as were announced.
    const fn odd(&self) -> WasiError {
        WasiError::HttpRequestBodySize(Some(self.announced))
    }
}

impl Body for Sealed {
    type Data = Bytes;
    type Error = WasiError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, WasiError>>> {
        let this = &mut *self;
        while !this.ended {
            let blocks = match ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                // Trailers have no place in a body of bytes.
                Some(Ok(frame)) => this.take(&frame.into_data().unwrap_or_default())?,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => this.end()?,
            };
            if !blocks.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(blocks))));
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.unsent)
    }
}

#[cfg(test)]
#[path = "tests/sealed.rs"]
mod tests;
