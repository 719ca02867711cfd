//! A session's messages, made sense of. The service publishes no schema: unknown roles and fields
//! are passed over, and nothing in a message can make this fail.

use serde_json::Value;

use crate::json;
use crate::upstream::results::{self, Links, ResultUrl};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The user, that is our submit.
    User,
    /// The backend's agent.
    Assistant,
    /// The answer of a tool call.
    Tool,
    /// Anything else.
    Other,
}

/// A call that the assistant makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What an answer refers to.
    pub id: String,
    /// The question, when it is an `ask_user`.
    pub question: Option<String>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number, where the service gives one.
    pub seq: Option<u64>,
    /// Who speaks.
    pub role: Role,
    /// Its text; empty for tool answers.
    pub text: String,
    /// The links of the results in it, in order.
    pub urls: Vec<ResultUrl>,
    /// Calls it makes.
    pub calls: Vec<Call>,
    /// The call it answers.
    pub answers: Option<String>,
    /// The reason, when it is a failed tool answer.
    pub error: Option<String>,
}

/// What a question without words is shown as.
const QUESTION_WITHOUT_WORDS: &str = "The video service asks for more information.";

/// Reads the `messages` of a reply; anything but a list is no messages.
#[must_use]
pub fn parse(list: &Value) -> Vec<Message> {
    list.as_array()
        .map(|list| list.iter().filter_map(message).collect())
        .unwrap_or_default()
}

/// Reads one message; `None` for what is no object.
#[must_use]
pub fn message(value: &Value) -> Option<Message> {
    let object = value.as_object()?;
    let role = match object.get("role").and_then(Value::as_str) {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        Some("tool") => Role::Tool,
        Some(_) | None => Role::Other,
    };
    let content = object.get("content").unwrap_or(&Value::Null);
    let mut message = Message {
        seq: object.get("seq").and_then(Value::as_u64),
        role,
        text: String::new(),
        urls: Vec::new(),
        calls: calls(object.get("toolCalls")),
        answers: object
            .get("toolCallId")
            .and_then(Value::as_str)
            // An empty one would answer every call without an id.
            .filter(|id| !id.is_empty())
            .map(str::to_owned),
        error: None,
    };
    match role {
        Role::Tool => {
            let mut answer = ToolAnswer::default();
            answer.read(content);
            message.urls = answer.links.into_vec();
            message.error = answer.error;
        }
        Role::User | Role::Assistant => {
            message.text = plain_text(content);
            message.urls = results::extract(&message.text);
        }
        // What a role that isn't known says is no result: it may be a plan, or the prompt of a tool.
        Role::Other => {}
    }
    Some(message)
}

/// The calls in a message; what has no id can't be answered, and is left out.
fn calls(list: Option<&Value>) -> Vec<Call> {
    let Some(list) = list.and_then(Value::as_array) else {
        return Vec::new();
    };
    list.iter()
        .filter_map(|call| {
            let function = call.get("function");
            let name = function
                .and_then(|function| function.get("name"))
                .and_then(Value::as_str)
                .unwrap_or("");
            let arguments = function.and_then(|function| function.get("arguments"));
            Some(Call {
                id: call.get("id")?.as_str()?.to_owned(),
                // By this name alone the service asks a person; every other call is work.
                question: (name == "ask_user").then(|| question(arguments)),
            })
        })
        .collect()
}

/// The question in the arguments of `ask_user`, with its choices below it, one a line.
fn question(arguments: Option<&Value>) -> String {
    let parsed = match arguments {
        Some(Value::String(text)) => {
            // The arguments are JSON in a text, made by a model: often almost JSON.
            json::foreign(text.as_bytes()).unwrap_or_else(|| Value::String(text.clone()))
        }
        Some(other) => other.clone(),
        None => Value::Null,
    };
    let named = ["question", "message", "text", "prompt", "content", "title"]
        .iter()
        .find_map(|name| {
            parsed
                .get(name)
                .map(plain_text)
                .filter(|text| !text.trim().is_empty())
        });
    let mut text = named
        .or_else(|| parsed.as_str().map(str::to_owned))
        .filter(|text| !text.trim().is_empty())
        .unwrap_or_else(|| QUESTION_WITHOUT_WORDS.to_owned());
    if let Some(options) = ["options", "choices"]
        .iter()
        .find_map(|name| parsed.get(name))
        .and_then(Value::as_array)
    {
        for option in options {
            let label = option
                .get("label")
                .or_else(|| option.get("text"))
                .unwrap_or(option);
            text.push_str("\n- ");
            text.push_str(&plain_text(label));
        }
    }
    text
}

/// The words in a content: a text, a list of parts, or a part.
fn plain_text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .map(plain_text)
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join("\n"),
        Value::Object(part) => ["text", "content", "message"]
            .iter()
            .find_map(|name| part.get(*name))
            .map(plain_text)
            .unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

/// What a tool says.
#[derive(Default)]
struct ToolAnswer {
    links: Links,
    error: Option<String>,
}

impl ToolAnswer {
    /// Takes a tool's answer in any of the forms that were seen: JSON in a text, a list of parts, an object.
    fn read(&mut self, content: &Value) {
        match content {
            Value::String(text) => {
                if let Some(parsed @ (Value::Object(_) | Value::Array(_))) =
                    json::foreign(text.as_bytes())
                {
                    self.read(&parsed);
                }
            }
            Value::Array(parts) => {
                for part in parts {
                    match part.get("text") {
                        Some(text @ Value::String(_)) => self.read(text),
                        Some(_) | None => self.read_object(part),
                    }
                }
            }
            Value::Object(_) => self.read_object(content),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Takes links and errors of one object. A failure counts beside results only where the task says that it
    /// failed.
    fn read_object(&mut self, object: &Value) {
        if let Some(result) = object.get("task_result") {
            for (list, names) in [
                ("images", &["previewPath", "url"][..]),
                ("videos", &["previewPath", "url", "videoUrl"][..]),
            ] {
                for item in result
                    .get(list)
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    self.links.extend(links_of(item, names));
                }
            }
            let failed = result
                .get("status")
                .and_then(Value::as_str)
                .is_some_and(|status| matches!(status, "failed" | "error"));
            // With results beside it an `error` is a warning.
            if failed || (self.links.is_empty() && has_words(result.get("error"))) {
                self.error = Some(words_or(result.get("error"), "the task failed"));
            }
        }
        if object.get("isError").and_then(Value::as_bool) == Some(true) {
            self.error = Some(words_or(object.get("content"), "the tool failed"));
        } else if self.links.is_empty() && self.error.is_none() && has_words(object.get("error")) {
            self.error = Some(words_or(object.get("error"), "the tool failed"));
        }
    }
}

/// The links of one result: the first that is one, and the others that lead to the same.
fn links_of<'a>(item: &'a Value, names: &'a [&str]) -> impl Iterator<Item = ResultUrl> + 'a {
    let mut urls = names.iter().filter_map(|name| {
        let text = item.get(*name)?.as_str()?;
        ResultUrl::parse(text.trim())
    });
    let first = urls.next();
    let identity = first.as_ref().map(ResultUrl::identity);
    let others = urls.filter(move |url| Some(url.identity()) == identity);
    first.into_iter().chain(others)
}

/// Whether there is anything but blanks to read in it.
fn has_words(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !plain_text(value).trim().is_empty())
}

/// Its words, or these where it has none.
fn words_or(value: Option<&Value>, default: &str) -> String {
    value
        .map(plain_text)
        .filter(|text| !text.trim().is_empty())
        .unwrap_or_else(|| default.to_owned())
}

#[cfg(test)]
#[path = "messages_tests.rs"]
mod tests;
