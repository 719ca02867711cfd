//! Results into a folder, several at a time: complete or not there at all, and never over a file
//! of other content.
//!
//! Each file is written under a hidden name of its own, made durable, and only then put in place.
//! The memory used does not depend on the files' size.

use std::time::{Duration, Instant};

use libtv_video_core::io::{Download, HttpError};
use libtv_video_core::media;
use libtv_video_core::upstream::results;
use wasip2::filesystem::types::Descriptor;
use wasip2::io::poll::Pollable;

use super::body::{self, Piece, Reader, STALLED_AFTER};
use super::grant::{self, Use};
use super::http::{ANSWER, Call};
use super::{names, nonce, place};

/// How many run at once: enough to fill a line, few enough for the store not to mind.
const AT_ONCE: usize = 5;

/// So much of a file's beginning tells a page from media.
const HEAD_LEN: usize = 4 * 1024;

/// Pieces taken from one file before the others have their turn.
const PIECES_A_TURN: usize = 16;

/// Fetches all of them; the answers come in the order asked.
pub fn all(files: &[Download]) -> Vec<Result<String, String>> {
    // By their place in the order asked: they end in another one.
    let mut results: Vec<Option<Result<String, String>>> = files.iter().map(|_| None).collect();
    let mut waiting = files.iter().enumerate();
    let mut active: Vec<(usize, Fetch<'_>)> = Vec::new();
    loop {
        while active.len() < AT_ONCE
            && let Some((index, file)) = waiting.next()
        {
            match Fetch::begin(file) {
                Ok(fetch) => active.push((index, fetch)),
                // One file that can't be had leaves the others alone.
                Err(reason) => results[index] = Some(Err(reason)),
            }
        }
        if active.is_empty() {
            break;
        }
        wait_for_any(&active);
        active = active
            .into_iter()
            .filter_map(|(index, mut fetch)| match fetch.go_on() {
                Ok(false) => Some((index, fetch)),
                Ok(true) => {
                    results[index] = Some(fetch.finish());
                    None
                }
                Err(reason) => {
                    results[index] = Some(Err(reason));
                    None
                }
            })
            .collect();
    }
    results
        .into_iter()
        .map(|result| result.unwrap_or_else(|| Err("it was not fetched".to_owned())))
        .collect()
}

/// Waits until one of them has news, or has had none for too long.
fn wait_for_any(active: &[(usize, Fetch<'_>)]) {
    let pollables: Vec<Pollable> = active
        .iter()
        .filter_map(|(_, fetch)| fetch.pollable())
        .collect();
    let patience = active.iter().map(|(_, fetch)| fetch.patience()).min();
    body::wait(
        &pollables.iter().collect::<Vec<_>>(),
        patience.unwrap_or_default(),
    );
}

/// One file under way. Its temporary file goes with it.
struct Fetch<'a> {
    stage: Stage,
    file: Descriptor,
    written: u64,
    head: Vec<u8>,
    content_type: Option<String>,
    last_news: Instant,
    folder: &'a str,
    name: &'a str,
    temporary: Temporary,
}

/// How far one file is.
enum Stage {
    /// The request is out.
    Asked(Call),
    /// The answer comes in.
    Reading(Reader),
    /// It is all there, or will never be.
    Over,
}

impl<'a> Fetch<'a> {
    /// Makes the folder and the hidden file, and sends the request.
    ///
    /// # Errors
    /// A name that leaves the folder, a folder that can't be written, a request that can't be made.
    fn begin(download: &'a Download) -> Result<Self, String> {
        let name = download.name.as_str();
        // The core makes safe names; here is where a path is put together, so that it is asked once more.
        if matches!(name, "" | "." | "..") || name.contains(['/', '\\', '\0']) {
            return Err(format!("not a file name: {name:?}"));
        }
        let folder = match download.dir.trim_end_matches('/') {
            // Nothing but slashes, or nothing: the one root a component has.
            "" => ".",
            folder => folder,
        };
        names::make_dir(folder).map_err(|refused| {
            format!("could not make the folder {folder}: {}", refused.reason())
        })?;
        // Random and hidden: two downloads into one folder don't meet, and nobody opens half a film.
        let temporary = Temporary(format!("{folder}/.{name}.{}.part", nonce()));
        // The file before the request: where the folder can't be written nothing is fetched.
        let file = grant::open(&temporary.0, Use::Create)
            .map_err(|refused| format!("could not write in {folder}: {}", refused.reason()))?;
        // The size of a film is up to the user who asked for it; it passes through in pieces.
        let request = results::ask(&download.url, u64::MAX);
        let call = Call::begin(&request, 0, false).map_err(words)?;
        Ok(Self {
            stage: Stage::Asked(call),
            file,
            written: 0,
            head: Vec::new(),
            content_type: None,
            last_news: Instant::now(),
            folder,
            name,
            temporary,
        })
    }

    fn pollable(&self) -> Option<Pollable> {
        match &self.stage {
            Stage::Asked(call) => Some(call.pollable()),
            Stage::Reading(reader) => Some(reader.pollable()),
            Stage::Over => None,
        }
    }

    /// How much longer it may be silent.
    fn patience(&self) -> Duration {
        let limit = match self.stage {
            Stage::Asked(_) => ANSWER,
            Stage::Reading(_) | Stage::Over => STALLED_AFTER,
        };
        limit.saturating_sub(self.last_news.elapsed())
    }

    /// Does what can be done without waiting; true when the file is complete.
    fn go_on(&mut self) -> Result<bool, String> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Asked(call) if call.pollable().ready() => {
                let answer = call.opened().map_err(words)?;
                // No range was asked for, so that a part (206) would be a mistake.
                if answer.status != 200 {
                    return Err(format!("the media store answered {}", answer.status));
                }
                self.last_news = Instant::now();
                let headers = answer.headers.into_iter();
                let mut types = headers.filter(|(name, _)| name == "content-type");
                self.content_type = types.next().map(|(_, value)| value);
                self.stage = Stage::Reading(answer.reader);
            }
            Stage::Reading(mut reader) => {
                // Not until it is empty: a fast line would leave the others waiting until their servers give
                // up.
                for _ in 0..PIECES_A_TURN {
                    match reader.look().map_err(words)? {
                        Piece::Bytes(bytes) => {
                            let missing = HEAD_LEN.saturating_sub(self.head.len());
                            self.head.extend(bytes.iter().take(missing));
                            grant::write_at(&self.file, &bytes, self.written)?;
                            self.written += bytes.len() as u64;
                            self.last_news = Instant::now();
                        }
                        Piece::NotYet => break,
                        Piece::End => return self.is_media().map(|()| true),
                    }
                }
                self.stage = Stage::Reading(reader);
            }
            silent => self.stage = silent,
        }
        // Behind the reading: whatever has come counts as news.
        if self.patience().is_zero() {
            return Err("the media store stopped sending".to_owned());
        }
        Ok(false)
    }

    /// A page with status 200 is not what was asked for.
    fn is_media(&self) -> Result<(), String> {
        if self.written == 0 {
            return Err("the media store gave an empty file".to_owned());
        }
        let extension = self.name.rsplit_once('.').map(|(_, extension)| extension);
        // What has no extension of its own is stored with this one.
        let extension = extension.filter(|extension| *extension != "bin");
        match media::instead_of_media(extension, self.content_type.as_deref(), &self.head) {
            Some(found) => Err(format!(
                "the media store doesn't give it, but something else ({found})"
            )),
            None => Ok(()),
        }
    }

    /// Makes the complete file durable and puts it in place.
    fn finish(self) -> Result<String, String> {
        self.file
            .sync()
            .map_err(|code| grant::reason(code).to_owned())?;
        let path = format!("{}/{}", self.folder, self.name);
        // Only what is on the disk gets its name: a crash leaves no file that looks whole and isn't.
        place::without_overwriting(&self.temporary.0, &path)?;
        grant::sync(self.folder, Use::Folder)?;
        Ok(path)
    }
}

/// A hidden file that is removed whatever happens.
struct Temporary(String);

impl Drop for Temporary {
    fn drop(&mut self) {
        // It may have been renamed, and a left-over does no harm.
        names::remove_file(&self.0).ok();
    }
}

/// For the user, behind the file's name.
fn words(error: HttpError) -> String {
    error.reason().to_owned()
}
