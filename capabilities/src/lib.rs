//! What the component can reach: `capabilities.json`, and the three places that are written from it.
//!
//! - the harness's default policy, `host-harness/library/src/capabilities.rs`
//! - the policy for Wassette, `doors/wassette/policy.yaml`
//! - the tables in `SECURITY.md`
//!
//! `tests/it/capabilities.rs` compares the description with the component itself. Not here: enforcing any of it.

mod render;

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The whole description.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// Where the component looks for its state folder when nothing else is said.
    pub folder: String,
    /// Whom it may talk to.
    pub services: Vec<Service>,
    /// Hosts that it names without ever asking them.
    pub mentions: Vec<Mention>,
    /// Every variable it reads.
    pub environment: Vec<Variable>,
    /// Every WASI interface it imports, without version.
    pub imports: Vec<Import>,
}

/// One service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// How constants are named after it.
    pub id: String,
    /// For people.
    pub name: String,
    /// Scheme and host, alternatives of each other.
    pub origins: Vec<String>,
    /// The variable that moves it elsewhere.
    pub moved_by: Option<String>,
    /// When it is granted at all.
    pub when: String,
    /// What identifies the user there.
    pub credential: Option<String>,
    /// Method and path; `{}` is one segment, `{..}` one or more.
    pub routes: Vec<String>,
}

/// A host that is named and not asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mention {
    /// The host.
    pub host: String,
    /// What for.
    pub why: String,
}

/// A variable.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Who sets it.
    pub from: Origin,
}

/// Who sets a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The user, and our harness passes it on as it is.
    User,
    /// The user, as part of credentials that our harness looks up itself.
    Credentials,
    /// The user; our harness keeps it and passes on a placeholder.
    Secret,
    /// Whoever sets up the runtime.
    Runtime,
    /// Our harness alone.
    Harness,
    /// Tests in stock runtimes.
    Test,
}

/// An imported interface.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// For example `wasi:io/poll`.
    pub name: String,
    /// What for.
    #[serde(rename = "for")]
    pub purpose: String,
}

/// A file that is written from the description.
pub struct Generated {
    /// Where it stands.
    pub path: PathBuf,
    /// What it should hold.
    pub text: String,
}

impl Capabilities {
    /// Reads `capabilities.json` of a checkout.
    ///
    /// # Errors
    /// A sentence: it can't be read, or says something that isn't understood.
    pub fn read(workspace: &Path) -> Result<Self, String> {
        let path = workspace.join("capabilities.json");
        let text = read(&path)?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// What the files of a checkout that are written from it should hold.
    ///
    /// # Errors
    /// A sentence: `SECURITY.md` can't be read, or has no place for the tables.
    pub fn generate(&self, workspace: &Path) -> Result<Vec<Generated>, String> {
        let security = workspace.join("SECURITY.md");
        let text = render::security(self, &read(&security)?)?;
        Ok(vec![
            Generated {
                path: workspace.join("host-harness/library/src/capabilities.rs"),
                text: render::rust(self)?,
            },
            Generated {
                path: workspace.join("doors/wassette/policy.yaml"),
                text: render::wassette(self),
            },
            Generated {
                path: security,
                text,
            },
        ])
    }

    /// Every host it may ask.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        let origins = self.services.iter().flat_map(|service| &service.origins);
        origins.map(|origin| origin.rsplit('/').next().unwrap_or(origin))
    }
}

/// The checkout that this crate is part of.
#[must_use]
pub fn workspace() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_from_the_description_is_up_to_date() {
        let workspace = workspace();
        let capabilities = Capabilities::read(&workspace).unwrap();
        for generated in capabilities.generate(&workspace).unwrap() {
            let found = read(&generated.path).unwrap();
            assert!(
                found == generated.text,
                "{} is not what capabilities.json says: run `cargo run -p capabilities -- write`",
                generated.path.display()
            );
        }
    }

    #[test]
    fn each_service_is_described_once_and_over_https() {
        let capabilities = Capabilities::read(&workspace()).unwrap();
        let mut hosts: Vec<&str> = capabilities.hosts().collect();
        hosts.sort_unstable();
        let all = hosts.len();
        hosts.dedup();
        assert_eq!(hosts.len(), all);
        for service in &capabilities.services {
            assert!(
                service
                    .origins
                    .iter()
                    .all(|origin| origin.starts_with("https://"))
            );
            if let Some(variable) = &service.moved_by {
                assert!(
                    capabilities
                        .environment
                        .iter()
                        .any(|known| known.name == *variable),
                    "{variable}"
                );
            }
        }
    }

    #[test]
    fn a_description_with_an_unknown_member_is_refused() {
        let text = r#"{"folder": "/data", "services": [], "mentions": [], "environment": [], "imports": [], "sockets": true}"#;
        assert!(serde_json::from_str::<Capabilities>(text).is_err());
    }
}
