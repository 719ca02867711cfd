//! The demonstration's picture: one line a job, the chats below it. Redrawn in place on a terminal, plain lines elsewhere.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use fakes::places::{Shown, ShownKind};
use host::{Event, EventKind, SessionState};

use super::chat;
use super::jobs::Job;
use crate::print::{has_colours, out, paint};

/// Lines of the chats shown at once: with the jobs no more than a terminal of 24 lines has.
const CHAT_LINES: usize = 8;
/// So much of a text is shown: what is meant for a program is longer than a line.
const TEXT_CHARS: usize = 120;
const NAME_COLUMNS: usize = 10;
const BAR_COLUMNS: usize = 18;
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// What is shown of one job.
struct Row {
    name: &'static str,
    text: String,
    session_id: String,
    channel: &'static str,
    end: (SessionState, usize),
    sha256: Vec<String>,
    state: SessionState,
    results: u32,
    delivered: u32,
    steps: u32,
    requests: u32,
    bytes: u64,
    peak_bytes: usize,
    hiccups: u32,
    submitted: Instant,
    settled_s: Option<f64>,
}

/// Everything that is shown.
pub(super) struct Board {
    rows: Vec<Row>,
    begun: Instant,
    chat: Vec<String>,
    /// What stands in the chat of each channel.
    taken: HashMap<&'static str, Vec<Shown>>,
    frame: usize,
}

impl Board {
    pub(super) fn new() -> Self {
        Self {
            rows: Vec::new(),
            begun: Instant::now(),
            chat: Vec::new(),
            taken: HashMap::new(),
            frame: 0,
        }
    }

    pub(super) fn add(&mut self, job: &Job, session_id: &str) {
        self.rows.push(Row {
            name: job.name,
            text: job.text.clone(),
            session_id: session_id.to_owned(),
            channel: job.to.0,
            end: (job.end, job.results.len()),
            sha256: job.results.clone(),
            state: SessionState::Submitted,
            results: 0,
            delivered: 0,
            steps: 0,
            requests: 0,
            bytes: 0,
            peak_bytes: 0,
            hiccups: 0,
            submitted: Instant::now(),
            settled_s: None,
        });
    }

    /// How many messages stand in the chats.
    fn messages(&self) -> usize {
        self.taken.values().map(Vec::len).sum()
    }

    /// Whether every job has come to the end that it was made for.
    pub(super) fn is_settled(&self) -> bool {
        self.rows.iter().all(|row| row.settled_s.is_some())
    }

    /// Notes the messages that are new in the chats, or changed in their place, with when they were seen.
    pub(super) fn take_messages(&mut self, messages: Vec<Shown>) {
        let since_s = self.begun.elapsed().as_secs_f64();
        let before = std::mem::take(&mut self.taken);
        for shown in messages {
            let there = self.taken.entry(shown.channel).or_default();
            let place = there.len();
            there.push(shown.clone());
            let known = before.get(shown.channel).and_then(|known| known.get(place));
            if known != Some(&shown) {
                let line = self.chat_line(&shown);
                self.chat.push(format!("{since_s:5.1}s  {line}"));
            }
        }
    }

    /// One message: in which chat, and of which job, told by the digest of its file.
    fn chat_line(&self, shown: &Shown) -> String {
        let platform = chat::platform(shown.channel);
        let job = shown.sha256.as_deref();
        let job = job.map_or_else(|| "a file".to_owned(), |sha256| self.whose(shown, sha256));
        let length = shown.bytes.map_or_else(String::new, size);
        let what = match (shown.kind, shown.duration_ms) {
            (ShownKind::Picture, _) => format!("🖼  {job}, {length}"),
            (ShownKind::Film, Some(ms)) => {
                format!("🎬 {job}, {:.1} s, {length}", ms as f64 / 1000.0)
            }
            (ShownKind::Film, None) => format!("🎬 {job}, {length}"),
            (ShownKind::File, _) => format!("📎 {job}, {length}"),
            (ShownKind::Text, _) => {
                let words: Vec<&str> = shown.text.split_whitespace().collect();
                let words: String = words.join(" ").chars().take(TEXT_CHARS).collect();
                format!("💬 {words}")
            }
        };
        format!("{platform:9} {what}")
    }

    /// The job that a file is a result of, and which one.
    fn whose(&self, shown: &Shown, sha256: &str) -> String {
        let place = |row: &Row| {
            let is_there = row.channel == shown.channel;
            Some((
                is_there.then_some(row.name)?,
                row.sha256.iter().position(|known| known == sha256)?,
                row.sha256.len(),
            ))
        };
        self.rows.iter().find_map(place).map_or_else(
            || "a file".to_owned(),
            |(name, index, count)| format!("{name} {} of {count}", index + 1),
        )
    }
}

/// The terminal, or whatever takes lines.
pub(super) struct Screen {
    live: bool,
    colours: bool,
    drawn_lines: usize,
    printed_chat: usize,
}

impl Screen {
    /// A live picture on a terminal that can redraw, unless plain lines are wanted.
    pub(super) fn new(plain: bool) -> Self {
        let colours = has_colours();
        let live = !plain
            && std::io::IsTerminal::is_terminal(&std::io::stdout())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self {
            live,
            colours,
            drawn_lines: 0,
            printed_chat: 0,
        }
    }

    /// Says what is real here and what is a fake.
    pub(super) fn intro(&self, connect_to: &str, state: &Path) {
        out(&self
            .bold("libtv-video demo: the real component in its sandbox, fakes for the services"));
        out(&self.faint(&format!("fakes  {connect_to}")));
        out(&self.faint(&format!("state      {}", state.display())));
        out(&self
            .faint("on the way two 502s, a broken connection, and a message whose answer is lost"));
        out("");
    }

    /// Takes an event over; without a picture, tells it.
    pub(super) fn event(&self, board: &mut Board, event: &Event) {
        let since_s = board.begun.elapsed().as_secs_f64();
        match &event.kind {
            EventKind::StepDone { step, usage } => {
                let Some(row) = board
                    .rows
                    .iter_mut()
                    .find(|row| row.session_id == step.session_id)
                else {
                    return;
                };
                let news = (row.state, row.results, row.delivered)
                    != (step.state, step.results, step.delivered);
                (row.state, row.results, row.delivered) =
                    (step.state, step.results, step.delivered);
                row.steps += 1;
                row.requests += usage.requests;
                row.bytes += usage.sent_bytes + usage.received_bytes;
                row.peak_bytes = row.peak_bytes.max(usage.peak_memory_bytes);
                if row.settled_s.is_none()
                    && step.state == row.end.0
                    && step.delivered as usize >= row.end.1
                {
                    row.settled_s = Some(row.submitted.elapsed().as_secs_f64());
                }
                if !self.live && news {
                    let line = format!(
                        "{since_s:5.1}s  {:NAME_COLUMNS$} {}, {} of {} delivered",
                        row.name,
                        words(row.state),
                        row.delivered,
                        row.results
                    );
                    out(&line);
                }
            }
            EventKind::StepFailed {
                session_id, reason, ..
            } => {
                let Some(row) = board
                    .rows
                    .iter_mut()
                    .find(|row| row.session_id == *session_id)
                else {
                    return;
                };
                row.hiccups += 1;
                if !self.live {
                    out(&format!(
                        "{since_s:5.1}s  {:NAME_COLUMNS$} tried again: {reason}",
                        row.name
                    ));
                }
            }
            _ => {}
        }
    }

    /// Draws the picture in the place of the last one; without a picture, prints what is new in the chats.
    pub(super) fn draw(&mut self, board: &mut Board) {
        board.frame += 1;
        if !self.live {
            for line in &board.chat[self.printed_chat..] {
                out(line);
            }
            self.printed_chat = board.chat.len();
            return;
        }
        let mut lines: Vec<String> = board
            .rows
            .iter()
            .map(|row| self.row(row, board.frame))
            .collect();
        lines.push(String::new());
        lines.push(self.bold(&chat::heading(board.messages())));
        let hidden = board.chat.len().saturating_sub(CHAT_LINES);
        lines.extend(board.chat[hidden..].iter().map(|line| format!("  {line}")));
        // Always as many lines: the picture is drawn over the last one.
        lines.resize(board.rows.len() + 2 + CHAT_LINES, String::new());

        let columns = columns();
        // One write for the whole picture: nothing flickers. No cursor while it is redrawn.
        let mut picture = String::from("\u{1b}[?25l");
        if self.drawn_lines > 0 {
            // Writing to a String can't fail.
            let _ = write!(picture, "\u{1b}[{}A", self.drawn_lines);
        }
        for line in &lines {
            picture.push_str(&clip(line, columns));
            picture.push_str("\u{1b}[0m\u{1b}[K\n");
        }
        // `out` ends the last line itself.
        picture.pop();
        picture.push_str("\u{1b}[?25h");
        self.drawn_lines = lines.len();
        out(&picture);
    }

    /// One job's line.
    fn row(&self, row: &Row, frame: usize) -> String {
        let (mark, colour) = match row.settled_s {
            Some(_) if row.state == SessionState::Failed => ("✖", "33"),
            Some(_) if row.state == SessionState::AwaitingUser => ("?", "36"),
            Some(_) => ("✔", "32"),
            None => (SPINNER[frame % SPINNER.len()], "34"),
        };
        let total = row.end.1.max(1);
        let done = if row.settled_s.is_some() {
            total
        } else {
            (row.delivered as usize).min(total)
        };
        let filled = BAR_COLUMNS * done / total;
        let bar = format!("{}{}", "█".repeat(filled), "░".repeat(BAR_COLUMNS - filled));
        let seconds = row
            .settled_s
            .unwrap_or_else(|| row.submitted.elapsed().as_secs_f64());
        format!(
            "{} {} {} {:5.1}s  {:11} {:>2}/{:<2} {}",
            paint(mark, colour, self.colours),
            self.bold(&format!("{:NAME_COLUMNS$}", row.name)),
            paint(&bar, colour, self.colours),
            seconds,
            words(row.state),
            row.delivered,
            row.end.1,
            self.faint(&row.text),
        )
    }

    /// What each job cost, and whether everything arrived once.
    pub(super) fn summary(&self, board: &Board, shown: &str, complaints: &[String]) {
        out("");
        out(&self.bold(
            "job         seconds  state        delivered  steps  requests      bytes  peak memory",
        ));
        for row in &board.rows {
            let seconds = row
                .settled_s
                .map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.1}"));
            out(&format!(
                "{:NAME_COLUMNS$}  {seconds:>7}  {:11}  {:>9}  {:>5}  {:>8}  {:>9}  {:>11}",
                row.name,
                words(row.state),
                format!("{}/{}", row.delivered, row.end.1),
                row.steps,
                row.requests,
                size(row.bytes),
                size(row.peak_bytes as u64),
            ));
        }
        out("");
        if complaints.is_empty() {
            out(&paint(
                &format!("✅ {shown}: nothing lost, nothing twice"),
                "32",
                self.colours,
            ));
        }
        for complaint in complaints {
            out(&paint(&format!("❌ {complaint}"), "31", self.colours));
        }
    }

    fn bold(&self, text: &str) -> String {
        paint(text, "1", self.colours)
    }

    fn faint(&self, text: &str) -> String {
        paint(text, "2", self.colours)
    }
}

/// A state in a word or two, of at most eleven columns.
fn words(state: SessionState) -> &'static str {
    match state {
        SessionState::Submitted => "submitted",
        SessionState::Generating => "generating",
        SessionState::AwaitingUser => "asks back",
        SessionState::Completed => "completed",
        SessionState::Failed => "failed",
        SessionState::Timeout => "timed out",
    }
}

/// In units of a thousand.
fn size(bytes: u64) -> String {
    match bytes {
        0..=9_999 => format!("{bytes} B"),
        10_000..=9_999_999 => format!("{:.0} KB", bytes as f64 / 1_000.0),
        _ => format!("{:.1} MB", bytes as f64 / 1_000_000.0),
    }
}

/// The terminal's width, or what most have.
fn columns() -> usize {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stdout())
        && size.ws_col > 0
    {
        return usize::from(size.ws_col);
    }
    100
}

/// Cuts a line to so many columns. Escape sequences have none, East Asian characters and pictures have two.
fn clip(line: &str, columns: usize) -> String {
    let mut kept = String::new();
    let mut used = 0;
    let mut escaped = false;
    for c in line.chars() {
        let width = if escaped || c == '\u{1b}' {
            0
        } else {
            1 + usize::from(u32::from(c) >= 0x1_F000 || (0x2E80..0xFFE7).contains(&u32::from(c)))
        };
        escaped = if escaped {
            !c.is_ascii_alphabetic()
        } else {
            c == '\u{1b}'
        };
        if used + width >= columns {
            break;
        }
        used += width;
        kept.push(c);
    }
    kept
}
