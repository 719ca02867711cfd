//! `libtv-video`: the command line of the harness.

use std::process::ExitCode;

fn main() -> ExitCode {
    host_harness::program()
}
