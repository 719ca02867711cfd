//! How the core speaks with the world: one [`Effect`] out, one [`Outcome`] in, each with the time.
//!
//! Procedures are plain functions over [`Io`]; each hands its effects to a [`Driver`], one at a time, and goes on when the
//! driver comes back. Two drivers exist: the component's (`guest/src/drive`), which performs an effect at once, and the
//! simulated world's, which leaves the procedure where it is until its turn comes, or for good.

use std::cell::Cell;

use sha2::{Digest, Sha256};

/// The methods that requests have: one list for who makes them and for the routes that they are granted by.
pub use contract::services::Method;

use crate::secret::Secret;

/// Names this program to the services.
pub const USER_AGENT: &str = concat!("LibTVSkill/", env!("CARGO_PKG_VERSION"));

/// Milliseconds since 1970-01-01 UTC.
pub type UnixMs = u64;

/// What an API answer may weigh. A session's messages run to a few hundred kilobytes; 8 MiB is
/// far above that and far below the memory an instance has.
pub const MAX_API_RESPONSE_BYTES: u64 = 8 * 1024 * 1024;

/// One HTTP request. It has no `Debug`: headers and bodies may hold secrets.
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole URL.
    pub url: String,
    /// Header names in lower case, with their values.
    pub headers: Vec<(&'static str, String)>,
    /// The one header that carries a credential; where its name is the contract's word for a segment of the path, that word in
    /// the address is the credential's place.
    pub credential: Option<(&'static str, Secret)>,
    /// The body; its length is declared.
    pub body: Vec<u8>,
    /// How much of the answer's body is kept. The rest is dropped and the answer marked.
    pub max_response_bytes: u64,
}

/// One HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body, as far as it was kept.
    pub body: Vec<u8>,
    /// Whether the body went on beyond `max_response_bytes`.
    pub truncated: bool,
}

impl Response {
    /// The first value of a header, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpError {
    /// It certainly did not reach the service: no name, no connection, no TLS.
    NotSent(String),
    /// The sandbox refused it.
    Denied(String),
    /// It did not leave, for a setting of this machine: nothing changes until somebody changes that.
    Setting(String),
    /// It did not leave: as many requests that cost money were sent as may be. The reason is the whole sentence for the user.
    Limit(String),
    /// It left, and the answer was lost: the service may or may not have acted on it.
    Lost(String),
}

impl HttpError {
    /// The reason in words.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::NotSent(reason)
            | Self::Denied(reason)
            | Self::Setting(reason)
            | Self::Limit(reason)
            | Self::Lost(reason) => reason,
        }
    }
}

/// A file operation inside the state folder. Paths are relative to it, with `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FsOp {
    /// The whole content, or nothing when there is no such file.
    Read(String),
    /// Makes or overwrites a file, unsynced.
    Write(String, Vec<u8>),
    /// Makes the file's content durable.
    Sync(String),
    /// Replaces the second by the first, atomically.
    Rename(String, String),
    /// Gives the first a second name, atomically, unless that name is taken.
    Link(String, String),
    /// Makes the folder's entries durable.
    SyncDir(String),
    /// The names in a folder, sorted; a missing folder is empty.
    List(String),
    /// Removes a file; a missing one is fine.
    Remove(String),
    /// Removes an empty folder; a missing one is fine.
    RemoveDir(String),
    /// Makes a folder and its parents; an existing one is fine.
    MakeDir(String),
}

/// What a file operation gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FsDone {
    /// It is done.
    Done,
    /// `Link` found the name taken and did nothing.
    Taken,
    /// What `Read` found.
    Content(Option<Vec<u8>>),
    /// What `List` found.
    Names(Vec<String>),
}

/// Media from the store into a multipart upload, body to body.
pub struct Relay {
    /// Fetches the media.
    pub source: Request,
    /// How long the media must be; any other length fails the relay.
    pub source_len: u64,
    /// The upload without its body.
    pub upload: Request,
    /// The multipart text before the media.
    pub head: Vec<u8>,
    /// The multipart text after it.
    pub tail: Vec<u8>,
    /// Where set: the tail isn't sent from then on, so that nothing can have come of the upload.
    pub end_before_ms: Option<UnixMs>,
}

/// Why a relay has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayError {
    /// The media could not be read to its end: status 0 stands for a lost connection.
    Source {
        /// The store's HTTP status.
        status: u16,
        /// What happened.
        reason: String,
    },
    /// The upload broke off before its end was sent: nobody can have taken it for whole.
    Cut(String),
    /// The upload had no answer.
    Upload(HttpError),
}

/// Where an uploaded file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSource {
    /// A path the component may read.
    Path(String),
    /// Standard input.
    Stdin,
    /// A file of the state folder, by its path in that.
    Kept(String),
}

/// A request that carries files of the state folder in its body, or whose answer takes long. It is given up after
/// [`LONG_REQUEST_MS`].
pub struct LongRequest {
    /// The request; its body without the files.
    pub request: Request,
    /// The files, in the order of their places.
    pub inserts: Vec<Insert>,
}

/// A file that stands in a body as base64 (RFC 4648, with padding).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insert {
    /// Behind so many bytes of the body as it is without any file.
    pub at: usize,
    /// The file, by its path in the state folder.
    pub path: String,
    /// Its length as it was seen; with any other one nothing is sent.
    pub len: u64,
}

/// The longest that a [`LongRequest`] may take to leave: 64 MB over a line of 1 Mbit/s.
pub const LONG_REQUEST_MS: u64 = 10 * 60 * 1000;
/// The longest that its answer may take from then on: a picture takes about a minute, a set of nine several.
pub const LONG_ANSWER_MS: u64 = 5 * 60 * 1000;

/// A file that is to be kept in the state folder.
pub struct Keep {
    /// The file.
    pub source: FileSource,
    /// Its length as inspected; any other length fails.
    pub source_len: u64,
    /// Where it is written, by its path in the state folder. What is there is replaced; nothing is synced.
    pub path: String,
}

/// A local file into a multipart upload.
pub struct SendFile {
    /// The file.
    pub source: FileSource,
    /// Its length as inspected; any other length fails the upload.
    pub source_len: u64,
    /// The upload without its body.
    pub upload: Request,
    /// The multipart text before the file.
    pub head: Vec<u8>,
    /// The multipart text after it.
    pub tail: Vec<u8>,
}

/// One file to fetch into a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// The result's URL.
    pub url: String,
    /// The folder, as the user named it.
    pub dir: String,
    /// The name in it. An existing file of other content is left alone and the download fails.
    pub name: String,
}

/// What was seen of a local file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// Its length in bytes.
    pub len: u64,
    /// Its beginning, up to 64 KiB.
    pub head: Vec<u8>,
}

/// Which output a line goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Results and errors: agents read it.
    Out,
    /// Progress and hints.
    Err,
}

/// Something the core wants done.
pub enum Effect {
    /// A file operation in the state folder.
    Fs(FsOp),
    /// A request with a small body.
    Http(Request),
    /// One that takes longer.
    Long(LongRequest),
    /// Reads a body to its end and counts it, up to the request's limit.
    Measure(Request),
    /// Media from their store into an upload.
    Relay(Relay),
    /// Looks at a local file.
    Inspect(FileSource, Option<u64>),
    /// A local file to the service.
    SendFile(SendFile),
    /// A local file into the state folder.
    Keep(Keep),
    /// Several files, up to five at a time.
    Download(Vec<Download>),
    /// Writes the configuration file, durably and at once.
    SaveConfig(Vec<u8>),
    /// Prints a line.
    Say(Stream, String),
    /// Waits. Only `wait-and-deliver` does.
    Sleep(u64),
}

/// What came of an effect; the variant is the effect's.
pub enum Outcome {
    /// Of [`Effect::Fs`].
    Fs(Result<FsDone, String>),
    /// Of [`Effect::Http`] and [`Effect::Long`].
    Http(Result<Response, HttpError>),
    /// Of [`Effect::Measure`]: the length, or none when it is over the limit.
    Measured(Result<Option<u64>, HttpError>),
    /// Of [`Effect::Relay`].
    Relayed(Result<Response, RelayError>),
    /// Of [`Effect::Inspect`]: none when there is no such file.
    Inspected(Result<Option<Inspected>, String>),
    /// Of [`Effect::SendFile`].
    Sent(Result<Response, RelayError>),
    /// Of [`Effect::Keep`]: the SHA-256 of what was written, in hex.
    Kept(Result<String, String>),
    /// Of [`Effect::Download`]: the path written, or why not.
    Downloaded(Vec<Result<String, String>>),
    /// Of [`Effect::SaveConfig`].
    Saved(Result<(), String>),
    /// Of [`Effect::Say`] and [`Effect::Sleep`].
    Done,
}

/// Who performs effects. It decides nothing: what to do about a failure is the procedure's business.
pub trait Driver {
    /// Performs one effect and comes back with what came of it; the outcome's variant is the effect's.
    ///
    /// A driver that doesn't come back ends the procedure there, as a crash would: everything that must outlast it is in the
    /// state folder by then.
    fn perform(&self, effect: Effect) -> Outcome;

    /// The time by its clock, which may be set at any time.
    fn now_ms(&self) -> UnixMs;
}

/// A procedure's handle on the world.
pub struct Io<'d> {
    /// Who performs its effects.
    driver: &'d dyn Driver,
    /// The driver's clock after the last effect.
    now_ms: Cell<UnixMs>,
    /// Where all randomness of the procedure comes from.
    seed: [u8; 32],
    /// How many random words were drawn from it.
    drawn: Cell<u64>,
}

/// An effect was answered with another effect's outcome: a bug of the driver, told as a failure.
pub(crate) const MISMATCH: &str = "the driver answered with another effect's outcome";

impl<'d> Io<'d> {
    /// For one procedure; `seed` is 32 random bytes that no other one gets.
    #[must_use]
    pub fn new(driver: &'d dyn Driver, seed: [u8; 32]) -> Self {
        Self {
            driver,
            now_ms: Cell::new(driver.now_ms()),
            seed,
            drawn: Cell::new(0),
        }
    }

    /// The time of the last event.
    #[must_use]
    pub fn now_ms(&self) -> UnixMs {
        self.now_ms.get()
    }

    /// 128 fresh random bits in hex, drawn from the seed given at the start.
    #[must_use]
    pub fn nonce(&self) -> String {
        // Counted and hashed with the seed: the core has no randomness of its own, so that a simulated run
        // gives the same numbers again.
        let count = self.drawn.get();
        self.drawn.set(count + 1);
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(count.to_le_bytes());
        hex(&hash.finalize()[..16])
    }

    /// A random number for jitter.
    #[must_use]
    pub fn jitter(&self) -> u64 {
        u64::from_str_radix(&self.nonce()[..16], 16).unwrap_or(0)
    }

    /// A file operation.
    pub fn fs(&self, op: FsOp) -> Result<FsDone, String> {
        self.perform(Effect::Fs(op), |outcome| match outcome {
            Outcome::Fs(result) => result,
            _ => Err(MISMATCH.to_owned()),
        })
    }

    /// A request with a small body.
    pub fn http(&self, request: Request) -> Result<Response, HttpError> {
        self.perform(Effect::Http(request), |outcome| match outcome {
            Outcome::Http(result) => result,
            _ => Err(HttpError::Lost(MISMATCH.to_owned())),
        })
    }

    /// A request that takes longer than others.
    pub fn long(&self, request: LongRequest) -> Result<Response, HttpError> {
        self.perform(Effect::Long(request), |outcome| match outcome {
            Outcome::Http(result) => result,
            _ => Err(HttpError::Lost(MISMATCH.to_owned())),
        })
    }

    /// The length of a body that does not declare it; none when it is over the request's limit.
    pub fn measure(&self, request: Request) -> Result<Option<u64>, HttpError> {
        self.perform(Effect::Measure(request), |outcome| match outcome {
            Outcome::Measured(result) => result,
            _ => Err(HttpError::Lost(MISMATCH.to_owned())),
        })
    }

    /// Media from their store into an upload.
    pub fn relay(&self, relay: Relay) -> Result<Response, RelayError> {
        self.perform(Effect::Relay(relay), |outcome| match outcome {
            Outcome::Relayed(result) => result,
            _ => Err(RelayError::Upload(HttpError::Lost(MISMATCH.to_owned()))),
        })
    }

    /// Looks at a local file; the size is given where only the caller knows it (standard input).
    pub fn inspect(
        &self,
        source: FileSource,
        size: Option<u64>,
    ) -> Result<Option<Inspected>, String> {
        self.perform(Effect::Inspect(source, size), |outcome| match outcome {
            Outcome::Inspected(result) => result,
            _ => Err(MISMATCH.to_owned()),
        })
    }

    /// A local file to the service.
    pub fn send_file(&self, send: SendFile) -> Result<Response, RelayError> {
        self.perform(Effect::SendFile(send), |outcome| match outcome {
            Outcome::Sent(result) => result,
            _ => Err(RelayError::Upload(HttpError::Lost(MISMATCH.to_owned()))),
        })
    }

    /// A local file into the state folder; the SHA-256 of what was written.
    pub fn keep(&self, keep: Keep) -> Result<String, String> {
        self.perform(Effect::Keep(keep), |outcome| match outcome {
            Outcome::Kept(result) => result,
            _ => Err(MISMATCH.to_owned()),
        })
    }

    /// Fetches files into a folder; the answers come in the order asked.
    pub fn download(&self, files: Vec<Download>) -> Vec<Result<String, String>> {
        let asked = files.len();
        let mut results = self.perform(Effect::Download(files), |outcome| match outcome {
            Outcome::Downloaded(results) => results,
            _ => Vec::new(),
        });
        // A file without an outcome would be neither written nor missed, and the whole look like a success.
        results.resize(asked, Err(MISMATCH.to_owned()));
        results
    }

    /// Writes the configuration file.
    pub fn save_config(&self, text: Vec<u8>) -> Result<(), String> {
        self.perform(Effect::SaveConfig(text), |outcome| match outcome {
            Outcome::Saved(result) => result,
            _ => Err(MISMATCH.to_owned()),
        })
    }

    /// Prints a line on stdout.
    pub fn out(&self, line: impl Into<String>) {
        self.perform(Effect::Say(Stream::Out, line.into()), drop)
    }

    /// Prints a line on stderr.
    pub fn err(&self, line: impl Into<String>) {
        self.perform(Effect::Say(Stream::Err, line.into()), drop)
    }

    /// Waits.
    pub fn sleep(&self, pause_ms: u64) {
        self.perform(Effect::Sleep(pause_ms), drop)
    }

    /// Has the driver perform an effect; `read` takes the outcome apart.
    pub(crate) fn perform<T>(&self, effect: Effect, read: fn(Outcome) -> T) -> T {
        read(self.outcome_of(effect))
    }

    /// Not a part of [`Self::perform`], which is compiled once for each kind of outcome.
    fn outcome_of(&self, effect: Effect) -> Outcome {
        let outcome = self.driver.perform(effect);
        // A procedure sees the same time until its next effect: what it computes from it fits together.
        self.now_ms.set(self.driver.now_ms());
        outcome
    }
}

/// A SHA-256 of what comes in pieces.
#[derive(Default)]
pub struct Sum(Sha256);

impl Sum {
    /// Adds a piece.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The sum of all, in hex.
    #[must_use]
    pub fn hex(self) -> String {
        hex(&self.0.finalize())
    }
}

/// Bytes in lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// The first `len` hex digits of a SHA-256 over the parts, each ended by a zero byte.
#[must_use]
pub fn digest(parts: &[&str], len: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        // The end of each part is hashed as well: else ("ab", "c") and ("a", "bc") would give one identity to
        // two messages.
        hash.update([0]);
    }
    let mut text = hex(&hash.finalize());
    text.truncate(len);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers everything as if nothing had been asked.
    struct Deaf;

    impl Driver for Deaf {
        fn perform(&self, _: Effect) -> Outcome {
            Outcome::Done
        }

        fn now_ms(&self) -> UnixMs {
            0
        }
    }

    #[test]
    fn files_that_a_driver_says_nothing_about_are_missed_and_not_forgotten() {
        let io = Io::new(&Deaf, [0; 32]);
        let file = |name: &str| Download {
            url: "https://x/1.mp4".to_owned(),
            dir: "out".to_owned(),
            name: name.to_owned(),
        };
        let results = io.download(vec![file("1.mp4"), file("2.mp4")]);
        assert_eq!(results, [(); 2].map(|()| Err(MISMATCH.to_owned())));
    }
}
