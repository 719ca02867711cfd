//! A guest's standard output and error: passed on as it comes, or kept; bounded; without control sequences where a
//! terminal would obey them.

use std::io::Write;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use crate::error::LimitHit;
use crate::stopped::Stopped;

/// One write is at most this long; the component writes lines.
const CHUNK_BYTES: usize = 64 << 10;
/// Of the last output kept for explaining a trap.
const TAIL_BYTES: usize = 2 << 10;
/// A line that explains a trap is cut here.
const LINE_CHARS: usize = 300;

/// Where a command's output goes.
pub struct Output {
    writer: Box<dyn Write + Send>,
    /// Whether a person's terminal would obey what is written.
    terminal: bool,
    /// Less than the call's limit, where whoever reads it holds all of it.
    most_bytes: u64,
}

impl Output {
    /// To `writer`, which is called with whole pieces, from one thread at a time.
    pub fn to(writer: impl Write + Send + 'static) -> Self {
        Self {
            writer: Box::new(writer),
            terminal: false,
            most_bytes: u64::MAX,
        }
    }

    /// To a terminal: control characters other than line feed, tab and carriage return are replaced.
    pub fn to_terminal(writer: impl Write + Send + 'static) -> Self {
        Self {
            writer: Box::new(writer),
            terminal: true,
            most_bytes: u64::MAX,
        }
    }

    /// With no more than so many bytes: a call that writes more is stopped.
    pub fn at_most(mut self, bytes: u64) -> Self {
        self.most_bytes = bytes;
        self
    }

    /// Another destination with the manners of `output`.
    pub fn like(output: &Self, writer: impl Write + Send + 'static) -> Self {
        Self {
            writer: Box::new(writer),
            terminal: output.terminal,
            most_bytes: output.most_bytes,
        }
    }

    /// Writes what was kept back, or what was made of it.
    ///
    /// # Errors
    /// The destination's own.
    pub fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if self.terminal {
            // Each piece by itself: the component writes whole lines, so no character is cut in two.
            let safe = harmless(&String::from_utf8_lossy(bytes));
            self.writer.write_all(safe.as_bytes())?;
        } else {
            self.writer.write_all(bytes)?;
        }
        // Progress is watched while it happens, also through a pipe, where a buffer would keep it to the
        // end.
        self.writer.flush()
    }

    /// Nowhere.
    pub fn discard() -> Self {
        Self::to(std::io::sink())
    }
}

/// The last bytes of an output.
#[derive(Default)]
pub struct Tail(Mutex<Vec<u8>>);

impl Tail {
    fn push(&self, bytes: &[u8]) {
        if let Ok(mut kept) = self.0.lock() {
            kept.extend_from_slice(bytes);
            let surplus = kept.len().saturating_sub(TAIL_BYTES);
            kept.drain(..surplus);
        }
    }

    /// The last line that isn't a hint about backtraces, made safe to print.
    pub(super) fn last_line(&self) -> String {
        let kept = self.0.lock().map(|kept| kept.clone()).unwrap_or_default();
        let text = String::from_utf8_lossy(&kept).into_owned();
        let line = text
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty() && !line.starts_with("note:"))
            .unwrap_or_default();
        contract::text::seen(line, LINE_CHARS)
    }
}

struct State {
    output: Output,
    /// What may still be written.
    left_bytes: u64,
    max_bytes: u64,
    stopped: Arc<Stopped>,
    tail: Arc<Tail>,
}

/// An output as the guest's stream. Clones share the output.
#[derive(Clone)]
pub struct OutputPipe(Arc<Mutex<State>>);

impl OutputPipe {
    /// Into `output`.
    pub fn new(output: Output) -> Self {
        let state = State {
            output,
            // Nothing until a call has set its limit: an output without one can't be forgotten.
            left_bytes: 0,
            max_bytes: 0,
            stopped: Arc::default(),
            tail: Arc::default(),
        };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(super) fn bounded(self, max_bytes: u64, stopped: &Arc<Stopped>) -> Self {
        if let Ok(mut state) = self.0.lock() {
            let max_bytes = max_bytes.min(state.output.most_bytes);
            (state.left_bytes, state.max_bytes, state.stopped) =
                (max_bytes, max_bytes, Arc::clone(stopped));
        }
        self
    }

    pub(super) fn tail(&self) -> Arc<Tail> {
        self.0
            .lock()
            .map(|state| Arc::clone(&state.tail))
            .unwrap_or_default()
    }

    /// Writes all of it, or nothing where it is too much: half a line of JSON would be worse than none.
    fn put(&self, bytes: &[u8]) -> std::io::Result<()> {
        let mut state = self
            .0
            .lock()
            .map_err(|_| std::io::Error::other("the output is gone"))?;
        let size = bytes.len() as u64;
        if size > state.left_bytes {
            state.stopped.at(LimitHit::Output(state.max_bytes));
            return Err(std::io::Error::other("too much output"));
        }
        state.left_bytes -= size;
        // Before the writer, which may be a closed pipe: the trap that follows is explained all the same.
        state.tail.push(bytes);
        state.output.write(bytes)
    }
}

/// What would be obeyed instead of seen becomes visible.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| {
            if contract::text::is_unseen(c) && !matches!(c, '\n' | '\t' | '\r') {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

impl IsTerminal for OutputPipe {
    fn is_terminal(&self) -> bool {
        self.0.lock().is_ok_and(|state| state.output.terminal)
    }
}

impl StdoutStream for OutputPipe {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for OutputPipe {
    // Writes go to the destination at once, so there is never anything to wait for.
    async fn ready(&mut self) {}
}

impl OutputStream for OutputPipe {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.put(&bytes).map_err(|error| match error.kind() {
            // Whoever read it has gone (as `head` does): the guest may end by itself, that is no fault of
            // it.
            std::io::ErrorKind::BrokenPipe => StreamError::Closed,
            _ => StreamError::trap(&error.to_string()),
        })
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CHUNK_BYTES)
    }
}

impl AsyncWrite for OutputPipe {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Poll::Ready(self.put(bytes).map(|()| bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_told_to_do_anything() {
        assert_eq!(
            harmless("✅ ok\n\u{1b}[2J\u{9b}31mred\u{7}\r"),
            "✅ ok\n\u{fffd}[2J\u{fffd}31mred\u{fffd}\r"
        );
    }

    #[test]
    fn the_last_line_explains_and_the_hint_about_backtraces_does_not() {
        let tail = Tail::default();
        tail.push(
            b"thread panicked at guest/src/lib.rs:1:\nboom\x1b\nnote: run with RUST_BACKTRACE=1\n",
        );
        assert_eq!(tail.last_line(), "boom");
    }
}
