//! What the record says of a call (`sandbox::audit`): which call it was, and what it did.

mod recorder;
mod shown;

pub(crate) use recorder::{Kind, Recorder, Trouble};
pub(crate) use shown::recorded;
