//! Puts other words in the place of a message that another program wrote through the same bot, in a room that was named.

use crate::Attempt;
use crate::wasi::put_in_matrix;

const BODY: &str = r#"{"msgtype":"m.text","body":"* hello","m.mentions":{},"m.new_content":{"msgtype":"m.text","body":"hello","m.mentions":{}},"m.relates_to":{"rel_type":"m.replace","event_id":"$theirs"}}"#;

pub fn attack() -> Attempt {
    put_in_matrix("!named:matrix.example", BODY)
}
