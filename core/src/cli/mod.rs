//! The component's command line: words in, one [`Invocation`] or a text to print out.
//!
//! What there is to be read stands in [`contract::commands`]. Parsing only: whether a key, ratio, channel or URL is any good is the commands' business, so
//! that both callers (this one and the typed exports) refuse in the same words.

mod help;
mod parse;

pub use parse::parse;

use crate::secret::Secret;
use crate::types::{File, Request, WantedResults};

/// A command and how its reply is wanted.
pub struct Invocation {
    /// What to do.
    pub command: Command,
    /// `--json`: a machine-readable reply.
    pub json: bool,
}

/// A command with its arguments. Neither `Debug` nor `Clone`: some carry a [`Secret`].
pub enum Command {
    /// Stores what is given of it; something is.
    Setup(SetUp),
    /// Shows what is configured and asks whether the key is valid.
    Check {
        /// `--service`.
        service: Option<String>,
    },
    /// Looks at every link from the key to the chat.
    Doctor {
        /// `--channel`: the one channel to look at.
        channel: Option<String>,
        /// `--chat-id`: where a test is sent to.
        chat_id: Option<String>,
    },
    /// Shows what is known here, without asking anybody.
    Status {
        /// The session, or a unique prefix of its id.
        id: Option<String>,
        /// `--last`: how many ended sessions.
        last: Option<u64>,
    },
    /// Replaces the key.
    UpdateKey {
        /// `--api-key`.
        api_key: Secret,
        /// `--service`: whose.
        service: Option<String>,
    },
    /// Replaces the default ratio.
    UpdateRatio {
        /// `--video-ratio`.
        video_ratio: String,
    },
    /// Forgets the key.
    RemoveKey {
        /// `--service`: whose.
        service: Option<String>,
    },
    /// Uploads a reference image or video.
    Upload {
        /// `--file`, or what the harness makes of it.
        file: File,
        /// `--service`.
        service: Option<String>,
    },
    /// Submits a request, or a further turn of a session.
    CreateSession(Request),
    /// Shows a session's messages.
    QuerySession {
        /// The session, or a unique prefix of its id.
        id: String,
        /// `--short`: only what the user is shown.
        short: bool,
        /// `--after-seq`: only messages with a greater sequence number.
        after_seq: Option<u64>,
        /// `--project-id`.
        project_id: Option<String>,
    },
    /// Stores results in a folder.
    DownloadResults {
        /// Which: a session, or a unique prefix of its id, or `--urls`.
        results: WantedResults,
        /// `--output-dir`.
        folder: Option<String>,
        /// `--prefix` of the file names.
        prefix: Option<String>,
    },
    /// Watches and delivers a session in the foreground.
    WaitAndDeliver {
        /// `--session-id`.
        session_id: String,
        /// `--project-id`.
        project_id: Option<String>,
    },
    /// Stops a job.
    Cancel {
        /// The session, or a unique prefix of its id.
        id: String,
    },
    /// Lists the tasks of this key, as its service knows them.
    Tasks {
        /// `--service`.
        service: Option<String>,
    },
    /// Shows every known session, or one, and resumes what is undelivered.
    Recover {
        /// The session, or a unique prefix of its id.
        id: Option<String>,
        /// `--chat-id`: only those of this chat.
        chat_id: Option<String>,
        /// `--channel`: only those of this channel.
        channel: Option<String>,
    },
    /// Forgets a submit of unknown outcome.
    Forget {
        /// `--forget`: its id, as `recover` shows it.
        submit: String,
    },
    /// Starts a new canvas project.
    ChangeProject,
}

/// What `setup` stores. An option that isn't there changes nothing.
#[derive(Default)]
pub struct SetUp {
    /// `--api-key`.
    pub api_key: Option<Secret>,
    /// `--service`: whose the key and the choices are, and where new requests go.
    pub service: Option<String>,
    /// `--model`; an empty one takes the stored one away.
    pub model: Option<String>,
    /// `--resolution`; an empty one takes the stored one away.
    pub resolution: Option<String>,
    /// `--video-ratio`.
    pub video_ratio: Option<String>,
}

/// What became of the arguments.
#[allow(
    clippy::large_enum_variant,
    reason = "made once a call and taken apart at once"
)]
pub enum Parsed {
    /// A command to run.
    Run(Invocation),
    /// Help or the version: to standard output, exit 0.
    Help(String),
    /// Wrong usage: a `❌` line and how to go on, to standard output, exit 2.
    Usage(String),
}

#[cfg(test)]
mod tests;
