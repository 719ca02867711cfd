//! What can go wrong in the sandbox. Each error says what failed; none of them ever holds a secret.

use std::path::PathBuf;
use std::time::Duration;

/// Why the engine can't start or a component can't be loaded. Nothing here passes by itself.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The bytes are no component of the world, or the engine refuses them.
    #[error("the component can't be loaded: {0}")]
    Component(String),
    /// The engine can't run on this machine.
    #[error("the WebAssembly engine can't start: {0}")]
    Engine(String),
}

/// Why a call ended without an answer.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It was stopped at a limit.
    #[error("it used {0}")]
    Limit(LimitHit),
    /// The component trapped.
    #[error("the component failed: {0}")]
    Trap(String),
    /// A folder that it is granted can't be opened.
    #[error("can't open {}: {source}", path.display())]
    Folder {
        /// The folder, outside.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

/// Which bound a call ran into. `Limits` and `limits` say why each is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitHit {
    /// More memory than granted.
    #[error("more than {0} bytes of memory")]
    Memory(usize),
    /// A deeper stack than granted.
    #[error("more than {0} bytes of stack")]
    Stack(usize),
    /// A larger table than granted.
    #[error("a table of more than {0} elements")]
    Table(usize),
    /// More time on the processor than granted.
    #[error("more than {0:?} of processor time")]
    Cpu(Duration),
    /// More wall time than granted, host calls included.
    #[error("more than {0:?} of time")]
    Wall(Duration),
    /// More requests than granted.
    #[error("more than {0} requests")]
    Requests(u32),
    /// More requests at the same time than granted.
    #[error("more than {0} requests at the same time")]
    OpenRequests(u32),
    /// More bytes in request bodies than granted.
    #[error("more than {0} bytes sent")]
    Sent(u64),
    /// More bytes in response bodies than granted.
    #[error("more than {0} bytes received")]
    Received(u64),
    /// A larger response than granted.
    #[error("a response of more than {0} bytes")]
    Response(u64),
    /// More header fields than granted.
    #[error("more than {0} bytes of header fields")]
    Fields(usize),
    /// More open handles than granted.
    #[error("more than {0} open handles")]
    Handles(usize),
    /// A larger answer, or more arguments to a function of the host, than granted.
    #[error("more than {0} bytes in one answer or host call")]
    Answer(usize),
    /// More output than granted.
    #[error("more than {0} bytes of output")]
    Output(u64),
    /// More written into one folder than one call may.
    #[error("more than {0} bytes written into one folder")]
    Written(u64),
    /// More made in one folder than one call may.
    #[error("more than {0} new files in one folder")]
    Created(u64),
    /// The state folder's quota, in bytes, over all calls.
    #[error("more than {0} bytes in the state folder")]
    StateBytes(u64),
    /// The state folder's quota, in files, over all calls.
    #[error("more than {0} files in the state folder")]
    StateFiles(u64),
    /// The last free space of the disk that a folder is on.
    #[error("the last {0} free bytes of the disk")]
    DiskSpace(u64),
    /// More text for the session's log than granted.
    #[error("more than {0} bytes for the log")]
    Log(usize),
    /// More sessions in one listing than granted.
    #[error("more than {0} sessions listed")]
    Listed(usize),
    /// More entries read of folders than one call may.
    #[error("more than {0} entries of folders")]
    Entries(u64),
    /// A longer id of a session than there can be.
    #[error("more than {0} bytes for a session's id")]
    SessionId(usize),
    /// More values in an answer than are read.
    #[error("more than {0} values in an answer")]
    Values(usize),
    /// Its records belong to somebody else by now, or can't be stored: it may neither store nor send anything more.
    #[error("up its lease of the state, which is stored elsewhere or can't be stored now")]
    Lease,
}

impl LimitHit {
    /// Its name for programs.
    /// It stands in the record and in JSON that programs read, so it stays what it is.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory(_) => "memory",
            Self::Stack(_) => "stack",
            Self::Table(_) => "table",
            Self::Cpu(_) => "cpu",
            Self::Wall(_) => "wall",
            Self::Requests(_) => "requests",
            Self::OpenRequests(_) => "open-requests",
            Self::Sent(_) => "sent",
            Self::Received(_) => "received",
            Self::Response(_) => "response",
            Self::Fields(_) => "fields",
            Self::Handles(_) => "handles",
            Self::Answer(_) => "answer",
            Self::Output(_) => "output",
            Self::Written(_) => "written",
            Self::Created(_) => "created",
            Self::StateBytes(_) => "state-bytes",
            Self::StateFiles(_) => "state-files",
            Self::DiskSpace(_) => "disk-space",
            Self::Log(_) => "log",
            Self::Listed(_) => "listed",
            Self::Entries(_) => "entries",
            Self::SessionId(_) => "session-id",
            Self::Values(_) => "values",
            Self::Lease => "lease",
        }
    }
}
