//! Whom a message calls. What is called here stands for a notification on somebody's telephone.

use super::refusal::Refusal;
use serde_json::Value;

/// `allowed_mentions` of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allowed {
    /// Whether the request said anything; else everything is called.
    given: bool,
    parse: Vec<String>,
    users: Vec<String>,
    roles: Vec<String>,
    /// Whether the author of the message that is answered is called.
    pub(crate) replied_user: bool,
}

impl Allowed {
    /// Reads `allowed_mentions`.
    ///
    /// # Errors
    /// 50035: an unknown kind, or a kind that is allowed as a whole and by ids.
    pub(crate) fn read(body: &Value) -> Result<Self, Refusal> {
        let value = &body["allowed_mentions"];
        if value.is_null() {
            return Ok(Self {
                replied_user: true,
                ..Self::default()
            });
        }
        let list = |field: &str| -> Vec<String> {
            let items = value[field].as_array().into_iter().flatten();
            items.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let allowed = Self {
            given: true,
            parse: list("parse"),
            users: list("users"),
            roles: list("roles"),
            replied_user: value["replied_user"].as_bool().unwrap_or(false),
        };
        let unknown = |kind: &String| !["everyone", "users", "roles"].contains(&kind.as_str());
        if allowed.parse.iter().any(unknown) {
            let words = "Value must be one of {'everyone', 'roles', 'users'}.";
            return Err(Refusal::form(
                &["allowed_mentions", "parse"],
                "BASE_TYPE_CHOICES",
                words,
            ));
        }
        for (field, ids) in [("users", &allowed.users), ("roles", &allowed.roles)] {
            if !ids.is_empty() && allowed.parse.iter().any(|kind| kind == field) {
                let words =
                    format!("parse:[\"{field}\"] and {field}: [ids...] are mutually exclusive.");
                return Err(Refusal::form(
                    &["allowed_mentions"],
                    "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                    &words,
                ));
            }
        }
        Ok(allowed)
    }

    /// Whether somebody of this kind may be called.
    fn allows(&self, kind: &str, id: &str) -> bool {
        let named = match kind {
            "users" => self.users.iter().any(|known| known == id),
            "roles" => self.roles.iter().any(|known| known == id),
            _ => false,
        };
        !self.given || named || self.parse.iter().any(|parsed| parsed == kind)
    }

    /// Whom `content` calls, each as it is written: `@everyone`, `@here`, `<@…>`, `<@&…>`. Code blocks are not looked
    /// for: what would only be harmless inside of one counts.
    pub(crate) fn called(&self, content: &str, may_call_everyone: bool) -> Vec<String> {
        let mut called = Vec::new();
        for word in ["@everyone", "@here"] {
            if may_call_everyone && content.contains(word) && self.allows("everyone", "") {
                called.push(word.to_owned());
            }
        }
        for (at, _) in content.match_indices("<@") {
            let Some(end) = content[at..].find('>') else {
                continue;
            };
            let whole = &content[at..=at + end];
            let inside = whole[2..whole.len() - 1].trim_start_matches('!');
            let (kind, id) = inside
                .strip_prefix('&')
                .map_or(("users", inside), |id| ("roles", id));
            let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
            if is_id && self.allows(kind, id) && (kind == "users" || may_call_everyone) {
                called.push(whole.to_owned());
            }
        }
        called
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const CONTENT: &str = "@everyone <@123> <@!456> <@&789> <@x> @here";

    #[test]
    fn a_message_that_says_nothing_calls_everybody_it_names() {
        let allowed = Allowed::read(&json!({})).unwrap();
        assert_eq!(
            allowed.called(CONTENT, true),
            ["@everyone", "@here", "<@123>", "<@!456>", "<@&789>"]
        );
        assert_eq!(allowed.called(CONTENT, false), ["<@123>", "<@!456>"]);
    }

    #[test]
    fn an_empty_list_calls_nobody() {
        let allowed = Allowed::read(&json!({"allowed_mentions": {"parse": []}})).unwrap();
        assert!(allowed.called(CONTENT, true).is_empty() && !allowed.replied_user);
        let one = Allowed::read(&json!({"allowed_mentions": {"users": ["123"]}})).unwrap();
        assert_eq!(one.called(CONTENT, true), ["<@123>"]);
    }

    #[test]
    fn a_kind_and_its_ids_exclude_each_other() {
        let both = json!({"allowed_mentions": {"parse": ["users"], "users": ["123"]}});
        assert_eq!(Allowed::read(&both).unwrap_err().code, 50035);
        assert!(Allowed::read(&json!({"allowed_mentions": {"parse": ["all"]}})).is_err());
    }
}
