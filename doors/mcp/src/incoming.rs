//! The client's half of the pipe, watched: its end is the end of the server, and a message that is too long is told,
//! because the protocol's reader drops it without a word.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::sync::CancellationToken;

use crate::Log;
use crate::limits::MESSAGE_BYTES;

/// What the client writes.
pub(crate) struct Incoming<R> {
    reader: R,
    ended: CancellationToken,
    log: Log,
    /// Bytes of the line so far.
    line_bytes: usize,
}

impl<R> Incoming<R> {
    /// `ended` is cancelled when the client closes its half.
    pub(crate) fn new(reader: R, ended: CancellationToken, log: Log) -> Self {
        Self {
            reader,
            ended,
            log,
            line_bytes: 0,
        }
    }

    fn watch(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let before = self.line_bytes;
            self.line_bytes = before.saturating_add(piece.len());
            if before <= MESSAGE_BYTES && self.line_bytes > MESSAGE_BYTES {
                (self.log)(&format!(
                    "a message of more than {MESSAGE_BYTES} bytes was dropped: nobody answers it"
                ));
            }
            if piece.ends_with(b"\n") {
                self.line_bytes = 0;
            }
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Incoming<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.reader).poll_read(context, buffer);
        match &read {
            Poll::Pending => {}
            Poll::Ready(Ok(())) if buffer.filled().len() > before => {
                self.watch(&buffer.filled()[before..]);
            }
            Poll::Ready(_) => self.ended.cancel(),
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn told(chunks: &[&[u8]]) -> usize {
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&lines);
        let log: Log = Arc::new(move |line| kept.lock().unwrap().push(line.to_owned()));
        let mut incoming = Incoming::new(tokio::io::empty(), CancellationToken::new(), log);
        chunks.iter().for_each(|chunk| incoming.watch(chunk));
        lines.lock().unwrap().len()
    }

    #[test]
    fn a_message_at_the_limit_is_fine_and_one_beyond_it_is_told_once() {
        let line = vec![b'x'; MESSAGE_BYTES - 1];
        assert_eq!(told(&[&line, b"\n", &line, b"\n"]), 0);
        assert_eq!(told(&[&line, b"xx", b"xx", &line, b"\n", b"{}\n"]), 1);
        assert_eq!(told(&[&line, b"xx\n", &line, b"xx\n"]), 2);
    }
}
