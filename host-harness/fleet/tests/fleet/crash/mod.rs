//! The crash sweep on PostgreSQL: the scenarios, the runs and the judgement of `tests/it/crash`, as they stand there, on a tenant
//! of the fleet instead of a folder. The component is stopped before or after each host call as if its process had died there,
//! and nothing of the harness happens after that: the lease ends, and whoever is next goes on.
//!
//! Two scenarios are of folders alone: an earlier installation's file, and a file system without hard links.
//!
//! `LIBTV_FLEET_ALL` takes all points, and `LIBTV_CRASH_SCENARIO` one scenario: all points of all of them are hours.

#[path = "../../../../../tests/it/crash/oracle.rs"]
mod oracle;
#[allow(
    dead_code,
    reason = "what a killed harness is told in its file, and where it is killed: that is of folders alone"
)]
#[path = "../../../../../tests/it/crash/parties.rs"]
mod parties;
mod rig;
#[path = "../../../../../tests/it/crash/run.rs"]
mod run;
#[path = "../../../../../tests/it/crash/scenario.rs"]
mod scenario;
#[allow(dead_code, reason = "one point alone is looked at on a folder")]
#[path = "../../../../../tests/it/crash/search.rs"]
mod search;

use oracle::Kind;
use rig::Rig;
use scenario::Scenario;
use search::{Points, Tally};

use crate::postgres::server;
use crate::rig::all;

/// Points of each scenario in the short form.
const SPREAD: u64 = 8;

#[test]
fn host_calls_may_stop_anywhere_on_the_fleets_store_and_nothing_is_lost_repeated_or_paid_for_twice()
{
    if server().is_none() {
        return;
    }
    let of_a_fleet = |one: &Scenario| !one.legacy && one.has_links;
    let scenarios: Vec<Scenario> = match std::env::var("LIBTV_CRASH_SCENARIO") {
        Ok(name) => vec![Scenario::named(&name).expect("a scenario")],
        Err(_) => scenario::ALL.into_iter().filter(of_a_fleet).collect(),
    };
    let points = if all() {
        Points::All
    } else {
        Points::Spread(SPREAD)
    };
    let mut sum = Tally::default();
    for (scenario, tally) in search::all(&scenarios, points) {
        println!("{:<14} {tally}", scenario.name);
        sum.join(tally);
    }
    println!("{:<14} {sum}", "all");
    assert!(sum.broken == 0, "{sum}\n{}", sum.told.join("\n"));
    // But for those that a shorter run did not come to: how often the fleet looks for what submits have left differs.
    let chosen = scenarios.len() as u64 * SPREAD;
    assert!(sum.stop_points >= chosen * 3 / 4, "{sum}");
}

#[test]
fn a_store_that_forgets_intents_is_found() {
    if server().is_none() {
        return;
    }
    let video = Scenario::named("video").unwrap();
    let forgets = |rig: &Rig| rig.forget("submits/%");
    assert!(search::finds(Kind::Untold, &video, forgets));
}
