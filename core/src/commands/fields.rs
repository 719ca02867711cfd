//! What a service gave, as the typed exports pass it on: a flat list of values, each under its JSON pointer. A host makes the
//! object of it again; nothing of it is looked at here.

use serde_json::Value;

use crate::types::{Field, Scalar};

/// Values of one message or task. The largest seen have two dozen; what is longer is cut.
const MAX_FIELDS: usize = 256;

/// The values in an object or list, in their order.
#[must_use]
pub fn of(value: &Value) -> Vec<Field> {
    let mut fields = Vec::new();
    add(&mut String::new(), value, &mut fields);
    fields
}

/// Adds what is in `value`, which stands at `path`. As deep as JSON may be: its reader has a limit.
fn add(path: &mut String, value: &Value, fields: &mut Vec<Field>) {
    let scalar = match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                below(path, name, member, fields);
            }
            return;
        }
        Value::Array(list) if !list.is_empty() => {
            for (at, member) in list.iter().enumerate() {
                below(path, &at.to_string(), member, fields);
            }
            return;
        }
        // Empty ones are named, since a flat list would lose that they were there.
        Value::Object(_) => Scalar::EmptyObject,
        Value::Array(_) => Scalar::EmptyList,
        Value::Null => Scalar::Null,
        Value::Bool(is) => Scalar::Boolean(*is),
        Value::String(text) => Scalar::Text(text.clone()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Scalar::Integer(whole),
            // Whole numbers apart: an id of 19 digits would lose its end as a decimal.
            None => Scalar::Decimal(number.as_f64().unwrap_or(f64::NAN)),
        },
    };
    if fields.len() < MAX_FIELDS {
        let path = path.clone();
        fields.push(Field {
            path,
            value: scalar,
        });
    }
}

/// Adds a member of an object or list under its JSON pointer; nothing once there are [`MAX_FIELDS`].
fn below(path: &mut String, name: &str, member: &Value, fields: &mut Vec<Field>) {
    if fields.len() == MAX_FIELDS {
        return;
    }
    let before = path.len();
    path.push('/');
    for c in name.chars() {
        match c {
            // The escapes of RFC 6901, so that a name with a slash doesn't look like two.
            '~' => path.push_str("~0"),
            '/' => path.push_str("~1"),
            c => path.push(c),
        }
    }
    add(path, member, fields);
    path.truncate(before);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_value_stands_under_its_pointer() {
        let fields =
            of(&json!({"a": {"b/c": [1, 2.5, "x"]}, "~": null, "e": [], "o": {}, "t": true}));
        let shown: Vec<(&str, Scalar)> = fields
            .iter()
            .map(|field| (field.path.as_str(), field.value.clone()))
            .collect();
        assert_eq!(
            shown,
            [
                ("/a/b~1c/0", Scalar::Integer(1)),
                ("/a/b~1c/1", Scalar::Decimal(2.5)),
                ("/a/b~1c/2", Scalar::Text("x".to_owned())),
                ("/~0", Scalar::Null),
                ("/e", Scalar::EmptyList),
                ("/o", Scalar::EmptyObject),
                ("/t", Scalar::Boolean(true)),
            ]
        );
    }

    #[test]
    fn what_is_longer_than_any_message_is_cut() {
        let many: Vec<usize> = (0..MAX_FIELDS + 9).collect();
        assert_eq!(of(&json!({"many": many})).len(), MAX_FIELDS);
    }
}
