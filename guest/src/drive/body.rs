//! Reading an answer's body in pieces, and waiting without waiting for ever.
//!
//! A body that ends before its declared length is an error here, whatever the runtime says of it.

use std::time::Duration;

use libtv_video_core::io::HttpError;
use wasip2::clocks::monotonic_clock;
use wasip2::http::types::IncomingBody;
use wasip2::io::poll::{Pollable, poll};
use wasip2::io::streams::{InputStream, StreamError};

use super::grant::PIECE;

/// How long nothing may move. Longer than the runtime's own limit for a connection, so that its
/// better error comes first; short enough that a dead peer does not hold a poll step for minutes.
pub const STALLED_AFTER: Duration = Duration::from_secs(60);

/// Waits until one of them is ready; false when the time passed first.
pub fn wait(ready: &[&Pollable], limit: Duration) -> bool {
    // Too long for the clock is as good as for ever: some hundred years.
    let nanos = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
    let timer = monotonic_clock::subscribe_duration(nanos);
    let mut all = ready.to_vec();
    all.push(&timer);
    // The timer is the last one: any earlier index is news.
    poll(&all)
        .iter()
        .any(|index| (*index as usize) < ready.len())
}

/// What one look at a stream gave.
pub enum Piece {
    /// Some bytes.
    Bytes(Vec<u8>),
    /// None for now.
    NotYet,
    /// None any more.
    End,
}

/// Looks once at a stream.
///
/// Why it failed is not asked: `http-error-code` would tell, but jco's shim traps on a connection that
/// was reset, which is the one failure that matters.
pub fn read_piece(stream: &InputStream, len: usize) -> Result<Piece, &'static str> {
    match stream.read(len as u64) {
        // A read that gives nothing is no end: WASI says that by `closed`.
        Ok(bytes) if bytes.is_empty() => Ok(Piece::NotYet),
        Ok(bytes) => Ok(Piece::Bytes(bytes)),
        Err(StreamError::Closed) => Ok(Piece::End),
        Err(StreamError::LastOperationFailed(_)) => Err("it broke off before its end"),
    }
}

/// An answer's body under way.
pub struct Reader {
    // Dropped in this order: a stream is a child of its body and traps when it outlives it.
    stream: InputStream,
    _body: IncomingBody,
    declared: Option<u64>,
    taken: u64,
}

impl Reader {
    /// Begins to read.
    pub fn new(body: IncomingBody, declared: Option<u64>) -> Result<Self, HttpError> {
        let stream = body
            .stream()
            .map_err(|()| HttpError::Lost("the runtime gave no body".to_owned()))?;
        Ok(Self {
            stream,
            _body: body,
            declared,
            taken: 0,
        })
    }

    /// The length that the answer declared.
    pub const fn declared(&self) -> Option<u64> {
        self.declared
    }

    /// The stream itself, for passing it on.
    pub const fn stream(&self) -> &InputStream {
        &self.stream
    }

    /// Ready when there is something to look at.
    pub fn pollable(&self) -> Pollable {
        self.stream.subscribe()
    }

    /// Looks once, without waiting.
    pub fn look(&mut self) -> Result<Piece, HttpError> {
        let piece = read_piece(&self.stream, PIECE)
            .map_err(|reason| HttpError::Lost(format!("the answer came, but {reason}")))?;
        match &piece {
            Piece::Bytes(bytes) => self.taken += bytes.len() as u64,
            // Some runtimes end a body quietly when its connection breaks: half a film must not pass for a
            // whole one.
            Piece::End if self.declared.is_some_and(|len| len != self.taken) => {
                return Err(HttpError::Lost("the answer ended early".to_owned()));
            }
            Piece::NotYet | Piece::End => {}
        }
        Ok(piece)
    }

    /// The next bytes, or none at the end.
    pub fn next(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        loop {
            match self.look()? {
                Piece::Bytes(bytes) => return Ok(Some(bytes)),
                Piece::End => return Ok(None),
                // Counted anew with every piece: a slow line is no dead one.
                Piece::NotYet => {
                    if !wait(&[&self.pollable()], STALLED_AFTER) {
                        return Err(HttpError::Lost("the answer stopped half-way".to_owned()));
                    }
                }
            }
        }
    }

    /// The whole body up to a limit, and whether it went on beyond it.
    pub fn read_up_to(&mut self, limit: u64) -> Result<(Vec<u8>, bool), HttpError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut body = Vec::new();
        while let Some(bytes) = self.next()? {
            let room = limit - body.len();
            if let Some(kept) = bytes.get(..room) {
                body.extend_from_slice(kept);
                // The rest isn't read: what is over the limit is of no use, and may have no end.
                if bytes.len() > room {
                    return Ok((body, true));
                }
            } else {
                body.extend_from_slice(&bytes);
            }
        }
        Ok((body, false))
    }

    /// The body's length, or none when it is over the limit.
    pub fn count_up_to(&mut self, limit: u64) -> Result<Option<u64>, HttpError> {
        while self.next()?.is_some() {
            if self.taken > limit {
                return Ok(None);
            }
        }
        Ok(Some(self.taken))
    }
}
