//! The limits that a user sets: the member `limits` of `libtv.json`. Not here: how jobs are counted against them.

use serde_json::{Map, Value};

/// The member of `libtv.json`, and its two.
const MEMBER: &str = "limits";
const PER_DAY: &str = "jobsPerDay";
const PER_CHAT: &str = "jobsPerChatPerDay";

/// Where the user sets none: some dollars. Nobody asks for as many by hand, and whatever runs wild ends here.
const DEFAULT_PER_DAY: u32 = 100;
/// The most that can be set: the count of a day has to stay a small file, which is written anew with each job.
pub(super) const MOST: u32 = 10_000;

/// How many jobs may begin in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// All together.
    pub(super) per_day: u32,
    /// For one chat; as many as there may be in all, where it isn't set.
    pub(super) per_chat_and_day: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_day: DEFAULT_PER_DAY,
            per_chat_and_day: None,
        }
    }
}

impl Limits {
    /// What stands in the members of `libtv.json`. What is null counts as not set.
    ///
    /// # Errors
    /// What is wrong, as a sentence: a limit that somebody meant to set must not be passed over.
    pub(super) fn of(config: &Map<String, Value>) -> Result<Self, String> {
        let wrong = |what: &str| format!("{what} in libtv.json {NO_LIMIT}");
        let members = match config.get(MEMBER) {
            None | Some(Value::Null) => return Ok(Self::default()),
            Some(Value::Object(members)) => members,
            Some(_) => return Err(wrong(MEMBER)),
        };
        // A slip in a name would be a limit that isn't in force.
        if let Some(other) = members
            .keys()
            .find(|name| !matches!(&***name, PER_DAY | PER_CHAT))
        {
            let shown: String = other
                .chars()
                .filter(|c| c.is_ascii_alphanumeric())
                .collect();
            return Err(wrong(&format!("{MEMBER}.{shown}")));
        }
        let number = |name: &str| match members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_u64().and_then(|number| u32::try_from(number).ok()) {
                Some(number) if number <= MOST => Ok(Some(number)),
                _ => Err(wrong(&format!("{MEMBER}.{name}"))),
            },
        };
        Ok(Self {
            per_day: number(PER_DAY)?.unwrap_or(DEFAULT_PER_DAY),
            per_chat_and_day: number(PER_CHAT)?,
        })
    }
}

/// Behind what is wrong.
const NO_LIMIT: &str = "is no limit of jobs: those are jobsPerDay and jobsPerChatPerDay, each a whole number of at most 10000. \
                        Nothing is submitted until it is corrected";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(config: Value) -> Result<(u32, Option<u32>), String> {
        let Value::Object(members) = config else {
            panic!("no object");
        };
        Limits::of(&members).map(|limits| (limits.per_day, limits.per_chat_and_day))
    }

    #[test]
    fn limits_are_read_and_the_default_is_a_hundred_in_all() {
        for (config, expected) in [
            (json!({}), (100, None)),
            (json!({"limits": null}), (100, None)),
            (json!({"limits": {}}), (100, None)),
            (json!({"limits": {"jobsPerChatPerDay": 5}}), (100, Some(5))),
            (
                json!({"limits": {"jobsPerDay": 10_000, "jobsPerChatPerDay": 0}}),
                (10_000, Some(0)),
            ),
            (json!({"limits": {"jobsPerDay": null}}), (100, None)),
        ] {
            assert_eq!(of(config.clone()), Ok(expected), "{config}");
        }
        assert!(NO_LIMIT.contains(&MOST.to_string()));
    }

    #[test]
    fn what_is_no_limit_is_named_and_not_passed_over() {
        for (limits, named) in [
            (json!("5"), "limits in"),
            (json!({"jobsPerDay": "5"}), "limits.jobsPerDay in"),
            (json!({"jobsPerDay": -1}), "limits.jobsPerDay in"),
            (json!({"jobsPerDay": 2.5}), "limits.jobsPerDay in"),
            (json!({"jobsPerDay": 10_001}), "limits.jobsPerDay in"),
            (
                json!({"jobsPerChatPerDay": true}),
                "limits.jobsPerChatPerDay in",
            ),
            (json!({"jobsPerday": 5}), "limits.jobsPerday in"),
        ] {
            let refused = of(json!({ "limits": limits })).unwrap_err();
            assert!(refused.starts_with(named), "{limits}: {refused}");
        }
    }
}
