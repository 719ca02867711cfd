//! Why a call didn't work, in words for a model: what failed, whether the same call may be repeated, what to do.

use host::{CallError, Problem, ProblemKind};
use schemars::JsonSchema;
use serde::Serialize;

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// Failed for now: the same call may succeed later.
    Temporary,
    /// Nothing changes by trying again.
    Permanent,
    /// A submit was sent and its answer is lost. It may have been charged: never repeat it.
    PermanentOutcomeUnknown,
}

/// What failed and what to do about it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Failure {
    /// Whether trying again can help.
    pub(crate) kind: Kind,
    /// The sentence for the user: relay it as it is.
    pub(crate) message: String,
    /// What can be done about it; may be empty.
    pub(crate) advice: String,
    /// How long to wait before trying again, where the service said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after_ms: Option<u64>,
}

/// A failure, as structured content.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToolError {
    #[serde(flatten)]
    failure: Failure,
    /// Whether the same call may be repeated. If not: don't, whatever the reason.
    may_retry: bool,
}

impl From<Failure> for ToolError {
    fn from(failure: Failure) -> Self {
        Self {
            may_retry: failure.may_retry(),
            failure,
        }
    }
}

/// What a model has to know after a submit whose outcome isn't known, whatever else is said.
const NEVER_REPEAT: &str = "Don't submit this request again: it may have been taken and charged. Call `tasks` and \
    `recover`, tell the user what they show, and let the user decide.";

impl Failure {
    /// One after which the same call may succeed.
    pub(crate) fn temporary(message: impl Into<String>, advice: &str) -> Self {
        Self::new(Kind::Temporary, message.into(), advice)
    }

    /// One that stays, however often the call is repeated.
    pub(crate) fn permanent(message: impl Into<String>, advice: &str) -> Self {
        Self::new(Kind::Permanent, message.into(), advice)
    }

    fn new(kind: Kind, message: String, advice: &str) -> Self {
        Self {
            kind,
            message,
            advice: advice.to_owned(),
            retry_after_ms: None,
        }
    }

    /// Of a call that costs nothing.
    pub(crate) fn of_call(error: &CallError) -> Self {
        let kind = match error {
            CallError::Problem(Problem {
                kind: ProblemKind::PermanentOutcomeUnknown,
                ..
            }) => Kind::PermanentOutcomeUnknown,
            other if other.is_temporary() => Kind::Temporary,
            _ => Kind::Permanent,
        };
        Self {
            retry_after_ms: error.retry_after_ms(),
            ..Self::new(kind, error.to_string(), error.advice())
        }
    }

    /// Of a submit: one that was stopped half-way may have been sent.
    pub(crate) fn of_submit(error: &CallError) -> Self {
        match error {
            // The sandbox stopped it at any point, perhaps behind the request that costs money.
            CallError::Limit(_) | CallError::Trap(_) => Self::new(
                Kind::PermanentOutcomeUnknown,
                error.to_string(),
                error.advice(),
            ),
            _ => Self::of_call(error),
        }
    }

    /// Whether the same call may be repeated.
    pub(crate) fn may_retry(&self) -> bool {
        self.kind == Kind::Temporary
    }

    /// Everything, for a reader who sees nothing else.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("❌ {}", self.message);
        if !self.advice.is_empty() {
            text.push('\n');
            text.push_str(&self.advice);
        }
        if self.kind == Kind::PermanentOutcomeUnknown {
            text.push('\n');
            text.push_str(NEVER_REPEAT);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use host::LimitHit;

    use super::*;

    #[test]
    fn a_submit_that_was_stopped_half_way_is_never_called_repeatable() {
        let stopped = CallError::Limit(LimitHit::Memory(1));
        assert!(Failure::of_call(&stopped).may_retry());
        for error in [stopped, CallError::Trap("boom".into())] {
            let failure = Failure::of_submit(&error);
            assert_eq!(failure.kind, Kind::PermanentOutcomeUnknown);
            assert!(!failure.may_retry());
            assert!(failure.text().ends_with(NEVER_REPEAT), "{}", failure.text());
        }
    }

    #[test]
    fn a_problem_keeps_its_words_and_its_pause() {
        let told = Problem {
            kind: ProblemKind::Temporary,
            cause: host::Cause::RateLimited,
            message: "busy".into(),
            advice: Some("Wait.".into()),
            retry_after_ms: Some(7),
        };
        let failure = Failure::of_submit(&CallError::Problem(told));
        assert_eq!(failure.text(), "❌ busy\nWait.");
        assert_eq!(
            (failure.may_retry(), failure.retry_after_ms),
            (true, Some(7))
        );
    }
}
