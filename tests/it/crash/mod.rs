//! The real component, stopped before or after each host call by wasmtime's call hook, as if its process had died there, in
//! each of the scenarios; what is left is taken up by fresh calls, and compared with what the chat got and what was charged.
//! Not here: power that fails (the simulated world of `testkit/simulation`), and processes that are killed (`kills.rs`).
//!
//! `cargo test` takes a spread of the points; `LIBTV_CRASH=32` as many of each scenario, `LIBTV_CRASH=all` takes all,
//! `LIBTV_CRASH=nine` all of one scenario.

mod kills;
mod oracle;
mod parties;
mod rig;
mod run;
mod scenario;
mod search;

use std::path::Path;

use crate::env::{block_on, files_below};
use host::fault_injection::{Side, StopPoint};
use oracle::Kind;
use rig::Rig;
use scenario::Scenario;
use search::{Points, Tally};

/// Points of each scenario that every `cargo test` takes; `.ci/run kills` takes more.
const SPREAD: u64 = 6;

#[test]
fn host_calls_may_stop_anywhere_and_nothing_is_lost_repeated_or_paid_for_twice() {
    if let Ok(at) = std::env::var("LIBTV_CRASH_AT") {
        let (scenario, stop) =
            parse(&at).expect("LIBTV_CRASH_AT=SCENARIO[:HOST_CALL:Before|After]");
        return assert_clean(&search::one(&scenario, stop));
    }
    let (points, scenarios) = match std::env::var("LIBTV_CRASH").as_deref() {
        Err(_) => (Points::Spread(SPREAD), scenario::ALL.to_vec()),
        Ok(count) if let Ok(count) = count.parse() => {
            (Points::Spread(count), scenario::ALL.to_vec())
        }
        Ok("all") => (Points::All, scenario::ALL.to_vec()),
        Ok(name) => (Points::All, vec![Scenario::named(name).expect(name)]),
    };
    let mut sum = Tally::default();
    for (scenario, tally) in search::all(&scenarios, points) {
        println!("{:<14} {tally}", scenario.name);
        sum.join(tally);
    }
    println!("{:<14} {sum}", "all");
    assert_clean(&sum);
    let chosen = match points {
        Points::All => sum.host_calls,
        Points::Spread(count) => count * scenarios.len() as u64,
    };
    // But for those that a shorter run did not come to.
    assert!(sum.stop_points >= chosen * 9 / 10, "{sum} of {chosen}");
}

#[test]
fn host_calls_stopped_where_a_record_is_forgotten_are_found() {
    let video = Scenario::named("video").unwrap();
    let forgets_intents = |rig: &Rig| forget(&rig.home().join("libtv-video/submits"), "");
    assert!(search::finds(Kind::Untold, &video, forgets_intents));
    let forgets_deliveries = |rig: &Rig| {
        forget(&rig.home().join("libtv-video/sessions"), "d-");
        // Feishu has forgotten as well.
        rig.advance_to(rig.faults.now_ms() + 2 * 3_600_000);
    };
    assert!(search::finds(Kind::Duplicate, &video, forgets_deliveries));
}

#[test]
fn the_scenario_without_hard_links_has_none() {
    let scenario = Scenario::named("without-links").unwrap();
    let rig = Rig::new();
    let outcome = block_on(run::run(&rig, &scenario, 1, None));
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    assert!(rig.faults.refused_links() > 0);
}

/// Removes the files below a folder whose names begin so.
fn forget(folder: &Path, beginning: &str) {
    for path in files_below(folder) {
        let name = path.file_name().unwrap().to_string_lossy();
        if name.starts_with(beginning) {
            std::fs::remove_file(&path).unwrap();
        }
    }
}

fn assert_clean(tally: &Tally) {
    assert!(tally.broken == 0, "{tally}\n{}", tally.told.join("\n"));
}

fn parse(at: &str) -> Option<(Scenario, Option<StopPoint>)> {
    let mut parts = at.split(':');
    let scenario = Scenario::named(parts.next()?)?;
    let Some(host_call) = parts.next() else {
        return Some((scenario, None));
    };
    let side = match parts.next()? {
        "Before" => Side::Before,
        "After" => Side::After,
        _ => return None,
    };
    let host_call = host_call.parse().ok()?;
    Some((scenario, Some(StopPoint { host_call, side })))
}
