//! One line for each session.

use jiff::Timestamp;
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::words::{Style, at, colour, cut, distance, list, padded, text};

const HEAD: [&str; 7] = [
    "SESSION",
    "STATE",
    "SENT",
    "AGE",
    "NEXT POLL",
    "CHAT",
    "REQUEST",
];
/// Where the state stands.
const STATE: usize = 1;
/// Of an id: what every command takes, and a little to tell similar ones apart.
const ID_COLUMNS: usize = 12;
const CHAT_COLUMNS: usize = 24;
/// Words that are cut below this say nothing.
const MIN_REQUEST_COLUMNS: usize = 16;

pub(super) fn lines(sessions: &[Value], now: Option<Timestamp>, style: &Style) -> Vec<String> {
    if sessions.is_empty() {
        return vec!["No sessions found.".to_owned()];
    }
    let rows: Vec<[String; HEAD.len()]> =
        sessions.iter().map(|session| row(session, now)).collect();
    let mut widths = HEAD.map(UnicodeWidthStr::width);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let before: usize = widths[..HEAD.len() - 1].iter().map(|width| width + 2).sum();
    widths[HEAD.len() - 1] = style
        .columns
        .saturating_sub(before)
        .max(MIN_REQUEST_COLUMNS);
    let mut lines = vec![style.paint(line(&HEAD.map(str::to_owned), &widths).trim_end(), "1")];
    for (session, row) in sessions.iter().zip(&rows) {
        let mut cells = row.clone();
        let state = padded(&cells[STATE], widths[STATE]);
        cells[STATE] = state;
        let plain = line(&cells, &widths);
        let painted = style.paint(&cells[STATE], colour(text(&session["state"])));
        lines.push(
            plain
                .replacen(&cells[STATE], &painted, 1)
                .trim_end()
                .to_owned(),
        );
        if let Some(told) = told(session) {
            let told = cut(&format!("  ↳ {told}"), style.columns);
            lines.push(style.paint(&told, "2"));
        }
    }
    lines
}

fn line(cells: &[String; HEAD.len()], widths: &[usize; HEAD.len()]) -> String {
    let cells = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| padded(&cut(cell, *width), *width));
    cells.collect::<Vec<_>>().join("  ")
}

fn row(session: &Value, now: Option<Timestamp>) -> [String; HEAD.len()] {
    let turn = list(&session["turns"]).last().unwrap_or(&Value::Null);
    let (sent, results) = sent(session, turn);
    let next = &session["nextPollAt"];
    let chat = format!("{} {}", text(&session["channel"]), text(&session["chatId"]));
    [
        cut(text(&session["sessionId"]), ID_COLUMNS),
        text(&session["state"]).to_owned(),
        if results == 0 {
            String::new()
        } else {
            format!("{sent}/{results}")
        },
        distance(at(text(&turn["submittedAt"])), now),
        match at(text(next)) {
            Some(next) if Some(next) > now => format!("in {}", distance(now, Some(next))),
            Some(_) => "due".to_owned(),
            None => String::new(),
        },
        cut(chat.trim(), CHAT_COLUMNS),
        text(&turn["text"]).to_owned(),
    ]
}

/// How many results of the turn are in the chat, as media or as a link, and how many there are.
fn sent(session: &Value, turn: &Value) -> (usize, usize) {
    let sent = list(&session["deliveries"]).iter().filter(|delivery| {
        delivery["turn"] == turn["turn"]
            && delivery["purpose"] == "result"
            && matches!(text(&delivery["state"]), "delivered" | "link_only")
    });
    (sent.count(), list(&turn["results"]).len())
}

/// What a person has to know beside the state: the question, else the trouble.
fn told(session: &Value) -> Option<&str> {
    let turn = list(&session["turns"]).last()?;
    let question = turn["question"]
        .as_str()
        .filter(|_| session["state"] == "awaiting_user");
    question.or_else(|| turn["trouble"].as_str())
}
