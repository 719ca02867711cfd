//! Version 1 of the records: what it could say, and how what it said is read today. In version 2 a delivery has a key and a
//! message that any channel can have, and a route may name an account and a thread.

use serde_json::Value;

use crate::channel::feishu;

/// The one kind of record whose form has changed.
const DELIVERY: &str = "delivery";

/// Whether version 1 says the same in the same form. A program of that version would pass over an account or a thread, and
/// send to somebody else.
pub(super) fn says(kind: &str, record: &Value) -> bool {
    let route = record.get("route");
    let names = |name| route.is_some_and(|route| route.get(name).is_some());
    kind != DELIVERY && !names("account") && !names("thread")
}

/// A record of version 1 in today's form; `None` where it is none. There was one channel.
pub(super) fn read(kind: &str, record: Value) -> Option<Value> {
    if kind == DELIVERY {
        feishu::version1::delivery(record)
    } else {
        Some(record)
    }
}
