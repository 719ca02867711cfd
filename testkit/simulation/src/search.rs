//! Many runs, on all processors, and what they came to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use super::cast::Cast;
use super::check::Kind;
use super::plant::Plant;
use super::report::{Options, Report};
use super::run::run;
use super::stage::Only;
use super::trouble::Trouble;

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
    /// Results of which nobody can say whether they arrived, and that people are told of.
    pub uncertain: u64,
    /// Runs in which something was lost.
    pub lost: u64,
    /// In which something was shown twice.
    pub duplicates: u64,
    /// In which something was paid for twice.
    pub repeated_submits: u64,
    /// The most polls that a run took to settle after the last fault.
    pub polls_to_settle: u64,
    /// Runs with a broken promise.
    pub violations: u64,
    /// The first of them.
    pub first: Option<Finding>,
}

impl Tally {
    /// Runs one and counts it; what came of it, unless that is kept here as the first broken promise.
    pub(super) fn run(&mut self, options: Options) -> Option<Report> {
        let report = run(options.clone());
        let broke = |kind| u64::from(report.violations.iter().any(|found| found.kind == kind));
        self.runs += 1;
        self.crashes += u64::from(report.crashes);
        self.shown += report.shown.len() as u64;
        self.uncertain += report.uncertain as u64;
        self.lost += broke(Kind::Lost);
        self.duplicates += broke(Kind::Duplicate);
        self.repeated_submits += broke(Kind::RepeatedSubmit);
        self.polls_to_settle = self.polls_to_settle.max(report.polls_to_settle);
        if report.violations.is_empty() {
            return Some(report);
        }
        self.violations += 1;
        if self.first.is_none() {
            self.first = Some(Finding { options, report });
            return None;
        }
        Some(report)
    }

    /// Adds what another search came to.
    pub fn join(&mut self, other: Self) {
        self.runs += other.runs;
        self.crashes += other.crashes;
        self.shown += other.shown;
        self.uncertain += other.uncertain;
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

/// Gives each of `jobs` numbers to one of the threads; the numbers are counted from 0.
pub(super) fn on_threads<T: Default + Send>(
    threads: u64,
    jobs: u64,
    work: impl Fn(u64, &mut T) + Sync,
    mut join: impl FnMut(T),
) {
    let next = AtomicU64::new(0);
    let worker = || {
        let mut found = T::default();
        loop {
            // One at a time and not a share each: a run that breaks a promise is repeated, and takes longer.
            let job = next.fetch_add(1, Ordering::Relaxed);
            if job >= jobs {
                return found;
            }
            work(job, &mut found);
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            match worker.join() {
                Ok(found) => join(found),
                // A panic of the core is a finding, and must not be lost with its thread.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
}

/// What a seed stands for among the stages that are meant.
///
/// # Panics
/// None is meant.
#[must_use]
pub fn random_options(seed: u64, only: Only, plant: Option<Plant>) -> Options {
    Options {
        seed,
        stage: only.pick(seed).expect("some stage is meant"),
        trouble: Trouble::Random,
        plant,
        keep_trace: false,
    }
}

/// Runs `runs` seeds from `from` on; what they came to for each cast.
#[must_use]
pub fn random(from: u64, runs: u64, only: Only, threads: u64) -> BTreeMap<Cast, Tally> {
    let mut all: BTreeMap<Cast, Tally> = BTreeMap::new();
    on_threads(
        threads,
        runs,
        |at, tallies: &mut BTreeMap<Cast, Tally>| {
            let options = random_options(from + at, only, None);
            let tally = tallies.entry(options.stage.cast).or_default();
            tally.run(options);
        },
        |tallies| {
            for (cast, tally) in tallies {
                all.entry(cast).or_default().join(tally);
            }
        },
    );
    all
}

/// How many seeds it takes to find a planted bug, and where it was found; up to `most` are tried.
#[must_use]
pub fn planted(plant: Plant, most: u64) -> Option<(u64, Finding)> {
    let mut tally = Tally::default();
    // In order and on one thread: how many seeds a bug takes is a figure that others are to get as well.
    for seed in 0..most {
        tally.run(Options {
            seed,
            stage: plant.stage(),
            trouble: Trouble::Random,
            plant: Some(plant),
            keep_trace: false,
        });
        if let Some(finding) = tally.first {
            return Some((seed + 1, finding));
        }
    }
    None
}
