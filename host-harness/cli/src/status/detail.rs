//! One session: its turns, and what became of each message to the chat.

use jiff::Timestamp;
use serde_json::Value;

use super::words::{Style, at, colour, cut, distance, list, text};

pub(super) fn lines(session: &Value, now: Option<Timestamp>, style: &Style) -> Vec<String> {
    let state = text(&session["state"]);
    let mut lines = vec![format!(
        "{} {}",
        style.paint(text(&session["sessionId"]), "1"),
        style.paint(state, colour(state))
    )];
    let mut add = |label: &str, value: String| {
        if !value.trim().is_empty() {
            lines.push(format!("  {label:<11}{value}"));
        }
    };
    add(
        "chat",
        format!("{} {}", text(&session["channel"]), text(&session["chatId"])),
    );
    let next = at(text(&session["nextPollAt"]));
    add(
        "next poll",
        match next {
            Some(next) if Some(next) > now => format!("in {}", distance(now, Some(next))),
            Some(_) => "due".to_owned(),
            None => String::new(),
        },
    );
    add("canvas", text(&session["projectUrl"]).to_owned());
    for turn in list(&session["turns"]) {
        lines.extend(self::turn(turn, session, now, style));
    }
    lines
}

fn turn(turn: &Value, session: &Value, now: Option<Timestamp>, style: &Style) -> Vec<String> {
    let state = text(&turn["state"]);
    let submitted = text(&turn["submittedAt"]);
    let mut lines = vec![
        String::new(),
        format!(
            "  {} {}",
            style.paint(&format!("Turn {}", turn["turn"]), "1"),
            style.paint(state, colour(state))
        ),
        format!(
            "    {}",
            cut(text(&turn["text"]), style.columns.saturating_sub(4))
        ),
        format!(
            "    submitted  {submitted} ({} ago), {} polls",
            distance(at(submitted), now),
            turn["polls"]
        ),
    ];
    for (label, value) in [
        ("ended    ", &turn["endedAt"]),
        ("delivered", &turn["deliveredAt"]),
        ("question ", &turn["question"]),
        ("trouble  ", &turn["trouble"]),
    ] {
        lines.extend(
            value
                .as_str()
                .map(|value| format!("    {label}  {}", value.replace(host::is_unseen, " "))),
        );
    }
    let deliveries = list(&session["deliveries"]);
    for delivery in deliveries
        .iter()
        .filter(|delivery| delivery["turn"] == turn["turn"])
    {
        let state = text(&delivery["state"]);
        let subject = delivery["url"]
            .as_str()
            .unwrap_or_else(|| text(&delivery["purpose"]));
        lines.push(format!(
            "    {} {subject}",
            style.paint(&format!("{state:<10}"), colour(state))
        ));
        let told = [text(&delivery["messageId"]), text(&delivery["trouble"])].join(" ");
        if !told.trim().is_empty() {
            lines.push(style.paint(&format!("               {}", told.trim()), "2"));
        }
    }
    lines
}
