//! Lists its arguments and where it may go.

use crate::{Attempt, done};

pub fn attack() -> Attempt {
    let mut lines = wasip2::cli::environment::get_arguments();
    lines.extend(wasip2::cli::environment::initial_cwd());
    let folders = wasip2::filesystem::preopens::get_directories();
    lines.extend(folders.into_iter().map(|(_, path)| path));
    Ok(done(lines))
}
