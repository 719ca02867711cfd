//! `completions` and `man`: what a shell and a manual know of the commands.

use std::path::Path;

use clap_complete::Shell;

use super::{FAILED, grammar, print};

/// The script for a shell, on standard output.
pub(crate) fn completions(shell: Shell) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut grammar::whole(), "libtv-video", &mut script);
    print::out(String::from_utf8_lossy(&script).trim_end());
    0
}

/// The manual: the program's page on standard output, or a page for each command in a folder.
pub(crate) fn manual(folder: Option<&Path>) -> u8 {
    let command = grammar::whole();
    let written = match folder {
        Some(folder) => std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(command, folder))
            .map_err(|error| {
                format!(
                    "The pages can't be written to {}: {error}",
                    folder.display()
                )
            }),
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command)
                .render(&mut page)
                .map(|()| print::out(String::from_utf8_lossy(&page).trim_end()))
                .map_err(|error| format!("The page can't be made: {error}"))
        }
    };
    match written {
        Ok(()) => 0,
        Err(reason) => {
            print::error(&reason);
            FAILED
        }
    }
}
