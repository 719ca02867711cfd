//! `libtv-video`: the command line of the harness. A thin caller of the library: reads the environment, prints, handles
//! signals. Commands of the skill are passed on to the component, which has its own command line.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
