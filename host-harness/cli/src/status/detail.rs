//! One session: its turns, and what became of each message to the chat.

use host::{Session, Turn, rfc3339};

use super::words::{Style, colour, cut, distance};

/// A session for people, each of its turns with its messages.
pub(super) fn lines(session: &Session, now_ms: u64, style: &Style) -> Vec<String> {
    let state = session.state.name();
    let mut lines = vec![format!(
        "{} {}",
        style.paint(&session.session_id, "1"),
        style.paint(state, colour(state))
    )];
    let mut add = |label: &str, value: &str| {
        if !value.trim().is_empty() {
            lines.push(format!("  {label:<11}{value}"));
        }
    };
    add("chat", &super::words::chat(session));
    add("next poll", &super::words::next_poll(session, now_ms));
    add("canvas", session.project_url.as_deref().unwrap_or_default());
    for turn in &session.turns {
        lines.extend(self::turn(turn, session, now_ms, style));
    }
    lines
}

/// One turn: when what happened, and what became of each message.
fn turn(turn: &Turn, session: &Session, now_ms: u64, style: &Style) -> Vec<String> {
    let state = turn.state.name();
    let mut lines = vec![
        String::new(),
        format!(
            "  {} {}",
            style.paint(&format!("Turn {}", turn.number), "1"),
            style.paint(state, colour(state))
        ),
        format!("    {}", cut(&turn.text, style.columns.saturating_sub(4))),
        format!(
            "    submitted  {} ({} ago), {} polls",
            rfc3339(turn.submitted_at_ms),
            distance(turn.submitted_at_ms, now_ms),
            turn.polls
        ),
    ];
    for (label, value) in [
        ("ended    ", turn.ended_at_ms.map(rfc3339)),
        ("delivered", turn.delivered_at_ms.map(rfc3339)),
        ("question ", turn.question.clone()),
        ("trouble  ", turn.trouble.clone()),
    ] {
        lines.extend(
            value.map(|value| format!("    {label}  {}", value.replace(host::is_unseen, " "))),
        );
    }
    let deliveries = session.deliveries.iter();
    for delivery in deliveries.filter(|delivery| delivery.turn == turn.number) {
        let state = delivery.state.name();
        let subject = delivery.url.as_deref();
        let subject = subject.unwrap_or_else(|| delivery.purpose.name());
        lines.push(format!(
            "    {} {subject}",
            style.paint(&format!("{state:<10}"), colour(state))
        ));
        let told = [&delivery.message_id, &delivery.trouble]
            .map(|text| text.as_deref().unwrap_or_default())
            .join(" ");
        if !told.trim().is_empty() {
            lines.push(style.paint(&format!("               {}", told.trim()), "2"));
        }
    }
    lines
}
