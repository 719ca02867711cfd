//! The timer: replaces the background process that earlier implementations forked for every job. It knows when each
//! session is due, polls several at once, retries, notices submits by other processes, and writes the session logs.

mod backoff;
mod clock;
mod event;
mod idle;
mod log;
mod look;
mod own;
mod pace;
mod schedule;
mod serve;
mod stop;
mod watch;
mod watched;

pub use clock::{Clock, SystemClock};
pub use event::{Event, EventKind};
pub use serve::{ServeOptions, Served, serve};
pub use stop::StopHandle;
