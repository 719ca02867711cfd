//! Secrets in memory: what they are, what stands for them inside the sandbox, and how they may be written.
//! Not here: where they are found (`credentials/`), and how they get into requests (`http/broker.rs`).

mod placeholder;
mod secret;
mod spellings;

pub use secret::Secret;

pub(crate) use placeholder::{
    ApiKey, Placeholders, mentions_placeholder, prefix, service_of, stands_for,
};
pub(crate) use spellings::{Finding, LatestSpellings, Spellings};
