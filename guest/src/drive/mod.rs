//! Performs the core's effects with WASI 0.2: the one place where the component touches the world.
//!
//! One effect at a time, in the order the core asks; only downloads run side by side. Nothing is
//! decided here: what to do about a failure is the core's business.

mod body;
mod download;
mod fs;
mod grant;
mod http;
mod http_error;
mod keep;
mod media_store;
mod names;
mod place;
mod relay;
pub mod stdin;

use std::cell::RefCell;
use std::time::Duration;

use libtv_video_core::io::{Driver, Effect, FileSource, Io, Outcome, Stream, UnixMs, hex};
use wasip2::cli::stderr::get_stderr;
use wasip2::cli::stdout::get_stdout;
use wasip2::clocks::wall_clock;
use wasip2::random::random::get_random_bytes;

use self::stdin::Stdin;
use crate::environment::{self, CONFIG_FILE};

pub use self::fs::{read as read_file, read_up_to as read_file_up_to};

/// Runs a procedure of the core to its end. Boxed, and without an answer of its own: compiled once for all of them.
///
/// # Errors
/// When the runtime has no randomness for it, in words: it wasn't begun.
pub fn drive(procedure: Box<dyn FnOnce(&Io) + '_>) -> Result<(), String> {
    let seed = get_random_bytes(32)
        .try_into()
        // No default: with a seed that repeats, two submits would have the same identities.
        .map_err(|_| "the runtime gave too few random bytes")?;
    let world = World {
        state_dir: environment::state_dir(),
        stdin: RefCell::default(),
    };
    procedure(&Io::new(&world, seed));
    Ok(())
}

/// The world as WASI has it, and what lasts from one effect to the next.
struct World {
    state_dir: String,
    /// Of which only one reader may exist: what it has read is kept in it.
    stdin: RefCell<Option<Stdin>>,
}

impl Driver for World {
    fn perform(&self, effect: Effect) -> Outcome {
        match effect {
            Effect::Fs(op) => Outcome::Fs(fs::perform(&self.state_dir, op)),
            Effect::Http(request) => Outcome::Http(http::exchange(&request)),
            Effect::Long(long) => Outcome::Http(keep::exchange(&self.state_dir, &long)),
            Effect::Measure(request) => Outcome::Measured(http::measure(&request)),
            Effect::Relay(relay) => Outcome::Relayed(relay::relay(&relay)),
            Effect::Inspect(source, size) => {
                let mut stdin = self.stdin.borrow_mut();
                let stdin = stdin.get_or_insert_with(Stdin::new);
                let source = self.located(source);
                Outcome::Inspected(source.and_then(|source| stdin.inspect(&source, size)))
            }
            Effect::Keep(file) => {
                let mut stdin = self.stdin.borrow_mut();
                let stdin = stdin.get_or_insert_with(Stdin::new);
                Outcome::Kept(keep::keep(&self.state_dir, &file, stdin))
            }
            Effect::SendFile(file) => {
                let mut stdin = self.stdin.borrow_mut();
                let stdin = stdin.get_or_insert_with(Stdin::new);
                Outcome::Sent(relay::send_file(&file, stdin))
            }
            Effect::Download(files) => Outcome::Downloaded(download::all(&files)),
            Effect::SaveConfig(text) => Outcome::Saved(save_config(&text)),
            Effect::Say(stream, line) => {
                say(stream, &line);
                Outcome::Done
            }
            Effect::Sleep(pause_ms) => {
                // By the monotonic clock: setting the machine's time doesn't lengthen a pause.
                body::wait(&[], Duration::from_millis(pause_ms));
                Outcome::Done
            }
        }
    }

    fn now_ms(&self) -> UnixMs {
        now_ms()
    }
}

impl World {
    /// A file of the state folder by its path in the component's folders.
    fn located(&self, source: FileSource) -> Result<FileSource, String> {
        match source {
            FileSource::Kept(path) => Ok(FileSource::Path(fs::below(&self.state_dir, &path)?)),
            FileSource::Path(_) | FileSource::Stdin => Ok(source),
        }
    }
}

/// How much [`OutputStream::blocking_write_and_flush`] takes at once.
const FLUSHED_AT_ONCE: usize = 4096;

/// Prints a line. A reader that has gone away is no reason to stop: the work goes on without it.
pub fn say(stream: Stream, line: &str) {
    let output = match stream {
        Stream::Out => get_stdout(),
        Stream::Err => get_stderr(),
    };
    let line = [line, "\n"].concat();
    for piece in line.as_bytes().chunks(FLUSHED_AT_ONCE) {
        if output.blocking_write_and_flush(piece).is_err() {
            break;
        }
    }
}

/// Replaces the configuration file durably.
///
/// # Errors
/// The system's reason; the old file is still there.
fn save_config(text: &[u8]) -> Result<(), String> {
    let folder = environment::config_dir();
    let path = format!("{folder}/{CONFIG_FILE}");
    // In the same folder, since a rename doesn't cross file systems.
    let temporary = format!("{folder}/.{CONFIG_FILE}.{}.tmp", nonce());
    names::make_dir(&folder)?;
    fs::replace(&path, &temporary, text)
}

/// A name part that no other process will choose.
fn nonce() -> String {
    hex(&get_random_bytes(8))
}

/// The machine's clock; it may be set at any time.
fn now_ms() -> UnixMs {
    let now = wall_clock::now();
    now.seconds
        .saturating_mul(1000)
        .saturating_add(u64::from(now.nanoseconds / 1_000_000))
}
