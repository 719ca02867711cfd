//! Which messages belong to which turn, and what those of a turn say.

use std::collections::BTreeMap;

use crate::upstream::results::{self, Links, ResultUrl};
use crate::upstream::session_api::messages::{Call, Message, Role};
use crate::upstream::{Baseline, Observation, TurnMark};

impl Baseline {
    /// The baseline that these messages make for the next turn.
    #[must_use]
    pub fn after(messages: &[Message]) -> Self {
        Self {
            last_seq: messages.iter().filter_map(|message| message.seq).max(),
            count: messages.len(),
        }
    }

    /// The index of the first message behind the baseline.
    #[must_use]
    pub fn start(&self, messages: &[Message]) -> usize {
        match self.last_seq {
            // By number where there are numbers: a service that drops old messages would shift the count.
            Some(last) if messages.iter().any(|message| message.seq.is_some()) => messages
                .iter()
                .position(|message| message.seq.is_some_and(|seq| seq > last))
                .unwrap_or(messages.len()),
            Some(_) | None => self.count.min(messages.len()),
        }
    }
}

/// Which turn each message belongs to; none for what was there before the first.
///
/// A turn begins behind its baseline, or, where the service echoes it, behind the user's message
/// (a new request may land in an existing default session). A tool's answer belongs to the turn
/// whose call it answers, however late it comes.
#[must_use]
pub fn owners(messages: &[Message], turns: &[TurnMark<'_>]) -> Vec<Option<usize>> {
    let mut starts: Vec<usize> = turns
        .iter()
        .map(|turn| turn.baseline.start(messages))
        .collect();
    for (index, turn) in turns.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(messages.len());
        // The last one: the same words may stand in front of it, from a default session.
        let echoed = (starts[index]..end).rev().find(|at| {
            let message = &messages[*at];
            message.role == Role::User
                && !turn.text.trim().is_empty()
                && message.text.trim() == turn.text.trim()
        });
        if let Some(at) = echoed {
            starts[index] = at + 1;
        }
    }
    let mut owners: Vec<Option<usize>> = (0..messages.len())
        .map(|at| (0..turns.len()).rev().find(|turn| starts[*turn] <= at))
        .collect();
    // With keys of its own, as everywhere: a map of another type is 2 KB of code.
    let mut called_at: BTreeMap<String, usize> = BTreeMap::new();
    for (at, message) in messages.iter().enumerate() {
        if let Some(call) = message.answers.as_deref().and_then(|id| called_at.get(id)) {
            owners[at] = owners[*call];
        }
        for call in &message.calls {
            // The first call of an id counts: a service that repeats one would move an answer to a later turn.
            called_at.entry(call.id.clone()).or_insert(at);
        }
    }
    owners
}

/// The calls that no later message answers, in order.
fn open_calls<'a>(messages: &[&'a Message]) -> Vec<&'a Call> {
    let mut answered_at: BTreeMap<String, usize> = BTreeMap::new();
    for (at, message) in messages.iter().enumerate() {
        if let Some(id) = &message.answers {
            answered_at.insert(id.clone(), at);
        }
    }
    let is_open = |at: usize, call: &Call| {
        let answered_at = answered_at.get(call.id.as_str());
        // Only an answer behind the call: ids are used again.
        answered_at.is_none_or(|answered_at| *answered_at <= at)
    };
    let calls = messages
        .iter()
        .enumerate()
        .flat_map(|(at, message)| message.calls.iter().map(move |call| (at, call)));
    calls
        .filter(|(at, call)| is_open(*at, call))
        .map(|(_, call)| call)
        .collect()
}

/// Reads one turn's messages, in order. `own` are the files that the user passed in, and what else is no result.
#[must_use]
pub fn observe(messages: &[&Message], own: &Links) -> Observation {
    let mut seen = Observation {
        count: messages.len(),
        ..Observation::default()
    };
    let given: Links = urls_of(messages.iter().copied(), &[Role::User]).collect();
    let mut results = Links::default();
    for message in messages {
        if matches!(message.role, Role::Assistant | Role::Tool) {
            seen.answered = true;
        }
        let mut fresh = false;
        for url in urls_of(std::iter::once(*message), &[Role::Assistant, Role::Tool]) {
            if !given.contains(&url) && !own.contains(&url) {
                fresh |= results.add(url);
            }
        }
        match message.role {
            Role::Tool => {
                seen.failure.clone_from(&message.error);
                seen.last_word = false;
                seen.ends_in_words = false;
            }
            Role::Assistant if !message.text.trim().is_empty() => {
                seen.says = Some(message.text.clone());
                // Words beside a call are progress: more will follow.
                seen.last_word = message.calls.is_empty();
                seen.ends_in_words = seen.last_word;
            }
            Role::Assistant if !message.calls.is_empty() => {
                seen.last_word = false;
                seen.ends_in_words = false;
            }
            Role::User => {
                seen.last_word &= !fresh;
                seen.ends_in_words = false;
            }
            Role::Assistant | Role::Other => seen.last_word &= !fresh,
        }
    }
    seen.results = results.into_vec();
    let open = open_calls(messages);
    seen.question = open.iter().find_map(|call| call.question.clone());
    seen.under_way = open.iter().filter(|call| call.question.is_none()).count();
    seen
}

/// Reads a session's messages turn by turn. What the user passed in, in any turn, is no result; nor
/// does what an earlier turn brought answer a later one, though the backend may speak of it.
#[must_use]
pub fn observe_turns(messages: &[Message], turns: &[TurnMark<'_>]) -> Vec<Observation> {
    let owners = owners(messages, turns);
    let mut no_results: Links = turns
        .iter()
        .flat_map(|turn| results::extract(turn.text))
        .chain(urls_of(messages.iter(), &[Role::User]))
        .collect();
    let owned = |turn: Option<usize>| -> Vec<&Message> {
        let pairs = messages.iter().zip(&owners);
        pairs
            .filter(|(_, owner)| **owner == turn)
            .map(|(message, _)| message)
            .collect()
    };
    let everybody = [Role::User, Role::Assistant, Role::Tool, Role::Other];
    // What stood in the session before the first turn is somebody else's, or older than this program's
    // knowledge of it.
    no_results.extend(urls_of(owned(None).into_iter(), &everybody));
    let mut observed = Vec::new();
    for turn in 0..turns.len() {
        let messages = owned(Some(turn));
        observed.push(observe(&messages, &no_results));
        no_results.extend(urls_of(messages.into_iter(), &everybody));
    }
    observed
}

/// The URLs in what these say.
fn urls_of<'a>(
    messages: impl Iterator<Item = &'a Message>,
    roles: &[Role],
) -> impl Iterator<Item = ResultUrl> {
    messages
        .filter(|message| roles.contains(&message.role))
        .flat_map(|message| message.urls.iter().cloned())
}

#[cfg(test)]
#[path = "turns_tests.rs"]
mod tests;
