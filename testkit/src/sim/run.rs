//! One run: the user's commands and the harness's calls, interleaved on a simulated clock, with
//! crashes in between. Everything follows from the options.

use std::collections::VecDeque;
use std::rc::Rc;

use libtv_video_core::config::Settings;
use libtv_video_core::io::{Effect, FsOp, Outcome, Step, Task};
use libtv_video_core::problem::Problem;
use serde_json::Value;

use super::check::{self, Evidence, Heard, Kind, Violation};
use super::disk::{Disk, Fate};
use super::feishu::Feishu;
use super::legacy;
use super::libtv::LibTv;
use super::media::Store;
use super::plant::Plant;
use super::process::{Call, Ended, settings};
use super::rng::Rng;
use super::scenario::{Ask, Scenario};
use super::world::{Trace, World};

/// So many polls may follow the last fault before every session has ended. A job that is given up is
/// asked about 250 times in two hours and 88 times in the day after.
pub const MAX_POLLS_TO_SETTLE: u32 = 500;
/// When a run begins; any time will do.
const START_MS: u64 = 1_800_000_000_000;
const MINUTE_MS: u64 = 60 * 1000;
const MAX_EFFECTS: u32 = 400_000;

/// What goes wrong in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// Whatever the seed says.
    Random,
    /// The power fails before these storage operations, counted from 0; then the harness comes back
    /// after this long.
    PowerFails {
        /// When, and what becomes of what isn't synced.
        at: Vec<(u64, Fate)>,
        /// How long it is off.
        off_ms: u64,
    },
}

/// What a run is made from.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything random comes from.
    pub seed: u64,
    /// What happens.
    pub scenario: Scenario,
    /// What goes wrong.
    pub trouble: Trouble,
    /// A bug between the core and the world.
    pub plant: Option<Plant>,
    /// Whether the events are kept in words.
    pub keep_trace: bool,
}

/// What a run came to.
pub struct Report {
    /// The broken promises.
    pub violations: Vec<Violation>,
    /// How often a process was stopped.
    pub crashes: u32,
    /// How many storage operations there were.
    pub storage_ops: u64,
    /// Stands for all events.
    pub trace_hash: u64,
    /// The events in words, if they were to be kept.
    pub trace: Vec<String>,
    /// Results that reached the chat.
    pub shown: usize,
    /// Polls after the last fault.
    pub polls_to_settle: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    User,
    Harness,
    Recoverer,
}

struct Actor {
    role: Role,
    /// When it goes on; never, when it has nothing to do.
    at_ms: u64,
    task: Option<Task<'static, Ended>>,
    outcome: Option<Outcome>,
    queue: VecDeque<Call>,
    failed: bool,
}

struct Run {
    world: World,
    options: Options,
    actors: Vec<Actor>,
    asks: VecDeque<Ask>,
    keys: [Rc<Settings>; 2],
    faults_until_ms: u64,
    crash_per_100_000: u64,
    crashes_left: u32,
    crashes: u32,
    polls_to_settle: u32,
    idle_after_faults: bool,
    broken: Vec<Violation>,
    last_recover: Value,
}

/// Runs one.
#[must_use]
pub fn run(options: Options) -> Report {
    let mut run = Run::new(options);
    let shown_before = if run.options.scenario == Scenario::Legacy {
        legacy::install(&mut run.world)
    } else {
        Vec::new()
    };
    let settled = run.until_idle();
    if settled {
        run.quietly(Call::Recover);
        run.until_idle();
        run.quietly(Call::Recover);
    }
    let world = run.world;
    let mut violations = run.broken;
    if settled {
        violations.extend(check::check(&Evidence {
            libtv: &world.libtv,
            feishu: &world.feishu,
            disk: &world.disk,
            heard: &world.heard,
            recovered: &run.last_recover,
            shown_before: &shown_before,
        }));
    }
    let (trace_hash, trace) = world.trace.finish();
    Report {
        violations,
        crashes: run.crashes,
        storage_ops: world.storage_ops,
        trace_hash,
        trace,
        shown: world.feishu.chat.len(),
        polls_to_settle: run.polls_to_settle,
    }
}

impl Run {
    fn new(options: Options) -> Self {
        let scenario = options.scenario;
        let mut rng = Rng::new(options.seed);
        let random = options.trouble == Trouble::Random;
        let fault_per_mille = if random {
            rng.pick(&[0, 30, 150, 400])
        } else {
            0
        };
        let fault_phase_ms = if random {
            rng.pick(&[3, 12, 60, 180]) * MINUTE_MS
        } else {
            0
        };
        let crash_per_100_000 = if random {
            rng.pick(&[0, 100, 500, 2500])
        } else {
            0
        };
        let crashes_left = if random { rng.pick(&[1, 3, 20]) } else { 0 };
        let key = if scenario == Scenario::Direct {
            "sk-libtv-simulated"
        } else {
            "mgk_simulated"
        };
        let actor = |role, at_ms| Actor {
            role,
            at_ms,
            task: None,
            outcome: None,
            queue: VecDeque::new(),
            failed: false,
        };
        let mut actors = vec![actor(Role::User, START_MS)];
        actors.extend((0..scenario.pollers()).map(|_| actor(Role::Harness, START_MS)));
        if scenario == Scenario::RecoverBeside {
            actors.push(actor(Role::Recoverer, START_MS + MINUTE_MS));
        }
        let mut libtv = LibTv::default();
        libtv.echoes = scenario != Scenario::ContinuedUnechoed;
        libtv.ends_after_first_url = options.plant == Some(Plant::FirstUrlEnds);
        let mut feishu = Feishu::default();
        feishu.lacks_scope = scenario == Scenario::NoScope;
        feishu.pause_ms = if scenario == Scenario::RateLimited {
            3000
        } else {
            0
        };
        Self {
            world: World {
                now_ms: START_MS,
                rng,
                disk: Disk::default(),
                libtv,
                feishu,
                heard: Heard::default(),
                trace: Trace::new(options.keep_trace),
                plant: options.plant,
                fault_per_mille,
                storage_ops: 0,
                media: Store::new(),
            },
            actors,
            asks: scenario.asks().into(),
            keys: [settings(key), settings("sk-libtv-another")],
            faults_until_ms: START_MS + fault_phase_ms,
            crash_per_100_000,
            crashes_left,
            crashes: 0,
            polls_to_settle: 0,
            idle_after_faults: false,
            broken: Vec::new(),
            last_recover: Value::Null,
            options,
        }
    }

    /// Lets everybody run until there is nothing to do any more; false when that doesn't happen.
    fn until_idle(&mut self) -> bool {
        for actor in &mut self.actors {
            if actor.role == Role::Harness {
                actor.at_ms = actor.at_ms.min(self.world.now_ms + 1);
            }
        }
        for _ in 0..MAX_EFFECTS {
            let next = (0..self.actors.len()).min_by_key(|at| self.actors[*at].at_ms);
            let Some(at) = next.filter(|at| self.actors[*at].at_ms < u64::MAX) else {
                return true;
            };
            self.world.now_ms = self.world.now_ms.max(self.actors[at].at_ms);
            if self.world.now_ms >= self.faults_until_ms {
                self.world.fault_per_mille = 0;
            }
            self.step(at);
            if self.polls_to_settle > MAX_POLLS_TO_SETTLE {
                break;
            }
        }
        self.broken.push(Violation::new(
            Kind::Unsettled,
            format!(
                "after {} polls not everything has ended",
                self.polls_to_settle
            ),
        ));
        false
    }

    fn settings(&self) -> Rc<Settings> {
        let switched =
            (START_MS + MINUTE_MS / 2..START_MS + 10 * MINUTE_MS).contains(&self.world.now_ms);
        let other = self.options.scenario == Scenario::KeySwitched && switched;
        Rc::clone(&self.keys[usize::from(other)])
    }

    fn start(&mut self, call: Call) -> Task<'static, Ended> {
        let subject = match &call {
            Call::Poll(id) => id.as_str(),
            Call::Due | Call::Submit { .. } | Call::Recover => "",
        };
        self.world
            .trace
            .note(self.world.now_ms, call.name(), subject, 0);
        let seed = self.world.rng.seed();
        call.start(self.settings(), seed, self.world.now_ms)
    }

    /// One actor does one thing: an effect, or what follows from the end of a call.
    fn step(&mut self, at: usize) {
        let now_ms = self.world.now_ms;
        let Some(mut task) = self.actors[at].task.take() else {
            return self.begin(at);
        };
        let outcome = self.actors[at].outcome.take();
        match task.resume(outcome, now_ms) {
            Ok(Step::Do(effect)) => {
                if self.crashes_now(&effect) {
                    return self.crash(at);
                }
                let (outcome, took_ms) = self.world.perform(effect);
                let actor = &mut self.actors[at];
                actor.outcome = Some(outcome);
                actor.task = Some(task);
                actor.at_ms = now_ms + took_ms;
            }
            Ok(Step::End(ended)) => self.ended(at, ended),
            Err(reason) => {
                self.broken.push(Violation::new(Kind::Broken, reason));
                self.actors[at].at_ms = u64::MAX;
            }
        }
    }

    /// What an actor without a call does next.
    fn begin(&mut self, at: usize) {
        let now_ms = self.world.now_ms;
        let call = match self.actors[at].role {
            Role::User => match self.asks.front() {
                None => return self.actors[at].at_ms = u64::MAX,
                Some(ask) if START_MS + ask.at_ms > now_ms => {
                    return self.actors[at].at_ms = START_MS + ask.at_ms;
                }
                Some(ask) => {
                    let session_id = self.world.heard.acknowledged.first().cloned();
                    if ask.continues && session_id.is_none() {
                        self.asks.pop_front();
                        return;
                    }
                    Call::Submit {
                        text: ask.text,
                        session_id: session_id.filter(|_| ask.continues),
                    }
                }
            },
            Role::Harness => self.actors[at].queue.pop_front().unwrap_or(Call::Due),
            Role::Recoverer => Call::Recover,
        };
        if matches!(call, Call::Poll(_)) && now_ms >= self.faults_until_ms {
            self.polls_to_settle += 1;
        }
        let task = self.start(call);
        self.actors[at].task = Some(task);
    }

    fn ended(&mut self, at: usize, ended: Ended) {
        let now_ms = self.world.now_ms;
        let again_ms = now_ms + 10_000;
        match ended {
            Ended::Due(Ok(due)) => {
                let actor = &mut self.actors[at];
                let failed = std::mem::take(&mut actor.failed);
                actor.queue = due
                    .iter()
                    .filter(|due| due.at_ms <= now_ms && !failed)
                    .map(|due| Call::Poll(due.session_id.clone()))
                    .collect();
                let next_ms = due.iter().map(|due| due.at_ms).min().unwrap_or(u64::MAX);
                actor.at_ms = if failed && !due.is_empty() {
                    again_ms
                } else {
                    next_ms.max(now_ms)
                };
                if due.is_empty() {
                    self.idle_after_faults = now_ms >= self.faults_until_ms;
                }
            }
            Ended::Due(Err(problem)) => self.fails(at, &problem),
            Ended::Poll(Ok(report)) => {
                self.world.trace.note(
                    now_ms,
                    "polled",
                    report.state.name(),
                    u64::from(report.delivered),
                );
            }
            Ended::Poll(Err(problem)) => self.fails(at, &problem),
            Ended::Submit(text, result) => self.submitted(at, text, result),
            Ended::Recover(result) => {
                self.recovered(result);
                let later_ms = now_ms + self.world.rng.between(10_000, 60_000);
                let over = later_ms > START_MS + 10 * MINUTE_MS;
                self.actors[at].at_ms = if over { u64::MAX } else { later_ms };
                self.wake();
            }
        }
    }

    fn fails(&mut self, at: usize, problem: &Problem) {
        let message = &problem.failure().message;
        self.world
            .trace
            .note(self.world.now_ms, "fails", message, 0);
        self.actors[at].failed = true;
        self.actors[at].at_ms = self.world.now_ms + 10_000;
    }

    fn submitted(
        &mut self,
        at: usize,
        text: &'static str,
        result: Result<libtv_video_core::skill::Submission, Problem>,
    ) {
        self.actors[at].at_ms = self.world.now_ms + 1;
        match result {
            Ok(submission) => {
                self.world
                    .trace
                    .note(self.world.now_ms, "acknowledged", &submission.session_id, 0);
                self.world.heard.acknowledged.push(submission.session_id);
                self.asks.pop_front();
            }
            // Nothing was sent: the user tries again.
            Err(Problem::Temporary(failure)) => {
                self.world
                    .trace
                    .note(self.world.now_ms, "not sent", &failure.message, 0);
                self.actors[at].at_ms = self.world.now_ms + 5_000;
            }
            Err(Problem::OutcomeUnknown(failure)) => {
                self.world
                    .trace
                    .note(self.world.now_ms, "unknown", &failure.message, 0);
                self.world.heard.unknown.push(text.to_owned());
                self.asks.pop_front();
            }
            Err(Problem::Permanent(failure)) => {
                self.world
                    .trace
                    .note(self.world.now_ms, "refused", &failure.message, 0);
                self.asks.pop_front();
            }
        }
        self.wake();
    }

    fn recovered(&mut self, result: Result<String, Problem>) {
        match result.map(|text| serde_json::from_str::<Value>(&text)) {
            Ok(Ok(json)) => {
                for submit in json["unknownSubmits"].as_array().into_iter().flatten() {
                    let text = submit["text"].as_str().unwrap_or("");
                    self.world.heard.warnings.insert(text.to_owned());
                }
                self.last_recover = json;
            }
            Ok(Err(_)) => self
                .broken
                .push(Violation::new(Kind::Broken, "recover gives no JSON")),
            Err(problem) => {
                self.world
                    .trace
                    .note(self.world.now_ms, "fails", &problem.failure().message, 0)
            }
        }
    }

    /// A harness notices a change in `active` within a second.
    fn wake(&mut self) {
        for actor in self
            .actors
            .iter_mut()
            .filter(|actor| actor.role == Role::Harness)
        {
            actor.at_ms = actor.at_ms.min(self.world.now_ms + 1000);
        }
    }

    fn crashes_now(&mut self, effect: &Effect) -> bool {
        let op = self.world.storage_ops;
        let is_storage = matches!(effect, Effect::Fs(_));
        self.world.storage_ops += u64::from(is_storage);
        match &self.options.trouble {
            Trouble::None => false,
            Trouble::PowerFails { at, .. } => {
                is_storage && at.iter().any(|(wanted, _)| *wanted == op)
            }
            Trouble::Random => {
                // Looking at things is most of what is done, and the least interesting place to stop.
                let looks = matches!(
                    effect,
                    Effect::Fs(FsOp::Read(_) | FsOp::List(_) | FsOp::MakeDir(_))
                );
                let rate = if looks {
                    self.crash_per_100_000 / 10
                } else {
                    self.crash_per_100_000
                };
                let now = self.crashes_left > 0
                    && self.world.now_ms < self.faults_until_ms
                    && self.world.rng.below(100_000) < rate;
                self.crashes_left -= u32::from(now);
                now
            }
        }
    }

    /// A process is killed, or the power fails and takes all of them.
    fn crash(&mut self, at: usize) {
        self.crashes += 1;
        let (power, fate, off_ms) = match &self.options.trouble {
            Trouble::PowerFails { at, off_ms } => {
                let op = self.world.storage_ops - 1;
                let fate = at
                    .iter()
                    .find(|(wanted, _)| *wanted == op)
                    .map(|(_, fate)| *fate);
                (true, fate, *off_ms)
            }
            Trouble::None | Trouble::Random => {
                let rng = &mut self.world.rng;
                let power = rng.chance(500);
                let off_ms = match rng.below(10) {
                    0..=6 => rng.between(100, 10_000),
                    7 | 8 => rng.between(1, 20) * MINUTE_MS,
                    _ => rng.between(40, 150) * MINUTE_MS,
                };
                (power, None, off_ms)
            }
        };
        let what = if power { "power fails" } else { "killed" };
        self.world.trace.note(self.world.now_ms, what, "", off_ms);
        if power {
            self.world.disk.lose_power(fate, &mut self.world.rng);
        }
        let back_ms = self.world.now_ms + off_ms;
        for (other, actor) in self.actors.iter_mut().enumerate() {
            if other != at && !power {
                continue;
            }
            let was_running = actor.task.take().is_some() || other == at;
            actor.outcome = None;
            actor.queue.clear();
            if actor.role == Role::User && was_running && actor.at_ms < u64::MAX {
                // Whoever asked got no answer, and doesn't ask again.
                self.asks.pop_front();
            }
            actor.at_ms = match actor.role {
                Role::Harness => back_ms,
                Role::User | Role::Recoverer => actor.at_ms.max(back_ms),
            };
        }
    }

    /// Runs one call to its end with nobody beside it and nothing going wrong.
    fn quietly(&mut self, call: Call) {
        // Long enough for a submit without an outcome to count as one.
        self.world.now_ms += 5 * MINUTE_MS;
        self.world.fault_per_mille = 0;
        let mut task = self.start(call);
        let mut outcome = None;
        loop {
            match task.resume(outcome.take(), self.world.now_ms) {
                Ok(Step::Do(effect)) => {
                    let (done, took_ms) = self.world.perform(effect);
                    self.world.now_ms += took_ms;
                    outcome = Some(done);
                }
                Ok(Step::End(Ended::Recover(result))) => return self.recovered(result),
                Ok(Step::End(_)) | Err(_) => return,
            }
        }
    }
}
