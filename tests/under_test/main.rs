//! `libtv-video` as the tests run it: the program itself, on memories that are searched when a test asks for that.

use std::process::ExitCode;

use std::path::Path;

use tests::memory::{CACHE, CANARIES, REPORT, watched_component};

fn main() -> ExitCode {
    let Some(report) = std::env::var_os(REPORT) else {
        return host_harness::program();
    };
    let canaries = std::env::var(CANARIES).unwrap_or_default();
    // Code for such memories is none of the program's: it is compiled once, for all commands of all tests.
    let cache = std::env::var_os(CACHE);
    host_harness::program_with(move || {
        watched_component(cache.as_deref().map(Path::new), &canaries, report.as_ref())
    })
}
