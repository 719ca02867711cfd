//! A stream into a file that takes room before it writes.

use std::sync::Arc;

use bytes::Bytes;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{DynOutputStream, OutputStream, Pollable, StreamError, StreamResult};

use super::room::{FolderRoom, Refused};

pub(super) struct MeteredStream {
    pub(super) inner: DynOutputStream,
    pub(super) room: Arc<FolderRoom>,
}

impl MeteredStream {
    fn take(&self, bytes: usize) -> StreamResult<()> {
        self.room
            .take(bytes as u64, 0)
            .map_err(|refused| match refused {
                Refused::Limit => StreamError::trap("the call may not write more"),
                Refused::Account(error) => StreamError::LastOperationFailed(error.into()),
            })
    }
}

#[async_trait]
impl Pollable for MeteredStream {
    async fn ready(&mut self) {
        self.inner.ready().await;
    }
}

#[async_trait]
impl OutputStream for MeteredStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(bytes.len())?;
        self.inner.write(bytes)
    }

    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(bytes.len())?;
        self.inner.blocking_write_and_flush(bytes).await
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.inner.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.inner.check_write()
    }

    async fn cancel(&mut self) {
        self.inner.cancel().await;
    }
}
