//! The loop: look who is due, poll, look again. One task owns the timetable; steps and looks run beside it.
//!
//! ```text
//! watch ── changed ──▶ look ── due ──▶ schedule ── take_due ──▶ pace ── now ──▶ step
//!                                         ▲                      │               │
//!                                         ├──────── later ───────┘               │
//!                                         └────── finished, failed ──────────────┘
//! ```

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinSet};

use super::backoff::pause_ms;
use super::clock::{Clock, SystemClock};
use super::event::{Event, EventKind};
use super::idle::{self, Idle};
use super::log::Logs;
use super::look::{Found, Look, News, Seen, look};
use super::own::own;
use super::pace::{self, Pace};
use super::schedule::Schedule;
use super::stop::StopHandle;
use super::watch::Watch;
use super::watched;
use sandbox::error::LimitHit;

use crate::error::{CallError, ServeError};
use crate::harness::Harness;
use crate::home::Home;
use crate::limits::{MAX_SESSIONS, MAX_STOPPED_STEPS, PARALLEL_STEPS, STEPS_A_DAY};
use crate::polling::{self, Means, Start, StartedBy};
use crate::types::Step;
use sandbox::call::Usage;

/// Steps in flight get this long when the timer is asked to stop; then they are abandoned, which is always safe.
const GRACE: Duration = Duration::from_secs(3);
/// Between two looks at least this long, and ten times what a look takes: looking never costs more than a tenth.
const LOOK_GAP_MS: u64 = 20;
/// After a look that failed, at first.
const LOOK_RETRY_MS: u64 = 1_000;
/// However much else there is to look at, at least this often everything is looked at: what a process that died has left
/// makes no noise.
const LOOK_AT_ALL_MS: u64 = 60_000;
/// How often it is checked whether this harness has other credentials, which are published for those who submit.
const MEANS_EVERY_MS: u64 = 10_000;
/// Nobody is due: wake up all the same, because the machine may have slept meanwhile and its clock moved.
const LONGEST_SLEEP_MS: u64 = 10_000;
/// What the sessions have used up is stored this often at most.
const STORE_EVERY_MS: u64 = 10_000;

/// How to serve.
pub struct ServeOptions {
    /// Steps at once, from one to four fifths of the calls that the component has room for.
    pub max_parallel: usize,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// What started it: for people who ask what runs.
    pub started_by: StartedBy,
    /// Ends when there was nothing to do for so long, in milliseconds. None: only when it is stopped.
    pub until_idle_ms: Option<u64>,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            max_parallel: PARALLEL_STEPS,
            clock: Arc::new(SystemClock),
            started_by: StartedBy::default(),
            until_idle_ms: None,
        }
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Served {
    /// Steps that ended.
    pub steps: u64,
    /// Steps that were abandoned when the timer stopped.
    pub abandoned: usize,
}

/// Polls every session when it is due, until `stop`. Resumes at once what was pending before; notices what other
/// processes submit within 100 ms. `on_event` is called on this task and should return soon.
///
/// # Errors
/// [`ServeError::Owned`] when another harness polls this state folder; [`ServeError::Home`] when it can't be used.
pub async fn serve(
    harness: &Harness,
    options: ServeOptions,
    stop: StopHandle,
    mut on_event: impl FnMut(&Event) + Send,
) -> Result<Served, ServeError> {
    let mut all = Served {
        steps: 0,
        abandoned: 0,
    };
    let mut is_again = false;
    loop {
        let (served, known) = match until_idle(harness, &options, &stop, &mut on_event).await {
            // Between two times of its own another one has begun: what is new is its work.
            Err(ServeError::Owned { .. }) if is_again => return Ok(all),
            other => other?,
        };
        all.steps += served.steps;
        all.abandoned = served.abandoned;
        // By now the lock is free. Who submits looks at the lock behind its entry, this looks for entries behind its lock: one of
        // the two notices the other.
        if stop.is_stopped() || !idle::has_others(harness.home(), &known) {
            return Ok(all);
        }
        is_again = true;
    }
}

/// Owns the state folder and polls, until it is stopped or has been idle for long enough. With the names of the entries it knew.
async fn until_idle(
    harness: &Harness,
    options: &ServeOptions,
    stop: &StopHandle,
    on_event: impl FnMut(&Event) + Send,
) -> Result<(Served, HashSet<String>), ServeError> {
    let clock = Arc::clone(&options.clock);
    let home = harness.home().clone();
    // Before anything is read or reported: two timers would each deliver what is due.
    let _owner = own(&home, &*clock).await?;
    // Watching begins before the first look: nothing falls between the two.
    let watch = Watch::start(&home);
    let pace = Pace::new(harness.poll_interval_ms()).load(&home.pace());
    let server = Server {
        harness: harness.clone(),
        logs: Logs::of(home.clone()),
        home,
        start: Start {
            by: options.started_by,
            at_ms: clock.now_ms(),
        },
        clock,
        max_parallel: options
            .max_parallel
            .clamp(1, harness.component().steps_at_once()),
        on_event,
        watch,
        schedule: Schedule::default(),
        pace,
        stored_ms: 0,
        left_out: false,
        tasks: JoinSet::new(),
        names: HashMap::new(),
        entries: HashMap::new(),
        steps: 0,
        record_failed: false,
        told: None,
        means_at_ms: 0,
        look: Look::default(),
        idle: Idle::after(options.until_idle_ms),
    };
    Ok(server.run(stop).await)
}

/// How a task beside the timetable ended.
enum Done {
    Step {
        session_id: String,
        result: Result<Step, CallError>,
        usage: Usage,
    },
    Look {
        result: Result<Found, CallError>,
        took_ms: u64,
    },
}

/// The timer's whole state, owned by one task.
struct Server<F> {
    harness: Harness,
    logs: Logs,
    home: Home,
    clock: Arc<dyn Clock>,
    max_parallel: usize,
    on_event: F,
    watch: Watch,
    schedule: Schedule,
    pace: Pace,
    /// When the pace was stored.
    stored_ms: u64,
    /// Sessions were left out, and that was reported.
    left_out: bool,
    /// Steps, and one look at most.
    tasks: JoinSet<Done>,
    /// Which session a task polls; a look has no entry.
    names: HashMap<Id, String>,
    /// The entries of `active`, as they were last seen.
    entries: HashMap<String, Seen>,
    /// Steps that ended, failed ones included.
    steps: u64,
    /// That the record can't be written has been reported.
    record_failed: bool,
    /// What this harness has, as it was last published.
    told: Option<Means>,
    /// When that was last checked.
    means_at_ms: u64,
    start: Start,
    look: Look,
    idle: Idle,
}

impl<F: FnMut(&Event) + Send> Server<F> {
    async fn run(mut self, stop: &StopHandle) -> (Served, HashSet<String>) {
        loop {
            if let Some(reason) = self.watch.failure() {
                self.tell(EventKind::WatchFailed { reason });
            }
            self.tell_means();
            self.start_work();
            if self.clock.now_ms().saturating_sub(self.stored_ms) >= STORE_EVERY_MS {
                self.store_pace();
            }
            let now_ms = self.clock.now_ms();
            let has_work = self.has_work();
            if self.idle.is_over(has_work, now_ms) {
                break;
            }
            let sleep_ms = self.sleep_ms().min(self.idle.left_ms(now_ms));
            tokio::select! {
                // Stopping comes first: under load there is always another task that has ended, and it
                // would never be its turn.
                biased;
                () = stop.stopped() => break,
                Some(done) = self.tasks.join_next_with_id(), if !self.tasks.is_empty() => self.joined(done),
                () = self.watch.changed(), if !self.look.wanted => self.look.wanted = true,
                () = self.clock.sleep(sleep_ms) => {}
            }
        }
        let known = self.entries.keys().cloned().collect();
        (self.wind_down().await, known)
    }

    /// Whether something goes on, or is yet to begin. Sessions that were set aside for good wait for a person.
    fn has_work(&mut self) -> bool {
        let looks = self.look.first || self.look.wanted;
        let waits = self
            .schedule
            .next_at_ms()
            .is_some_and(|at_ms| at_ms < u64::MAX);
        looks || waits || !self.tasks.is_empty()
    }

    /// Tells those who submit what this harness polls and delivers with, when it is something else.
    fn tell_means(&mut self) {
        let now_ms = self.clock.now_ms();
        if now_ms.abs_diff(self.means_at_ms) < MEANS_EVERY_MS {
            return;
        }
        self.means_at_ms = now_ms;
        let means = Means::of(&self.harness.basis(None).found);
        if self.told.as_ref() != Some(&means) {
            polling::tell(&self.home, &means, self.start);
            self.told = Some(means);
        }
    }

    /// Starts a look where one is due, and as many steps as there is room for.
    fn start_work(&mut self) {
        let now_ms = self.clock.now_ms();
        // A clock that was set back far doesn't put it off.
        let is_time =
            now_ms >= self.look.all_at_ms || self.look.all_at_ms - now_ms > LOOK_AT_ALL_MS;
        if is_time {
            (self.look.wanted, self.look.news.all) = (true, true);
        }
        if self.look.wanted && !self.look.running && now_ms >= self.look.not_before_ms {
            // Cleared before the news is taken: what changes from here on asks for another look.
            (self.look.wanted, self.look.running) = (false, true);
            let mut news = std::mem::take(&mut self.look.news);
            news.add(self.watch.take());
            if news.all {
                self.look.all_at_ms = now_ms + LOOK_AT_ALL_MS;
            }
            // Copied only where it is needed: for a few names the table of all sessions has no use.
            let known = if news.all {
                self.entries.clone()
            } else {
                HashMap::new()
            };
            let (harness, clock) = (self.harness.clone(), Arc::clone(&self.clock));
            self.tasks.spawn(async move {
                let begun_ms = clock.now_ms();
                let result = look(&harness, news, known).await;
                Done::Look {
                    result,
                    took_ms: clock.now_ms().saturating_sub(begun_ms),
                }
            });
        }
        // Looks don't count: a timer whose steps are all busy must notice a new submit all the same.
        while self.names.len() < self.max_parallel {
            let Some(session_id) = self.schedule.take_due(now_ms) else {
                break;
            };
            if !self.may_start(&session_id, now_ms) {
                continue;
            }
            let (harness, id) = (self.harness.clone(), session_id.clone());
            let task = self.tasks.spawn(async move {
                let (result, usage) = harness.poll_measured(&id).await;
                Done::Step {
                    session_id: id,
                    result,
                    usage,
                }
            });
            self.names.insert(task.id(), session_id);
        }
    }

    /// Whether a session that is due may have its step. Otherwise it has its place in the timetable.
    fn may_start(&mut self, session_id: &str, now_ms: u64) -> bool {
        let (at_ms, told) = match self.pace.start(session_id, now_ms) {
            pace::Start::Now => return true,
            pace::Start::Later(at_ms) => (at_ms, None),
            pace::Start::SetAside { until_ms, first } => {
                let reason = format!(
                    "it had all the steps of a day ({STEPS_A_DAY} at most, where nobody chose a shorter interval). It goes on \
                     tomorrow; to have a look at it now: libtv-video recover {session_id}"
                );
                (until_ms, first.then_some((reason, Some(until_ms))))
            }
            pace::Start::Ended { first } => {
                let reason = format!(
                    "{MAX_STOPPED_STEPS} steps in a row were stopped. It is left alone until somebody goes on with it: \
                     libtv-video recover {session_id}"
                );
                (u64::MAX, first.then_some((reason, None)))
            }
        };
        self.schedule.postpone(session_id, at_ms);
        if let Some((reason, until_ms)) = told {
            self.tell(EventKind::SetAside {
                session_id: session_id.to_owned(),
                reason,
                until_ms,
            });
        }
        false
    }

    /// Notes what the sessions have used up, for the next start.
    fn store_pace(&mut self) {
        let (now_ms, path) = (self.clock.now_ms(), self.home.pace());
        self.stored_ms = now_ms;
        if let Err(error) = self.pace.store(&path) {
            let reason = error.to_string();
            self.tell(EventKind::LogFailed { path, reason });
        }
    }

    /// How long there is nothing to begin. While all places are taken no session counts: one that ends
    /// wakes the loop.
    fn sleep_ms(&mut self) -> u64 {
        let now_ms = self.clock.now_ms();
        let has_room = self.names.len() < self.max_parallel;
        let step = if has_room {
            self.schedule.next_at_ms()
        } else {
            None
        };
        let look = (self.look.wanted && !self.look.running).then_some(self.look.not_before_ms);
        let next = step.into_iter().chain(look).min();
        next.map_or(LONGEST_SLEEP_MS, |at_ms| at_ms.saturating_sub(now_ms))
            .min(LONGEST_SLEEP_MS)
    }

    /// A task has ended.
    fn joined(&mut self, done: Result<(Id, Done), tokio::task::JoinError>) {
        self.look_at_record();
        match done {
            Ok((_, Done::Look { result, took_ms })) => self.looked(result, took_ms),
            Ok((
                task,
                Done::Step {
                    session_id,
                    result,
                    usage,
                },
            )) => {
                self.names.remove(&task);
                self.stepped(session_id, result, usage);
            }
            // Only a defect of the harness itself ends here; it must not take other sessions with it.
            Err(error) => match self.names.remove(&error.id()) {
                Some(session_id) => {
                    let reason = CallError::Trap("the step ended without a result".to_owned());
                    self.stepped(session_id, Err(reason), Usage::default());
                }
                None => self.looked(
                    Err(CallError::Trap(
                        "the look ended without a result".to_owned(),
                    )),
                    0,
                ),
            },
        }
    }

    /// Takes a look's result over, and decides when the next one may begin.
    fn looked(&mut self, result: Result<Found, CallError>, took_ms: u64) {
        let now_ms = self.clock.now_ms();
        self.look.running = false;
        self.watch
            .looked(result.as_ref().ok().map(|found| found.folder));
        match result {
            Ok(found) => {
                self.look.failures = 0;
                self.look
                    .pace(now_ms, LOOK_GAP_MS.max(took_ms.saturating_mul(10)));
                let noticed = self.take_over(found);
                if std::mem::take(&mut self.look.first) {
                    // What was there before this start may begin at once: the pace is for sessions that a
                    // component makes up, and a restart with thousands isn't that.
                    let there = noticed.iter().map(|(session_id, _)| session_id.as_str());
                    self.pace.expect(there, now_ms);
                    self.tell(EventKind::Started {
                        state: self.home.state(),
                        sessions: self.schedule.len(),
                    });
                } else {
                    for (session_id, due_at_ms) in noticed {
                        self.tell(EventKind::SessionNoticed {
                            session_id,
                            due_at_ms,
                        });
                    }
                }
            }
            Err(error) => {
                self.look.failures = self.look.failures.saturating_add(1);
                // The news that this look was for is gone with it.
                (self.look.wanted, self.look.news) = (true, News::all());
                self.look.not_before_ms =
                    now_ms + LOOK_RETRY_MS.max(pause_ms(self.look.failures, true, None, 0.5) / 2);
                self.tell(EventKind::ListFailed {
                    reason: error.to_string(),
                });
            }
        }
    }

    /// Tells of a record that can't be written, once.
    fn look_at_record(&mut self) {
        let trouble = self.harness.record_trouble();
        if let Some(reason) = trouble.clone().filter(|_| !self.record_failed) {
            self.tell(EventKind::RecordFailed { reason });
        }
        self.record_failed = trouble.is_some();
    }

    /// Puts what a look found into the timetable. Returns the sessions that were not known before.
    fn take_over(&mut self, found: Found) -> Vec<(String, u64)> {
        for name in found.gone {
            if let Some(seen) = self.entries.remove(&name) {
                self.schedule.forget(&seen.session_id);
            }
        }
        let mut left_out = found.left_out;
        let mut listed = Vec::with_capacity(found.due.len());
        for (name, seen, at_ms) in found.due {
            if self.entries.len() >= MAX_SESSIONS && !self.entries.contains_key(&name) {
                left_out = Some(format!("more than {MAX_SESSIONS} sessions"));
                break;
            }
            listed.push((seen.session_id.clone(), at_ms));
            self.entries.insert(name, seen);
        }
        if let Some(reason) = left_out.filter(|_| !std::mem::replace(&mut self.left_out, true)) {
            self.tell(EventKind::LeftOut { reason });
        }
        let noticed = self.schedule.merge(&listed);
        for session_id in self.schedule.take_continued() {
            self.pace.continued(&session_id);
        }
        noticed
    }

    /// Has a session's entry looked at, though it may look the same.
    fn want_look_at(&mut self, session_id: &str) {
        let mut entries = self.entries.iter();
        match entries.find(|(_, seen)| seen.session_id == session_id) {
            Some((name, _)) => drop(self.look.news.names.insert(name.clone())),
            None => self.look.news.all = true,
        }
        self.look.wanted = true;
    }

    /// Takes a step's result over: into the pace, the timetable and the logs.
    fn stepped(&mut self, session_id: String, result: Result<Step, CallError>, usage: Usage) {
        self.steps += 1;
        if is_stopped(&result) {
            self.pace.stopped(&session_id);
        } else {
            self.pace.ended(&session_id);
        }
        match result {
            Ok(step) => {
                if self.schedule.finished(&session_id, step.next_poll_at_ms) {
                    self.want_look_at(&session_id);
                }
                self.tell(EventKind::StepDone { step, usage });
            }
            Err(error) => {
                let (temporary, retry_after_ms) = (error.is_temporary(), error.retry_after_ms());
                let pause =
                    |failures| pause_ms(failures, temporary, retry_after_ms, fastrand::f64());
                let (failures, retry_at_ms) =
                    self.schedule
                        .failed(&session_id, self.clock.now_ms(), pause);
                self.want_look_at(&session_id);
                let (reason, advice) = (error.to_string(), error.advice().to_owned());
                self.tell(EventKind::StepFailed {
                    session_id,
                    reason,
                    advice,
                    temporary,
                    failures,
                    retry_at_ms,
                    usage,
                });
            }
        }
    }

    /// Waits for the steps in flight, for [`GRACE`] at most, and stores what has to outlast the process.
    async fn wind_down(mut self) -> Served {
        self.tell(EventKind::Stopping {
            in_flight: self.names.len(),
        });
        let drain = async {
            while !self.names.is_empty() {
                match self.tasks.join_next_with_id().await {
                    Some(done) => self.joined(done),
                    None => break,
                }
            }
        };
        // Out of time or done: what is left is abandoned.
        let _ = tokio::time::timeout(GRACE, drain).await;
        let abandoned = self.names.len();
        // A step can be dropped at any await: what it stored before is what the next one goes on from.
        self.tasks.abort_all();
        self.store_pace();
        self.tell(EventKind::Stopped {
            steps: self.steps,
            abandoned,
        });
        Served {
            steps: self.steps,
            abandoned,
        }
    }

    /// Writes an event into the session's log and hands it to the embedder. A log that fails is an event of
    /// its own.
    fn tell(&mut self, kind: EventKind) {
        let event = Event {
            at_ms: self.clock.now_ms(),
            kind,
        };
        let failed = self.logs.record(&event).err().map(|(path, error)| Event {
            at_ms: event.at_ms,
            kind: EventKind::LogFailed {
                path,
                reason: error.to_string(),
            },
        });
        for event in failed.iter().chain([&event]) {
            watched::emit(&event.kind);
            (self.on_event)(event);
        }
    }
}

/// Whether a step was stopped for what it did itself: at a limit of its own, or in a trap. That the state folder or the disk
/// is full is nobody's fault.
fn is_stopped(result: &Result<Step, CallError>) -> bool {
    match result {
        Err(CallError::Limit(hit)) => !matches!(
            hit,
            LimitHit::StateBytes(_) | LimitHit::StateFiles(_) | LimitHit::DiskSpace(_)
        ),
        Err(CallError::Trap(_)) => true,
        _ => false,
    }
}
