//! What the component is asked for: requests, files, results. The only records of the WIT that go into it.

use serde::Serialize;
use wasmtime::component::{ComponentType, Lift, Lower};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lower, Lift)]
#[component(enum)]
#[repr(u8)]
pub enum Medium {
    /// A film or clip.
    #[component(name = "video")]
    Video,
    /// A picture.
    #[component(name = "image")]
    Image,
}

/// A chat, and the place in it. What is left out is as in the session that goes on; of a new one, as the settings say.
#[derive(Debug, Clone, Default, PartialEq, Eq, ComponentType, Lower, Lift)]
#[component(record)]
pub struct Route {
    /// The channel, by a word that names it.
    pub channel: Option<String>,
    /// Which of several accounts of the channel writes.
    pub account: Option<String>,
    /// The user or chat.
    pub chat: Option<String>,
    /// The topic or thread.
    pub thread: Option<String>,
    /// The message that is answered, in whose thread results go.
    #[component(name = "reply-to")]
    pub reply_to: Option<String>,
}

/// To whom results go.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lower, Lift)]
#[component(variant)]
pub enum Destination {
    /// To nobody, whatever session and settings say.
    #[component(name = "nowhere")]
    Nowhere,
    /// To a chat.
    #[component(name = "to")]
    To(Route),
}

/// A request for a video or an image; made by [`Submit`](crate::Submit).
#[derive(Debug, Clone, Default, PartialEq, Eq, ComponentType, Lower, Lift)]
#[component(record)]
pub struct Request {
    /// The user's words, relayed as they are.
    pub text: Option<String>,
    /// The session that goes on, or a unique prefix of its id.
    #[component(name = "session-id")]
    pub session_id: Option<String>,
    /// The service that makes it.
    pub service: Option<String>,
    /// What is asked for, where that is known.
    pub kind: Option<Medium>,
    /// The ratio of a new video whose words name none.
    pub ratio: Option<String>,
    /// Where results go; none: where they usually do.
    pub destination: Option<Destination>,
}

/// A picture or film that a request refers to.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lower, Lift)]
#[component(variant)]
pub enum File {
    /// By its path in a folder that the component sees: with this harness it sees none, and says that there is no such file.
    #[component(name = "path")]
    Path(String),
    /// On the component's standard input.
    #[component(name = "input")]
    Input(InputFile),
}

/// A file on standard input.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lower, Lift)]
#[component(record)]
pub struct InputFile {
    /// Its own name, without folders.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
}

/// A file that the service has.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lower, Lift, Serialize)]
#[component(record)]
pub struct Uploaded {
    /// What stands for it in the words of a request, on a line of its own.
    pub url: String,
}

/// Which results are stored.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lower, Lift)]
#[component(variant)]
pub enum WantedResults {
    /// Those of a session, or of a unique prefix of its id.
    #[component(name = "session")]
    Session(String),
    /// These, by their addresses.
    #[component(name = "urls")]
    Urls(Vec<String>),
}

/// A result that could not be stored.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lower, Lift, Serialize)]
#[component(record)]
pub struct Missed {
    /// The name that it would have had.
    pub file: String,
    /// Why.
    #[serde(rename = "error")]
    pub reason: String,
}

/// Results in a folder. In JSON as the command writes it.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lower, Lift, Serialize)]
#[component(record)]
pub struct Downloaded {
    /// The folder.
    #[serde(rename = "output_dir")]
    pub folder: String,
    /// The files that are there, complete.
    #[serde(rename = "downloaded")]
    pub files: Vec<String>,
    /// Those that aren't.
    #[serde(rename = "errors", skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<Missed>,
    /// How many results there are; 0 where the job has none yet.
    pub total: u32,
}
