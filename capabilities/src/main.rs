//! `write` brings what is written from the contract up to date; without it, what isn't is named.

use std::process::ExitCode;

use capabilities::Generated;

fn main() -> ExitCode {
    match run(std::env::args().nth(1).as_deref() == Some("write")) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything is up to date at the end.
fn run(write: bool) -> Result<bool, String> {
    let workspace = capabilities::workspace();
    let mut up_to_date = true;
    for Generated { path, text } in capabilities::generate(&workspace)? {
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
