//! A store in the place of the state folder, for every call of a harness: commands, typed calls and the timer's. For whoever keeps
//! sessions elsewhere and has them worked on by what works on a folder. Recipients and spending stay in the home.
//! Not here: one call's state that is its caller's affair altogether, how either is put into a call (`state.rs`), and any store.

use std::sync::Arc;

use contract::kind;
use sandbox::call::Records;
use sandbox::http::{Gate, Pending};

/// Which call wants its state.
#[derive(Debug, Clone, Copy)]
pub struct Borrower<'a> {
    /// What it is for, which says what it may change.
    pub kind: kind::Kind,
    /// The session that it names, or the beginning of its id.
    pub session: Option<&'a str>,
}

/// Gives each call its state.
pub trait StateStore: Send + Sync {
    /// What a call works on. Where somebody else has it, this waits.
    ///
    /// # Errors
    /// Why it can't be had, as a sentence: the call isn't made.
    fn lend<'a>(&'a self, borrower: Borrower<'a>) -> Pending<'a, Result<Lent, String>>;
}

/// What one call has of a store.
pub struct Lent {
    /// What the component sees as its state folder.
    pub records: Arc<Records>,
    /// Asked before every request that isn't a read.
    pub gate: Arc<dyn Gate>,
    /// As [`CallState::is_alone`](crate::CallState::is_alone).
    pub is_alone: bool,
    /// Takes it back once the call is over, with whether the component came to its end: what it has not synced counts only then.
    pub take_back: Box<dyn FnOnce(bool) -> Pending<'static, ()> + Send>,
}
