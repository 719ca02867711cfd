//! Media into a multipart upload, piece by piece: constant memory, and the receiver sets the pace.
//!
//! Not with `splice`: it is faster than any network needs, does not say on which side it failed, and
//! jco's shim cannot do it.
//!
//! The upload's length is declared beforehand, so the source must be exactly as long as was said.
//! When it isn't, the upload is abandoned without its end: no service can take a part for the whole.

use libtv_video_core::io::{
    FileSource, HttpError, Relay, RelayError, Request, Response, SendFile, UnixMs,
};
use wasip2::io::streams::InputStream;

use super::body::{self, Piece, STALLED_AFTER};
use super::grant::{self, PIECE, Use};
use super::http::{Call, Flow};
use super::stdin::Stdin;

/// From the media store into an upload to a chat.
pub fn relay(relay: &Relay) -> Result<Response, RelayError> {
    // The source first: without its first bytes no upload is begun, and nothing is left over at the platform.
    let source = Call::begin(&relay.source, 0, false)
        .and_then(Call::opened)
        .map_err(|error| broken(0, error.reason()))?;
    if !matches!(source.status, 200 | 206) {
        let reason = format!("the media store answered {}", source.status);
        return Err(broken(source.status, &reason));
    }
    if let Some(declared) = source.reader.declared()
        // It was another file when it was looked at: the upload's length was made for that one.
        && declared != relay.source_len
    {
        return Err(broken(
            source.status,
            &format!("the file has {declared} bytes, not {}", relay.source_len),
        ));
    }
    let media = Media {
        status: source.status,
        known: &[],
        rest: source.reader.stream(),
        len: relay.source_len,
    };
    send(
        &relay.upload,
        &relay.head,
        &media,
        &relay.tail,
        relay.end_before_ms,
    )
}

/// From a local file to LibTV.
pub fn send_file(send_file: &SendFile, stdin: &mut Stdin) -> Result<Response, RelayError> {
    let of_stream = |known: &[u8], rest: &InputStream| {
        let media = Media {
            status: 0,
            known,
            rest,
            len: send_file.source_len,
        };
        send(
            &send_file.upload,
            &send_file.head,
            &media,
            &send_file.tail,
            None,
        )
    };
    match &send_file.source {
        FileSource::Stdin => of_stream(&stdin.take_head(), stdin.stream()),
        FileSource::Path(path) | FileSource::Kept(path) => {
            let file =
                grant::open(path, Use::Read).map_err(|refused| broken(0, refused.reason()))?;
            let stream = file
                .read_via_stream(0)
                .map_err(|code| broken(0, grant::reason(code)))?;
            of_stream(&[], &stream)
        }
    }
}

/// What is sent between head and tail.
pub struct Media<'a> {
    /// The store's status, for the error.
    pub status: u16,
    /// What was read of it already.
    pub known: &'a [u8],
    /// The rest of it.
    pub rest: &'a InputStream,
    /// How long all of it must be.
    pub len: u64,
}

/// Why not all of the media went over.
pub enum Stop {
    /// The service wants no more: its answer says why.
    Answered,
    /// The relay has failed.
    Failed(RelayError),
}

impl From<HttpError> for Stop {
    fn from(error: HttpError) -> Self {
        Self::Failed(RelayError::Upload(error))
    }
}

/// Uploads head, media and tail as one body of a declared length.
///
/// # Errors
/// [`RelayError`]: which of both sides failed, and how.
fn send(
    upload: &Request,
    head: &[u8],
    media: &Media<'_>,
    tail: &[u8],
    end_before_ms: Option<UnixMs>,
) -> Result<Response, RelayError> {
    // Declared, since platforms refuse an upload in chunks.
    let len = head.len() as u64 + media.len + tail.len() as u64;
    let mut call = Call::begin(upload, len, true).map_err(RelayError::Upload)?;
    let max = upload.max_response_bytes;
    match write_media(&mut call, head, media) {
        Ok(()) => {}
        // The form has no end yet: whatever the service has of it, it is no whole.
        Err(Stop::Failed(RelayError::Upload(HttpError::Lost(reason)))) => {
            return Err(RelayError::Cut(reason));
        }
        Err(Stop::Failed(error)) => return Err(error),
        Err(Stop::Answered) => return early(call, max, RelayError::Cut),
    }
    if end_before_ms.is_some_and(|end_ms| super::now_ms() >= end_ms) {
        return Err(broken(0, "the upload took too long to be repeated safely"));
    }
    match write_end(&mut call, tail) {
        Ok(()) => call.response(max).map_err(RelayError::Upload),
        Err(Stop::Failed(error)) => Err(error),
        Err(Stop::Answered) => early(call, max, |reason| {
            RelayError::Upload(HttpError::Lost(reason))
        }),
    }
}

/// The answer of a service that wants no more; `lost` says what it means that it has none.
///
/// # Errors
/// It has none, or one that can't be true.
fn early(call: Call, max: u64, lost: fn(String) -> RelayError) -> Result<Response, RelayError> {
    match call.response(max) {
        // A service can't have stored what it has not got.
        // As lost and not as a success: whatever it stored isn't the file.
        Ok(response) if response.status < 300 => Err(RelayError::Upload(HttpError::Lost(
            "the service answered before it had the whole file".to_owned(),
        ))),
        Err(HttpError::Lost(reason)) => Err(lost(reason)),
        early => early.map_err(RelayError::Upload),
    }
}

/// Writes the body but for its end. There is an error wherever the media isn't as long as was said.
fn write_media(call: &mut Call, head: &[u8], media: &Media<'_>) -> Result<(), Stop> {
    go_on(call.write(head)?)?;
    // Its end is looked at before the tail: with one byte too many the form isn't ended, and no service can take a part for
    // the whole.
    media.each_piece(&mut |bytes| go_on(call.write(bytes)?))
}

/// Writes the end of the body: with it, it is whole.
fn write_end(call: &mut Call, tail: &[u8]) -> Result<(), Stop> {
    go_on(call.write(tail)?)?;
    Ok(call.finish()?)
}

/// Stops where the service wants no more.
pub fn go_on(flow: Flow) -> Result<(), Stop> {
    match flow {
        Flow::Open => Ok(()),
        Flow::Answered => Err(Stop::Answered),
    }
}

impl Media<'_> {
    /// Hands all of it over, piece by piece, and makes sure that it is as long as was said.
    ///
    /// # Errors
    /// [`Stop`]: it isn't, can't be read, or nobody wants more of it.
    pub fn each_piece(&self, take: &mut dyn FnMut(&[u8]) -> Result<(), Stop>) -> Result<(), Stop> {
        let Some(mut left) = self.len.checked_sub(self.known.len() as u64) else {
            return Err(self.wrong("the file is longer than it was"));
        };
        take(self.known)?;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            match body::read_piece(self.rest, wanted) {
                Ok(Piece::Bytes(bytes)) => {
                    left = left.saturating_sub(bytes.len() as u64);
                    take(&bytes)?;
                }
                Ok(Piece::NotYet) => self.wait()?,
                Ok(Piece::End) => return Err(lost("the file ended early")),
                Err(reason) => return Err(lost(reason)),
            }
        }
        self.must_end()
    }

    /// Waits for more of the media, at most [`STALLED_AFTER`].
    fn wait(&self) -> Result<(), Stop> {
        if body::wait(&[&self.rest.subscribe()], STALLED_AFTER) {
            Ok(())
        } else {
            Err(lost("the file stopped half-way"))
        }
    }

    /// Makes sure that nothing follows.
    fn must_end(&self) -> Result<(), Stop> {
        loop {
            match body::read_piece(self.rest, 1) {
                Ok(Piece::End) => return Ok(()),
                Ok(Piece::NotYet) => self.wait()?,
                Ok(Piece::Bytes(_)) => return Err(self.wrong("the file is longer than it was")),
                Err(reason) => return Err(lost(reason)),
            }
        }
    }

    /// The source is not what was announced.
    fn wrong(&self, reason: &str) -> Stop {
        Stop::Failed(broken(self.status, reason))
    }
}

/// The source was lost on the way: a matter of the line and not of the file.
pub fn lost(reason: &str) -> Stop {
    Stop::Failed(broken(0, reason))
}

/// The media could not be read; status 0 where there was none.
fn broken(status: u16, reason: &str) -> RelayError {
    RelayError::Source {
        status,
        reason: reason.to_owned(),
    }
}
