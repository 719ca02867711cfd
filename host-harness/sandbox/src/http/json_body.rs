//! A JSON body read by the table of its members and written anew from what was read. Strictly: no member twice, none that
//! the table doesn't name, none of another shape. Whatever else stood in a request could mean something to somebody. And what a
//! response says of its success. Pure.

use std::fmt;

use contract::ids::{is_event_id, is_service_id};
use contract::services::{Asked, Member, Shape, Success};
use contract::text::{calls_by_name, without_mentions};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

/// The members in the order of the table; `None` for a body that isn't exactly what the table says.
pub(super) fn anew(text: &[u8], members: &[Member]) -> Option<Map<String, Value>> {
    let Unique(given) = serde_json::from_slice(text).ok()?;
    of_table(given, members)
}

/// The members of an object in the order of the table.
fn of_table(mut given: Map<String, Value>, members: &[Member]) -> Option<Map<String, Value>> {
    let mut anew = Map::new();
    for member in members {
        let value = match given.remove(member.name) {
            None | Some(Value::Null) if !member.needed => continue,
            value => shaped(member.is, value?, &anew)?,
        };
        anew.insert(member.name.to_owned(), value);
    }
    given.is_empty().then_some(anew)
}

/// A member's value, written anew. `before`: the members that stand before it in the table.
fn shaped(shape: Shape, value: Value, before: &Map<String, Value>) -> Option<Value> {
    match (shape, value) {
        (Shape::Text, value @ Value::String(_)) | (Shape::Flag, value @ Value::Bool(_)) => {
            Some(value)
        }
        // Words come from chats and services, and none of them may ring everybody's bell.
        (Shape::Words, Value::String(text)) => Some(without_mentions(&text).into()),
        (Shape::Escaped, Value::String(text)) => (!text.contains(['<', '>'])).then(|| text.into()),
        (Shape::Plain, Value::String(text)) => contract::text::is_plain(&text).then(|| text.into()),
        (Shape::Uncalling, Value::String(text)) => (!calls_by_name(&text)).then(|| text.into()),
        (Shape::Count, value @ Value::Number(_)) => value.is_u64().then_some(value),
        // Of which chat it is, is asked where that is known.
        (Shape::Message | Shape::OwnMessage, Value::String(id)) => {
            is_message(&id).then(|| id.into())
        }
        // Put in where it is known to whom the message goes.
        (Shape::Context, _) => None,
        (Shape::Id, Value::String(id)) => is_service_id(&id).then(|| id.into()),
        (Shape::Upload, Value::String(id)) => {
            let is_one = id.strip_prefix('@').is_some_and(is_service_id);
            is_one.then(|| id.into())
        }
        (Shape::Always(json), value) => {
            let known: Value = serde_json::from_str(json).ok()?;
            (value == known).then_some(known)
        }
        // What stood there twice stands there once now: an inner object is written anew like the outer one.
        (Shape::Object(members), Value::Object(given)) => {
            of_table(given, members).map(Value::Object)
        }
        (Shape::Either(shapes), value) => {
            let mut read = shapes.iter();
            read.find_map(|one| shaped(*one, value.clone(), before))
        }
        (Shape::List { of, most }, Value::Array(all)) if (1..=most).contains(&all.len()) => {
            let all = all.into_iter().map(|value| shaped(*of, value, before));
            all.collect::<Option<Vec<_>>>().map(Value::Array)
        }
        (Shape::Packed { by, of }, Value::String(text)) => {
            let said = before.get(by)?.as_str()?;
            let (_, members) = of.iter().find(|(known, _)| *known == said)?;
            packed(&text, members)
        }
        (Shape::PackedAs(members), Value::String(text)) => packed(&text, members),
        _ => None,
    }
}

/// A text that is an object of these members, written anew.
fn packed(text: &str, members: &[Member]) -> Option<Value> {
    let inner = anew(text.as_bytes(), members)?;
    Some(Value::Object(inner).to_string().into())
}

/// Whether a request is one of those whose response names something.
pub(super) fn is_asked(of: Asked, members: &Map<String, Value>) -> bool {
    match of {
        Asked::Any => true,
        Asked::Saying(member, word) => members.get(member).is_some_and(|said| *said == word),
        Asked::Without(member) => !members.contains_key(member),
    }
}

/// The messages that a body's members of this shape name, also those of objects in it.
pub(super) fn messages<'a>(
    body: &'a Map<String, Value>,
    members: &[Member],
    shape: Shape,
) -> Vec<&'a str> {
    let mut named = Vec::new();
    for member in members {
        let Some(value) = body.get(member.name) else {
            continue;
        };
        match (chosen(member.is, value), value) {
            (is, Value::String(id)) if is == shape => named.push(id.as_str()),
            (Shape::Object(members), Value::Object(inner)) => {
                named.extend(messages(inner, members, shape));
            }
            _ => {}
        }
    }
    named
}

/// Of several shapes the one that a value was read as.
fn chosen(shape: Shape, value: &Value) -> Shape {
    let Shape::Either(shapes) = shape else {
        return shape;
    };
    let mut shapes = shapes.iter().copied();
    let is = |one: &Shape| shaped(*one, value.clone(), &Map::new()).is_some();
    shapes.find(is).unwrap_or(shape)
}

/// Puts what a conversation is known by into its place; false where the table has none, or not in what stands there.
pub(super) fn fill(body: &mut Map<String, Value>, members: &[Member], context: &str) -> bool {
    members.iter().any(|member| match member.is {
        Shape::Context => {
            body.insert(member.name.to_owned(), context.into());
            true
        }
        Shape::Object(members) => {
            let inner = body.get_mut(member.name).and_then(Value::as_object_mut);
            inner.is_some_and(|inner| fill(inner, members, context))
        }
        _ => false,
    })
}

/// The member of this name; of `a.b` the member `b` of the object `a`.
pub(super) fn member<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    match name.split_once('.') {
        Some((outer, inner)) => member(body.get(outer)?.as_object()?, inner),
        None => body.get(name),
    }
}

/// What a platform may call a message: as any id, or as some do by a time with a dot, or behind a `$`.
fn is_message(id: &str) -> bool {
    if is_event_id(id) {
        return true;
    }
    let (begin, end) = id.split_once('.').unwrap_or((id, "0"));
    is_service_id(begin) && is_service_id(end)
}

/// Whether a response says that the service did what it was asked, beside its status.
pub(super) fn succeeded(success: Success, said: &Value) -> bool {
    match success {
        Success::Status => true,
        Success::Number { member, is } => said[member] == is,
        Success::True { member } => said[member] == true,
    }
}

/// An object without a member twice: who reads the first one and who reads the last one would read two bodies.
struct Unique(Map<String, Value>);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Unique, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = from.next_entry::<String, Value>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands there twice"));
            }
        }
        Ok(Unique(members))
    }
}

#[cfg(test)]
mod tests {
    use contract::services::FEISHU;

    use super::*;

    /// What becomes of a message's content, in Feishu's route for replies.
    fn content(msg_type: &str, text: &str) -> Option<String> {
        let reply = |route: &&contract::services::Route| route.path.ends_with("/reply");
        let route = FEISHU.routes.iter().find(reply).unwrap();
        let body = serde_json::json!({"msg_type": msg_type, "content": text}).to_string();
        let anew = anew(body.as_bytes(), route.members)?;
        Some(anew["content"].as_str().unwrap().to_owned())
    }

    fn text(words: &str) -> String {
        let packed = content("text", &serde_json::json!({"text": words}).to_string());
        let anew: Value = serde_json::from_str(&packed.unwrap()).unwrap();
        anew["text"].as_str().unwrap().to_owned()
    }

    #[test]
    fn members_are_written_in_the_order_of_the_table_and_may_be_left_out_or_null() {
        const TABLE: &[Member] = &[
            Member::needed("a", Shape::Text),
            Member::may("b", Shape::Flag),
            Member::may("c", Shape::Id),
        ];
        let anew = |text: &str| {
            let members = anew(text.as_bytes(), TABLE)?;
            Some(Value::Object(members).to_string())
        };
        assert_eq!(
            anew(r#"{"c":"x-1","b":true,"a":""}"#).as_deref(),
            Some(r#"{"a":"","b":true,"c":"x-1"}"#)
        );
        assert_eq!(
            anew(r#"{"a":"1","b":null}"#).as_deref(),
            Some(r#"{"a":"1"}"#)
        );
        for body in [
            r#"{"b":true}"#,
            r#"{"a":null}"#,
            r#"{"a":"1","a":"2"}"#,
            r#"{"a":"1","\u0061":"2"}"#,
            r#"{"a":"1","d":null}"#,
            r#"{"a":["1"]}"#,
            r#"{"a":"1","b":"true"}"#,
            r#"{"a":"1","c":"x/y"}"#,
            r#"["1"]"#,
            r#"{"a":"1"} {}"#,
            "",
        ] {
            assert_eq!(anew(body), None, "{body}");
        }
    }

    #[test]
    fn lists_and_objects_inside_are_read_by_the_same_rules_and_what_is_fixed_is_that_and_nothing_else()
     {
        const FILE: Shape = Shape::Object(&[
            Member::needed("id", Shape::Always("0")),
            Member::may("name", Shape::Text),
        ]);
        const TABLE: &[Member] = &[
            Member::needed("mentions", Shape::Always(r#"{"parse":[]}"#)),
            Member::may("files", Shape::List { of: &FILE, most: 2 }),
        ];
        let anew = |text: &str| {
            let members = anew(text.as_bytes(), TABLE)?;
            Some(Value::Object(members).to_string())
        };
        let good = r#"{"mentions":{"parse":[]},"files":[{"id":0,"name":"a"},{"id":0}]}"#;
        assert_eq!(anew(good).as_deref(), Some(good));
        let twice = good.replace(r#"{"id":0}"#, r#"{"id":7,"id":0}"#);
        assert_eq!(anew(&twice).as_deref(), Some(good), "one of them is left");
        for (from, to) in [
            (r#"{"parse":[]}"#, "{}"),
            (r#"{"parse":[]}"#, r#"{"parse":["everyone"]}"#),
            (r#"{"parse":[]}"#, r#"{"parse":[],"users":["1"]}"#),
            (r#"{"mentions":{"parse":[]},"#, "{"),
            (r#"{"id":0}"#, r#"{"id":1}"#),
            (r#"{"id":0}"#, r#"{"id":0,"url":"x"}"#),
            (r#"{"id":0}"#, r#"{"id":0},{"id":0}"#),
            (r#"{"id":0}"#, "0"),
            (r#"[{"id":0,"name":"a"},{"id":0}]"#, "[]"),
            (r#"[{"id":0,"name":"a"},{"id":0}]"#, r#"{"id":0}"#),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good);
            assert_eq!(anew(&bad), None, "{bad}");
        }
    }

    #[test]
    fn of_two_shapes_a_value_is_one_and_names_what_that_one_names() {
        const TABLE: &[Member] = &[Member::may(
            "in",
            Shape::Either(&[
                Shape::Object(&[
                    Member::may("kind", Shape::Always("1")),
                    Member::needed("id", Shape::Message),
                ]),
                Shape::Object(&[
                    Member::needed("kind", Shape::Always("2")),
                    Member::needed("id", Shape::OwnMessage),
                ]),
            ]),
        )];
        for (inner, message, own) in [
            (r#"{"id":"a"}"#, &["a"][..], &[][..]),
            (r#"{"kind":1,"id":"a"}"#, &["a"], &[]),
            (r#"{"kind":2,"id":"a"}"#, &[], &["a"]),
        ] {
            let body = anew(format!(r#"{{"in":{inner}}}"#).as_bytes(), TABLE).unwrap();
            assert_eq!(messages(&body, TABLE, Shape::Message), message, "{inner}");
            assert_eq!(messages(&body, TABLE, Shape::OwnMessage), own, "{inner}");
        }
        for inner in [
            r#"{"kind":3,"id":"a"}"#,
            r#"{"kind":2}"#,
            r#"{"kind":2,"id":"a","x":1}"#,
            r#""a""#,
        ] {
            let body = format!(r#"{{"in":{inner}}}"#);
            assert_eq!(anew(body.as_bytes(), TABLE), None, "{inner}");
        }
    }

    #[test]
    fn a_text_that_has_to_be_escaped_and_a_message_are_read_as_such() {
        const TABLE: &[Member] = &[
            Member::needed("text", Shape::Escaped),
            Member::may("in", Shape::Message),
        ];
        let anew = |text: &str| anew(text.as_bytes(), TABLE);
        let good = anew(r#"{"text":"a &lt;b&gt; &amp; c","in":"1700000000.123456"}"#).unwrap();
        let named = messages(&good, TABLE, Shape::Message);
        assert_eq!(named, ["1700000000.123456"]);
        for body in [
            r#"{"text":"<!channel>"}"#,
            r#"{"text":"\u003c!channel>"}"#,
            r#"{"text":"a > b"}"#,
            r#"{"text":"a","in":"1.2.3"}"#,
            r#"{"text":"a","in":""}"#,
            r#"{"text":"a","in":"."}"#,
            r#"{"text":"a","in":"a/b"}"#,
            r#"{"text":"a","in":1700000000.123456}"#,
        ] {
            assert_eq!(anew(body), None, "{body}");
        }
    }

    #[test]
    fn what_was_uploaded_is_named_by_its_id_and_by_no_address() {
        const TABLE: &[Member] = &[Member::needed("photo", Shape::Upload)];
        let anew = |text: &str| anew(text.as_bytes(), TABLE).is_some();
        assert!(anew(r#"{"photo":"@lAD-x_1"}"#));
        for id in [
            "lAD",
            "@",
            "@https://x.example/a",
            "@a b",
            "@@a",
            "https://x.example/@a",
        ] {
            assert!(!anew(&serde_json::json!({"photo": id}).to_string()), "{id}");
        }
    }

    #[test]
    fn a_text_that_calls_nobody_and_a_count_are_read_as_such() {
        const TABLE: &[Member] = &[
            Member::needed("text", Shape::Uncalling),
            Member::may("count", Shape::Count),
        ];
        let anew = |text: &str| anew(text.as_bytes(), TABLE).is_some();
        assert!(anew(r#"{"text":"a @ b <c>","count":0}"#));
        for body in [
            r#"{"text":"@somebody"}"#,
            r#"{"text":"\u0040somebody"}"#,
            r#"{"text":"a","count":-1}"#,
            r#"{"text":"a","count":1.5}"#,
            r#"{"text":"a","count":"1"}"#,
        ] {
            assert!(!anew(body), "{body}");
        }
    }

    #[test]
    fn a_text_goes_out_without_mentions() {
        assert_eq!(
            text("<at user_id=\"all\"> me"),
            "\u{ff1c}at user_id=\"all\"> me"
        );
    }

    #[test]
    fn what_the_component_never_sends_is_refused() {
        for (msg_type, content) in [
            ("share_chat", r#"{"chat_id":"oc_b"}"#),
            ("share_user", r#"{"user_id":"ou_b"}"#),
            ("interactive", r#"{"elements":[]}"#),
            (
                "interactive",
                r#"{"config":{"update_multi":true},"elements":[{"tag":"div","text":{"tag":"lark_md","content":"[in](https://evil.example)"}}]}"#,
            ),
            (
                "interactive",
                r#"{"config":{"update_multi":true},"elements":[{"tag":"div","text":{"tag":"plain_text","content":"a"},"extra":{"tag":"button"}}]}"#,
            ),
            (
                "post",
                r#"{"zh_cn":{"content":[[{"tag":"at","user_id":"all"}]]}}"#,
            ),
            ("system", r#"{"type":"divider"}"#),
            ("sticker", r#"{"file_key":"f"}"#),
            ("audio", r#"{"file_key":"f"}"#),
            ("Text", r#"{"text":"hi"}"#),
            ("text", r#"{"text":"hi","at":"all"}"#),
            ("text", r#"{"text":"a","text":"b"}"#),
            ("text", r#"{"text":["hi"]}"#),
            ("text", "hi"),
            ("image", r#"{"image_key":"a/b"}"#),
            ("image", r#"{"image_key":""}"#),
            ("file", r#"{"file_key":"f","file_name":"x.exe"}"#),
            ("media", r#"{"image_key":"i"}"#),
        ] {
            assert_eq!(
                self::content(msg_type, content),
                None,
                "{msg_type} {content}"
            );
        }
    }

    #[test]
    fn what_the_component_sends_is_sent_as_it_is() {
        for (msg_type, content) in [
            ("text", r#"{"text":"hi"}"#),
            ("image", r#"{"image_key":"img_v3_02-0f"}"#),
            ("file", r#"{"file_key":"file_v3_0f"}"#),
            (
                "media",
                r#"{"file_key":"file_v3_0f","image_key":"img_v3_0f"}"#,
            ),
            ("media", r#"{"file_key":"file_v3_0f"}"#),
            (
                "interactive",
                r#"{"config":{"update_multi":true},"elements":[{"tag":"div","text":{"tag":"plain_text","content":"a"}}]}"#,
            ),
        ] {
            assert_eq!(self::content(msg_type, content).as_deref(), Some(content));
        }
    }
}
