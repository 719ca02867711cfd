//! The client's half of the pipe, watched: its end is the end of the server, and a message that is too long is told and
//! answered (`transport.rs`), because the protocol's reader drops it without a word.

use std::pin::Pin;
use std::task::{Context, Poll};

use rmcp::model::RequestId;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use crate::Log;
use crate::envelope::{Answer, Envelope};
use crate::limits::MESSAGE_BYTES;

/// What the client writes.
pub(crate) struct Incoming<R> {
    reader: R,
    ended: CancellationToken,
    /// Takes the id of each message that is dropped and wants an answer.
    dropped: Sender<Option<RequestId>>,
    log: Log,
    /// Bytes of the line so far.
    line_bytes: usize,
    envelope: Envelope,
}

impl<R> Incoming<R> {
    /// `ended` is cancelled when the client closes its half.
    pub(crate) fn new(
        reader: R,
        ended: CancellationToken,
        dropped: Sender<Option<RequestId>>,
        log: Log,
    ) -> Self {
        Self {
            reader,
            ended,
            dropped,
            log,
            line_bytes: 0,
            envelope: Envelope::default(),
        }
    }

    fn watch(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let before = self.line_bytes;
            self.line_bytes = before.saturating_add(piece.len());
            if before <= MESSAGE_BYTES && self.line_bytes > MESSAGE_BYTES {
                (self.log)(&format!(
                    "a message of more than {MESSAGE_BYTES} bytes was dropped"
                ));
            }
            piece.iter().for_each(|byte| self.envelope.read(*byte));
            if piece.ends_with(b"\n") {
                let envelope = std::mem::take(&mut self.envelope);
                if self.line_bytes > MESSAGE_BYTES
                    && let Answer::Error(id) = envelope.answer()
                {
                    // Full: `DROPPED`.
                    let _ = self.dropped.try_send(id);
                }
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

    /// How many messages were told to be dropped, and how many of them are to be answered.
    fn told(chunks: &[&[u8]]) -> (usize, usize) {
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&lines);
        let log: Log = Arc::new(move |line| kept.lock().unwrap().push(line.to_owned()));
        let (note, dropped) = tokio::sync::mpsc::channel(8);
        let mut incoming = Incoming::new(tokio::io::empty(), CancellationToken::new(), note, log);
        chunks.iter().for_each(|chunk| incoming.watch(chunk));
        (lines.lock().unwrap().len(), dropped.len())
    }

    #[test]
    fn a_message_at_the_limit_is_fine_and_one_beyond_it_is_told_once() {
        let line = vec![b'x'; MESSAGE_BYTES - 1];
        assert_eq!(told(&[&line, b"\n", &line, b"\n"]), (0, 0));
        assert_eq!(told(&[&line, b"xx", b"xx", &line, b"\n", b"{}\n"]), (1, 1));
        assert_eq!(told(&[&line, b"xx\n", &line, b"xx\n"]), (2, 2));
    }
}
