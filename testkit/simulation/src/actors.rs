//! What each actor of a run does next, and what follows from the end of a call.

use libtv_video_core::problem::Problem;
use libtv_video_core::types::{DueSession, Submission};

use super::process::{Call, Ended, Role};
use super::run::{MINUTE_MS, Run, START_MS};

/// A harness comes back to what failed after this long, and users try again after half of it.
const AGAIN_AFTER_MS: u64 = 10_000;
/// So long a harness waits as a step says, where the records say that the session is due: what a chat's pace holds back is in no
/// record. No longer: what a step has put off for minutes has to be on record, for whoever hasn't heard its word.
const LISTENS_MS: u64 = 10_000;

impl Run {
    /// What an actor without a call does next.
    pub(super) fn begin(&mut self, at: usize) {
        let now_ms = self.world.now_ms;
        let call = match self.actors[at].role {
            Role::User => match self.next_ask() {
                Ok(call) => call,
                Err(at_ms) => return self.actors[at].at_ms = at_ms,
            },
            Role::Harness => self.actors[at].queue.pop_front().unwrap_or(Call::Due),
            Role::Recoverer => Call::Recover,
        };
        match call {
            // Polls while things still go wrong say nothing of how long it takes to settle.
            Call::Poll(_) if self.storm.is_over(now_ms) => self.actors[at].polls += 1,
            Call::Due => self.note_round(at),
            Call::Poll(_) | Call::Submit { .. } | Call::Recover => {}
        }
        let task = self.start(call);
        self.actors[at].task = Some(task);
    }

    /// The user's next submit, or when there will be one.
    fn next_ask(&mut self) -> Result<Call, u64> {
        let now_ms = self.world.now_ms;
        loop {
            let ask = self.asks.front().ok_or(u64::MAX)?;
            if START_MS + ask.at_ms > now_ms {
                return Err(START_MS + ask.at_ms);
            }
            // Only what was acknowledged can be continued: whoever got no answer knows no session.
            let session_id = self.world.heard.acknowledged.first().cloned();
            if ask.continues && session_id.is_none() {
                self.asks.pop_front();
                continue;
            }
            // When they wrote it, and not when it gets through: an agent that tries again is nobody's message.
            self.world.chat.wrote_at_ms = START_MS + ask.at_ms;
            return Ok(Call::Submit {
                text: ask.text,
                session_id: session_id.filter(|_| ask.continues),
            });
        }
    }

    /// Recovery is over when each harness has looked once for what is due and done it.
    fn note_round(&mut self, at: usize) {
        self.actors[at].rounds += 1;
        let harnesses = || {
            self.actors
                .iter()
                .filter(|actor| actor.role == Role::Harness)
        };
        // The first look finds what is due, and the second begins when all of that is done.
        if self.recovery.end == 0 && harnesses().all(|actor| actor.rounds > 1) {
            self.recovery.end = self.effects.len();
        }
    }

    pub(super) fn ended(&mut self, at: usize, ended: Ended) {
        let now_ms = self.world.now_ms;
        match ended {
            Ended::Due(Ok(due)) => self.plan_polls(at, &due),
            Ended::Poll(Ok(report)) => {
                let (state, delivered) = (report.state.name(), u64::from(report.delivered));
                self.world.trace.note(now_ms, "polled", state, delivered);
                let at_ms = report.next_poll_at_ms.unwrap_or_default();
                let wait_ms = at_ms.saturating_sub(self.world.told_ms());
                let not_before_ms = now_ms + wait_ms.min(LISTENS_MS);
                let heard = &mut self.actors[at].not_before_ms;
                heard.insert(report.session_id, not_before_ms);
            }
            Ended::Due(Err(problem)) | Ended::Poll(Err(problem)) => {
                self.note("fails", &problem.failure().message);
                // A pause for all of it: a harness that called again at once would spin on a disk that stays
                // full.
                // call.
                self.actors[at].failed = true;
                self.actors[at].at_ms = now_ms + AGAIN_AFTER_MS;
            }
            Ended::Submit(text, result) => self.submitted(at, text, result),
            Ended::Recover => {
                let later_ms = now_ms + self.world.rng.between(10_000, 60_000);
                // Only at the beginning: `recover` all through a run of a day would hide what the timer alone
                // leaves undone.
                let over = later_ms > START_MS + 10 * MINUTE_MS;
                self.actors[at].at_ms = if over { u64::MAX } else { later_ms };
                self.wake();
            }
        }
    }

    fn plan_polls(&mut self, at: usize, due: &[DueSession]) {
        let (now_ms, told_ms) = (self.world.now_ms, self.world.told_ms());
        let actor = &mut self.actors[at];
        let failed = std::mem::take(&mut actor.failed);
        // By the machine's clock, which may be wrong: the component planned by it.
        let wait_ms = |due: &DueSession| {
            let heard_ms = actor.not_before_ms.get(&due.session_id);
            let heard_ms = heard_ms.map_or(0, |at_ms| at_ms.saturating_sub(now_ms));
            due.at_ms.saturating_sub(told_ms).max(heard_ms)
        };
        let next = due.iter().map(wait_ms).min();
        let now = due.iter().filter(|due| wait_ms(due) == 0 && !failed);
        actor.queue = now.map(|due| Call::Poll(due.session_id.clone())).collect();
        actor.at_ms = match next {
            None => u64::MAX,
            Some(_) if failed => now_ms + AGAIN_AFTER_MS,
            Some(pause_ms) => now_ms + pause_ms,
        };
    }

    fn submitted(&mut self, at: usize, text: &'static str, result: Result<Submission, Problem>) {
        let mut again_ms = 1;
        match result {
            Ok(submission) => {
                self.note("acknowledged", &submission.session_id);
                self.world.heard.acknowledged.push(submission.session_id);
                self.asks.pop_front();
            }
            // Nothing was sent: the user tries again.
            Err(Problem::Temporary(failure)) => {
                self.note("not sent", &failure.message);
                again_ms = AGAIN_AFTER_MS / 2;
            }
            Err(Problem::OutcomeUnknown(failure)) => {
                self.note("unknown", &failure.message);
                // Not asked again: whoever is told that it may have been charged doesn't repeat it.
                self.world.heard.unknown.push(text.to_owned());
                self.asks.pop_front();
            }
            Err(Problem::Permanent(failure)) => {
                self.note("refused", &failure.message);
                self.asks.pop_front();
            }
        }
        self.actors[at].at_ms = self.world.now_ms + again_ms;
        self.wake();
    }

    pub(super) fn note(&mut self, what: &str, subject: &str) {
        self.world.trace.note(self.world.now_ms, what, subject, 0);
    }

    /// A harness notices a change in `active` within a second.
    fn wake(&mut self) {
        for actor in &mut self.actors {
            // Not one in the middle of an upload: that takes as long as it takes.
            if actor.role == Role::Harness && actor.under_way.is_none() {
                actor.at_ms = actor.at_ms.min(self.world.now_ms + 1000);
            }
        }
    }
}
