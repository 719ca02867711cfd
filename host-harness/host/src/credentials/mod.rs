//! Where credentials are kept and found: `libtv.json`, the keyring, the environment, OpenClaw's configuration, an embedder.
//! Not here: what a secret is (`secrets/`), and how it gets into a request without passing through the component
//! (`http/broker.rs`).

mod config_file;
mod keyring;
mod services;
mod sources;

pub use config_file::{Change, ConfigFile};
pub use keyring::Keyring;
pub use sources::{CredentialSource, Credentials, app};

pub(crate) use keyring::KeySlot;
pub(crate) use services::{FoundService, short_text};
pub(crate) use sources::{FoundCredentials, OwnSource};
