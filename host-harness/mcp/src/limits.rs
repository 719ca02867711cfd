//! Every bound of the server, with its reason. What a call into the component may use is the harness's
//! (`host::limits`).

use std::time::Duration;

use host::limits::{ANSWER_BYTES, ANSWER_VALUES, VALUE_BYTES};

/// One message of the client, in bytes. The longest request that makes sense, a storyboard of ten thousand words, has
/// sixty kilobytes.
pub(crate) const MESSAGE_BYTES: usize = 1 << 20;

/// Calls into the component at once: as many as the timer's steps, unless more of these are asked for. A model works through
/// a few.
pub(crate) const CALLS: usize = 16;

/// Answers with lists at once, of messages, sessions or tasks. A client reads one after the other.
pub(crate) const LISTS: usize = 4;

/// What all answers together may take of the host's memory, whatever the component makes of them: a machine with a
/// gigabyte has as much for them beside the instances.
const ANSWERS_BYTES: usize = 640 << 20;

/// A list as the component gave it, its values as objects, and the text that the client is sent.
const LIST_BYTES: usize = 2 * ANSWER_BYTES + ANSWER_VALUES * VALUE_BYTES;

const _: () = assert!(CALLS * ANSWER_BYTES + LISTS * LIST_BYTES <= ANSWERS_BYTES);

/// Calls of `wait_for_result` at once. Between its looks one costs nothing; more jobs than this nobody watches.
pub(crate) const WAITS: usize = 32;

/// How long `wait_for_result` waits when it isn't told. Clients give a request a minute, unless they ask for progress.
pub(crate) const WAIT_DEFAULT_S: u32 = 50;
/// And at most. A video takes up to half an hour; what takes longer arrives in the chat all the same.
pub(crate) const WAIT_MAX_S: u32 = 1_800;

/// A call that asked for progress hears from us at least this often: clients that begin their time-out anew with
/// every notification have one of a minute, some of half.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(10);

/// Between two looks at a session while another harness polls it. That one asks every eight seconds at most, and each look is a
/// line in the record of calls.
pub(crate) const LOOK: Duration = Duration::from_secs(3);

/// Between two tries to own the state folder. A first poll is due eight seconds after a submit: when the harness that
/// polls leaves, no job notices.
pub(crate) const OWN_RETRY: Duration = Duration::from_secs(5);

/// Calls in flight get this long to be answered when the server ends, as the timer's steps do. Clients send SIGTERM two
/// seconds after they closed the input, and kill two seconds later.
pub(crate) const GRACE: Duration = Duration::from_secs(3);

/// Sessions on one page of `resources/list`.
pub(crate) const PAGE: usize = 100;
/// Ended sessions that are known at most; the component keeps as many.
pub(crate) const ENDED: u32 = 500;

/// Of the user's words in a session's title.
pub(crate) const TITLE_CHARS: usize = 60;
