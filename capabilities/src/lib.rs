//! Writes down what the contract says the component can reach, for those who don't read Rust:
//!
//! - `capabilities.json`, for programs and for the npm package
//! - the policy for Wassette, `integrations/wassette/policy.yaml`
//! - the tables in `docs/security/routes.md` and `docs/configuration.md`
//!
//! `tests/it/capabilities.rs` compares the contract with the component itself. Not here: enforcing any of it.

mod json;
mod render;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A file that is written from the contract.
pub struct Generated {
    /// Where it stands.
    pub path: PathBuf,
    /// What it should hold.
    pub text: String,
}

/// What the files of a checkout that are written from the contract should hold.
///
/// # Errors
/// A sentence: a document can't be read, or has no place for its tables.
pub fn generate(workspace: &Path) -> Result<Vec<Generated>, String> {
    let routes = workspace.join("docs/security/routes.md");
    let routes_text = render::between_marks(&read(&routes)?, &render::routes())?;
    let configuration = workspace.join("docs/configuration.md");
    let variables = render::between_marks(&read(&configuration)?, &render::variables())?;
    Ok(vec![
        Generated {
            path: workspace.join("capabilities.json"),
            text: json::capabilities(),
        },
        Generated {
            path: workspace.join("integrations/wassette/policy.yaml"),
            text: render::wassette(),
        },
        Generated {
            path: routes,
            text: routes_text,
        },
        Generated {
            path: configuration,
            text: variables,
        },
    ])
}

/// The whole of a program that keeps files up to date: with `write` it writes those that aren't what `generate` says, and
/// otherwise it names them and fails.
pub fn main_of(generate: impl Fn(&Path) -> Result<Vec<Generated>, String>) -> ExitCode {
    let write = std::env::args().nth(1).as_deref() == Some("write");
    match generate(&workspace()).and_then(|files| bring_up_to_date(files, write)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything is up to date at the end.
fn bring_up_to_date(files: Vec<Generated>, write: bool) -> Result<bool, String> {
    let mut up_to_date = true;
    for Generated { path, text } in files {
        if std::fs::read_to_string(&path).is_ok_and(|found| found == text) {
            continue;
        }
        println!("{}", path.display());
        if write {
            std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        } else {
            up_to_date = false;
        }
    }
    Ok(up_to_date)
}

/// Every host that the component may ask.
pub fn hosts() -> impl Iterator<Item = &'static str> {
    let services = contract::services::SERVICES;
    let origins = services.into_iter().flat_map(|service| service.origins);
    origins.map(|origin| origin.rsplit('/').next().unwrap_or(origin))
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
    fn what_is_written_from_the_contract_is_up_to_date() {
        for generated in generate(&workspace()).unwrap() {
            let found = read(&generated.path).unwrap();
            assert!(
                found == generated.text,
                "{} is not what the contract says: run `cargo run -p capabilities -- write`",
                generated.path.display()
            );
        }
    }
}
