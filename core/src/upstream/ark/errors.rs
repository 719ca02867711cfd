//! The service's codes: what each means, in a sentence that says what to do. A code is read up to the first dot that the
//! table knows, since endings are added; one that it doesn't know is shown with the service's own words.

use serde_json::Value;

use super::super::{Error, Meaning};

/// How much of the service's own words is shown.
const SHOWN_CHARS: usize = 300;

/// One code, with all that go on behind a dot.
struct Known {
    code: &'static str,
    meaning: Meaning,
    /// What to do. Where it is empty the service's own words say it.
    says: &'static str,
}

const fn known(code: &'static str, meaning: Meaning, says: &'static str) -> Known {
    Known {
        code,
        meaning,
        says,
    }
}

/// The first that fits counts: longer codes stand in front of those that they begin with.
const CODES: &[Known] = &[
    known(
        "InputImageSensitiveContentDetected.PrivacyInformation",
        Meaning::Moderated,
        "a picture shows somebody who may be a real person, and no real faces are taken. Use another picture",
    ),
    known(
        "InputImageSensitiveContentDetected",
        Meaning::Moderated,
        "a picture isn't allowed there. Use another one",
    ),
    known(
        "InputTextSensitiveContentDetected",
        Meaning::Moderated,
        "the words aren't allowed there. Say it in other words",
    ),
    known(
        "SensitiveContentDetected",
        Meaning::Moderated,
        "the words aren't allowed there. Say it in other words",
    ),
    known(
        "OutputVideoSensitiveContentDetected",
        Meaning::Moderated,
        "the finished video was withheld by the service's moderation, and isn't charged. The same words may pass another time, others are likelier to",
    ),
    known(
        "OutputAudioSensitiveContentDetected",
        Meaning::Moderated,
        "the finished video was withheld for its sound by the service's moderation, and isn't charged. Say it in other words",
    ),
    known(
        "OutputImageSensitiveContentDetected",
        Meaning::Moderated,
        "the finished picture was withheld by the service's moderation. The same words may pass another time, others are likelier to",
    ),
    known(
        "InvalidParameter.TaskTypeConstraint",
        Meaning::Refused,
        "the model took the request for another kind of task, such as changing a video. Say in other words what is to be made",
    ),
    known(
        "InvalidParameter.TaskTypeMismatch",
        Meaning::Refused,
        "the model took the request for another kind of task, such as changing a video. Say in other words what is to be made",
    ),
    known("InvalidParameter", Meaning::Refused, ""),
    known("MissingParameter", Meaning::Refused, ""),
    known(
        "AuthenticationError",
        Meaning::KeyRefused,
        "the key isn't accepted: it is wrong, deleted, or of another service (Ark and ModelArk share no keys)",
    ),
    known(
        "AccountOverdueError",
        Meaning::Quota,
        "the account is overdue. Its owner has to pay in the service's console",
    ),
    known(
        "OperationDenied.ServiceOverdue",
        Meaning::Quota,
        "the account is overdue. Its owner has to pay in the service's console",
    ),
    known(
        "OperationDenied.ServiceNotOpen",
        Meaning::Quota,
        "the service isn't switched on for this account. Its owner has to do that in the console",
    ),
    known(
        "AccessDenied",
        Meaning::KeyRefused,
        "the key may not do this. Its owner has to give it the right in the service's console",
    ),
    known(
        "ModelNotOpen",
        Meaning::Refused,
        "the model isn't switched on for this account. Its owner has to do that in the console, or choose another with setup --model",
    ),
    known(
        "InvalidEndpointOrModel",
        Meaning::Refused,
        "there is no such model, or it isn't this account's. Choose one with setup --model",
    ),
    known(
        "InvalidAction.RunningTaskDeletion",
        Meaning::Refused,
        "it is being made already, and can't be stopped",
    ),
    known(
        "NotFound",
        Meaning::NotFound,
        "there is no such task, or no longer: tasks are kept for seven days",
    ),
    known(
        "QuotaExceeded",
        Meaning::Quota,
        "the quota is used up, or too many tasks wait. Try again when one has ended, or look into the service's console",
    ),
    known(
        "SetLimitExceeded",
        Meaning::Quota,
        "a limit that the account's owner set in the console is reached",
    ),
    known(
        "ServerOverloaded",
        Meaning::RateLimited,
        "the service is overloaded at the moment",
    ),
    known(
        "RequestBurstTooFast",
        Meaning::RateLimited,
        "too much is asked of it at the moment",
    ),
    known(
        "InternalServiceError",
        Meaning::Passing,
        "the service failed",
    ),
];

/// What the codes of every rate limit hold, whatever it counts.
const RATE_LIMIT: Known = known(
    "RateLimitExceeded",
    Meaning::RateLimited,
    "too much is asked of it at the moment",
);

/// What a code that isn't known means: nothing says that it passes.
const UNKNOWN: Known = known("", Meaning::Refused, "");

/// An error as the service gives it, of a request or of a task.
pub struct Given<'a> {
    code: &'a str,
    message: &'a str,
}

impl<'a> Given<'a> {
    /// Reads it; none without a code.
    pub fn read(error: &'a Value) -> Option<Self> {
        let text = |name: &str| error.get(name).and_then(Value::as_str);
        Some(Self {
            code: text("code").filter(|code| !code.is_empty())?,
            message: text("message").unwrap_or_default(),
        })
    }

    fn known(&self) -> &'static Known {
        let fits = |known: &&Known| {
            let rest = self.code.strip_prefix(known.code);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if self.code.contains(RATE_LIMIT.code) {
            return &RATE_LIMIT;
        }
        CODES.iter().find(fits).unwrap_or(&UNKNOWN)
    }

    /// The sentence, in the service's name.
    #[must_use]
    pub fn sentence(&self, title: &str) -> String {
        let code: String = shown(self.code);
        match self.known().says {
            "" => format!(
                "{title} refuses the request: {} ({code})",
                shown(self.message)
            ),
            says => format!("{title}: {says} ({code})"),
        }
    }

    /// As the error of a call.
    #[must_use]
    pub fn error(&self, title: &str) -> Error {
        Error::said(self.known().meaning, self.sentence(title))
    }
}

/// A text of the service's on one line, cut short.
fn shown(text: &str) -> String {
    contract::text::one_line(text, SHOWN_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_code_has_its_meaning_and_says_what_to_do() {
        for (code, meaning, says) in [
            (
                "InputImageSensitiveContentDetected.PrivacyInformation",
                Meaning::Moderated,
                "real person",
            ),
            (
                "InputImageSensitiveContentDetected.PolicyViolation",
                Meaning::Moderated,
                "another one",
            ),
            (
                "InputTextSensitiveContentDetected",
                Meaning::Moderated,
                "other words",
            ),
            (
                "InputTextSensitiveContentDetected.PolicyViolation",
                Meaning::Moderated,
                "other words",
            ),
            (
                "SensitiveContentDetected.SevereViolation",
                Meaning::Moderated,
                "other words",
            ),
            (
                "OutputVideoSensitiveContentDetected.PolicyViolation",
                Meaning::Moderated,
                "isn't charged",
            ),
            (
                "InvalidParameter.TaskTypeConstraint",
                Meaning::Refused,
                "other words",
            ),
            (
                "InvalidParameter.UnsupportedParameter",
                Meaning::Refused,
                "the words of the service",
            ),
            (
                "MissingParameter",
                Meaning::Refused,
                "the words of the service",
            ),
            ("AuthenticationError", Meaning::KeyRefused, "share no keys"),
            ("AccountOverdueError", Meaning::Quota, "pay"),
            ("OperationDenied.ServiceOverdue", Meaning::Quota, "pay"),
            (
                "OperationDenied.ServiceNotOpen",
                Meaning::Quota,
                "switched on",
            ),
            ("AccessDenied", Meaning::KeyRefused, "give it the right"),
            ("ModelNotOpen", Meaning::Refused, "setup --model"),
            (
                "InvalidEndpointOrModel.NotFound",
                Meaning::Refused,
                "setup --model",
            ),
            ("NotFound.Task", Meaning::NotFound, "seven days"),
            (
                "InvalidAction.RunningTaskDeletion",
                Meaning::Refused,
                "can't be stopped",
            ),
            (
                "ModelAccountRpmRateLimitExceeded.X",
                Meaning::RateLimited,
                "at the moment",
            ),
            ("ServerOverloaded", Meaning::RateLimited, "overloaded"),
            ("QuotaExceeded", Meaning::Quota, "used up"),
            ("SetLimitExceeded", Meaning::Quota, "limit"),
            ("InternalServiceError", Meaning::Passing, "failed"),
            ("SomethingNew", Meaning::Refused, "the words of the service"),
            // No code of the table goes on with letters.
            (
                "AccessDeniedByNobody",
                Meaning::Refused,
                "the words of the service",
            ),
        ] {
            let value = json!({"code": code, "message": "the words of the service"});
            let error = Given::read(&value).unwrap().error("Ark");
            assert_eq!(error.meaning, meaning, "{code}");
            assert!(error.message.contains(says), "{code}: {}", error.message);
            assert!(error.message.contains(code), "{}", error.message);
        }
    }

    #[test]
    fn words_of_the_service_are_one_line() {
        let value = json!({"code": "New\n", "message": "a\u{1b}[2Jb\nc"});
        let sentence = Given::read(&value).unwrap().sentence("Ark");
        assert!(!sentence.contains(['\n', '\u{1b}']), "{sentence:?}");
        assert!(Given::read(&json!({"message": "no code"})).is_none());
        assert!(Given::read(&json!(null)).is_none());
    }
}
