//! `libtv-video` as the tests run it: the program itself, on memories that are searched when a test asks for that.

use std::process::ExitCode;

use tests::memory::{CANARIES, REPORT, watched_component};

fn main() -> ExitCode {
    let Some(report) = std::env::var_os(REPORT) else {
        return host_harness::program();
    };
    let canaries = std::env::var(CANARIES).unwrap_or_default();
    host_harness::program_with(move |cache| watched_component(cache, &canaries, report.as_ref()))
}
