//! `libtv-video fleet` as the tests run it, in processes that can be killed.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The word before them as in the program itself, which starts harnesses of its own kind in its demonstration.
    fleet::command::program(
        std::env::args_os().skip(2),
        host::Component::embedded_for_many,
    )
}
