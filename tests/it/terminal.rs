//! What a person at a terminal is shown of text from elsewhere: the real program in a terminal, which util-linux's `script`
//! makes. Nothing in there may be obeyed but the program's own colours.

use crate::env::{PROGRAM, TestEnv};
use serde_json::json;

/// Sets the clipboard, clears the screen, rings, and colours; the same with C1 controls; turns the direction of writing; and
/// words in tags.
const ORDERS: &str = "\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{1b}[32mgood\u{1b}[0m\u{1b}[1m\u{9d}52;c;aGk=\u{9c}\u{9b}2J\u{202e}gpj\u{2066}\u{e0041}";

/// What was shown of a command.
fn shown(env: &TestEnv, arguments: &[&str]) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let command: Vec<String> = std::iter::once(PROGRAM)
        .chain(arguments.iter().copied())
        .map(quoted)
        .collect();
    let script = ["-qec", &command.join(" "), "/dev/null"];
    env.run_program("/usr/bin/script", script).stdout
}

/// `shown` without the colours that the program sets itself: each begins and ends as `print.rs` writes it.
fn without_colours(shown: &str) -> String {
    let codes = ["0", "1", "2", "31", "32", "33", "34", "35", "36"];
    codes.iter().fold(shown.to_owned(), |text, code| {
        text.replace(&format!("\u{1b}[{code}m"), "")
    })
}

#[track_caller]
fn assert_nothing_is_obeyed(what: &str, shown: &str) {
    let left = without_colours(shown);
    let obeyed = left.chars().find(|c| {
        let is_text = matches!(c, '\n' | '\r' | '\t');
        let turns = matches!(*c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}');
        (c.is_control() && !is_text) || turns
    });
    assert_eq!(obeyed, None, "{what}: {shown:?}");
    // Of the colours in the text none is one, wherever it came to stand.
    assert!(!shown.contains("\u{1b}[32mgood"), "{what}: {shown:?}");
}

#[test]
fn no_text_from_elsewhere_is_obeyed_by_a_terminal_not_even_a_colour() {
    let mut env = TestEnv::new();
    env.set("TERM", "xterm");
    let session = json!([{
        "session_id": "old-session-1", "project_uuid": format!("p{ORDERS}"), "status": "failed",
        "submitted_text": format!("a cat {ORDERS}"), "auth_mode": "nexu_gateway",
        "delivery": {"channel": "feishu", "chat_id": format!("oc_{ORDERS}")}, "result_urls": [],
        "created_at": "2026-01-02T03:04:05", "updated_at": "2026-01-02T03:04:05", "completed_at": "2026-01-02T03:14:05",
        "delivered_at": null, "failure_message": format!("refused {ORDERS}"),
    }]);
    std::fs::write(env.home().join("libtv-sessions.json"), session.to_string()).unwrap();
    env.run(["recover"]).ok();
    let detail = shown(&env, &["status", "old-session-1"]);
    // It was a terminal, the chat is there, and our own colours are.
    assert!(
        detail.contains("\u{1b}[1m") && detail.contains("oc_"),
        "{detail:?}"
    );
    let unknown = format!("x{ORDERS}");
    for arguments in [
        &["status", "old-session-1"][..],
        &["status"],
        &["status", "--json"],
        &["status", &unknown],
        &["query-session", &unknown],
        &["recover"],
        &["check"],
        &["audit", "--all"],
        &["audit", "--json"],
        &["doctor"],
        &[&unknown],
    ] {
        assert_nothing_is_obeyed(&arguments.join(" "), &shown(&env, arguments));
    }
}
