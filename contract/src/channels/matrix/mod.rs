//! Matrix, for a bot at any homeserver: how a room and a message are written, and where a bot's homeserver and token are kept.
//!
//! A room is named by its id and by nothing else. An alias (`#fox:server`) can be moved to another room after the harness has
//! pinned it, and a person (`@ann:server`) has any number of rooms: a film could arrive where nobody asked for it.
//! Not here: what is sent (`services/matrix.rs`), and what a response means (`core/src/channel/matrix`).

use super::{Channel, Example, Platform, Recipient, Recipients, Section, Threads, Variables};
use crate::ids::{is_event_id, is_room_id};
use crate::services::{self, MATRIX_ORIGIN, matrix};

/// How its recipients are written.
pub const RECIPIENTS: Recipients = Recipients {
    kinds: &[matrix::ROOM],
    accepted: "the room's id (!…:server, or !… alone), also as room:!…; no alias (#…) and no person (@…), which can lead elsewhere later",
    read,
    text: |recipient| recipient.id.clone(),
    message: |text| event(text).ok_or("a message of Matrix is named by $ and what follows"),
    threads: Threads::ById(|text| {
        event(text).ok_or("a thread is named by the message that began it: $ and what follows")
    }),
};

// Apart from the entry: the component refers to these two, and would carry all of the entry with them.
/// The variables that set it up. Its homeserver is a part of what it is known by.
pub const VARIABLES: Variables = Variables {
    app: Some("MATRIX_HOMESERVER"),
    agent: None,
    secret: "MATRIX_ACCESS_TOKEN",
    base_url: "MATRIX_HOMESERVER",
    found_in: "MATRIX_CREDENTIALS_FROM",
    missing: "MATRIX_CREDENTIALS_MISSING",
};

/// Matrix.
pub const MATRIX: Channel = Channel {
    id: "matrix",
    name: "Matrix",
    platforms: &[Platform {
        word: "matrix",
        name: "Matrix",
        origin: MATRIX_ORIGIN,
    }],
    service: &services::MATRIX,
    recipients: RECIPIENTS,
    variables: VARIABLES,
    section: Section {
        name: "matrix",
        chosen_by: "MATRIX_ACCOUNT",
        takes_first: false,
        app: Some("homeserver"),
        agent: None,
        secret: "accessToken",
        secret_is_own: true,
        secret_file: None,
        platform: None,
        kept: None,
    },
    example: Example {
        app: "https://…",
        chat: "!…:server",
    },
    document: "docs/apis/matrix.md",
};

/// Reads `[matrix:][room:]<id>`, as OpenClaw writes a target of its own and as people copy it out of a client.
///
/// # Errors
/// The end of a sentence: it is an alias or a person, or no id at all.
fn read(text: &str) -> Result<Recipient, &'static str> {
    let text = text.trim();
    let text = text.strip_prefix("matrix:").unwrap_or(text);
    let id = text.strip_prefix("room:").unwrap_or(text);
    if id.starts_with(['#', '@']) {
        return Err(
            // Two sentences for two mistakes: this one looks right to who makes it.
            "an alias or a person can lead elsewhere later: a room is named by its id, which begins with !",
        );
    }
    if !is_room_id(id) {
        return Err("a room of Matrix is named by its id, which begins with !");
    }
    Ok(Recipient {
        kind: matrix::ROOM,
        id: id.to_owned(),
        reply_to: None,
        thread: None,
    })
}

/// Reads what names a message, `$` and an id. Of rooms before version 3, whose messages were named `$opaque:server`, none is
/// answered: no homeserver makes such rooms since 2019.
fn event(text: &str) -> Option<String> {
    let text = text.trim();
    is_event_id(text).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_read_in_every_spelling_that_agents_see() {
        for text in [
            "!abcDEF:matrix.example",
            "room:!abcDEF:matrix.example",
            " matrix:room:!abcDEF:matrix.example ",
            "!abc:localhost:8448",
            "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM",
        ] {
            let id = text.trim().trim_start_matches("matrix:");
            let id = id.trim_start_matches("room:");
            assert_eq!(read(text).unwrap().id, id, "{text}");
        }
    }

    #[test]
    fn an_alias_a_person_and_what_is_no_id_are_none() {
        for text in [
            "",
            "!",
            "#room:matrix.example",
            "@ann:matrix.example",
            "abc:matrix.example",
            "!a/b:matrix.example",
            "!a%2Fb:matrix.example",
            "!a b:matrix.example",
            "!..:x?y",
            "oc_a",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        for text in ["", "$", "$a b", "$a/b", "abc", "om_a"] {
            assert!(event(text).is_none(), "{text}");
        }
        assert_eq!(event("$a-b_C").as_deref(), Some("$a-b_C"));
    }
}
