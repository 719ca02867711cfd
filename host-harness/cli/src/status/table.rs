//! One line for each session.

use host::{Purpose, Session, SessionState, Turn};
use unicode_width::UnicodeWidthStr;

use super::words::{Style, chat, colour, cut, distance, next_poll, padded};

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
/// Enough to tell chats apart; their ids have more.
const CHAT_COLUMNS: usize = 24;
/// Words that are cut below this say nothing.
const MIN_REQUEST_COLUMNS: usize = 16;

/// The table. The request gets what width is left.
pub(super) fn lines(sessions: &[Session], now_ms: u64, style: &Style) -> Vec<String> {
    if sessions.is_empty() {
        return vec!["No sessions found.".to_owned()];
    }
    let rows: Vec<[String; HEAD.len()]> = sessions
        .iter()
        .map(|session| row(session, now_ms))
        .collect();
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
        let painted = style.paint(&cells[STATE], colour(session.state.name()));
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

/// A row, each cell cut and filled to its column.
fn line(cells: &[String; HEAD.len()], widths: &[usize; HEAD.len()]) -> String {
    let cells = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| padded(&cut(cell, *width), *width));
    cells.collect::<Vec<_>>().join("  ")
}

/// What stands in a session's row.
fn row(session: &Session, now_ms: u64) -> [String; HEAD.len()] {
    let turn = session.latest();
    let (sent, results) = turn.map_or((0, 0), |turn| sent(session, turn));
    [
        cut(&session.session_id, ID_COLUMNS),
        session.state.name().to_owned(),
        if results == 0 {
            String::new()
        } else {
            format!("{sent}/{results}")
        },
        turn.map_or_else(String::new, |turn| distance(turn.submitted_at_ms, now_ms)),
        next_poll(session, now_ms),
        cut(chat(session).trim(), CHAT_COLUMNS),
        turn.map_or_else(String::new, |turn| turn.text.clone()),
    ]
}

/// How many results of the turn are in the chat, as media or as a link, and how many there are.
fn sent(session: &Session, turn: &Turn) -> (usize, usize) {
    let sent = session.deliveries.iter().filter(|delivery| {
        delivery.turn == turn.number
            && delivery.purpose == Purpose::Result
            && delivery.state.is_in_the_chat()
    });
    (sent.count(), turn.results.len())
}

/// What a person has to know beside the state: the question, else the trouble.
fn told(session: &Session) -> Option<&str> {
    let turn = session.latest()?;
    let question = turn
        .question
        .as_deref()
        .filter(|_| session.state == SessionState::AwaitingUser);
    question.or(turn.trouble.as_deref())
}
