//! What is left of the limits, for programs and people. Not here: the sentence of a refusal (`rule.rs`).

use serde::Serialize;
use serde_json::json;

use sandbox::http::Standing;
use sandbox::time::format_time;

use super::rule::clock;

/// Something that is told, and beside it how many jobs may begin today: one object, whose last member is `jobs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WithJobs<T> {
    /// What is told.
    #[serde(flatten)]
    pub told: T,
    /// How many may begin.
    pub jobs: JobsLeft,
}

/// How many jobs may begin today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct JobsLeft {
    /// In words: `97 of 100 left today`, or the problem.
    pub said: String,
    /// How many may begin in 24 hours, all together; none where [`problem`](Self::problem) says why that isn't known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_day: Option<u32>,
    /// How many of them are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<u32>,
    /// How many may begin for one chat, where chats have a limit of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_chat_per_day: Option<u32>,
    /// How many of them are left for the chat that was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_for_chat: Option<u32>,
    /// When the next one is possible (RFC 3339), where none is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<String>,
    /// Why nothing can be submitted, as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl JobsLeft {
    /// `with_chat`: whether a chat was asked about, and not those that none is named for.
    pub(crate) fn of(standing: Standing, with_chat: bool, utc_offset_seconds: i32) -> Self {
        let (all, group) = (standing.all, standing.group);
        let of_chat = group.filter(|_| with_chat);
        // Of two that are reached the one that lasts longer.
        let reached = [Some(all), of_chat].into_iter().flatten();
        let next_at_ms = reached.filter_map(|of| of.next_at_ms).max();
        let mut said = format!("{} of {} left today", all.left, all.limit);
        match (of_chat, group) {
            (Some(of), _) => said.push_str(&format!(", {} of {} for this chat", of.left, of.limit)),
            (None, Some(of)) => said.push_str(&format!(", at most {} for one chat", of.limit)),
            (None, None) => {}
        }
        if let Some(at_ms) = next_at_ms {
            let at = clock(at_ms, utc_offset_seconds);
            said.push_str(&format!("; the next is possible at {at}"));
        }
        Self {
            said,
            per_day: Some(all.limit),
            left: Some(all.left),
            per_chat_per_day: group.map(|of| of.limit),
            left_for_chat: of_chat.map(|of| of.left),
            next_at: next_at_ms.map(format_time),
            problem: None,
        }
    }

    /// Why that isn't known.
    pub(crate) fn unknown(problem: String) -> Self {
        Self {
            said: problem.clone(),
            per_day: None,
            left: None,
            per_chat_per_day: None,
            left_for_chat: None,
            next_at: None,
            problem: Some(problem),
        }
    }

    /// Whether one may begin now, as far as is known.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.problem.is_none() && self.left != Some(0) && self.left_for_chat != Some(0)
    }

    /// As the component is given it, to be shown by `check`.
    pub(crate) fn variable(&self) -> (String, String) {
        ("LIBTV_SPENDING".to_owned(), json!(self).to_string())
    }
}
