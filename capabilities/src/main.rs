//! `write` brings what is written from the contract up to date; without it, what isn't is named.

use std::process::ExitCode;

fn main() -> ExitCode {
    capabilities::main_of(capabilities::generate)
}
