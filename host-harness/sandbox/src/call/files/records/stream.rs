//! A stream into a record. Its room is taken by whoever wraps it ([`MeteredStream`](super::super::stream::MeteredStream)).

use std::sync::Arc;

use bytes::Bytes;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use super::RECORD_BYTES;
use super::tree::File;

/// What one write may bring: what the component writes at a time.
const PIECE: usize = 64 << 10;

pub(super) struct Writing {
    pub(super) file: Arc<File>,
    /// Where the next piece goes; none for the end, wherever that is then.
    pub(super) at: Option<u64>,
}

#[async_trait]
impl Pollable for Writing {
    async fn ready(&mut self) {}
}

#[async_trait]
impl OutputStream for Writing {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let at = self.at.unwrap_or_else(|| self.file.bytes().len() as u64);
        let end = write_at(&self.file, at, &bytes)
            .ok_or_else(|| StreamError::trap("the record would be too long"))?;
        self.at = self.at.map(|_| end);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PIECE)
    }
}

/// Writes at a place, with zeros in front of it where the record is shorter, and says where it ended. `None` where the record
/// would be longer than one may be.
pub(super) fn write_at(file: &File, at: u64, bytes: &[u8]) -> Option<u64> {
    let at = usize::try_from(at).ok()?;
    let end = at.checked_add(bytes.len())?;
    if end > RECORD_BYTES {
        return None;
    }
    file.change(|content| {
        if content.len() < end {
            content.resize(end, 0);
        }
        content[at..end].copy_from_slice(bytes);
    });
    Some(end as u64)
}
