//! What a run is made from, and what it came to.

use std::ops::Range;

use libtv_video_core::io::{Effect, FsOp, LongRequest, Method, Request};
use libtv_video_core::poll::schedule::MAX_POLLS_OF_A_TURN;

use super::check::Violation;
use super::network::is_commit;
use super::plant::Plant;
use super::services::is_submit;
use super::stage::Stage;
use super::trouble::Trouble;
use super::weather::Possible;

/// Polls that the deliveries of a session may add to those of its turns: up to ten messages here, each sent by a poll
/// of its own after two that the chat's rate made wait.
const MAX_POLLS_TO_DELIVER: u64 = 30;
/// So many polls by one harness may follow the last fault before every session has ended: what the schedule leaves
/// room for in the two hours until a job is given up and the day in which late results are looked for, and
/// the deliveries.
pub const MAX_POLLS_TO_SETTLE: u64 = MAX_POLLS_OF_A_TURN + MAX_POLLS_TO_DELIVER;

/// What a run is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where everything random comes from.
    pub seed: u64,
    /// What happens, and who plays.
    pub stage: Stage,
    /// What goes wrong.
    pub trouble: Trouble,
    /// A bug between the core and the world.
    pub plant: Option<Plant>,
    /// Whether the events are kept in words.
    pub keep_trace: bool,
}

/// What a run came to.
pub struct Report {
    /// The broken promises.
    pub violations: Vec<Violation>,
    /// How often a process was stopped.
    pub crashes: u32,
    /// The effects of all processes.
    pub effects: Vec<Performed>,
    /// Those of the harnesses' first round after the last power failure.
    pub recovery: Range<usize>,
    /// Stands for what the last power failure left: on the disk, and, among runs that are the same until it, at the services
    /// and with the user.
    pub left: u64,
    /// Stands for all events.
    pub trace_hash: u64,
    /// The events in words, if they were to be kept.
    pub trace: Vec<String>,
    /// What the chat shows, oldest first: words, and of media where they came from.
    pub shown: Vec<String>,
    /// Results that may or may not be in the chat, and of which people are told so.
    pub uncertain: usize,
    /// Polls by one harness after the last fault.
    pub polls_to_settle: u64,
}

/// An effect, as far as it matters to what could go wrong at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Performed {
    /// What it was.
    pub kind: EffectKind,
    /// Whether something wasn't synced before it.
    pub at_risk: bool,
    /// Which faults it can meet.
    pub possible: Possible,
}

/// Kinds of effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectKind {
    /// Reads or lists files, or makes a folder that is mostly there.
    Look,
    /// Changes or syncs files.
    Change,
    /// The request that costs money.
    Submit,
    /// A request that shows a message, with media or without.
    Commit,
    /// Another request.
    Request,
    /// From the media store to the chat, where nobody sees it yet.
    Relay,
    /// Prints.
    Say,
    /// Anything else.
    Other,
}

impl EffectKind {
    /// What an effect counts as.
    pub(super) fn of(effect: &Effect) -> Self {
        match effect {
            // A folder is made before every call, so that almost always it is there: as a change it would
            // double the places to fail at.
            Effect::Fs(FsOp::Read(_) | FsOp::List(_) | FsOp::MakeDir(_)) => Self::Look,
            Effect::Fs(_) => Self::Change,
            Effect::Http(request) | Effect::Long(LongRequest { request, .. })
                if is_submit(request) =>
            {
                Self::Submit
            }
            Effect::Http(request) if shows(request) => Self::Commit,
            Effect::Relay(relay) if shows(&relay.upload) => Self::Commit,
            Effect::Http(_) | Effect::Long(_) | Effect::Measure(_) => Self::Request,
            Effect::Relay(_) => Self::Relay,
            Effect::Say(..) => Self::Say,
            Effect::Inspect(..)
            | Effect::SendFile(_)
            | Effect::Keep(_)
            | Effect::Download(_)
            | Effect::SaveConfig(_)
            | Effect::Sleep(_) => Self::Other,
        }
    }
}

fn shows(request: &Request) -> bool {
    matches!(request.method, Method::Post | Method::Put) && is_commit(&request.url)
}
