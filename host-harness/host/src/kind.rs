//! Which call of this skill it is: what it is named in the record, what it is about, and what it is for. Not here: what it
//! did, which the sandbox writes down (`sandbox::audit`).

use std::sync::Arc;

use contract::commands::find;
use contract::kind;
use sandbox::audit::Beginning;

/// The longest command is `download-results`.
const COMMAND_CHARS: usize = 24;
/// Commands that send nothing, whatever comes: they have no part in what a killed process may have done.
const QUIET: [&str; 2] = ["status", "help"];

/// Which call it is. Arguments are left out: they hold the user's words.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Poll(String),
    Due,
    Submit(Option<String>),
    Query(String),
    Check,
    Cancel(String),
    Doctor,
    Status(Option<String>),
    Tasks,
    Recover(Option<String>),
    ChangeProject,
    Upload,
    /// Into a folder of the user's; the session whose results they are, where one is named.
    Download(Option<String>),
    /// A result that the harness opened for a person, and the session it is shown for. No component has a part in it.
    OpenResult(Option<String>),
    /// A command of the component's command line, and the session it names.
    Command(String, Option<String>),
}

impl Kind {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Poll(_) => "poll",
            Self::Due => "due",
            Self::Submit(_) => "submit",
            Self::Query(_) => "query",
            Self::Check => "check",
            Self::Cancel(_) => "cancel",
            Self::Doctor => "doctor",
            Self::Status(_) => "status",
            Self::Tasks => "tasks",
            Self::Recover(_) => "recover",
            Self::ChangeProject => "change-project",
            Self::Upload => "upload",
            Self::Download(_) => "download",
            Self::OpenResult(_) => "open-result",
            Self::Command(..) => "command",
        }
    }

    /// The session it is about, where it names one.
    pub(crate) fn session(&self) -> Option<&str> {
        match self {
            Self::Poll(id) | Self::Query(id) | Self::Cancel(id) => Some(id),
            Self::Submit(id)
            | Self::Status(id)
            | Self::Recover(id)
            | Self::OpenResult(id)
            | Self::Download(id)
            | Self::Command(_, id) => id.as_deref(),
            Self::Due
            | Self::Check
            | Self::Doctor
            | Self::Tasks
            | Self::ChangeProject
            | Self::Upload => None,
        }
    }

    /// The command's name as the record may hold it.
    fn command(&self) -> Option<&str> {
        match self {
            // Whatever else stands in its place may be the user's words, and the record holds none.
            Self::Command(name, _) if is_command(name) => Some(name),
            Self::Command(..) => Some("unknown"),
            _ => None,
        }
    }

    /// Whether it may send something that has an effect: then its beginning is noted.
    fn may_send(&self) -> bool {
        match self {
            // An opened result only reads, and nobody is charged or told by that.
            Self::Due | Self::Status(_) | Self::OpenResult(_) => false,
            Self::Command(name, _) => !QUIET.contains(&name.as_str()),
            _ => true,
        }
    }

    /// What the call is for, which decides what it may reach.
    pub(crate) fn call(&self) -> kind::Kind {
        match self {
            Self::Due | Self::Status(_) => kind::Kind::Look,
            Self::Cancel(_) => kind::Kind::Cancel,
            Self::Doctor => kind::Kind::Doctor,
            Self::Poll(_) | Self::Recover(_) => kind::Kind::Poll,
            Self::Submit(_) | Self::ChangeProject => kind::Kind::Submit,
            Self::Query(_) | Self::Check | Self::Tasks => kind::Kind::Check,
            Self::Upload => kind::Kind::Upload,
            Self::OpenResult(_) | Self::Download(_) => kind::Kind::Download,
            // What is no command (help, a misspelling) only looks.
            Self::Command(name, _) => find(name).map_or(kind::Kind::Look, |known| known.kind),
        }
    }

    /// What the record says of it beforehand: `component` and `policy` are digests of what runs and of what is granted.
    pub(crate) fn beginning(&self, component: &str, policy: Arc<str>) -> Beginning {
        // The digest says what ran: where nothing did, none may stand there.
        let runs = !matches!(self, Self::OpenResult(_));
        Beginning {
            call: self.name(),
            command: self.command().map(str::to_owned),
            session: self.session().map(str::to_owned),
            component: runs.then(|| component.to_owned()),
            policy,
            may_send: self.may_send(),
        }
    }
}

/// Whether it can be a command's name. Anything else may be words of the user.
fn is_command(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c == '-';
    name.len() <= COMMAND_CHARS && name.chars().all(plain)
}
