//! Everything at every effect: power failures, and a second one during the recovery; every effect twice; every
//! effect failing in every way. In a stage of very many effects, which are a few over and over again, at a spread of them.

use std::collections::BTreeSet;

use libtv_video_core::channel::traits::Key;

use super::disk::Fate;
use super::report::{EffectKind, Options, Performed};
use super::run::run;
use super::search::{Tally, on_threads};
use super::stage::Stage;
use super::storm::CLOCK_MS;
use super::trouble::{Mishap, Point, Trouble};

/// How long the power is off: shorter than a uuid is remembered, and longer.
const OFF_MS: [i64; 2] = [2_000, 75 * 60 * 1000];
/// How long a fault goes on that does: longer than a result is tried before it goes as a link.
const LASTING_MS: i64 = 40 * 60 * 1000;
const FATES: [Fate; 3] = [Fate::Kept, Fate::Dropped, Fate::Torn];

/// Up to so many effects a stage is tried at each: the time goes with the square, and with this all stages take an hour.
const WHOLE: usize = 800;
/// So many of a longer stage are tried at least. A poll that finds nothing is some tens of effects: all kinds are among these.
const LEAST: usize = 100;

/// How much of a stage is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Each effect, however many: of the longest stages that takes hours each.
    Whole,
    /// Each effect of a stage that has no more than 800, and of a longer one as many as take the same time, or 100, spread over all
    /// of it.
    Spread,
    /// A hundred of them, spread over all of it: what a program that isn't optimised does in seconds.
    Few,
}

impl Extent {
    /// The numbers of those among so many effects at which something goes wrong.
    fn of(self, count: usize) -> Vec<u64> {
        let tried = match self {
            Self::Spread if count > WHOLE => (WHOLE * WHOLE / count).max(LEAST),
            Self::Whole | Self::Spread => count,
            Self::Few => count.min(LEAST),
        };
        let first = |nth: usize| nth * count / tried;
        let one_of = |nth: usize| {
            let width = first(nth + 1) - first(nth);
            // Not always the same of each share: with polls as long as a share it would be the same kind of effect every time.
            (first(nth) + nth * 7_919 % width) as u64
        };
        (0..tried).map(one_of).collect()
    }
}

/// What an exhaustive search came to.
#[derive(Default)]
pub struct Crashes {
    /// The power failed once.
    pub once: Tally,
    /// It failed again during the recovery.
    pub again: Tally,
}

impl Crashes {
    /// Adds what another search came to.
    pub fn join(&mut self, other: Self) {
        self.once.join(other.once);
        self.again.join(other.again);
    }
}

/// A run in which these things go wrong and nothing else does.
fn options(stage: Stage, points: Vec<Point>) -> Options {
    Options {
        // One seed: up to the fault all runs of a scenario are to be the same, so that their effects have the
        // same numbers.
        seed: 1,
        stage,
        trouble: Trouble::At(points),
        plant: None,
        keep_trace: false,
    }
}

/// The effects of a scenario in which nothing goes wrong.
fn undisturbed(stage: Stage) -> Vec<Performed> {
    run(options(stage, Vec::new())).effects
}

/// The fates that differ: where everything is synced they are all the same.
fn fates(performed: &Performed) -> &'static [Fate] {
    if performed.at_risk {
        &FATES
    } else {
        // The others would be the same run three times.
        &FATES[..1]
    }
}

/// Whether disk or services may have changed between two effects. Where they haven't, the power fails as it did before:
/// what processes had in memory is gone. Looking includes making folders that are mostly there; one that wasn't is at
/// risk.
fn is_news(before: &Performed, this: &Performed) -> bool {
    let looked = matches!(before.kind, EffectKind::Look | EffectKind::Say);
    !looked || before.at_risk != this.at_risk
}

/// The power fails before every effect of a stage, storage operations and requests alike, with each fate of what
/// wasn't synced, for a short and for a long time. With `again` it also fails a second time before every effect of the
/// harnesses' first round after that: both where something was changed since the effect before, and once for each state
/// that the first failure leaves.
#[must_use]
pub fn crashes(stage: Stage, extent: Extent, again: bool, threads: u64) -> Crashes {
    let effects = undisturbed(stage);
    let tried = extent.of(effects.len());
    let mut first = FirstFailures::default();
    on_threads(
        threads,
        tried.len() as u64,
        |job, found: &mut FirstFailures| fail_at(stage, &effects, nth(&tried, job), found),
        |found| first.join(found),
    );
    let mut all = Crashes {
        once: first.tally,
        again: Tally::default(),
    };
    if again {
        let points = distinct(first.left);
        on_threads(
            threads,
            points.len() as u64,
            |job, found: &mut Tally| {
                fail_again(stage, points[usize::try_from(job).unwrap_or(0)], found);
            },
            |found| all.again.join(found),
        );
    }
    all
}

/// The effect that a job is about.
fn nth(tried: &[u64], job: u64) -> u64 {
    tried[usize::try_from(job).unwrap_or(usize::MAX)]
}

/// Failures of the power, and a number that stands for what each left on the disk and at the services.
#[derive(Default)]
struct FirstFailures {
    tally: Tally,
    left: Vec<(Point, u64)>,
}

impl FirstFailures {
    /// Adds what another thread found.
    fn join(&mut self, other: Self) {
        self.tally.join(other.tally);
        self.left.extend(other.left);
    }
}

/// The power fails before one effect, in every way.
fn fail_at(stage: Stage, effects: &[Performed], effect: u64, found: &mut FirstFailures) {
    let at = usize::try_from(effect).unwrap_or(usize::MAX);
    let is_new = at == 0 || is_news(&effects[at - 1], &effects[at]);
    for fate in fates(&effects[at]) {
        // Both sides of a key's window: repeating must be safe in one, and must not happen in the other.
        for ms in OFF_MS {
            let point = Point {
                effect,
                mishap: Mishap::Power(*fate),
                ms,
            };
            let report = found.tally.run(options(stage, vec![point]));
            if let Some(report) = report.filter(|_| is_new) {
                found.left.push((point, report.left));
            }
        }
    }
}

/// The first failure of those that leave the same and last as long. Up to a failure all runs of a scenario are the same,
/// down to the times in its records; what processes had in memory is gone.
fn distinct(mut left: Vec<(Point, u64)>) -> Vec<Point> {
    // In one order whatever the threads did, so that the same points are tried in every run.
    left.sort_by_key(|(point, _)| (point.effect, point.mishap.to_string(), point.ms));
    let mut seen = BTreeSet::new();
    // How long the power is off is a part of it: the same disk behaves otherwise an hour later.
    left.retain(|(point, left)| seen.insert((*left, point.ms)));
    left.into_iter().map(|(point, _)| point).collect()
}

/// And again, before each effect of the recovery from this first failure.
fn fail_again(stage: Stage, first: Point, found: &mut Tally) {
    let report = run(options(stage, vec![first]));
    let effects = &report.effects;
    let from = report.recovery.start;
    let changed = |at: &usize| *at == from || is_news(&effects[*at - 1], &effects[*at]);
    for at in report.recovery.clone().filter(changed) {
        for fate in fates(&effects[at]) {
            let second = Point {
                effect: at as u64,
                mishap: Mishap::Power(*fate),
                ms: first.ms,
            };
            found.run(options(stage, vec![first, second]));
        }
    }
}

/// Every effect of a stage is performed twice, and at every effect the process is killed and started again, which
/// repeats the step that it was in. The request that costs money is never performed twice: the harness sends it on
/// a connection of its own, and what is paid twice would be the driver's doing.
#[must_use]
pub fn repeated(stage: Stage, extent: Extent, threads: u64) -> Tally {
    at_each(stage, extent, threads, |performed| {
        let is_once = match performed.kind {
            EffectKind::Submit => true,
            // The same where the chat has nothing that tells the second from the first.
            EffectKind::Commit => match stage.cast.channel.traits().key {
                Key::Window { .. } | Key::Forever | Key::SameBody { .. } => false,
                Key::OneShot | Key::None => true,
            },
            // The driver may do anything else twice: every effect of the core has to bear that.
            _ => false,
        };
        let twice = (!is_once).then_some((Mishap::Repeated, 0));
        [Some((Mishap::Killed, 0)), twice]
            .into_iter()
            .flatten()
            .collect()
    })
}

/// Every effect of a stage fails in every way that it can, once and for a long time; and the clock is set.
#[must_use]
pub fn failing(stage: Stage, extent: Extent, threads: u64) -> Tally {
    at_each(stage, extent, threads, |performed| {
        let mut mishaps: Vec<(Mishap, i64)> = performed
            .possible
            .mishaps()
            .flat_map(|mishap| [(mishap, 0), (mishap, LASTING_MS)])
            .collect();
        // A clock set between two looks is the same as one set at the effect behind them.
        if performed.kind != EffectKind::Look {
            mishaps.extend(CLOCK_MS.map(|ms| (Mishap::ClockSet, ms)));
        }
        mishaps
    })
}

/// Tries each mishap that fits an effect, at every effect.
fn at_each(
    stage: Stage,
    extent: Extent,
    threads: u64,
    mishaps: impl Fn(&Performed) -> Vec<(Mishap, i64)> + Sync,
) -> Tally {
    let effects = undisturbed(stage);
    let tried = extent.of(effects.len());
    let mut all = Tally::default();
    on_threads(
        threads,
        tried.len() as u64,
        |job, tally: &mut Tally| {
            let effect = nth(&tried, job);
            let performed = &effects[usize::try_from(effect).unwrap_or(usize::MAX)];
            for (mishap, ms) in mishaps(performed) {
                let point = Point { effect, mishap, ms };
                tally.run(options(stage, vec![point]));
            }
        },
        |tally| all.join(tally),
    );
    all
}

#[cfg(test)]
mod tests {
    use super::{Extent, LEAST, WHOLE};

    #[test]
    fn a_short_stage_is_tried_at_each_effect_and_a_long_one_all_over() {
        let each = |count: usize| (0..count as u64).collect::<Vec<u64>>();
        assert_eq!(Extent::Spread.of(WHOLE), each(WHOLE));
        for count in [WHOLE + 1, 2_000, 5_000, 18_000] {
            assert_eq!(Extent::Whole.of(count), each(count));
            let tried = Extent::Spread.of(count);
            assert!(tried.len() >= LEAST && tried.len() < WHOLE, "{count}");
            assert!(tried.is_sorted_by(|one, next| one < next), "{count}");
            // No gap is longer than two shares.
            let gaps = tried.windows(2).map(|pair| pair[1] - pair[0]);
            let most = 2 * count.div_ceil(tried.len()) as u64;
            assert!(gaps.max().unwrap() <= most, "{count}");
        }
    }
}
