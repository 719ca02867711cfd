//! What can go wrong, in three layers: starting, calling, serving. Each error says what failed, whether
//! trying again helps, and what to do. None of them ever holds a secret.

use std::path::PathBuf;

use sandbox::audit::OK;
use sandbox::error::{LimitHit, LoadError, RunError};

use crate::types::{Problem, ProblemKind};

/// Why a harness could not be made. Nothing here passes by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The bytes are no component of the world, or the engine refuses them.
    #[error("the component can't be loaded: {0}")]
    Component(String),
    /// The engine can't run on this machine.
    #[error("the WebAssembly engine can't start: {0}")]
    Engine(String),
    /// A setting is wrong; the text names it and what it should look like.
    #[error("{name}: {reason}")]
    Setting {
        /// The variable or setting.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A folder or file of the harness can't be used.
    #[error(transparent)]
    Home(#[from] HomeError),
}

impl StartError {
    /// Its name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Component(_) => "component",
            Self::Engine(_) => "engine",
            Self::Setting { .. } => "setting",
            Self::Home(_) => "file-trouble",
        }
    }
}

impl From<LoadError> for StartError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Component(reason) => Self::Component(reason),
            LoadError::Engine(reason) => Self::Engine(reason),
        }
    }
}

/// A file or folder under `$NEXU_HOME` can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{action} {}: {source}{}", path.display(), home_advice(source))]
pub struct HomeError {
    /// What was tried, as the beginning of the sentence: `can't create`.
    pub action: &'static str,
    /// On which file or folder.
    pub path: PathBuf,
    /// Why it failed.
    #[source]
    pub source: std::io::Error,
}

/// What to do about it; empty where the error says that itself.
fn home_advice(error: &std::io::Error) -> &'static str {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::ReadOnlyFilesystem => {
            ". It is read-only: what stores something needs a home folder that can be written (NEXU_HOME)"
        }
        ErrorKind::PermissionDenied => {
            ". It is read-only for this user: what stores something needs a home folder that can be written (NEXU_HOME)"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ". Make room on that disk",
        // Our own sentences come as this kind, and say themselves what to do.
        ErrorKind::Other => "",
        _ => ". Check that the folder exists, belongs to you and has free space",
    }
}

impl HomeError {
    pub(crate) fn new(
        action: &'static str,
        path: impl Into<PathBuf>,
        source: std::io::Error,
    ) -> Self {
        Self {
            action,
            path: path.into(),
            source,
        }
    }
}

/// What can go wrong with `libtv.json`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It is there, but not a JSON object.
    #[error("{} is damaged: {reason}. Repair it or move it away, then run setup again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, without its content.
        reason: String,
    },
    /// It can't be read or written.
    #[error("{action} {}: {source}. Check permissions and free space", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

impl ConfigError {
    /// What is wrong, without the file's name and without advice: the component says both itself.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Damaged { reason, .. } => reason.clone(),
            Self::Io { action, source, .. } => format!("{action} it: {source}"),
        }
    }
}

/// Why a typed call or a command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The component answered with an error of its own.
    #[error("{}", .0.message)]
    Problem(Problem),
    /// The call was stopped at a limit. The session's files are as if the process had died: it goes on later.
    #[error("the step was stopped: it used {0}")]
    Limit(LimitHit),
    /// The component trapped.
    #[error("the component failed: {0}")]
    Trap(String),
    /// A file or folder can't be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// `libtv.json` can't be read or written; see there.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The arguments ask for something that is never granted; the text says what and why.
    #[error("{0}")]
    Refused(String),
    /// The arguments can't be read; the text is that of wrong usage, `❌` included. Nothing was run or noted.
    #[error("{0}")]
    Usage(String),
    /// The program's own source of credentials can't be read, with its words for why. Nothing was run: no other place is asked.
    #[error("the credentials can't be read: {0}")]
    Credentials(String),
    /// The call was made on a thread without a runtime. Nothing was run.
    #[error("{NO_RUNTIME}")]
    NoRuntime,
}

/// What is said to whoever calls from a thread without a runtime.
const NO_RUNTIME: &str = "there is no tokio runtime on this thread: make the call inside one that has time and network enabled \
     (Runtime::block_on, or await it in a task)";

/// What a program can do about an error, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The same call may succeed later.
    Temporary,
    /// It won't before something is changed: a setting, the arguments, the program.
    Permanent,
    /// Nobody knows whether it had its effect: to be found out before it is made again.
    OutcomeUnknown,
}

impl From<RunError> for CallError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Limit(hit) => Self::Limit(hit),
            RunError::Trap(what) => Self::Trap(what),
            RunError::Folder { path, source } => {
                Self::Home(HomeError::new("can't open", path, source))
            }
        }
    }
}

impl CallError {
    /// What a program can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Problem(problem) => match problem.kind {
                ProblemKind::Temporary => ErrorKind::Temporary,
                ProblemKind::Permanent => ErrorKind::Permanent,
                ProblemKind::PermanentOutcomeUnknown => ErrorKind::OutcomeUnknown,
            },
            // What caused a limit or a trap may be gone, and a step is safe to repeat; a vault is unlocked some time.
            Self::Limit(_) | Self::Trap(_) | Self::Home(_) | Self::Credentials(_) => {
                ErrorKind::Temporary
            }
            // These stay until a person changes the file, the arguments or the program.
            Self::Config(_) | Self::Refused(_) | Self::Usage(_) | Self::NoRuntime => {
                ErrorKind::Permanent
            }
        }
    }

    /// Whether the same call may succeed later.
    pub fn is_temporary(&self) -> bool {
        self.kind() == ErrorKind::Temporary
    }

    /// Its name for programs. It stays what it is: the record has it as well, and of a limit which one it was.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Problem(problem) => match problem.kind {
                ProblemKind::Temporary => "failed-temporarily",
                ProblemKind::Permanent => "failed",
                ProblemKind::PermanentOutcomeUnknown => "outcome-unknown",
            },
            Self::Limit(_) => "stopped-at-limit",
            Self::Trap(_) => "trap",
            Self::Home(_) => "file-trouble",
            Self::Config(_) => "config-trouble",
            Self::Refused(_) => "refused",
            Self::Usage(_) => "wrong-usage",
            Self::Credentials(_) => "credentials-unread",
            Self::NoRuntime => "no-runtime",
        }
    }

    /// Why, for programs: the component's own cause by its name, which says more than that it failed, and else the
    /// [`code`](Self::code). docs/embedding.md lists them all.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Problem(problem) => problem.cause.name(),
            other => other.code(),
        }
    }

    /// Its name in the record.
    fn name(&self) -> String {
        match self {
            Self::Limit(hit) => format!("stopped-at-{}-limit", hit.name()),
            other => other.code().to_owned(),
        }
    }

    /// What the record says of how a call ended.
    pub(crate) fn outcome(result: Result<i32, &Self>) -> String {
        match result {
            Ok(0) => OK.to_owned(),
            Ok(code) => format!("exit-{code}"),
            Err(error) => error.name(),
        }
    }

    /// How long the service asked to wait, in milliseconds.
    pub fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::Problem(problem) => problem.retry_after_ms,
            _ => None,
        }
    }

    /// What the user can do about it, or empty.
    pub fn advice(&self) -> &str {
        match self {
            Self::Problem(problem) => problem.advice.as_deref().unwrap_or_default(),
            _ => "",
        }
    }
}

/// Why the timer could not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Another harness owns the state folder. It does the work; there is nothing to do here.
    #[error("another harness{} is already polling {} (lock {})", process_text(*process), state.display(), lock.display())]
    Owned {
        /// The other one's process, where the lock file tells.
        process: Option<u32>,
        /// The state folder.
        state: PathBuf,
        /// The lock file that the other one holds.
        lock: PathBuf,
    },
    /// A folder or the lock can't be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// It was called on a thread without a runtime.
    #[error("{NO_RUNTIME}")]
    NoRuntime,
}

impl ServeError {
    /// Its name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Owned { .. } => "owned",
            Self::Home(_) => "file-trouble",
            Self::NoRuntime => "no-runtime",
        }
    }
}

/// Whether there is a runtime on this thread. Without one the first timer or connection would end the program with a panic.
///
/// # Errors
/// There is none.
pub(crate) fn in_runtime() -> Result<(), CallError> {
    tokio::runtime::Handle::try_current()
        .map(drop)
        .map_err(|_| CallError::NoRuntime)
}

fn process_text(process: Option<u32>) -> String {
    process.map_or_else(String::new, |id| format!(" (process {id})"))
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
