//! When what goes wrong: at the points that were asked for, or by chance.

use libtv_video_core::io::{Effect, LongRequest};

use super::cast::Cast;
use super::disk::Fate;
use super::network::Party;
use super::process::Role;
use super::report::EffectKind;
use super::rng::Rng;
use super::run::{MINUTE_MS, Run, START_MS};
use super::trouble::{Mishap, Point, Trouble};
use super::weather::Weather;
use super::world::World;

/// How far a clock is set by chance. Set back by more than the ten minutes that a `uuid` has to spare, but by less than
/// a result waits, it would hide how old a message is: nobody can tell then, and nothing is promised.
pub(super) const CLOCK_MS: [i64; 6] = [
    -9 * 60_000,
    -60_000,
    60_000,
    3_600_000,
    25 * 3_600_000,
    -26 * 3_600_000,
];

/// What is to go wrong in a run.
pub(super) struct Storm {
    points: Vec<Point>,
    network_per_mille: u64,
    storage_per_mille: u64,
    crash_per_100_000: u64,
    crashes_left: u32,
    clock: Option<(u64, i64)>,
    sets_clock: bool,
    until_ms: u64,
}

/// A process is killed, or the power fails and takes all of them.
pub(super) struct Crash {
    /// Whether the power fails, and what becomes of what wasn't synced; without a fate each thing has its own.
    power: Option<Option<Fate>>,
    off_ms: u64,
}

impl Storm {
    /// What goes wrong in a run: what was asked for, or what the seed says.
    pub(super) fn new(trouble: &Trouble, rng: &mut Rng) -> Self {
        let calm = Self {
            points: Vec::new(),
            network_per_mille: 0,
            storage_per_mille: 0,
            crash_per_100_000: 0,
            crashes_left: 0,
            clock: None,
            sets_clock: false,
            until_ms: START_MS,
        };
        match trouble {
            Trouble::None => calm,
            Trouble::At(points) => Self {
                sets_clock: points.iter().any(|point| point.mishap == Mishap::ClockSet),
                points: points.clone(),
                ..calm
            },
            Trouble::Random => {
                let lasts_ms = rng.pick(&[3, 12, 60, 180]) * MINUTE_MS;
                let clock = rng
                    .chance(150)
                    .then(|| (START_MS + rng.below(lasts_ms), rng.pick(&CLOCK_MS)));
                Self {
                    // Also none at all: a disk that fails shows other things when the network doesn't.
                    network_per_mille: rng.pick(&[0, 30, 150, 400]),
                    storage_per_mille: rng.pick(&[0, 0, 0, 2, 20]),
                    crash_per_100_000: rng.pick(&[0, 100, 500, 2500]),
                    // Bounded, so that a run comes to its end.
                    crashes_left: rng.pick(&[1, 3, 20]),
                    clock,
                    sets_clock: clock.is_some(),
                    until_ms: START_MS + lasts_ms,
                    ..calm
                }
            }
        }
    }

    /// What fails by chance from the beginning.
    pub(super) const fn prepare(&self, weather: &mut Weather) {
        weather.network_per_mille = self.network_per_mille;
        weather.storage_per_mille = self.storage_per_mille;
    }

    /// Whether nothing goes wrong any more.
    pub(super) const fn is_over(&self, now_ms: u64) -> bool {
        now_ms >= self.until_ms
    }

    /// Whether the machine's clock is set in it: some promises don't hold then.
    pub(super) const fn sets_clock(&self) -> bool {
        self.sets_clock
    }

    /// Time goes on.
    pub(super) fn pass(&mut self, world: &mut World) {
        if self.is_over(world.now_ms) {
            world.weather.network_per_mille = 0;
            world.weather.storage_per_mille = 0;
        }
        if let Some((_, by_ms)) = self.clock.take_if(|(at_ms, _)| world.now_ms >= *at_ms) {
            set_clock(world, by_ms);
        }
    }
}

/// Sets the machine's clock by so much, back when negative.
fn set_clock(world: &mut World, by_ms: i64) {
    world.skew_ms += by_ms;
    world
        .trace
        .note(world.now_ms, "clock set", "", by_ms.unsigned_abs());
}

impl Run {
    /// What goes wrong at this effect: a crash is answered, faults are put into force.
    pub(super) fn mishap(&mut self, kind: EffectKind, effect: &Effect) -> Option<Crash> {
        // The effect has been noted already.
        let number = self.effects.len() as u64 - 1;
        let points = &self.storm.points;
        if let Some(point) = points.iter().find(|point| point.effect == number).copied() {
            for actor in &mut self.actors {
                // Polls count from the last thing that goes wrong.
                actor.polls = 0;
            }
            return self.meet(point, effect);
        }
        self.crashes_by_chance(kind)
    }

    /// Has one thing go wrong now; a crash is answered.
    fn meet(&mut self, point: Point, effect: &Effect) -> Option<Crash> {
        let now_ms = self.world.now_ms;
        let lasts_ms = point.ms.unsigned_abs();
        match point.mishap {
            Mishap::Power(fate) => Some(Crash {
                power: Some(Some(fate)),
                off_ms: lasts_ms,
            }),
            Mishap::Killed => Some(Crash {
                power: None,
                off_ms: lasts_ms,
            }),
            Mishap::ClockSet => {
                set_clock(&mut self.world, point.ms);
                None
            }
            Mishap::Repeated | Mishap::Storage(_) | Mishap::Network(_) | Mishap::Source(_) => {
                let weather = &mut self.world.weather;
                weather.strike(point.mishap);
                if lasts_ms > 0 {
                    weather.begin(
                        point.mishap,
                        party_of(self.options.stage.cast, effect, point.mishap),
                        now_ms + lasts_ms,
                    );
                    self.storm.until_ms = now_ms + lasts_ms;
                }
                None
            }
        }
    }

    /// Whether a process dies here by chance.
    fn crashes_by_chance(&mut self, kind: EffectKind) -> Option<Crash> {
        let storm = &mut self.storm;
        // Then everything has to settle, and nothing may disturb it.
        if storm.crashes_left == 0 || self.world.now_ms >= storm.until_ms {
            return None;
        }
        // Looking at things is most of what is done, and the least interesting place to stop.
        let rate = match kind {
            EffectKind::Look => storm.crash_per_100_000 / 10,
            _ => storm.crash_per_100_000,
        };
        let rng = &mut self.world.rng;
        if rng.below(100_000) >= rate {
            return None;
        }
        storm.crashes_left -= 1;
        let power = rng.chance(500).then_some(None);
        // Mostly a restart; sometimes a long time, and then also beyond the hour that a key is kept.
        let off_ms = match rng.below(10) {
            0..=6 => rng.between(100, 10_000),
            7 | 8 => rng.between(1, 20) * MINUTE_MS,
            _ => rng.between(40, 150) * MINUTE_MS,
        };
        Some(Crash { power, off_ms })
    }

    /// Stops one process, or all of them where the power fails. What they had in memory is gone.
    pub(super) fn crash(&mut self, at: usize, crash: Crash) {
        self.crashes += 1;
        let what = if crash.power.is_some() {
            "power fails"
        } else {
            "killed"
        };
        let now_ms = self.world.now_ms;
        self.world.trace.note(now_ms, what, "", crash.off_ms);
        if let Some(fate) = crash.power {
            self.world.disk.lose_power(fate, &mut self.world.rng);
            self.recovery = self.effects.len()..0;
        }
        let back_ms = now_ms + crash.off_ms;
        for (other, actor) in self.actors.iter_mut().enumerate() {
            // Killed is one process; the power takes all.
            if other != at && crash.power.is_none() {
                continue;
            }
            let was_running = actor.task.take().is_some() || other == at;
            actor.outcome = None;
            actor.under_way = None;
            actor.queue.clear();
            actor.not_before_ms.clear();
            // Recovery begins anew with every failure.
            actor.rounds = 0;
            if actor.role == Role::User && was_running && actor.at_ms < u64::MAX {
                // Whoever asked got no answer, and doesn't ask again.
                self.asks.pop_front();
            }
            actor.at_ms = match actor.role {
                Role::Harness => back_ms,
                // People come back when they meant to, or when the machine is there again.
                Role::User | Role::Recoverer => actor.at_ms.max(back_ms),
            };
        }
        if crash.power.is_some() {
            self.left = self.world.left(self.asks.len());
        }
    }
}

/// Whose requests a lasting fault meets.
fn party_of(cast: Cast, effect: &Effect, mishap: Mishap) -> Party {
    match (effect, mishap) {
        (Effect::Relay(_), Mishap::Source(_)) => Party::Media,
        (Effect::Relay(relay), _) => Party::of(&relay.upload.url),
        (
            Effect::Http(request)
            | Effect::Long(LongRequest { request, .. })
            | Effect::Measure(request),
            _,
        ) => Party::of(&request.url),
        _ => Party::Service(cast.service),
    }
}
