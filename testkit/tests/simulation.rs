//! The simulated world finds nothing in the core, finds what is planted, and repeats itself.

use testkit::sim::{self, Plant, Scenario, Tally};

fn assert_clean(tally: &Tally) {
    if let Some(finding) = &tally.first {
        panic!("{:?}: {:?}", finding.options, finding.report.violations);
    }
}

#[test]
fn random_faults_and_crashes_break_no_promise() {
    let tally = sim::random(0..340, None, None, true);
    assert_clean(&tally);
    assert!(tally.crashes > 50 && tally.shown > 300);
}

#[test]
fn a_power_failure_at_any_storage_operation_breaks_no_promise() {
    assert_clean(&sim::exhaustive(Scenario::Legacy, 0));
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in 0..34 {
        let options = sim::random_options(seed, None, None);
        let again = sim::run(options.clone());
        assert_eq!(sim::run(options).trace_hash, again.trace_hash);
    }
}

#[test]
fn every_planted_bug_is_found_within_ten_thousand_seeds() {
    for (plant, scenario) in [
        (Plant::NoSync, Scenario::Video),
        (Plant::NoSyncDir, Scenario::Video),
        (Plant::NewUuid, Scenario::Nine),
        (Plant::WindowIgnored, Scenario::Nine),
        (Plant::SentBeforeRecorded, Scenario::Nine),
        (Plant::SubmitRepeated, Scenario::Video),
        (Plant::IntentNotRecorded, Scenario::Video),
        (Plant::FirstUrlEnds, Scenario::Nine),
        (Plant::BaselineIgnored, Scenario::ContinuedUnechoed),
    ] {
        let tally = sim::random(0..10_000, Some(scenario), Some(plant), true);
        assert!(tally.first.is_some(), "{plant:?} was not found");
    }
}
