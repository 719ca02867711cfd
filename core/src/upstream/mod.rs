//! The services that make media: how each is asked, and what its answers mean. Nothing here knows a chat, a stored file or
//! a timer.

pub mod results;
pub mod session_api;

pub use session_api::turns::Baseline;
