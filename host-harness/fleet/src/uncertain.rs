//! Deliveries whose outcome nobody knows, for whoever watches the fleet: their chats have been told, and they are never sent
//! again. Read from what the component stores, and only counted: nothing is decided by it.

use host::DeliveryState;
use serde_json::Value;

/// What the name of a delivery's record begins with.
const DELIVERY: &str = "d-";

/// Whether this record says that a delivery's outcome isn't known.
pub fn is_uncertain(path: &str, bytes: &[u8]) -> bool {
    let is_delivery = path
        .rsplit('/')
        .next()
        .is_some_and(|name| name.starts_with(DELIVERY));
    // The first line says what the record is; the rest is JSON.
    let body = bytes.split(|byte| *byte == b'\n').nth(1);
    is_delivery
        && body
            .and_then(|body| serde_json::from_slice::<Value>(body).ok())
            .is_some_and(|body| body["state"] == DeliveryState::Uncertain.name())
}

#[cfg(test)]
mod tests {
    use super::is_uncertain;

    #[test]
    fn a_delivery_of_unknown_outcome_is_one_and_nothing_else_is() {
        let record =
            |state: &str| format!("libtv-video 2 delivery 23 00000000\n{{\"state\":\"{state}\"}}");
        let path = "sessions/a-1/d-0001";
        assert!(is_uncertain(path, record("uncertain").as_bytes()));
        assert!(!is_uncertain(path, record("delivered").as_bytes()));
        assert!(!is_uncertain(
            "sessions/a-1/pulse",
            record("uncertain").as_bytes()
        ));
        assert!(!is_uncertain(path, b"torn"));
    }
}
