use super::*;
use crate::channel::answer::testing::response;

#[test]
fn what_slack_says_means_what_its_documents_say() {
    let meaning = |status, body: &str| match answer::read(&response(status, body), 0) {
        Ok(_) => "ok".to_owned(),
        Err(Answer::Refused(Meaning::MissingScope(page), _)) => page,
        Err(Answer::Refused(meaning, _)) => format!("{meaning:?}"),
        Err(Answer::Unknown(_)) => "unknown".to_owned(),
        Err(other) => format!("{other:?}"),
    };
    for (word, expected) in [
        ("not_in_channel", "Withheld"),
        ("channel_not_found", "Withheld"),
        ("is_archived", "Withheld"),
        ("restricted_action_read_only_channel", "Withheld"),
        ("token_revoked", "Withheld"),
        ("file_uploads_disabled", "ForGood"),
        ("file_type_not_allowed", "ForGood"),
        ("file_not_found", "ForeignUpload"),
        ("invalid_arguments", "ForGood"),
        ("msg_too_long", "TooLong"),
        ("internal_error", "unknown"),
        ("file_update_failed", "unknown"),
        ("ratelimited", "RateLimited(7000)"),
    ] {
        let body = format!(r#"{{"ok":false,"error":"{word}"}}"#);
        assert_eq!(meaning(200, &body), expected, "{word}");
    }
    for (status, body, expected) in [
        (200, r#"{"ok":true,"ts":"1"}"#, "ok"),
        (
            503,
            r#"{"ok":false,"error":"service_unavailable"}"#,
            "unknown",
        ),
        (500, r#"{"ok":false,"error":"new_error"}"#, "unknown"),
        (200, r#"{"ok":"true"}"#, "unknown"),
        (200, "{}", "unknown"),
        (200, "<html>", "unknown"),
        (502, "<html>", "unknown"),
        (413, "<html>", "ForGood"),
        (
            429,
            r#"{"ok":false,"error":"new_error"}"#,
            "RateLimited(7000)",
        ),
        (429, "", "RateLimited(7000)"),
        (
            200,
            r#"{"ok":false,"error":"missing_scope","needed":"files:write"}"#,
            "https://api.slack.com/apps (OAuth & Permissions: files:write)",
        ),
    ] {
        assert_eq!(meaning(status, body), expected, "{body}");
    }
}

#[test]
fn what_slack_says_is_told_with_what_to_do_and_without_markup() {
    let said = r#"{"ok":false,"error":"not_in_channel"}"#;
    let answer = answer::read(&response(200, said), 0).unwrap_err();
    assert!(answer::advice(&answer).contains("/invite"));
    let odd = r#"{"ok":false,"error":"<!channel>[2J x"}"#;
    let told = answer::read(&response(200, odd), 0).unwrap_err();
    assert_eq!(answer::reason(told), "channel2Jx");
}

#[test]
fn words_call_nobody_and_are_no_markup() {
    let text = escaped("<!channel> <@U0123456789> a & b <https://x|y>");
    assert_eq!(
        text,
        "&lt;!channel&gt; &lt;@U0123456789&gt; a &amp; b &lt;https://x|y&gt;"
    );
    assert_eq!(encoded("狐 1&2.mp4"), "%E7%8B%90%201%262.mp4");
}
