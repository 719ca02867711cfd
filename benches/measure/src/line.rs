//! One line of the table: a subject's figures, its rival's, their ratio, and the goal.

use serde::Serialize;

use crate::stats::Spread;

/// How subject and rival are compared, so that the goal reads naturally.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// Ours divided by theirs.
    OursByTheirs,
    /// Theirs divided by ours: so many times less.
    TheirsByOurs,
    /// Ours minus theirs, in the line's unit.
    Difference,
}

/// What is to be reached, by the median.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// The comparison is at least this.
    AtLeast(f64),
    /// The comparison is at most this.
    AtMost(f64),
    /// Our own figure is below this, whatever the rival's.
    OwnBelow(f64),
}

/// A line.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// What was measured.
    pub what: String,
    /// Of the figures.
    pub unit: &'static str,
    /// The rival's name, or empty.
    pub rival: &'static str,
    /// The subject's figures.
    pub ours: Vec<f64>,
    /// The rival's, run by run beside the subject's.
    pub theirs: Vec<f64>,
    /// How they are compared.
    pub compare: Compare,
    /// The goal.
    pub goal: Goal,
    /// How it was measured, where that isn't plain.
    pub note: String,
    /// What would close the gap, should the goal be missed.
    pub closed_by: &'static str,
}

impl Goal {
    /// What is to be reached.
    pub const fn figure(self) -> f64 {
        match self {
            Self::AtLeast(figure) | Self::AtMost(figure) | Self::OwnBelow(figure) => figure,
        }
    }
}

impl Line {
    /// A line without a rival.
    pub fn alone(what: impl Into<String>, unit: &'static str, ours: Vec<f64>, goal: Goal) -> Self {
        Self {
            what: what.into(),
            unit,
            rival: "",
            ours,
            theirs: Vec::new(),
            compare: Compare::OursByTheirs,
            goal,
            note: String::new(),
            closed_by: "",
        }
    }

    /// The same figures beside a rival's.
    #[must_use]
    pub fn against(mut self, rival: &'static str, theirs: Vec<f64>, compare: Compare) -> Self {
        (self.rival, self.theirs, self.compare) = (rival, theirs, compare);
        self
    }

    /// With a remark.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// With what would close the gap, should there be one.
    #[must_use]
    pub const fn closed_by(mut self, what: &'static str) -> Self {
        self.closed_by = what;
        self
    }

    /// The remark; of a goal that is missed also by how much, and what would close the gap.
    pub fn remark(&self) -> Option<String> {
        let missed = match (self.is_met(), self.reached()) {
            (Some(false), Some(reached)) => self.missed(reached),
            _ => String::new(),
        };
        let words = match (self.note.as_str(), missed.as_str()) {
            ("", "") => return None,
            (words, "") | ("", words) => words.to_owned(),
            (note, missed) => format!("{note}. {missed}"),
        };
        Some(format!("{}: {words}", self.what))
    }

    fn missed(&self, reached: f64) -> String {
        let percent = (reached / self.goal.figure() - 1.0).abs() * 100.0;
        let closes = if self.closed_by.is_empty() {
            String::new()
        } else {
            format!("; it would be closed by {}", self.closed_by)
        };
        format!("**Missed by {percent:.0} %**{closes}")
    }

    /// The comparison, run by run.
    pub fn compared(&self) -> Vec<f64> {
        let pairs = self.ours.iter().zip(&self.theirs);
        pairs
            .map(|(ours, theirs)| match self.compare {
                Compare::OursByTheirs => ours / theirs,
                Compare::TheirsByOurs => theirs / ours,
                Compare::Difference => ours - theirs,
            })
            .collect()
    }

    /// The median of what the goal is about, the comparison or our own figures; none without figures.
    pub fn reached(&self) -> Option<f64> {
        let figures = match self.goal {
            Goal::AtLeast(_) | Goal::AtMost(_) => &self.compared(),
            Goal::OwnBelow(_) => &self.ours,
        };
        Some(Spread::of(figures)?.median)
    }

    /// Whether the goal is met by the median; none without figures.
    pub fn is_met(&self) -> Option<bool> {
        let reached = self.reached()?;
        Some(match self.goal {
            Goal::AtLeast(goal) => reached >= goal,
            Goal::AtMost(goal) => reached <= goal,
            Goal::OwnBelow(goal) => reached < goal,
        })
    }

    /// The goal in words.
    pub fn goal_words(&self) -> String {
        let (unit, suffix) = match self.compare {
            Compare::Difference => (self.unit, " more"),
            Compare::OursByTheirs | Compare::TheirsByOurs => ("×", ""),
        };
        match self.goal {
            Goal::AtLeast(goal) => format!("≥ {} {unit}{suffix}", number(goal)),
            Goal::AtMost(goal) => format!("≤ {} {unit}{suffix}", number(goal)),
            Goal::OwnBelow(goal) => format!("< {} {}", number(goal), self.unit),
        }
    }
}

/// Three digits that matter, and none after the point for what is large.
pub fn number(figure: f64) -> String {
    let size = figure.abs();
    if size >= 100.0 || (size.fract() == 0.0 && size >= 1.0) {
        format!("{figure:.0}")
    } else if size >= 10.0 {
        format!("{figure:.1}")
    } else if size >= 0.095 || size == 0.0 {
        format!("{figure:.2}")
    } else {
        format!("{figure:.4}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_compared_run_by_run_and_judged_by_the_median() {
        let line = Line::alone("x", "ms", vec![1.0, 2.0, 3.0], Goal::AtLeast(10.0)).against(
            "Python",
            vec![20.0, 20.0, 30.0],
            Compare::TheirsByOurs,
        );
        assert_eq!(line.compared(), [20.0, 10.0, 10.0]);
        assert_eq!(line.is_met(), Some(true));
        assert_eq!(line.goal_words(), "≥ 10 ×");
    }

    #[test]
    fn a_missed_goal_is_told_with_its_gap_and_what_would_close_it() {
        let size = |kb| {
            Line::alone("size", "KB", vec![kb], Goal::OwnBelow(400.0))
                .note("packed")
                .closed_by("less of it")
        };
        assert_eq!(size(300.0).remark().as_deref(), Some("size: packed"));
        assert_eq!(
            size(500.0).remark().as_deref(),
            Some("size: packed. **Missed by 25 %**; it would be closed by less of it")
        );
    }

    #[test]
    fn a_line_without_figures_meets_nothing() {
        let line = Line::alone("x", "ms", Vec::new(), Goal::OwnBelow(1.0));
        assert_eq!(line.is_met(), None);
    }
}
