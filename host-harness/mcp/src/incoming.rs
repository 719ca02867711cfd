//! The client's half of the pipe: one line at a time, never more of it in memory than a message may have. Not here: what a
//! line says (`message.rs`).

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use crate::envelope::{Answer, Envelope};
use crate::limits::MESSAGE_BYTES;

/// What the client wrote next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line without its end.
    Whole(Vec<u8>),
    /// One of more than [`MESSAGE_BYTES`], dropped, and how it is to be answered.
    TooLong(Answer),
}

/// Reads lines. A read that is given up half-way loses nothing: what came so far stays here.
pub(crate) struct Incoming<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    /// Bytes of the line so far, its end included.
    line_bytes: usize,
    envelope: Envelope,
}

impl<R: AsyncRead + Unpin> Incoming<R> {
    /// Nothing has been read yet.
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader: BufReader::new(reader),
            line: Vec::new(),
            line_bytes: 0,
            envelope: Envelope::default(),
        }
    }

    /// The next line; none when the client has closed its half. A last line without an end is no message: the client may
    /// have been cut off in the middle of it.
    ///
    /// # Errors
    /// When the pipe can't be read.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            // Nothing is consumed when this is given up, and from here to `consume` nothing waits.
            let available = self.reader.fill_buf().await?;
            if available.is_empty() {
                return Ok(None);
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let piece = &available[..end.map_or(available.len(), |at| at + 1)];
            self.line_bytes = self.line_bytes.saturating_add(piece.len());
            for byte in piece {
                self.envelope.read(*byte);
            }
            if self.line_bytes <= MESSAGE_BYTES {
                self.line.extend_from_slice(piece);
            } else {
                // Given back at once: a client that sends gigabytes must not have them kept until its line
                // ends.
                self.line = Vec::new();
            }
            let consumed = piece.len();
            self.reader.consume(consumed);
            if end.is_some() {
                return Ok(Some(self.end_line()));
            }
        }
    }

    /// The line that has come to its end; the next one begins anew.
    fn end_line(&mut self) -> Line {
        let envelope = std::mem::take(&mut self.envelope);
        let mut line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.line_bytes) > MESSAGE_BYTES {
            return Line::TooLong(envelope.answer());
        }
        line.pop();
        Line::Whole(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long each line is; none for those that are too long.
    async fn lengths(text: &[u8]) -> Vec<Option<usize>> {
        let mut incoming = Incoming::new(text);
        let mut found = Vec::new();
        while let Some(line) = incoming.next().await.unwrap() {
            found.push(match line {
                Line::Whole(line) => Some(line.len()),
                Line::TooLong(_) => None,
            });
        }
        found
    }

    #[tokio::test]
    async fn a_message_at_the_limit_is_read_and_one_beyond_it_is_dropped_once() {
        let most = vec![b'x'; MESSAGE_BYTES - 1];
        let text = [
            &most[..],
            b"\n",
            &most,
            b"x\n",
            &most,
            &most,
            b"\n",
            b"{}\n",
            b"cut off",
        ]
        .concat();
        assert_eq!(
            lengths(&text).await,
            [Some(most.len()), None, None, Some(2)]
        );
    }

    #[tokio::test]
    async fn what_is_too_long_is_answered_under_its_id() {
        let long = "y".repeat(MESSAGE_BYTES);
        let long = format!("{{\"id\":7,\"method\":\"x\",\"params\":\"{long}\"}}\n");
        let mut incoming = Incoming::new(long.as_bytes());
        let line = incoming.next().await.unwrap();
        let seven = rmcp::model::RequestId::Number(7);
        assert_eq!(line, Some(Line::TooLong(Answer::Error(Some(seven)))));
    }
}
