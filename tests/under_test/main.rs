//! `libtv-video` as the tests run it: the program itself, on memories that are searched when a test asks for that,
//! and on a PostgreSQL where one is named.

use std::process::ExitCode;

use std::path::Path;

use tests::memory::{CACHE, CANARIES, REPORT, watched_component};

fn main() -> ExitCode {
    #[cfg(all(unix, feature = "postgres"))]
    if let Some(store) = tests::on_postgres::OnPostgres::of(|name| std::env::var_os(name)) {
        host_harness::keep_state_in(std::sync::Arc::new(store));
    }
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
