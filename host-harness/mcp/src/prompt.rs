//! The prompt that explains the messenger's role, for people who pick it in their client.

use contract::channels;
use rmcp::ErrorData;
use rmcp::model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::Value;

/// The prompt's name.
const NAME: &str = "messenger";
/// What a person reads who picks it.
const DESCRIPTION: &str =
    "How to pass a user's request for a video or an image on to LibTV, and what to say of it.";
/// The messenger's rules in the words of the tools, Markdown.
pub const RULES: &str = include_str!("messenger.md");

/// What may be said beforehand: name, title, and the sentence it becomes.
const ARGUMENTS: [(&str, &str, &str); 3] = [
    (
        "request",
        "What the user asked for, word for word",
        "The user's request, word for word",
    ),
    (
        "channel",
        "Where the user's message came from: {channels}",
        "The message came from the channel",
    ),
    (
        "chat_id",
        "The chat that gets the result, such as oc_… or ou_…",
        "The chat that gets the result",
    ),
];

/// What clients list.
pub(crate) fn prompt() -> Prompt {
    let argument = |(name, title, _): (&str, &str, &str)| {
        PromptArgument::new(name)
            .with_description(
                title.replace("{channels}", &channels::enumerated(channels::words(), "or")),
            )
            // Clients show a form for it, and a prompt without any of them explains the role all the same.
            .with_required(false)
    };
    Prompt::new(
        NAME,
        Some(DESCRIPTION),
        Some(ARGUMENTS.map(argument).into()),
    )
    .with_title("Messenger between a user and LibTV")
}

/// The prompt with its arguments filled in.
///
/// # Errors
/// For another name, an unknown argument, or one that is no text.
pub(crate) fn filled(name: &str, given: Option<&JsonObject>) -> Result<GetPromptResult, ErrorData> {
    let wrong = |text: String| Err(ErrorData::invalid_params(text, None));
    if name != NAME {
        return wrong(format!("There is one prompt, {NAME}."));
    }
    for (name, value) in given.into_iter().flatten() {
        // Refused and not left out: a misspelt name would silently drop what the person wrote.
        if !ARGUMENTS.iter().any(|(known, ..)| known == name) || !value.is_string() {
            return wrong(format!(
                "{name}: not an argument of this prompt, or not a text."
            ));
        }
    }
    let mut text = RULES.to_owned();
    for (name, _, sentence) in ARGUMENTS {
        let value = given
            .and_then(|given| given.get(name))
            .and_then(Value::as_str);
        // Some clients send every field of their form, the empty ones included.
        if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
            // On lines of its own: what a user wrote must not read as a part of the rules.
            text.push_str(&format!("\n{sentence}:\n\n{value}\n"));
        }
    }
    let message = PromptMessage::new_text(Role::User, text);
    Ok(GetPromptResult::new(vec![message]).with_description(DESCRIPTION))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(given: Value) -> Result<String, ErrorData> {
        let result = filled(NAME, given.as_object())?;
        Ok(result.messages[0].content.as_text().unwrap().text.clone())
    }

    #[test]
    fn the_words_are_passed_on_as_they_are_and_what_was_not_said_leaves_no_trace() {
        let words = "a \"cat\"\n{{request}} $HOME";
        let filled = text(json!({"request": words, "chat_id": " "})).unwrap();
        assert!(
            filled.starts_with(RULES) && filled.contains(words),
            "{filled}"
        );
        assert!(
            !filled.contains("The chat that gets the result:"),
            "{filled}"
        );
        assert_eq!(text(json!({})).unwrap(), RULES);
    }

    #[test]
    fn other_names_and_arguments_are_refused() {
        assert!(filled("director", None).is_err());
        assert!(text(json!({"style": "noir"})).is_err());
        assert!(text(json!({"request": 7})).is_err());
    }

    #[test]
    fn the_rules_name_every_tool_that_they_need_and_no_other() {
        let tools: Vec<&str> = crate::tools::Tool::ALL
            .iter()
            .map(|tool| tool.name())
            .collect();
        let quoted = RULES.split('`').skip(1).step_by(2);
        for name in quoted.filter(|word| word.contains('_') && word.is_ascii()) {
            let is_value = matches!(name, "awaiting_user" | "chat_id");
            assert!(is_value || tools.contains(&name), "{name}");
        }
        for name in [
            "create_session",
            "continue_session",
            "list_sessions",
            "check",
            "recover",
        ] {
            assert!(RULES.contains(&format!("`{name}`")), "{name}");
        }
    }
}
