//! The tools: what they are called, what a model is told of them, what they take and answer. What each does stands in
//! `calls.rs`.
//!
//! Storing a key is none of them: what a model is told stays in its context and in logs. People do that with
//! `libtv-video setup`.

pub(crate) mod answers;
pub(crate) mod arguments;
mod schema;
mod words;

use rmcp::model::{Tool as Definition, ToolAnnotations};

use schema::schemas;

/// A tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    CreateSession,
    ContinueSession,
    WaitForResult,
    QuerySession,
    ListSessions,
    Recover,
    Tasks,
    Check,
    ChangeProject,
    Cancel,
    Upload,
    DownloadResults,
}

/// What a tool touches.
enum Effect {
    /// Nothing.
    Reads,
    /// Repeated with the same arguments it does no more than once.
    AddsOnce,
    /// Each call does it anew.
    AddsEachTime,
    /// It puts an end to something; repeated it does no more.
    Ends,
}

impl Tool {
    /// In the order in which a model should think of them.
    pub(crate) const ALL: [Self; 12] = [
        Self::CreateSession,
        Self::ContinueSession,
        Self::WaitForResult,
        Self::QuerySession,
        Self::ListSessions,
        Self::Recover,
        Self::Tasks,
        Self::Check,
        Self::ChangeProject,
        Self::Cancel,
        Self::Upload,
        Self::DownloadResults,
    ];

    /// The tool that a client calls.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// What clients call it: it never changes, since people have it in their rules.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::CreateSession => "create_session",
            Self::ContinueSession => "continue_session",
            Self::WaitForResult => "wait_for_result",
            Self::QuerySession => "query_session",
            Self::ListSessions => "list_sessions",
            Self::Recover => "recover",
            Self::Tasks => "tasks",
            Self::Check => "check",
            Self::ChangeProject => "change_project",
            Self::Cancel => "cancel",
            Self::Upload => "upload",
            Self::DownloadResults => "download_results",
        }
    }

    /// What clients may tell a person before it is called.
    const fn effect(self) -> Effect {
        match self {
            Self::WaitForResult | Self::QuerySession | Self::ListSessions | Self::Check => {
                Effect::Reads
            }
            Self::Recover | Self::Tasks | Self::DownloadResults => Effect::AddsOnce,
            Self::CreateSession | Self::ContinueSession | Self::ChangeProject | Self::Upload => {
                Effect::AddsEachTime
            }
            Self::Cancel => Effect::Ends,
        }
    }

    /// Whether it has to do with services, or only with what is known on this machine.
    const fn is_open_world(self) -> bool {
        !matches!(self, Self::WaitForResult | Self::ListSessions)
    }

    /// Whether it answers with lists, of messages, sessions or tasks, and so may take much memory. One that waits does so only
    /// when it looks.
    pub(crate) const fn lists(self) -> bool {
        match self {
            Self::QuerySession | Self::ListSessions | Self::Recover | Self::Tasks | Self::Check => {
                true
            }
            Self::CreateSession
            | Self::ContinueSession
            | Self::WaitForResult
            | Self::ChangeProject
            | Self::Cancel
            | Self::Upload
            | Self::DownloadResults => false,
        }
    }

    /// Whether a call that nobody waits for any more is abandoned. One that was sent and paid goes on to its end.
    pub(crate) const fn may_be_abandoned(self) -> bool {
        match self {
            Self::WaitForResult
            | Self::QuerySession
            | Self::ListSessions
            | Self::Check
            | Self::Upload
            | Self::DownloadResults => true,
            Self::CreateSession
            | Self::ContinueSession
            | Self::Recover
            | Self::Tasks
            | Self::ChangeProject
            | Self::Cancel => false,
        }
    }

    /// As clients see it.
    pub(crate) fn definition(self) -> Definition {
        let (title, description) = words::of(self);
        let (input, output) = match self {
            Self::CreateSession => schemas::<arguments::CreateSession, answers::Submitted>(),
            Self::ContinueSession => schemas::<arguments::ContinueSession, answers::Submitted>(),
            Self::WaitForResult => schemas::<arguments::WaitForResult, answers::Waited>(),
            Self::QuerySession => schemas::<arguments::QuerySession, answers::Queried>(),
            Self::ListSessions => schemas::<arguments::ListSessions, answers::Sessions>(),
            Self::Recover => schemas::<arguments::Recover, answers::Recovered>(),
            Self::Tasks => schemas::<arguments::Service, answers::Tasks>(),
            Self::Check => schemas::<arguments::Service, answers::Checked>(),
            Self::ChangeProject => schemas::<arguments::Nothing, answers::Project>(),
            Self::Cancel => schemas::<arguments::Cancel, answers::Cancelled>(),
            Self::Upload => schemas::<arguments::Upload, answers::Uploaded>(),
            Self::DownloadResults => schemas::<arguments::DownloadResults, answers::Downloaded>(),
        };
        let (reads, repeatable, ends) = match self.effect() {
            Effect::Reads => (true, true, false),
            Effect::AddsOnce => (false, true, false),
            Effect::AddsEachTime => (false, false, false),
            Effect::Ends => (false, true, true),
        };
        let hints = ToolAnnotations::with_title(title)
            .read_only(reads)
            // No other tool removes or overwrites anything.
            .destructive(ends)
            .idempotent(repeatable)
            .open_world(self.is_open_world());
        Definition::new(self.name(), description, input)
            .with_title(title)
            .with_raw_output_schema(output)
            .with_annotations(hints)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_tool_is_found_by_its_name_and_tells_a_model_what_it_needs() {
        for tool in Tool::ALL {
            assert_eq!(Tool::named(tool.name()), Some(tool));
            let definition = tool.definition();
            let shown = serde_json::to_value(&definition).unwrap();
            let description = shown["description"].as_str().unwrap();
            assert!(!definition.title.unwrap_or_default().is_empty());
            assert!(
                (80..1200).contains(&description.len()),
                "{}: {}",
                tool.name(),
                description.len()
            );
            assert_eq!(shown["inputSchema"]["type"], "object", "{shown}");
            assert_eq!(
                shown["inputSchema"]["additionalProperties"], false,
                "{shown}"
            );
            assert_eq!(shown["outputSchema"]["type"], "object", "{shown}");
            for hint in [
                "readOnlyHint",
                "destructiveHint",
                "idempotentHint",
                "openWorldHint",
            ] {
                assert!(shown["annotations"][hint].is_boolean(), "{shown}");
            }
        }
        assert_eq!(Tool::named("setup"), None);
    }

    /// What each of these reads of a tool's input, and what it refuses a whole list of tools for. `additionalProperties`
    /// and `default` are passed over by who doesn't know them.
    const READERS: [(&str, &[&str]); 4] = [
        (
            "Gemini's function declarations",
            &[
                "$schema",
                "$ref",
                "$defs",
                "definitions",
                "const",
                "oneOf",
                "allOf",
                "not",
                "if",
                "patternProperties",
                "exclusiveMinimum",
                "exclusiveMaximum",
            ],
        ),
        (
            "OpenAI's and Anthropic's functions",
            &["oneOf", "allOf", "anyOf", "not"],
        ),
        (
            "SDKs with a validator of draft 7",
            &["$schema", "$defs", "$anchor", "prefixItems"],
        ),
        (
            "grammars made from schemas",
            &["$ref", "format", "pattern", "propertyNames"],
        ),
    ];

    /// Every word of a schema that says what a value is; not the names of properties.
    fn words_of(schema: &Value, found: &mut Vec<String>) {
        let Value::Object(schema) = schema else {
            return;
        };
        for (word, value) in schema {
            found.push(word.clone());
            match (word.as_str(), value) {
                ("properties", Value::Object(properties)) => {
                    properties.values().for_each(|value| words_of(value, found));
                }
                (_, Value::Array(values)) => values.iter().for_each(|value| words_of(value, found)),
                _ => words_of(value, found),
            }
        }
    }

    #[test]
    fn every_schema_is_one_that_the_strictest_reader_takes() {
        for tool in Tool::ALL {
            let shown = serde_json::to_value(tool.definition()).unwrap();
            let input = &shown["inputSchema"];
            assert!(input["properties"].is_object(), "{}: {input}", tool.name());
            let mut words = Vec::new();
            words_of(input, &mut words);
            for (reader, refused) in READERS {
                let odd = words.iter().find(|word| refused.contains(&word.as_str()));
                assert_eq!(odd, None, "{}: {reader}", tool.name());
            }
            let mut words = Vec::new();
            words_of(&shown["outputSchema"], &mut words);
            let known = [
                "type",
                "description",
                "properties",
                "required",
                "items",
                "enum",
                "default",
                "minimum",
                "additionalProperties",
                "anyOf",
            ];
            let odd = words.iter().find(|word| !known.contains(&word.as_str()));
            assert_eq!(odd, None, "{}: the answer's schema", tool.name());
        }
    }

    #[test]
    fn every_argument_and_every_answer_has_its_words() {
        for tool in Tool::ALL {
            let shown = serde_json::to_value(tool.definition()).unwrap();
            for schema in ["inputSchema", "outputSchema"] {
                let properties = shown[schema]["properties"].as_object();
                for (name, property) in properties.into_iter().flatten() {
                    let words = property.get("description").and_then(Value::as_str);
                    assert!(
                        words.is_some(),
                        "{} {schema} {name}: {property}",
                        tool.name()
                    );
                }
            }
        }
    }

    #[test]
    fn what_costs_money_is_neither_read_only_nor_repeatable_nor_abandoned() {
        for tool in [Tool::CreateSession, Tool::ContinueSession] {
            let hints = tool.definition().annotations.unwrap();
            assert_eq!(
                (hints.read_only_hint, hints.idempotent_hint),
                (Some(false), Some(false))
            );
            assert!(!tool.may_be_abandoned());
        }
    }
}
