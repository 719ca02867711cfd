//! Sends a message to a room of Matrix that nobody named.

use crate::Attempt;
use crate::wasi::put_in_matrix;

const BODY: &str = r#"{"msgtype":"m.text","body":"hello","m.mentions":{}}"#;

pub fn attack() -> Attempt {
    put_in_matrix("!another:matrix.example", BODY)
}
