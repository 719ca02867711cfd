//! The table: for a terminal, as Markdown, as JSON.

use std::path::Path;
use std::process::Command;

use serde::Serialize;

use crate::Failed;
use crate::line::{Compare, Line, number};
use crate::stats::Spread;

/// The table in a Markdown file stands between these two.
const BEGIN: &str = "<!-- benches: begin -->";
const END: &str = "<!-- benches: end -->";

/// All lines, and where they were measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Year, month, day.
    pub date: String,
    /// Processor and memory.
    pub machine: String,
    /// Of the checkout; with a `+` when it had changes.
    pub commit: String,
    /// The lines.
    pub lines: Vec<Line>,
}

impl Report {
    /// The lines with today's date, this machine and this commit.
    pub fn of(lines: Vec<Line>) -> Self {
        Self {
            date: said(Command::new("date").args(["-u", "+%Y-%m-%d"])),
            machine: machine(),
            commit: commit(),
            lines,
        }
    }

    /// For a terminal.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{} · {} · commit {}\n\n",
            self.date, self.machine, self.commit
        );
        let rows: Vec<[String; 6]> = std::iter::once(HEADS.map(str::to_owned))
            .chain(self.lines.iter().map(cells))
            .collect();
        let widths: Vec<usize> = (0..HEADS.len())
            .map(|column| {
                rows.iter()
                    .map(|row| row[column].chars().count())
                    .max()
                    .unwrap_or_default()
            })
            .collect();
        for row in &rows {
            for (cell, width) in row.iter().zip(&widths) {
                let pad = width.saturating_sub(cell.chars().count());
                text.push_str(cell);
                text.push_str(&" ".repeat(pad + 2));
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        for remark in self.lines.iter().filter_map(Line::remark) {
            text.push_str(&format!("\n{remark}"));
        }
        text.push('\n');
        text
    }

    /// For the Markdown file `of`; with the picture, when there is one in a folder.
    pub fn markdown(&self, of: &Path, pictures: Option<&Path>) -> String {
        let seen_from_there = |folder: &Path| {
            let up = of.parent().map_or(0, |parent| parent.components().count());
            picture(&[&"../".repeat(up), &*folder.to_string_lossy()].concat())
        };
        let mut text = pictures.map(seen_from_there).unwrap_or_default();
        text.push_str(&format!(
            "Measured {} at commit `{}` on {}, by `cargo run --release -p benches -- all small`. Ratios are of runs side by side: minimum / **median** / maximum.\n\n",
            self.date, self.commit, self.machine
        ));
        text.push_str(&format!("| {} |\n", HEADS.join(" | ")));
        text.push_str("|---|---|---|---|---|---|\n");
        for line in &self.lines {
            text.push_str(&format!("| {} |\n", cells(line).join(" | ")));
        }
        for remark in self.lines.iter().filter_map(Line::remark) {
            text.push_str(&format!("\n- {remark}"));
        }
        text.push('\n');
        text
    }

    /// The rows of [`SUMMARY`] alone, without goals and remarks.
    pub fn summary(&self) -> String {
        let named = SUMMARY.iter();
        let rows = named.filter_map(|what| self.lines.iter().find(|line| line.what == *what));
        let rows = std::iter::once(HEADS.map(str::to_owned)).chain(rows.map(cells));
        let mut text = String::new();
        for (at, row) in rows.enumerate() {
            text.push_str(&format!("| {} |\n", row[..4].join(" | ")));
            if at == 0 {
                text.push_str("|---|---|---|---|\n");
            }
        }
        text
    }

    /// Replaces the table in a Markdown file.
    ///
    /// # Errors
    /// When the file can't be used, or has no place for the table.
    pub fn put_into(&self, path: &Path, table: &str) -> Result<(), Failed> {
        let text = std::fs::read_to_string(path)?;
        let text = between(&text, table)
            .ok_or_else(|| Failed::new(format!("{} has no {BEGIN} … {END}", path.display())))?;
        Ok(std::fs::write(path, text)?)
    }
}

/// Light or dark, as the reader's system is.
fn picture(folder: &str) -> String {
    format!(
        "<picture>\n  <source media=\"(prefers-color-scheme: dark)\" srcset=\"{folder}/benches-dark.svg\">\n  <img alt=\"Each measurement against its goal\" src=\"{folder}/benches-light.svg\">\n</picture>\n\n"
    )
}

/// What a newcomer asks for first.
const SUMMARY: [&str; 4] = [
    "check, start to exit, warm",
    "memory with 1000 waiting jobs",
    "ready upstream to message in the chat, 4 MB",
    "upload of a 200 MB file",
];

const HEADS: [&str; 6] = ["what", "ours", "theirs", "compared", "goal", "met"];

fn cells(line: &Line) -> [String; 6] {
    let unit = line.unit;
    let middle = |figures: &[f64]| {
        Spread::of(figures).map_or_else(String::new, |spread| {
            format!("{} {unit}", number(spread.median))
        })
    };
    let theirs = match middle(&line.theirs) {
        text if text.is_empty() => text,
        text => format!("{text} ({})", line.rival),
    };
    let compared = Spread::of(&line.compared()).map_or_else(String::new, |spread| {
        let sign = match line.compare {
            Compare::Difference => format!(" {unit}"),
            Compare::OursByTheirs | Compare::TheirsByOurs => "×".to_owned(),
        };
        format!(
            "{} / **{}** / {}{sign}",
            number(spread.min),
            number(spread.median),
            number(spread.max)
        )
    });
    let met = match line.is_met() {
        Some(true) => "yes",
        Some(false) => "**no**",
        None => "not measured",
    };
    [
        line.what.clone(),
        middle(&line.ours),
        theirs,
        compared,
        line.goal_words(),
        met.to_owned(),
    ]
}

/// `text` with `table` between the markers; none when they are missing.
fn between(text: &str, table: &str) -> Option<String> {
    let begin = text.find(BEGIN)? + BEGIN.len();
    let end = begin + text.get(begin..)?.find(END)?;
    Some(format!("{}\n{table}{}", &text[..begin], &text[end..]))
}

fn commit() -> String {
    let folder = env!("CARGO_MANIFEST_DIR");
    let git = |arguments: &[&str]| said(Command::new("git").arg("-C").arg(folder).args(arguments));
    let changes = git(&["status", "--porcelain", "--untracked-files=no"]);
    let mark = if changes.is_empty() { "" } else { "+" };
    format!("{}{mark}", git(&["rev-parse", "--short=10", "HEAD"]))
}

fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, label: &str| {
        let line = text.lines().find(|line| line.starts_with(label))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let model = field(&read("/proc/cpuinfo"), "model name")
        .unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = field(&read("/proc/meminfo"), "MemTotal")
        .and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok())
        .map_or_else(String::new, |kib| format!(", {:.0} GB", kib * 1024.0 / 1e9));
    format!("{cores} cores ({model}){memory}, {}", std::env::consts::OS)
}

/// What a command prints, or nothing.
fn said(command: &mut Command) -> String {
    command.output().map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Goal;

    #[test]
    fn a_table_replaces_the_one_before_and_nothing_else() {
        let text = format!("# Title\n{BEGIN}\nold\n{END}\nrest\n");
        let once = between(&text, "new\n").unwrap();
        assert_eq!(once, format!("# Title\n{BEGIN}\nnew\n{END}\nrest\n"));
        assert_eq!(between(&once, "new\n").unwrap(), once);
        assert_eq!(between("no markers", "new"), None);
    }

    #[test]
    fn a_line_tells_both_figures_the_spread_of_their_ratio_and_whether_the_goal_is_met() {
        let line = Line::alone("start", "ms", vec![2.0, 4.0], Goal::AtLeast(15.0)).against(
            "Python",
            vec![60.0, 60.0],
            Compare::TheirsByOurs,
        );
        assert_eq!(
            cells(&line),
            [
                "start",
                "3 ms",
                "60 ms (Python)",
                "15 / **22.5** / 30×",
                "≥ 15 ×",
                "yes"
            ]
        );
    }
}
