//! Version 1 of the records: what it could say, and how what it said is read today. In version 2 a delivery has a key and a
//! message that any channel can have, a route may name an account and a thread, and there are more services, whose results may
//! have names of their own.

use serde_json::Value;

use crate::channel;
use crate::upstream::ServiceId;

/// The one kind of record whose form has changed.
const DELIVERY: &str = "delivery";

/// Whether version 1 says the same in the same form. A program of that version would pass over an account or a thread, and
/// send to somebody else; a service or a result's name that it doesn't know it would call damage.
pub(super) fn says(kind: &str, record: &Value) -> bool {
    let route = record.get("route");
    let names = |name| route.is_some_and(|route| route.get(name).is_some());
    kind != DELIVERY && !names("account") && !names("thread") && knows_service(record)
}

/// Whether that version knows the service that the record names, and all its results are plain addresses.
fn knows_service(record: &Value) -> bool {
    let service = record.get("mode").and_then(Value::as_str);
    let is_known = |name| ServiceId::named(name).is_some_and(|one| one.member().in_version_1);
    let mut results = record
        .get("results")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    service.is_none_or(is_known) && results.all(Value::is_string)
}

/// A record of version 1 in today's form; `None` where it is none. There was one channel, which reads its own.
pub(super) fn read(kind: &str, record: Value) -> Option<Value> {
    if kind == DELIVERY {
        channel::delivery_of_version_1(record)
    } else {
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::says;
    use serde_json::json;

    #[test]
    fn a_program_of_version_1_leaves_alone_what_it_does_not_know() {
        for (kind, record, expected) in [
            ("asked", json!({"mode": "nexu_gateway"}), true),
            ("submit", json!({"mode": "libtv_direct"}), true),
            ("asked", json!({"mode": "of_tomorrow"}), false),
            (
                "progress",
                json!({"results": ["https://a.example/1"]}),
                true,
            ),
            (
                "progress",
                json!({"results": [{"id": "1", "url": "u"}]}),
                false,
            ),
            ("pulse", json!({"polls": 1}), true),
        ] {
            assert_eq!(says(kind, &record), expected, "{kind} {record}");
        }
    }
}
