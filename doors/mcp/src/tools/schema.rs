//! The tools' JSON schemas, from the types that read and write them, in the dialect that every client takes: one type for a
//! property and no formats of Rust's own. A field that may be missing is missing, never null.

use std::sync::Arc;

use rmcp::handler::server::tool::{schema_for_input, schema_for_output};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
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
    Arguments: JsonSchema + 'static,
    Answer: JsonSchema + 'static,
{
    // The types of this crate are structs: their schemas are objects.
    let mut input = Arc::unwrap_or_clone(schema_for_input::<Arguments>().unwrap_or_default());
    let mut output = Arc::unwrap_or_clone(schema_for_output::<Reply<Answer>>());
    if let Some(required) = output.remove("required") {
        let either = json!([{"required": required}, {"required": ["error"]}]);
        output.insert("anyOf".to_owned(), either);
    }
    for schema in [&mut input, &mut output] {
        schema.values_mut().for_each(make_portable);
    }
    (Arc::new(input), Arc::new(output))
}

fn make_portable(value: &mut Value) {
    match value {
        Value::Object(schema) => {
            remove_null(schema);
            if schema.get("format").is_some_and(is_rusts) {
                schema.remove("format");
            }
            // Where the comment's lines ended means nothing.
            if let Some(Value::String(words)) = schema.get_mut("description") {
                *words = words.replace('\n', " ");
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
        assert_eq!(output["properties"]["error"]["$ref"], "#/$defs/ToolError");
    }
}
