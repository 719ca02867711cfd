//! The tools' JSON schemas, from the types that read and write them, in the dialect that every client takes: one type for a
//! property and no formats of Rust's own. A field that may be missing is missing, never null.

use std::sync::Arc;

use contract::channels;
use contract::services::makers;
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use schemars::generate::{Contract, SchemaSettings};
use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::ToolError;

/// An answer, or why there is none: clients check structured content against the schema in either case.
#[derive(Serialize, JsonSchema)]
struct Reply<T> {
    #[serde(flatten)]
    answer: T,
    /// Why the call didn't work; the rest is missing then.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ToolError>,
}

/// What a tool takes, and what it answers.
pub(super) fn schemas<Arguments, Answer>() -> (Arc<JsonObject>, Arc<JsonObject>)
where
    Arguments: JsonSchema,
    Answer: JsonSchema,
{
    let mut input = schema_of::<Arguments>(Contract::Deserialize);
    // A function without parameters is one whose schema says so: OpenAI's interface refuses an object without properties.
    input
        .entry("properties")
        .or_insert_with(|| JsonObject::new().into());
    let mut output = schema_of::<Reply<Answer>>(Contract::Serialize);
    if let Some(required) = output.remove("required") {
        let either = json!([{"required": required}, {"required": ["error"]}]);
        output.insert("anyOf".to_owned(), either);
    }
    (Arc::new(input), Arc::new(output))
}

/// A type's schema in one piece: without definitions that it refers to, which clients look for in the wrong place, and
/// without the name of its dialect, which others don't know.
fn schema_of<T: JsonSchema>(contract: Contract) -> JsonObject {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
        settings.contract = contract;
    });
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    make_portable(&mut schema);
    // The types of this crate are structs: their schemas are objects.
    let mut schema = match schema {
        Value::Object(schema) => schema,
        _ => JsonObject::new(),
    };
    // Those of the Rust type; a tool has its own.
    schema.remove("title");
    schema.remove("description");
    schema
}

/// The words that a channel is named by, for a model.
fn channels() -> String {
    enumerated(channels::words())
}

/// The words that a service is named by.
fn services() -> String {
    enumerated(makers().map(|(_, keys)| keys.service))
}

fn enumerated(words: impl Iterator<Item = &'static str>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    channels::enumerated(words.iter().map(String::as_str), "or")
}

/// Takes out of a schema, at every depth, what not every client reads.
fn make_portable(value: &mut Value) {
    match value {
        Value::Object(schema) => {
            remove_null(schema);
            list_values(schema);
            if schema.get("format").is_some_and(is_rusts) {
                schema.remove("format");
            }
            // Where the comment's lines ended means nothing.
            if let Some(Value::String(words)) = schema.get_mut("description") {
                let told = words.replace('\n', " ").replace("{channels}", &channels());
                *words = told.replace("{services}", &services());
            }
            schema.values_mut().for_each(make_portable);
        }
        Value::Array(values) => values.iter_mut().for_each(make_portable),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `uint32`, `int64` and the like.
fn is_rusts(format: &Value) -> bool {
    format.as_str().is_some_and(|name| {
        let width = name.trim_start_matches('u').strip_prefix("int");
        width.is_some_and(|width| width.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// One of several words: a list of them, since fewer readers know `oneOf` and `const`. What each means follows the
/// description.
fn list_values(schema: &mut JsonObject) {
    let choices = schema.get("oneOf").and_then(Value::as_array);
    let word = |choice: &Value| Some(choice.get("const")?.as_str()?.to_owned());
    let Some((choices, words)) = choices.and_then(|choices| {
        let words: Option<Vec<String>> = choices.iter().map(word).collect();
        Some((choices, words?))
    }) else {
        return;
    };
    let mut description = match schema.get("description") {
        Some(Value::String(description)) => description.clone(),
        _ => String::new(),
    };
    for (choice, word) in choices.iter().zip(&words) {
        if let Some(Value::String(meaning)) = choice.get("description") {
            description.push_str(&format!(" `{word}`: {meaning}"));
        }
    }
    schema.remove("oneOf");
    schema.insert("type".to_owned(), "string".into());
    schema.insert("enum".to_owned(), words.into());
    schema.insert("description".to_owned(), description.trim().into());
}

/// An optional field's schema allows null; what is written leaves the field out.
fn remove_null(schema: &mut JsonObject) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    let Some(Value::Array(choices)) = schema.get("anyOf") else {
        return;
    };
    if let [Value::Object(one), Value::Object(null)] = choices.as_slice()
        && null.get("type").is_some_and(|name| name == "null")
    {
        let one = one.clone();
        schema.remove("anyOf");
        schema.extend(one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::{answers, arguments};

    fn find<'a>(value: &'a Value, fits: &impl Fn(&JsonObject) -> bool) -> Option<&'a Value> {
        match value {
            Value::Object(object) if fits(object) => Some(value),
            Value::Object(object) => object.values().find_map(|value| find(value, fits)),
            Value::Array(values) => values.iter().find_map(|value| find(value, fits)),
            _ => None,
        }
    }

    #[test]
    fn no_schema_has_two_types_a_null_a_format_of_rusts_or_a_line_end() {
        let (input, output) = schemas::<arguments::QuerySession, answers::Sessions>();
        for schema in [input, output] {
            let schema = Value::Object(Arc::unwrap_or_clone(schema));
            let odd = |object: &JsonObject| {
                object
                    .get("type")
                    .is_some_and(|name| name.is_array() || name == "null")
                    || object.get("format").is_some_and(is_rusts)
                    || object
                        .get("description")
                        .and_then(Value::as_str)
                        .is_some_and(|words| words.contains('\n'))
            };
            assert_eq!(find(&schema, &odd), None);
        }
    }

    #[test]
    fn an_answer_needs_its_fields_or_an_error() {
        let (_, output) = schemas::<arguments::Nothing, answers::Uploaded>();
        assert_eq!(
            output["anyOf"],
            json!([{"required": ["url"]}, {"required": ["error"]}])
        );
        let kind = &output["properties"]["error"]["properties"]["kind"];
        assert_eq!(
            kind["enum"],
            json!(["temporary", "permanent", "permanent-outcome-unknown"])
        );
        let meaning = kind["description"].as_str().unwrap();
        assert!(
            meaning.contains("`permanent`: Nothing changes by trying again."),
            "{meaning}"
        );
    }
}
