//! `libtv-video fleet` as the tests run it, in processes that can be killed.

use std::process::ExitCode;

fn main() -> ExitCode {
    fleet::command::program(
        std::env::args_os().skip(1),
        host::Component::embedded_for_many,
    )
}
