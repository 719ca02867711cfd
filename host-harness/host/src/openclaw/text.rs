//! JSON5 as OpenClaw reads it: comments, trailing commas, bare names. The parser is a crate's; here is what it leaves open:
//! how deep a text may go, and half a character.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A configuration goes some ten levels deep. The parser calls itself for each level, on a stack that ends.
const MAX_DEPTH: usize = 64;

/// Reads a text; a byte order mark in front of it is no part of it.
///
/// # Errors
/// What is wrong and where, without quoting the text.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let Document(value) =
        json5::from_str(&with_whole_characters(text)).map_err(|error| error.to_string())?;
    Ok(value)
}

/// `\ud83d` without its other half: JavaScript takes it, Rust's text can't hold it. It becomes U+FFFD, so that half an
/// emoji in some agent's name doesn't hide the credentials beside it.
fn with_whole_characters(text: &str) -> Cow<'_, str> {
    let mut mended = String::new();
    let (mut at, mut copied) = (0, 0);
    while let Some(found) = text.as_bytes()[at..].iter().position(|byte| *byte == b'\\') {
        at += found;
        match unit(text, at) {
            Some(0xd800..=0xdbff) if matches!(unit(text, at + 6), Some(0xdc00..=0xdfff)) => {
                at += 12;
            }
            Some(0xd800..=0xdfff) => {
                mended.push_str(&text[copied..at]);
                mended.push_str("\\ufffd");
                at += 6;
                copied = at;
            }
            // Whatever stands behind the backslash is escaped by it, another backslash too.
            _ => at += 2,
        }
        at = at.min(text.len());
    }
    if mended.is_empty() {
        return Cow::Borrowed(text);
    }
    mended.push_str(&text[copied..]);
    Cow::Owned(mended)
}

/// The UTF-16 unit of an escape `\uXXXX` that begins at this byte.
fn unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

/// A whole text.
struct Document(Value);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Bounded(MAX_DEPTH).deserialize(deserializer).map(Self)
    }
}

/// A value that goes at most so many levels deep.
struct Bounded(usize);

impl Bounded {
    fn inside<E: Error>(&self) -> Result<usize, E> {
        self.0
            .checked_sub(1)
            .ok_or_else(|| E::custom(format!("it is nested more than {MAX_DEPTH} levels deep")))
    }
}

impl<'de> DeserializeSeed<'de> for Bounded {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    /// `Infinity` and `NaN` are none of JSON's numbers, and nothing that is looked for here.
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let depth = self.inside()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(Bounded(depth))? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let depth = self.inside()?;
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            members.insert(name, access.next_value_seed(Bounded(depth))?);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_json5_adds_is_read() {
        let text = "\u{feff}// a\n{a: 'x', /* b */ \"b\": [1, .5, 0xf, +2,], c: NaN, c: true, d: \"l\\\n1\",}\n";
        assert_eq!(
            parse(text).unwrap(),
            json!({"a": "x", "b": [1, 0.5, 15, 2], "c": true, "d": "l1"})
        );
    }

    #[test]
    fn half_a_character_becomes_a_mark_and_a_whole_one_stays() {
        let text = r#"{"a": "x\ud83d", "b": "\ud83d\ude00", "c": "\\ud83d", "d": "\ude00\ud83d\ud83d\ude00é\", "}"#;
        assert_eq!(
            parse(text).unwrap(),
            json!({"a": "x\u{fffd}", "b": "😀", "c": "\\ud83d", "d": "\u{fffd}\u{fffd}😀é\", "})
        );
        for odd in ["\\", "{\"a\": \"\\u", "\\é\\ud8"] {
            parse(odd).unwrap_err();
        }
    }

    #[test]
    fn what_is_wrong_is_told_by_its_place_and_not_quoted() {
        let error = parse("{\n a: 'hunter2' 'x'}").unwrap_err();
        assert!(
            error.contains("line 2") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn a_text_without_end_of_its_nesting_is_refused_before_the_stack_ends() {
        let deep = "[".repeat(1 << 20);
        assert!(parse(&deep).unwrap_err().contains("levels deep"));
        let deep = "{a:".repeat(1 << 20);
        assert!(parse(&deep).unwrap_err().contains("levels deep"));
        let good = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        parse(&good).unwrap();
    }
}
