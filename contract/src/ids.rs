//! What a service may call a session, a project, a message or a file. Ids are printed, stand in commands that an agent
//! runs, in addresses and in names of files: whatever else a service answers is no id.

/// The longest: those of the services have at most forty characters.
pub const MAX_ID_BYTES: usize = 128;

/// Whether this can be a service's id: letters, digits, `_` and `-`, at least one and at most [`MAX_ID_BYTES`].
#[must_use]
pub const fn is_service_id(id: &str) -> bool {
    let bytes = id.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() && bytes[at] != b'_' && bytes[at] != b'-' {
            return false;
        }
        at += 1;
    }
    !bytes.is_empty() && bytes.len() <= MAX_ID_BYTES
}

/// Whether this can be a room's id, as federated chats have them: `!`, and behind it letters, digits and what an address has as it
/// is. It stands in a path unescaped, so that nothing that ends or climbs a path, begins a query or hides a byte can be in it.
///
/// `!opaque:server` until version 11 of rooms, `!opaque` alone since.
#[must_use]
pub fn is_room_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:=".contains(&byte);
    let is_plain = |rest: &str| !rest.is_empty() && rest.bytes().all(plain);
    // A room's id has at most 255 bytes.
    id.len() <= 255 && id.strip_prefix('!').is_some_and(is_plain)
}

/// Whether this can be the id of a message there: `$`, and behind it an id: since version 4 of rooms 43 letters, digits, `-` and `_`.
#[must_use]
pub fn is_event_id(id: &str) -> bool {
    id.strip_prefix('$').is_some_and(is_service_id)
}

#[cfg(test)]
mod tests {
    use super::{MAX_ID_BYTES, is_service_id};

    #[test]
    fn ids_are_plain_and_of_some_length() {
        let longest = "x".repeat(MAX_ID_BYTES);
        for id in [
            "a",
            "90f05e0c-1000-4000-8000-000000000001",
            "om_x-1",
            &longest,
        ] {
            assert!(is_service_id(id), "{id}");
        }
        let longer = "x".repeat(MAX_ID_BYTES + 1);
        let hostile = [
            "",
            " ",
            "a b",
            "a/b",
            "..",
            "a.b",
            "$(id)",
            "`id`",
            "a;b",
            "a\nb",
            "a\u{1b}]52;c",
            "ä",
            "a\u{202e}b",
            "'",
            "\"",
            "%2f",
            &longer,
        ];
        for id in hostile {
            assert!(!is_service_id(id), "{id:?}");
        }
    }
}
