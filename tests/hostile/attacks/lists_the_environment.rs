//! Lists the environment, to find a secret in it.

use crate::{Attempt, done};

pub fn attack() -> Attempt {
    let variables = wasip2::cli::environment::get_environment();
    let lines = variables
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"));
    Ok(done(lines.collect()))
}
