//! The command line, `wasi:cli/run`: arguments in, lines and an exit code out.
//!
//! What the commands do is in `libtv_video_core::commands`.

use libtv_video_core::commands;
use libtv_video_core::io::Stream;
use wasip2::cli::{environment, exit};

use crate::drive::{drive, say};
use crate::{input, settings};

/// Runs one command.
///
/// `Err` is exit code 1. Any other code but 0 goes out through `exit-with-code`, WASI's own way since
/// 0.2.12; std's `exit` knows only 0 and 1 on this target.
pub fn run() -> Result<(), ()> {
    let mut arguments: Vec<String> = environment::get_arguments().into_iter().skip(1).collect();
    // Before the settings are read: a line that can't be understood reads nothing.
    if let Err((text, code)) = input::put_into(&mut arguments) {
        say(Stream::Out, &text);
        return end(code);
    }
    let settings = settings::load();
    let mut code = 1;
    if let Err(reason) = drive(Box::new(|io| {
        code = commands::main(io, &settings, arguments);
    })) {
        say(
            Stream::Out,
            &["❌ libtv-video failed inside: ", &reason].concat(),
        );
    }
    end(code)
}

/// Ends the command with this exit code.
fn end(code: u8) -> Result<(), ()> {
    match code {
        0 => Ok(()),
        1 => Err(()),
        code => {
            // It doesn't come back where the runtime knows it; what follows is for those that don't.
            exit::exit_with_code(code);
            Err(())
        }
    }
}
