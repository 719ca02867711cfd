//! From what was observed of a turn to where it stands.

use crate::io::UnixMs;
use crate::poll::clear_trouble;
use crate::session::{MAX_RESULTS_OF_A_TURN, Progress, State, Turn};
use crate::upstream::results::Links;
use crate::upstream::{Error, Meaning, Observation, Verdict, judge};

/// How often in a row the service may refuse to tell of a session, or not know it, before the job
/// counts as failed: a refusal whose words aren't known may still pass.
const MAX_REFUSED: u32 = 5;

/// Notes an answered poll in a turn that isn't final. An older turn, which a newer one has replaced,
/// asks nobody anything and ends quietly when nothing of it is under way. One that only waits for its turn at a service which
/// ends each isn't replaced: it was paid for and will be made.
pub fn apply(
    turn: &mut Turn,
    seen: &Observation,
    is_latest: bool,
    now_ms: UnixMs,
    events: &mut Vec<String>,
) {
    let progress = &mut turn.progress;
    // An answered poll ends a row of failed ones: `MAX_REFUSED` counts refusals in a row.
    clear_trouble(progress);
    progress.polls += 1;
    // The first poll is never quiet: there is nothing to compare it with.
    let quiet = progress.polls > 1 && progress.seen == seen.count;
    progress.quiet_polls = if quiet { progress.quiet_polls + 1 } else { 0 };
    progress.seen = seen.count;
    // Before the verdict, whatever that is: what was made is delivered also of a job that fails afterwards.
    take_results(progress, seen, events);
    let verdict = judge(seen, progress.quiet_polls);
    let is_queued = verdict == Verdict::Waiting && turn.asked.service.traits().ends_each;
    match verdict {
        Verdict::Complete(trouble) => {
            progress.trouble = trouble;
            end(progress, State::Completed, now_ms, events);
        }
        Verdict::Failed(reason) => {
            progress.trouble = Some(reason);
            end(progress, State::Failed, now_ms, events);
        }
        Verdict::Asks(_) | Verdict::Waiting | Verdict::Working
            // Without this an older turn, whose question nobody will answer any more, would keep its session
            // open for ever.
            if !is_latest && seen.under_way == 0 && !is_queued =>
        {
            end(progress, State::Completed, now_ms, events);
        }
        Verdict::Asks(question) => {
            // The same question is seen in every poll and said once.
            if progress.question.as_ref() != Some(&question) {
                events.push(format!("asks: {question}"));
            }
            progress.question = Some(question);
            go_on(progress, State::AwaitingUser, events);
        }
        Verdict::Waiting => go_on(progress, State::Submitted, events),
        Verdict::Working => {
            // The service's own last word, for people who ask; once there are results these say more.
            if progress.results.is_empty() {
                progress.trouble = seen.says.as_deref().map(shortened);
            }
            go_on(progress, State::Generating, events);
        }
    }
}

/// Notes the results that are new, and the newest links of the others.
fn take_results(progress: &mut Progress, seen: &Observation, events: &mut Vec<String>) {
    let mut links: Links = std::mem::take(&mut progress.results).into_iter().collect();
    let mut more = 0;
    for url in &seen.results {
        // A known one is still taken: its link may have been signed anew.
        if links.len() >= MAX_RESULTS_OF_A_TURN && !links.contains(url) {
            more += 1;
        } else if links.add(url.clone()) {
            events.push(format!("result {}", links.len()));
        }
    }
    // It never sinks: the note to the chat names the largest number seen.
    if more > progress.more {
        events.push(format!("{more} results more than are sent"));
        progress.more = more;
    }
    progress.results = links.into_vec();
}

/// Whether a poll that was refused ends the job: `failures` counts those in a row, this one included. Only the service's own
/// refusal does, and one whose words aren't known as its last only when it keeps to it.
pub fn ends_job(error: &Error, failures: u32) -> bool {
    match error.meaning {
        // What a proxy or an edge says is never a word about the job.
        Meaning::Moderated | Meaning::Quota if error.is_last_word => error.from_service,
        Meaning::Moderated | Meaning::Quota | Meaning::Refused | Meaning::NotFound => {
            error.from_service && failures >= MAX_REFUSED
        }
        Meaning::Passing
        | Meaning::RateLimited
        | Meaning::NotPermitted
        | Meaning::Setting
        // All these are about the way to the service or about the key: the job goes on there, and is charged.
        | Meaning::KeyRefused => false,
    }
}

/// Ends a turn, or gives it up.
pub fn end(progress: &mut Progress, state: State, now_ms: UnixMs, events: &mut Vec<String>) {
    if progress.state != state {
        let reason = progress
            .trouble
            .as_deref()
            .map(|trouble| format!(": {trouble}"))
            .unwrap_or_default();
        events.push(format!("{}{reason}", state.name()));
    }
    progress.state = state;
    progress.ended_at_ms = Some(now_ms);
}

/// A turn that goes on. One that was given up stays so until it is complete or fails.
fn go_on(progress: &mut Progress, state: State, events: &mut Vec<String>) {
    match progress.state {
        // The user was told that it took too long: only an end is worth telling after that.
        State::Timeout | State::Completed | State::Failed => {}
        State::Submitted | State::Generating | State::AwaitingUser => {
            if progress.state != state {
                events.push(state.name().to_owned());
            }
            progress.state = state;
        }
    }
}

/// The beginning of what a service says: it is stored with every change, and shown in a line.
fn shortened(text: &str) -> String {
    const SHOWN_CHARS: usize = 300;
    text.chars().take(SHOWN_CHARS).collect()
}

#[cfg(test)]
mod tests;
