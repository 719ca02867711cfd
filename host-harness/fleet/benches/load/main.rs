//! What a fleet carries on this machine: three harness processes on one PostgreSQL, a thousand tenants with keys of their own, and a
//! hundred thousand waiting jobs, against a fake; and beside it one harness on a folder.
//!
//! ```text
//! cargo bench --package fleet --bench load                        some ten minutes, behind a build with everything optimised
//! LIBTV_LOAD_JOBS=2000 LIBTV_LOAD_TENANTS=50 LIBTV_LOAD_SECONDS=10 \
//!     cargo test --package fleet --bench load                     the same as it is built for tests, in two minutes
//! ```
//!
//! | variable | is | without it |
//! |---|---|---:|
//! | `LIBTV_LOAD_JOBS` | jobs that wait; a tenth of them on the folder | 100 000 |
//! | `LIBTV_LOAD_TENANTS` | tenants with a key each, the jobs theirs in turn | 1 000 |
//! | `LIBTV_LOAD_SECONDS` | how long lateness is measured; half of that, the rate | 60 |
//!
//! Every job waits for ever, so that what is measured are polls. First all of them are due at once: the rate is what the machine
//! carries. Then their interval is such that a part of that rate is asked for: the lateness is that of a fleet that keeps up.
//! It prints the rows of docs/performance.md, "A fleet", and ends badly where a request carried another tenant's key, where less was
//! done than was asked for, or where one of a hundred polls was a second late.

#![allow(
    clippy::unwrap_used,
    reason = "a measurement that can't go on says where"
)]

mod fleet_side;
mod folder_side;
mod gateway;
mod jobs;

use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What part of the rate that the machine carries is asked for where lateness is measured.
const PART: f64 = 0.6;

/// What part of what was asked for has to be done: the rest is how evenly it falls into the time that is measured.
const DONE: f64 = 0.9;
/// No more than one of a hundred polls may be later than this, in milliseconds.
const LATEST_MS: f64 = 1_000.0;

/// How much of everything.
#[derive(Debug, Clone, Copy)]
struct Size {
    jobs: usize,
    tenants: usize,
    measured: Duration,
}

/// What one side came to.
struct Found {
    /// Polls a second when all are due.
    most: f64,
    /// Polls a second that were asked for where lateness was measured, and how many were counted.
    asked: f64,
    counted: f64,
    /// The bound that 99 of 100 were below, in milliseconds.
    p99_ms: f64,
}

impl Found {
    /// A row for people.
    fn row(&self, what: &str, jobs: usize) {
        println!(
            "| {what}, {jobs} waiting jobs | {:.0} polls/s when all are due; at {:.0}/s asked for ({:.0}/s done) 99 of 100 are at most {:.0} ms late |",
            self.most, self.asked, self.counted, self.p99_ms
        );
    }

    fn keeps_up(&self) -> bool {
        self.counted >= self.asked * DONE && self.p99_ms < LATEST_MS
    }
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next().as_deref().and_then(|first| first.to_str()) {
        // This program once more, as a harness.
        Some("fleet") => fleet::command::program(arguments, host::Component::embedded_for_many),
        Some("folder") => folder_side::serve(),
        _ => {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(measure())
        }
    }
}

async fn measure() -> ExitCode {
    let number = |name: &str, usual: usize| {
        let set = std::env::var(name).ok();
        set.and_then(|text| text.parse().ok()).unwrap_or(usual)
    };
    let size = Size {
        jobs: number("LIBTV_LOAD_JOBS", 100_000),
        tenants: number("LIBTV_LOAD_TENANTS", 1_000),
        measured: Duration::from_secs(number("LIBTV_LOAD_SECONDS", 60) as u64),
    };
    let begun = Instant::now();
    println!("the machine's load before: {}", load());
    let folder = folder_side::measure(size).await;
    folder.row("one harness on a folder", folder_side::jobs(size));
    let (fleet, own) = fleet_side::measure(size).await;
    let what = format!(
        "three harnesses on one PostgreSQL, {} tenants",
        size.tenants
    );
    fleet.row(&what, size.jobs);
    println!("| the key of each of their requests | {own} polls, each with its own tenant's |");
    println!(
        "the machine's load after {} s: {}",
        begun.elapsed().as_secs(),
        load()
    );
    if fleet.keeps_up() {
        return ExitCode::SUCCESS;
    }
    println!("the fleet doesn't keep up with what it carries");
    ExitCode::FAILURE
}

/// How busy this machine is, by its own words.
fn load() -> String {
    let said = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    said.trim().to_owned()
}
