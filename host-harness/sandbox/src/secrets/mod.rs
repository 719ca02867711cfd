//! Secrets in memory: what they are, what stands for them inside the sandbox, and how they may be written.
//! Not here: where they are found, which is the harness's, and how they get into requests (`http/broker.rs`).

mod key;
mod secret;
mod spellings;

pub use key::{ApiKey, marks, prefix, stands_for};
pub use secret::Secret;
pub use spellings::{Finding, LatestSpellings, Spellings};
