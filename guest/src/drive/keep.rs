//! The user's own files in the state folder: written there piece by piece, and sent from there as base64 within a request's
//! body. Both in constant memory: a request may have 64 MB, as much as the whole component.

use std::time::{Duration, Instant};

use libtv_video_core::base64::Base64;
use libtv_video_core::io::{
    FileSource, HttpError, Insert, Keep, LONG_ANSWER_MS, LONG_REQUEST_MS, LongRequest, RelayError,
    Response, Sum,
};
use wasip2::filesystem::types::Descriptor;
use wasip2::io::streams::InputStream;

use super::fs::below;
use super::grant::{self, Use};
use super::http::{Call, Flow};
use super::relay::{Media, Stop, go_on, lost};
use super::stdin::Stdin;

/// Writes a file into the state folder; nothing is synced. The SHA-256 of what was written, in hex.
///
/// # Errors
/// In words: it can't be read or written, or isn't as long as was said. A part of it may be there then.
pub fn keep(root: &str, keep: &Keep, stdin: &mut Stdin) -> Result<String, String> {
    let target = grant::open(&below(root, &keep.path)?, Use::Overwrite)?;
    let (mut sum, mut at) = (Sum::default(), 0);
    let mut write = |known: &[u8], rest: &InputStream| {
        let media = Media {
            status: 0,
            known,
            rest,
            len: keep.source_len,
        };
        media.each_piece(&mut |bytes| {
            sum.add(bytes);
            grant::write_at(&target, bytes, at).map_err(|reason| lost(&reason))?;
            at += bytes.len() as u64;
            Ok(())
        })
    };
    let written = match &keep.source {
        FileSource::Stdin => write(&stdin.take_head(), stdin.stream()),
        FileSource::Path(path) | FileSource::Kept(path) => {
            // Opened once and read through: another file under the same name meanwhile is none of this one.
            let file = grant::open(path, Use::Read)?;
            write(&[], &whole(&file)?)
        }
    };
    match written {
        Ok(()) => Ok(sum.hex()),
        Err(stop) => Err(reason_of(stop)),
    }
}

/// A request with files of the state folder in its body, and its answer.
///
/// # Errors
/// [`HttpError`]; certainly not sent where a file isn't what it was, since the body has no end then.
pub fn exchange(root: &str, long: &LongRequest) -> Result<Response, HttpError> {
    let body = &long.request.body;
    let encoded = long.inserts.iter().map(|insert| insert.len.div_ceil(3) * 4);
    let len = encoded.fold(body.len() as u64, u64::saturating_add);
    // Opened before anything leaves: what is missing is told without a request.
    let files = long.inserts.iter().map(|insert| opened(root, insert));
    let files = files.collect::<Result<Vec<_>, _>>();
    let files = files.map_err(HttpError::NotSent)?;
    // Declared: the service refuses a body in chunks, and one that breaks off is no whole.
    let mut call = Call::begin(&long.request, len, true)?;
    match write(&mut call, long, &files) {
        Ok(()) => call.finish()?,
        // The response says why.
        Err(Stop::Answered) => {}
        Err(Stop::Failed(RelayError::Upload(error))) => return Err(error),
        Err(stop @ Stop::Failed(_)) => return Err(HttpError::NotSent(reason_of(stop))),
    }
    let answer = Duration::from_millis(LONG_ANSWER_MS);
    call.response_within(answer, long.request.max_response_bytes)
}

/// A file that is put in, as long as it was.
fn opened(root: &str, insert: &Insert) -> Result<Descriptor, String> {
    let file = grant::open(&below(root, &insert.path)?, Use::Read)?;
    let found = file.stat().map_err(grant::reason)?;
    if found.size == insert.len {
        Ok(file)
    } else {
        Err("a picture that was kept isn't what it was".to_owned())
    }
}

/// Writes the body with the files in it.
fn write(call: &mut Call, long: &LongRequest, files: &[Descriptor]) -> Result<(), Stop> {
    let begun = Instant::now();
    let body = &long.request.body;
    let mut from = 0;
    for (insert, file) in long.inserts.iter().zip(files) {
        let between = body.get(from..insert.at).unwrap_or_default();
        go_on(call.write(between)?)?;
        from = insert.at;
        let rest = whole(file).map_err(|reason| lost(&reason))?;
        let media = Media {
            status: 0,
            known: &[],
            rest: &rest,
            len: insert.len,
        };
        // One for each file: threes don't go on from one to the next.
        let mut base64 = Base64::default();
        media.each_piece(&mut |bytes| {
            // The intent counts as left by a process that died some minutes behind this.
            if begun.elapsed() > Duration::from_millis(LONG_REQUEST_MS) {
                return Err(lost("it took longer than ten minutes to send"));
            }
            go_on(call.write(&base64.add(bytes))?)
        })?;
        go_on(call.write(&base64.end())?)?;
    }
    let end = body.get(from..).unwrap_or_default();
    match call.write(end)? {
        Flow::Open => Ok(()),
        Flow::Answered => Err(Stop::Answered),
    }
}

/// All of a file as a stream.
fn whole(file: &Descriptor) -> Result<InputStream, String> {
    file.read_via_stream(0)
        .map_err(|code| grant::reason(code).to_owned())
}

/// In words.
fn reason_of(stop: Stop) -> String {
    match stop {
        Stop::Answered => "nobody takes it".to_owned(),
        Stop::Failed(RelayError::Source { reason, .. } | RelayError::Cut(reason)) => reason,
        Stop::Failed(RelayError::Upload(error)) => error.reason().to_owned(),
    }
}
