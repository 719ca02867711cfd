//! The rows of the table. Each is a function from a fresh lab to lines; none knows another.

mod delivery;
mod growth;
mod notice;
mod rate;
mod size;
mod start;
mod waiting;

use clap::ValueEnum;

use crate::Failed;
use crate::line::Line;
use crate::programs::Programs;

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Row {
    /// Every row
    All,
    /// `check` from start to exit, warm; and its memory
    Start,
    /// The first run in a home folder
    First,
    /// Memory of the harness with a thousand waiting jobs
    Waiting,
    /// Ten thousand jobs kept to their interval, and polls a second
    Rate,
    /// From a result that is ready to the message in the chat
    Delivery,
    /// Throughput from the media store to Feishu
    Relay,
    /// A file of 200 MB to LibTV
    Upload,
    /// From a submit by another process to the harness's timer
    Notice,
    /// The harness between two polls
    Idle,
    /// Component and binary
    Size,
    /// The smallest binary: builds it, which takes minutes, and isn't part of `all`
    Small,
    /// A hundred stored sessions and a hundred thousand
    Growth,
}

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// As the table says.
    Full,
    /// To see that it works.
    Tiny,
}

impl Size {
    /// One of two numbers.
    pub fn of<T>(self, full: T, tiny: T) -> T {
        match self {
            Self::Full => full,
            Self::Tiny => tiny,
        }
    }
}

impl Row {
    /// The rows asked for, each once, in the order of the table.
    pub fn selected(asked: &[Self]) -> Vec<Self> {
        let all = asked.contains(&Self::All);
        Self::value_variants()
            .iter()
            .copied()
            .filter(|row| match row {
                Self::All => false,
                Self::Small => asked.contains(row),
                _ => all || asked.contains(row),
            })
            .collect()
    }

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Start => "start",
            Self::First => "first",
            Self::Waiting => "waiting",
            Self::Rate => "rate",
            Self::Delivery => "delivery",
            Self::Relay => "relay",
            Self::Upload => "upload",
            Self::Notice => "notice",
            Self::Idle => "idle",
            Self::Size => "size",
            Self::Small => "small",
            Self::Growth => "growth",
        }
    }

    /// Measures it.
    ///
    /// # Errors
    /// When a subject or a rival doesn't do its work.
    pub fn measure(self, programs: &Programs, size: Size) -> Result<Vec<Line>, Failed> {
        match self {
            Self::All => Ok(Vec::new()),
            Self::Start => start::warm(programs, size),
            Self::First => start::first(programs, size),
            Self::Waiting => waiting::memory(programs, size),
            Self::Rate => rate::jobs(programs, size),
            Self::Delivery => delivery::latency(programs, size),
            Self::Relay => delivery::relay(programs, size),
            Self::Upload => delivery::upload(programs, size),
            Self::Notice => notice::submits(programs, size),
            Self::Idle => waiting::idle(programs, size),
            Self::Size => size::files(programs),
            Self::Small => size::smallest(programs),
            Self::Growth => growth::sessions(programs, size),
        }
    }
}
