//! Secrets: what they are, where they are found, and how they get into requests without passing through the component.
//! The component sees placeholders; the broker puts the real values in at the moment a request leaves.

mod broker;
mod config_file;
mod keyring;
mod openclaw;
mod placeholder;
mod secret;
mod sources;
mod spellings;
mod tenant_token;

pub use config_file::{Change, ConfigError, ConfigFile};
pub use keyring::Keyring;
pub use openclaw::openclaw_state_dir;
pub use secret::Secret;
pub use sources::{CredentialSource, Credentials, FeishuApp};

pub(crate) use broker::{Broker, ExchangeFuture, FEISHU_APP_SECRET, FEISHU_TENANT_TOKEN, Verdict};
pub(crate) use keyring::KeySlot;
pub(crate) use openclaw::{Lookup, Places};
pub(crate) use placeholder::{FEISHU_SECRET, KeyMode, Placeholders};
pub(crate) use sources::FoundCredentials;
pub(crate) use spellings::{Finding, Spellings};
pub(crate) use tenant_token::TenantTokens;
