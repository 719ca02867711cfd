//! What may be spent: the question that the harness answers before a request leaves whose route says that it costs money.
//! Not here: how many there may be, and where they are counted.
//!
//! ```text
//! take ──▶ the request leaves ──▶ any answer, or none     the place stays taken
//!    │                    └─────▶ certainly never left    give_back
//!    └──▶ refused, with the sentence for the user
//! ```

use std::pin::Pin;

/// What a count answers in a while: it may stand in a file under a lock, or in a database.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A count of requests that cost money, over calls, processes and restarts. A group is whom they are counted for beside the
/// whole; requests of no group are one as well.
pub trait Spending: Send + Sync {
    /// Takes a place for one request. It is durable when this is `Ok`: a request counts also where its process dies.
    ///
    /// # Errors
    /// The whole sentence for the user: no place is free, or the count can't be kept. Nothing may leave then.
    fn take<'a>(&'a self, group: Option<&'a str>) -> Pending<'a, Result<Place, String>>;

    /// Gives back the place of a request that certainly never left. Where that fails it stays taken.
    fn give_back(&self, place: Place) -> Pending<'_, ()>;

    /// How many places are left, of all and of this group.
    ///
    /// # Errors
    /// Why that can't be known, as a sentence.
    fn standing<'a>(&'a self, group: Option<&'a str>) -> Pending<'a, Result<Standing, String>>;
}

/// A place that was taken, by the name that the count has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(pub String);

/// How many places are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Of all together.
    pub all: Left,
    /// Of one group, where groups have a limit of their own.
    pub group: Option<Left>,
}

/// How many places of a limit are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// How many there are in a day.
    pub limit: u32,
    /// How many of them are free.
    pub left: u32,
    /// When the next one is free, in milliseconds since 1970, where none is; `None` where one is, or none ever will be.
    pub next_at_ms: Option<u64>,
}
