//! What a fleet carries on this machine: three harness processes on one PostgreSQL, a thousand tenants with keys of their own, and a
//! hundred thousand waiting jobs, against a fake; and beside it one harness on a folder.
//!
//! ```text
//! cargo bench --package fleet --bench load
//! ```
//!
//! Every job waits for ever, so that what is measured are polls. First all of them are due at once: the rate is what the machine
//! carries. Then their interval is such that a part of that rate is asked for: the lateness is that of a fleet that keeps up.
//! Fewer of everything: `LIBTV_LOAD_JOBS`, `LIBTV_LOAD_TENANTS`, `LIBTV_LOAD_SECONDS`.

#![allow(
    clippy::unwrap_used,
    reason = "a measurement that can't go on says where"
)]

mod fleet_side;
mod folder_side;
mod gateway;
mod jobs;

use std::process::ExitCode;
use std::time::Duration;

/// What part of the rate that the machine carries is asked for where lateness is measured.
const PART: f64 = 0.6;

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
    fn print(&self, what: &str) {
        println!(
            "{what}: {:.0} polls/s when all are due; at {:.0}/s asked for ({:.0}/s done) 99 of 100 are at most {:.0} ms late",
            self.most, self.asked, self.counted, self.p99_ms
        );
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
            runtime.block_on(measure());
            ExitCode::SUCCESS
        }
    }
}

async fn measure() {
    let number = |name: &str, usual: usize| {
        let set = std::env::var(name).ok();
        set.and_then(|text| text.parse().ok()).unwrap_or(usual)
    };
    let size = Size {
        jobs: number("LIBTV_LOAD_JOBS", 100_000),
        tenants: number("LIBTV_LOAD_TENANTS", 1_000),
        measured: Duration::from_secs(number("LIBTV_LOAD_SECONDS", 60) as u64),
    };
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{size:?}; the machine's load before: {}", load.trim());
    let folder = folder_side::measure(size).await;
    folder.print("one harness on a folder");
    let fleet = fleet_side::measure(size).await;
    fleet.print("three harnesses on PostgreSQL");
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("the machine's load after: {}", load.trim());
}
