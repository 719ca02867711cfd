//! The services that make media: the port that the rest of the program asks through, and its members.
//!
//! Nothing here knows a chat, a stored file or a timer; nothing outside of here names a service. A service is one folder
//! and one line in [`MEMBERS`]; its addresses, its key and its routes stand in `contract::services`.

mod account;
#[cfg(feature = "ark")]
pub mod ark;
mod error;
pub mod libtv;
mod member;
pub mod nexu;
mod observation;
#[cfg(feature = "pippit")]
pub mod pippit;
mod port;
mod reconcile;
mod references;
pub mod results;
pub mod session_api;

pub use account::{ApiKey, Choices, Upstream, base_url};
pub use error::{Error, Meaning};
pub use member::{Member, Pictures, References, ServiceId, Shape, Traits};
pub use observation::{
    Baseline, Observation, QUIET_POLLS, QUIET_POLLS_OF_WORDS, TurnMark, Verdict, View, judge,
};
pub use port::{
    Answer, CANCELLED, Given, Job, KeyStatus, Listed, Listing, Order, Port, Reference, Stage,
    Stopped, Submitted, not_offered,
};
pub use reconcile::{Fate, Lost, Sighting, fate};
pub use references::split;

/// Every service, in the order in which people are told of them. The first is that of records which name none.
pub static MEMBERS: &[&Member] = &[
    &nexu::NEXU,
    &libtv::LIBTV,
    #[cfg(feature = "ark")]
    &ark::ARK,
    #[cfg(feature = "ark")]
    &ark::MODELARK,
    #[cfg(feature = "pippit")]
    &pippit::PIPPIT,
    #[cfg(feature = "pippit")]
    &pippit::PIPPIT_INTL,
];
