//! One run of a scenario: stopped once, taken up again by fresh calls, and judged. Not here: which stops there are.

use host::fault_injection::StopPoint;
use host::{CallError, Overview, Submit, format_time};
use serde_json::json;

use super::oracle::{self, Evidence, Fate, Kind, Turn, Violation};
use super::parties::{Said, Service};
use super::rig::Rig;
use super::scenario::{Act, LEGACY_SHOWN, Scenario};

/// Steps of the timer within which every session ends, faults or not: nine images take ten, and a pause after each
/// failure is one more.
const MAX_STEPS: usize = 40;
/// A submit without an outcome is told after three minutes; the same words are a new request after ten.
const UNTIL_FORGIVEN_MS: u64 = 11 * 60_000;
/// What the timer calls an intent that was left over.
pub const INTENT: &str = "submit-";
/// So long a chat may say that it gets too many messages.
const TOLD_WITHIN_MS: u64 = 10 * 60_000;
/// Between two steps: none is made twice in one moment.
const TICK_MS: u64 = 1_000;
/// After a step that failed for now, as the harness pauses.
const PAUSE_MS: u64 = 10_000;

/// What a run came to.
pub struct Outcome {
    /// Whether the point was come to.
    pub stopped: bool,
    /// Host calls of all component calls, up to the judgement.
    pub host_calls: u64,
    /// Those of them that were the last of their component call, or before another's.
    pub last_host_calls: Vec<u64>,
    /// Steps of the timer after the stop, in a run that has an end of its own.
    pub steps_after: usize,
    /// Messages in the chat.
    pub shown: usize,
    pub violations: Vec<Violation>,
}

/// Runs a scenario, stopping it at a point. `number` tells runs on one rig apart.
pub async fn run(
    rig: &Rig,
    scenario: &Scenario,
    number: usize,
    stop: Option<StopPoint>,
) -> Outcome {
    rig.reset(scenario);
    let mut run = Run {
        rig,
        scenario: *scenario,
        tag: format!("(run {number})"),
        chat: scenario.chat.id(number),
        session: None,
        turns: Vec::new(),
        died: false,
        cut: 0,
        steps_after: 0,
        violations: Vec::new(),
    };
    if scenario.legacy {
        run.leave_as_an_earlier_installation_did().await;
    }
    rig.faults.arm(stop);
    for act in scenario.acts {
        run.act(*act).await;
    }
    let host_calls = rig.faults.host_calls();
    let last_host_calls = rig.faults.last_host_calls();
    rig.faults.arm(None);
    let before = run.shown();
    // A question whose answer was lost on its way is looked after until its session is given up.
    let is_told = run.turns.iter().any(|turn| turn.fate == Fate::Told);
    let recovered = run.recover().await;
    let mut violations = run.violations;
    violations.extend(oracle::judge(&Evidence {
        turns: &run.turns,
        cut: run.cut,
        charges: &scenario.service.charges(&rig.world),
        shown: &before,
        shown_after_recover: &oracle::items(&scenario.chat.messages(&rig.world, &run.chat)),
        recovered: recovered.as_ref(),
    }));
    Outcome {
        stopped: run.died,
        host_calls,
        last_host_calls,
        steps_after: if is_told { 0 } else { run.steps_after },
        shown: before.len(),
        violations,
    }
}

struct Run<'a> {
    rig: &'a Rig,
    scenario: Scenario,
    /// In every request of this run and in no other.
    tag: String,
    chat: String,
    session: Option<String>,
    turns: Vec<Turn>,
    died: bool,
    /// Submits that were cut off.
    cut: usize,
    steps_after: usize,
    violations: Vec<Violation>,
}

impl Run<'_> {
    async fn act(&mut self, act: Act) {
        match act {
            Act::Ask { words, shown } => self.ask(words, shown).await,
            Act::WatchToTheEnd => self.watch(|_| false).await,
            Act::WatchUntilShown(item) => {
                let is_there = |run: &Self| run.shown().iter().any(|shown| shown == item);
                self.watch(is_there).await;
            }
            Act::Steps(count) => {
                for _ in 0..count {
                    self.step().await;
                }
            }
            Act::TwoWatch => self.two_watch().await,
            Act::Use(service) => self.rig.use_service(service),
        }
    }

    /// A user whose program died hears from the timer alone what became of the request, and asks again when nothing did.
    async fn ask(&mut self, words: &'static str, shown: &'static [&'static str]) {
        let text = format!("{words} {}", self.tag);
        let mut fate = None;
        while fate.is_none() {
            fate = match self.submit(&text).await {
                Ok(session_id) => {
                    self.session = Some(session_id);
                    Some(Fate::Stored)
                }
                Err(error) if self.notices_death() => self.after_death(&text, &error).await,
                Err(error) => {
                    self.broken(&format!("submit: {error}"));
                    return;
                }
            };
        }
        self.turns
            .extend(fate.map(|fate| Turn { text, shown, fate }));
    }

    async fn submit(&self, text: &str) -> Result<String, CallError> {
        let mut submit = Submit::message(text).to(self.scenario.chat.channel(), &self.chat);
        if let Some(session) = &self.session {
            submit = submit.in_session(session);
        }
        let submission = self.rig.harness.submit(submit).await?;
        Ok(submission.session_id)
    }

    /// None: nothing became of it. No command looks: the timer takes up what is left, and the chat is told of what nobody
    /// knows.
    async fn after_death(&mut self, text: &str, error: &CallError) -> Option<Fate> {
        self.cut += 1;
        let due = self.intents_settled().await;
        self.rig
            .advance_to(self.rig.faults.now_ms() + UNTIL_FORGIVEN_MS);
        let services = Service::ALL.into_iter();
        let mut charges = services.flat_map(|service| service.charges(&self.rig.world));
        let charge = charges.find(|charge| charge.text.starts_with(text))?;
        let chat = self.messages();
        let words = chat.iter().map(|message| &message.text);
        let mut warnings = words.filter(|words| words.starts_with('⚠'));
        if warnings.any(|words| words.contains(text)) {
            return Some(Fate::Told);
        }
        if due.contains(&charge.session_id) {
            self.session = Some(charge.session_id);
            return Some(Fate::Stored);
        }
        let words = format!("“{text}” was charged, and nobody was told ({error})");
        self.violations.push(Violation::new(Kind::Untold, words));
        Some(Fate::Told)
    }

    /// The timer works on the intents when they are due, until none is. Answers with the sessions that it has besides.
    async fn intents_settled(&mut self) -> Vec<String> {
        let until_ms = self.rig.faults.now_ms() + TOLD_WITHIN_MS;
        for _ in 0..MAX_STEPS {
            let due = match self.rig.harness.due().await {
                Ok(due) => due,
                Err(error) => {
                    self.broken(&format!("due: {error}"));
                    return Vec::new();
                }
            };
            let is_intent = |id: &str| id.starts_with(INTENT);
            let mut intents = due.iter().filter(|one| is_intent(&one.session_id));
            let Some(next) = intents.find(|one| one.at_ms <= until_ms) else {
                let ids = due.into_iter().map(|one| one.session_id);
                return ids.filter(|id| !is_intent(id)).collect();
            };
            self.rig.advance_to(next.at_ms);
            if let Err(error) = self.rig.harness.poll(&next.session_id).await {
                self.broken(&format!("an intent's step fails: {error}"));
            }
        }
        self.unsettled();
        Vec::new()
    }

    async fn watch(&mut self, is_enough: impl Fn(&Self) -> bool) {
        for _ in 0..MAX_STEPS {
            if is_enough(self) || !self.step().await {
                return;
            }
        }
        self.unsettled();
    }

    /// Polls whoever is due first, when it is due. False: nobody is.
    async fn step(&mut self) -> bool {
        match self.look().await {
            Look::Nobody => return false,
            Look::Failed => {}
            Look::Due(session_id) => {
                let result = self.rig.harness.poll(&session_id).await;
                self.stepped(result.map(drop));
            }
        }
        true
    }

    async fn two_watch(&mut self) {
        for _ in 0..MAX_STEPS {
            match self.look().await {
                Look::Nobody => return,
                Look::Failed => {}
                Look::Due(session_id) => {
                    let Rig { harness, other, .. } = self.rig;
                    let both = tokio::join!(harness.poll(&session_id), other.poll(&session_id));
                    self.stepped(both.0.map(drop));
                    self.stepped(both.1.map(drop));
                }
            }
        }
        self.unsettled();
    }

    async fn look(&mut self) -> Look {
        let due = match self.rig.harness.due().await {
            Ok(due) => due,
            Err(error) => {
                self.stepped(Err(error));
                return Look::Failed;
            }
        };
        let Some(next) = due.into_iter().min_by_key(|session| session.at_ms) else {
            return Look::Nobody;
        };
        self.rig.advance_to(next.at_ms);
        Look::Due(next.session_id)
    }

    /// Notes how a step ended. One that was stopped begins anew at once, as a new process does.
    fn stepped(&mut self, result: Result<(), CallError>) {
        self.steps_after += usize::from(self.died);
        match result {
            // A channel that takes a message a second is waited for.
            Ok(()) => self.rig.advance_to(self.rig.faults.now_ms() + TICK_MS),
            Err(_) if self.notices_death() => {}
            Err(error) if error.is_temporary() => {
                self.rig.advance_to(self.rig.faults.now_ms() + PAUSE_MS);
            }
            Err(error) => self.broken(&format!("a step fails: {error}")),
        }
    }

    /// Whether the error at hand is the stop.
    fn notices_death(&mut self) -> bool {
        let is_news = !self.died && self.rig.faults.has_stopped();
        if is_news {
            self.died = true;
            (self.rig.harm)(self.rig);
        }
        is_news
    }

    async fn recover(&mut self) -> Option<Overview> {
        let overview = self.rig.harness.recover(None).await;
        overview
            .inspect_err(|error| self.broken(&format!("recover: {error}")))
            .ok()
    }

    fn shown(&self) -> Vec<String> {
        oracle::items(&self.messages())
    }

    fn messages(&self) -> Vec<Said> {
        self.scenario.chat.messages(&self.rig.world, &self.chat)
    }

    /// A question stays open whose answer was lost on its way: that was told.
    fn unsettled(&mut self) {
        if self.turns.iter().any(|turn| turn.fate == Fate::Told) {
            return;
        }
        let words = format!("it has not ended after {MAX_STEPS} steps");
        self.violations.push(Violation::new(Kind::Unsettled, words));
    }

    fn broken(&mut self, words: &str) {
        self.violations.push(Violation::new(Kind::Broken, words));
    }

    /// A session that was delivered, and one that was submitted and isn't ended.
    async fn leave_as_an_earlier_installation_did(&mut self) {
        let text = format!("a video {}", self.tag);
        let waiting = self.submit(&text).await;
        let waiting = waiting.unwrap_or_else(|error| panic!("{error}"));
        let at = format_time(self.rig.faults.now_ms());
        let entry = |id: &str, text: &str| {
            json!({
                "session_id": id, "project_uuid": "old-project", "status": "submitted", "submitted_text": text,
                "auth_mode": "nexu_gateway", "delivery": {"channel": "feishu", "chat_id": self.chat}, "result_urls": [],
                "created_at": at, "updated_at": at,
            })
        };
        let mut delivered = entry("old-session-delivered", "an older film");
        delivered["status"] = "completed".into();
        delivered["result_urls"] = json!(["https://libtv-res.liblib.art/claw/older.mp4"]);
        for time in ["completed_at", "delivered_at"] {
            delivered[time] = at.as_str().into();
        }
        let home = self.rig.harness.home();
        std::fs::remove_dir_all(home.state()).unwrap();
        let sessions = json!([delivered, entry(&waiting, &text)]).to_string();
        std::fs::write(home.root().join("libtv-sessions.json"), sessions).unwrap();
        home.prepare().unwrap();
        self.turns.push(Turn {
            text,
            shown: LEGACY_SHOWN,
            fate: Fate::Stored,
        });
    }
}

/// What a look at the timetable came to.
enum Look {
    Nobody,
    Failed,
    Due(String),
}
