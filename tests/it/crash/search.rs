//! Which runs there are: all stop points of a scenario or a spread of them, on as many threads as the rig keeps busy. Not here:
//! what a run is.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::Mutex;

use host::fault_injection::{Side, StopPoint};

use super::oracle::{Kind, Violation};
use super::rig::Rig;
use super::run::{Outcome, run};
use super::scenario::Scenario;
use crate::env::block_on;

/// Runs on one set of fakes, which remember every request: more would be memory for nothing.
const RUNS_A_RIG: usize = 60;
/// For planted harm: every tenth host call of the smallest scenario; each harm shows at some dozens in a row.
const PLANTED: Points = Points::Spread(100);
/// By so many the number of a host call may differ from run to run, where it is the last of a component call.
const NEIGHBOURS: u64 = 2;
/// How far it is, is said so often.
const TELLS: usize = 20;
/// Failures that are told in words.
const TOLD: usize = 5;

/// How many of a scenario's stop points.
#[derive(Clone, Copy)]
pub enum Points {
    /// Before each, and after each that isn't followed by one of the same component call: what is left when it stops after
    /// another is what is left when it stops before the next.
    All,
    /// So many, evenly over the host calls, before and after in turn.
    Spread(u64),
}

/// What many runs came to.
#[derive(Default)]
pub struct Tally {
    /// Host calls of an undisturbed run.
    pub host_calls: u64,
    /// Runs that were stopped.
    pub stop_points: u64,
    /// Messages in the chats.
    pub shown: usize,
    pub lost: u64,
    pub duplicates: u64,
    pub repeated_submits: u64,
    /// Runs with any broken promise.
    pub broken: u64,
    /// The most steps of the timer that a run took after its stop.
    pub steps_after: usize,
    /// The first ones, and how to see them again.
    pub told: Vec<String>,
}

impl Tally {
    fn add(&mut self, scenario: &Scenario, stop: Option<StopPoint>, outcome: &Outcome) {
        let has = |kind| u64::from(outcome.violations.iter().any(|found| found.kind == kind));
        self.stop_points += u64::from(outcome.stopped);
        self.shown += outcome.shown;
        self.lost += has(Kind::Lost);
        self.duplicates += has(Kind::Duplicate);
        self.repeated_submits += has(Kind::RepeatedSubmit);
        self.broken += u64::from(!outcome.violations.is_empty());
        self.steps_after = self.steps_after.max(outcome.steps_after);
        if !outcome.violations.is_empty() && self.told.len() < TOLD {
            self.told.push(tell(scenario, stop, &outcome.violations));
        }
    }

    pub fn join(&mut self, other: Self) {
        self.host_calls += other.host_calls;
        self.stop_points += other.stop_points;
        self.shown += other.shown;
        self.lost += other.lost;
        self.duplicates += other.duplicates;
        self.repeated_submits += other.repeated_submits;
        self.broken += other.broken;
        self.steps_after = self.steps_after.max(other.steps_after);
        self.told.extend(other.told);
        self.told.truncate(TOLD);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "host calls {}, stop points {}, messages {}, lost {}, duplicate {}, repeated submits {}, steps to settle at most {}",
            self.host_calls,
            self.stop_points,
            self.shown,
            self.lost,
            self.duplicates,
            self.repeated_submits,
            self.steps_after
        )
    }
}

fn tell(scenario: &Scenario, stop: Option<StopPoint>, violations: &[Violation]) -> String {
    let (place, again) = match stop {
        Some(stop) => (
            stop.to_string(),
            format!("{}:{}:{:?}", scenario.name, stop.host_call, stop.side),
        ),
        None => ("undisturbed".to_owned(), scenario.name.to_owned()),
    };
    let mut text = format!("{}, {place}:\n", scenario.name);
    for found in violations {
        text += &format!("  {:?}: {}\n", found.kind, found.words);
    }
    text + &format!(
        "  again: LIBTV_CRASH_AT={again} cargo test --test it -- crash::host_calls --nocapture"
    )
}

/// One point of one scenario, for a look at a failure.
pub fn one(scenario: &Scenario, stop: Option<StopPoint>) -> Tally {
    let outcome = block_on(run(&Rig::new(), scenario, 1, stop));
    tally_of(scenario, stop, &outcome)
}

fn undisturbed(scenario: &Scenario) -> Outcome {
    block_on(run(&Rig::new(), scenario, 1, None))
}

fn tally_of(scenario: &Scenario, stop: Option<StopPoint>, outcome: &Outcome) -> Tally {
    let mut tally = Tally {
        host_calls: outcome.host_calls,
        ..Tally::default()
    };
    tally.add(scenario, stop, outcome);
    tally
}

/// Whether a broken promise of this kind is found when every death does this harm besides.
pub fn finds(kind: Kind, scenario: &Scenario, harm: fn(&Rig)) -> bool {
    let mut rig = Rig::new();
    rig.harm = harm;
    let points = chosen(PLANTED, &undisturbed(scenario));
    block_on(async {
        for (number, point) in points.into_iter().enumerate() {
            let outcome = run(&rig, scenario, number, Some(point)).await;
            if outcome.violations.iter().any(|found| found.kind == kind) {
                return true;
            }
        }
        false
    })
}

/// Runs of one scenario on one rig, one after the other.
struct Batch {
    scenario: Scenario,
    points: Vec<StopPoint>,
}

/// Every scenario's points; a line for each scenario, in the order given.
pub fn all(scenarios: &[Scenario], points: Points) -> Vec<(Scenario, Tally)> {
    let mut tallies: Vec<(Scenario, Tally)> = Vec::new();
    let mut batches = VecDeque::new();
    for scenario in scenarios {
        let undisturbed = undisturbed(scenario);
        for points in chosen(points, &undisturbed).chunks(RUNS_A_RIG) {
            batches.push_back(Batch {
                scenario: *scenario,
                points: points.to_vec(),
            });
        }
        tallies.push((*scenario, tally_of(scenario, None, &undisturbed)));
    }
    let (batches, results) = (Mutex::new(batches), Mutex::new(&mut tallies));
    std::thread::scope(|scope| {
        for _ in 0..at_once() {
            scope.spawn(|| {
                loop {
                    // The guard goes with the block: others may take theirs meanwhile.
                    let (next, left) = {
                        let mut batches = batches.lock().unwrap();
                        (batches.pop_front(), batches.len())
                    };
                    let Some(batch) = next else { return };
                    if matches!(points, Points::All) && left % TELLS == 0 {
                        // It takes minutes, and is seen with `--nocapture`.
                        println!(
                            "{}: {left} times {RUNS_A_RIG} runs left",
                            batch.scenario.name
                        );
                    }
                    let tally = block_on(batch.run());
                    let mut results = results.lock().unwrap();
                    let (_, sum) = results
                        .iter_mut()
                        .find(|(scenario, _)| scenario.name == batch.scenario.name)
                        .unwrap();
                    sum.join(tally);
                }
            });
        }
    });
    tallies
}

/// How many runs go on beside each other.
fn at_once() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    processors * Rig::AT_ONCE_A_PROCESSOR
}

/// Host calls differ by a few from run to run, with the pieces in which the network delivers: all of them are some more
/// than those of one run, last ones have their neighbours beside them, and a point beyond the end of its run stops nothing
/// and isn't counted.
fn chosen(points: Points, undisturbed: &Outcome) -> Vec<StopPoint> {
    let host_calls = undisturbed.host_calls;
    match points {
        Points::All => {
            let last = undisturbed.last_host_calls.iter();
            let after: BTreeSet<u64> = last
                .flat_map(|last| last.saturating_sub(NEIGHBOURS).max(1)..=last + NEIGHBOURS)
                .collect();
            let stops = |side| move |host_call| StopPoint { host_call, side };
            (1..=host_calls + host_calls / 50)
                .map(stops(Side::Before))
                .chain(after.into_iter().map(stops(Side::After)))
                .collect()
        }
        Points::Spread(count) => (0..count)
            .zip([Side::Before, Side::After].into_iter().cycle())
            .map(|(nth, side)| StopPoint {
                host_call: 1 + nth * host_calls / count,
                side,
            })
            .collect(),
    }
}

impl Batch {
    async fn run(&self) -> Tally {
        let rig = Rig::new();
        let mut tally = Tally::default();
        for (number, point) in self.points.iter().enumerate() {
            let outcome = run(&rig, &self.scenario, number, Some(*point)).await;
            tally.add(&self.scenario, Some(*point), &outcome);
        }
        tally
    }
}
