//! One run: the user's commands and the harness's calls, interleaved on a simulated clock. Everything follows
//! from the options.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::rc::Rc;

use libtv_video_core::config::Settings;
use libtv_video_core::io::{Effect, Outcome};

use super::check::{self, Evidence, Kind, Violation};
use super::process::{Call, Ended, Process, Role, settings};
use super::report::{EffectKind, MAX_POLLS_TO_SETTLE, Options, Performed, Report};
use super::rng::Rng;
use super::scenario::{Ask, Scenario};
use super::stage::Stage;
use super::storm::Storm;
use super::task::{Step, Task};
use super::weather::Possible;
use super::world::World;

/// When a run begins; any time will do.
pub(super) const START_MS: u64 = 1_800_000_000_000;
pub(super) const MINUTE_MS: u64 = 60 * 1000;
/// Far more than the longest run has.
const MAX_EFFECTS: u32 = 400_000;

/// Who runs one call after the other.
pub(super) struct Actor {
    pub(super) role: Role,
    /// When it goes on; never, when it has nothing to do.
    pub(super) at_ms: u64,
    /// The call under way.
    pub(super) task: Option<Task<Ended>>,
    /// What came of its last effect.
    pub(super) outcome: Option<Outcome>,
    /// A harness's calls to come in this round.
    pub(super) queue: VecDeque<Call>,
    /// Until when a session isn't polled again, by the word of its last step.
    pub(super) not_before_ms: HashMap<String, u64>,
    /// Whether a call of this round failed.
    pub(super) failed: bool,
    /// A harness's polls after the last fault.
    pub(super) polls: u64,
    /// A harness's looks for what is due since the power failed.
    pub(super) rounds: u32,
    /// An upload that takes a while, and is nothing until its end.
    pub(super) under_way: Option<Effect>,
}

/// A run under way.
pub(super) struct Run {
    /// What all processes share.
    pub(super) world: World,
    pub(super) options: Options,
    pub(super) actors: Vec<Actor>,
    /// What the user has still to ask for.
    pub(super) asks: VecDeque<Ask>,
    /// What goes wrong, and when.
    pub(super) storm: Storm,
    pub(super) crashes: u32,
    pub(super) effects: Vec<Performed>,
    pub(super) recovery: Range<usize>,
    pub(super) left: u64,
    pub(super) broken: Vec<Violation>,
    keys: [Rc<Settings>; 2],
}

/// Runs one.
#[must_use]
pub fn run(options: Options) -> Report {
    let mut run = Run::new(options);
    // A harness looks at everything once more when nobody asks for anything any more: what a submit that was cut off has
    // left is found by nothing else.
    // A person's `recover` reopens what had failed, and the harness has to bring that to its end too.
    // Twice: the first time ends when nobody has anything planned, which a cut-off submit hasn't either.
    let settled = run.until_idle() && run.until_idle();
    if settled {
        // Before any command: what only `recover` would find out must not pass for the timer's work.
        run.judge_timer();
        run.quietly(Call::Recover);
        run.until_idle();
        run.quietly(Call::Recover);
        // What is opened anew is the timer's to end: of more than a step sends, `recover` has no word for the rest.
        if check::waits(&run.evidence()) {
            run.until_idle();
        }
    }
    let polls_to_settle = run.polls_to_settle();
    if run.recovery.end == 0 {
        run.recovery.end = run.effects.len();
    }
    if settled {
        let found = check::check(&run.evidence());
        run.broken.extend(found);
    }
    let uncertain = check::uncertain(&run.evidence());
    let world = run.world;
    let violations = run.broken;
    let (trace_hash, trace) = world.trace.finish();
    Report {
        violations,
        crashes: run.crashes,
        effects: run.effects,
        recovery: run.recovery,
        left: run.left,
        trace_hash,
        trace,
        shown: world
            .chat
            .shown
            .iter()
            .map(|shown| shown.links().to_owned())
            .collect(),
        uncertain,
        polls_to_settle,
    }
}

impl Run {
    fn new(options: Options) -> Self {
        let Stage { cast, scenario } = options.stage;
        let mut rng = Rng::new(options.seed);
        let storm = Storm::new(&options.trouble, &mut rng);
        let is_limited = scenario == Scenario::LateLimited;
        let actor = |role| Actor {
            role,
            at_ms: match role {
                Role::User | Role::Harness => START_MS,
                // Once there is something to recover.
                Role::Recoverer => START_MS + MINUTE_MS,
            },
            task: None,
            outcome: None,
            queue: VecDeque::new(),
            not_before_ms: HashMap::new(),
            failed: false,
            polls: 0,
            rounds: 0,
            under_way: None,
        };
        let mut world = World::new(START_MS, rng, &options);
        storm.prepare(&mut world.weather);
        Self {
            world,
            actors: scenario.roles().into_iter().map(actor).collect(),
            asks: scenario.asks().into(),
            keys: [
                settings(cast, None, is_limited),
                settings(cast, Some("sk-libtv-another"), is_limited),
            ],
            storm,
            crashes: 0,
            effects: Vec::new(),
            recovery: 0..0,
            left: 0,
            broken: Vec::new(),
            options,
        }
    }

    /// Lets everybody run until there is nothing to do any more; false when that doesn't happen.
    fn until_idle(&mut self) -> bool {
        for actor in &mut self.actors {
            if actor.role == Role::Harness {
                // Woken up: a harness that sleeps until its next poll would otherwise never look at what was
                // left.
                actor.at_ms = actor.at_ms.min(self.world.now_ms + 1);
            }
        }
        for _ in 0..MAX_EFFECTS {
            // The one whose time comes first; at the same time the first of them, so that a seed gives one
            // order.
            let next = (0..self.actors.len()).min_by_key(|at| self.actors[*at].at_ms);
            let Some(at) = next.filter(|at| self.actors[*at].at_ms < u64::MAX) else {
                return true;
            };
            // Time never goes back here: only the machine's clock does.
            self.world.now_ms = self.world.now_ms.max(self.actors[at].at_ms);
            self.world.arrive();
            self.storm.pass(&mut self.world);
            self.step(at);
            // A run that never settles would else go on to its last effect, an hour of processor time.
            if self.polls_to_settle() > self.max_polls() {
                break;
            }
        }
        let polls = self.polls_to_settle();
        let words = format!("after {polls} polls not everything has ended");
        self.broken.push(Violation::new(Kind::Unsettled, words));
        false
    }

    /// Looks for what the timer alone has lost. A wrong clock may end the watching of a session: a person is told then.
    fn judge_timer(&mut self) {
        if self.storm.sets_clock() {
            return;
        }
        let found = check::by_timer(&self.evidence());
        self.broken.extend(found);
    }

    /// What there is to judge by.
    fn evidence(&self) -> Evidence<'_> {
        let world = &self.world;
        Evidence {
            ledger: &world.ledger,
            chat: &world.chat,
            traits: world.cast.channel.traits(),
            disk: &world.disk,
            heard: &world.heard,
            shown_before: &world.shown_before,
            has_right_clock: !self.storm.sets_clock(),
        }
    }

    /// The polls after the last fault, of the harness that needed most.
    fn polls_to_settle(&self) -> u64 {
        let polls = self.actors.iter().map(|actor| actor.polls);
        polls.max().unwrap_or(0)
    }

    /// A clock that was set back has a session watched once more until it is where it was.
    fn max_polls(&self) -> u64 {
        MAX_POLLS_TO_SETTLE * if self.storm.sets_clock() { 2 } else { 1 }
    }

    /// What is configured at this time: in one scenario another key for a while.
    fn settings(&self) -> Rc<Settings> {
        let switched =
            (START_MS + MINUTE_MS / 2..START_MS + 10 * MINUTE_MS).contains(&self.world.now_ms);
        let other = self.options.stage.scenario == Scenario::KeySwitched && switched;
        Rc::clone(&self.keys[usize::from(other)])
    }

    /// Begins a call by the machine's clock, with a seed of its own.
    pub(super) fn start(&mut self, call: Call) -> Task<Ended> {
        let subject = match &call {
            Call::Poll(id) => id.as_str(),
            Call::Due | Call::Submit { .. } | Call::Recover => "",
        };
        self.world
            .trace
            .note(self.world.now_ms, call.name(), subject, 0);
        let seed = self.world.rng.seed();
        call.start(self.settings(), self.world.cast.channel, seed)
    }

    /// One actor does one thing: an effect, or what follows from the end of a call.
    fn step(&mut self, at: usize) {
        let Some(mut task) = self.actors[at].task.take() else {
            return self.begin(at);
        };
        if let Some(effect) = self.actors[at].under_way.take() {
            return self.perform(at, task, effect);
        }
        let outcome = self.actors[at].outcome.take();
        match task.resume(outcome, self.world.told_ms()) {
            Step::Do(effect) => self.begin_effect(at, task, effect),
            Step::End(ended) => self.ended(at, ended),
        }
    }

    /// Has an effect performed: at once, or when its upload is whole. A process that dies meanwhile has sent nothing.
    fn begin_effect(&mut self, at: usize, task: Task<Ended>, effect: Effect) {
        let upload_ms = match effect {
            Effect::Relay(_) => self.options.stage.scenario.upload_ms(),
            _ => 0,
        };
        if upload_ms == 0 {
            return self.perform(at, task, effect);
        }
        let actor = &mut self.actors[at];
        actor.under_way = Some(effect);
        actor.task = Some(task);
        actor.at_ms = self.world.now_ms + upload_ms;
    }

    /// Has the world perform an effect, unless something goes wrong at it.
    fn perform(&mut self, at: usize, task: Task<Ended>, effect: Effect) {
        let now_ms = self.world.now_ms;
        let kind = EffectKind::of(&effect);
        // Before what goes wrong: a crash at this effect has the same number as the effect.
        self.effects.push(Performed {
            kind,
            at_risk: self.world.disk.is_at_risk(),
            possible: Possible::at(&effect),
        });
        if let Some(crash) = self.mishap(kind, &effect) {
            return self.crash(at, crash);
        }
        let process = Process {
            index: at,
            role: self.actors[at].role,
        };
        let (outcome, took_ms) = self.world.perform(process, effect);
        let actor = &mut self.actors[at];
        actor.outcome = Some(outcome);
        actor.task = Some(task);
        actor.at_ms = now_ms + took_ms;
    }

    /// Runs one call to its end with nobody beside it and nothing going wrong.
    fn quietly(&mut self, call: Call) {
        // Long enough for a submit without an outcome to count as one, also where a clock that was set back passes its
        // beginning meanwhile: for three minutes before and behind it counts as under way. And for all results: a
        // session whose watching a wrong clock has ended is asked about by `recover`.
        let made_ms = self.world.ends_at_ms();
        self.world.now_ms = made_ms.max(self.world.now_ms + 7 * MINUTE_MS);
        // Whoever wants to know what became of it asks in the chat: one that takes messages for a while only takes them again.
        self.world.chat.wrote_at_ms = self.world.now_ms;
        self.world.weather.clear();
        self.world.arrive();
        let process = Process {
            index: self.actors.len(),
            role: Role::Recoverer,
        };
        let mut task = self.start(call);
        let mut outcome = None;
        while let Step::Do(effect) = task.resume(outcome.take(), self.world.told_ms()) {
            let (done, took_ms) = self.world.perform(process, effect);
            self.world.now_ms += took_ms;
            outcome = Some(done);
        }
    }
}
