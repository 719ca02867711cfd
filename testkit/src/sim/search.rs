//! Many runs: random ones, and every crash point of a scenario.

use super::check::Kind;
use super::disk::Fate;
use super::plant::Plant;
use super::run::{Options, Report, Trouble, run};
use super::scenario::Scenario;

/// How long the power is off in an exhaustive search: shorter than a uuid is remembered, and longer.
const OFF_MS: [u64; 2] = [2_000, 75 * 60 * 1000];
/// After a second one.
const FATES: [Fate; 3] = [Fate::Kept, Fate::Dropped, Fate::Torn];

/// A run that broke a promise.
pub struct Finding {
    /// How to have it again.
    pub options: Options,
    /// What it came to.
    pub report: Report,
}

/// What many runs came to.
#[derive(Default)]
pub struct Tally {
    /// How many there were.
    pub runs: u64,
    /// How often a process was stopped in them.
    pub crashes: u64,
    /// Messages that the chats got.
    pub shown: u64,
    /// Runs in which something was lost.
    pub lost: u64,
    /// In which something was shown twice.
    pub duplicates: u64,
    /// In which something was paid for twice.
    pub repeated_submits: u64,
    /// The most polls that a run took to settle after the last fault.
    pub polls_to_settle: u32,
    /// Runs with a broken promise.
    pub violations: u64,
    /// The first of them.
    pub first: Option<Finding>,
}

impl Tally {
    fn add(&mut self, options: Options) {
        let report = run(options.clone());
        let broke = |kind| u64::from(report.violations.iter().any(|found| found.kind == kind));
        self.runs += 1;
        self.crashes += u64::from(report.crashes);
        self.shown += report.shown as u64;
        self.lost += broke(Kind::Lost);
        self.duplicates += broke(Kind::Duplicate);
        self.repeated_submits += broke(Kind::RepeatedSubmit);
        self.polls_to_settle = self.polls_to_settle.max(report.polls_to_settle);
        if !report.violations.is_empty() {
            self.violations += 1;
            self.first.get_or_insert(Finding { options, report });
        }
    }

    /// Adds what another search came to.
    pub fn join(&mut self, other: Self) {
        self.runs += other.runs;
        self.crashes += other.crashes;
        self.shown += other.shown;
        self.lost += other.lost;
        self.duplicates += other.duplicates;
        self.repeated_submits += other.repeated_submits;
        self.polls_to_settle = self.polls_to_settle.max(other.polls_to_settle);
        self.violations += other.violations;
        if self.first.is_none() {
            self.first = other.first;
        }
    }
}

/// What a seed stands for: without a scenario it also picks one.
#[must_use]
pub fn random_options(seed: u64, scenario: Option<Scenario>, plant: Option<Plant>) -> Options {
    let pick = usize::try_from(seed % Scenario::ALL.len() as u64).unwrap_or(0);
    Options {
        seed,
        scenario: scenario.unwrap_or(Scenario::ALL[pick]),
        trouble: Trouble::Random,
        plant,
        keep_trace: false,
    }
}

/// Runs these seeds; stops at the first broken promise when asked to.
pub fn random(
    seeds: impl Iterator<Item = u64>,
    scenario: Option<Scenario>,
    plant: Option<Plant>,
    stop_at_first: bool,
) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        tally.add(random_options(seed, scenario, plant));
        if stop_at_first && tally.first.is_some() {
            break;
        }
    }
    tally
}

/// The power fails at every storage operation of a scenario, with each fate of what wasn't synced; and
/// again at each of the `again` operations that follow.
#[must_use]
pub fn exhaustive(scenario: Scenario, again: u64) -> Tally {
    let options = |trouble| Options {
        seed: 1,
        scenario,
        trouble,
        plant: None,
        keep_trace: false,
    };
    let undisturbed = run(options(Trouble::None));
    let mut tally = Tally::default();
    tally.add(options(Trouble::None));
    for op in 0..undisturbed.storage_ops {
        for (fate, off_ms) in FATES
            .iter()
            .flat_map(|fate| OFF_MS.map(|off_ms| (*fate, off_ms)))
        {
            let at = vec![(op, fate)];
            tally.add(options(Trouble::PowerFails { at, off_ms }));
            for then in 1..=again {
                let at = vec![(op, fate), (op + then, fate)];
                tally.add(options(Trouble::PowerFails { at, off_ms }));
            }
        }
    }
    tally
}
