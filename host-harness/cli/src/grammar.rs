//! All commands as clap knows them: its own, and the component's, described for completions and the manual. Parsing is
//! `arguments`'; a test compares this with what the component says of itself.

use clap::{Arg, ArgAction, Command, CommandFactory, ValueHint};

use super::arguments::Arguments;

/// An option that takes a value: its name, how the value is called, what it is.
type Valued = (&'static str, &'static str, &'static str);

/// A command of the component.
struct Entry {
    name: &'static str,
    about: &'static str,
    /// The word beside the options: how it is called, and what it is.
    word: Option<(&'static str, &'static str)>,
    options: &'static [Valued],
}

const API_KEY: Valued = (
    "api-key",
    "K",
    "A key: mgk_… or sk-libtv-…; - reads it from standard input",
);
const VIDEO_RATIO: Valued = (
    "video-ratio",
    "W:H",
    "The ratio of videos whose request names none",
);
const SESSION_ID: Valued = ("session-id", "ID", "The session");
const PROJECT_ID: Valued = (
    "project-id",
    "UUID",
    "The session's project, if it isn't known here",
);
const CHAT_ID: Valued = ("chat-id", "ID", "The user or chat: ou_…, oc_… or an email");
const ID: (&str, &str) = ("ID", "The session, or 8 or more characters of its id");

const ENTRIES: [Entry; 13] = [
    Entry {
        name: "setup",
        about: "Store the API key and the default video ratio",
        word: None,
        options: &[API_KEY, VIDEO_RATIO],
    },
    Entry {
        name: "check",
        about: "Show what is configured, and whether the key is good",
        word: None,
        options: &[],
    },
    Entry {
        name: "update-key",
        about: "Replace the API key",
        word: None,
        options: &[API_KEY],
    },
    Entry {
        name: "update-ratio",
        about: "Replace the default video ratio",
        word: None,
        options: &[VIDEO_RATIO],
    },
    Entry {
        name: "remove-key",
        about: "Forget the API key",
        word: None,
        options: &[],
    },
    Entry {
        name: "upload",
        about: "Upload an image or a video that a request refers to",
        word: None,
        options: &[
            ("file", "PATH", "The file; - reads it from standard input"),
            (
                "name",
                "NAME",
                "Its name, when it comes from standard input",
            ),
            (
                "size",
                "BYTES",
                "Its length, when it comes from standard input",
            ),
        ],
    },
    Entry {
        name: "create-session",
        about: "Submit a request; results arrive in the chat by themselves",
        word: Some(("TEXT", "What the user asked for, word for word")),
        options: &[
            SESSION_ID,
            (
                "channel",
                "C",
                "Where the user's message came from: feishu or lark",
            ),
            CHAT_ID,
        ],
    },
    Entry {
        name: "query-session",
        about: "Show a session's messages and results",
        word: Some(ID),
        options: &[
            (
                "after-seq",
                "N",
                "Only messages with a greater sequence number",
            ),
            PROJECT_ID,
        ],
    },
    Entry {
        name: "download-results",
        about: "Store results in a folder",
        word: Some(ID),
        options: &[
            ("urls", "U", "These results instead of a session's"),
            ("output-dir", "D", "The folder"),
            ("prefix", "P", "What the files' names begin with"),
        ],
    },
    Entry {
        name: "wait-and-deliver",
        about: "Watch one session here until its results are delivered",
        word: None,
        options: &[SESSION_ID, PROJECT_ID],
    },
    Entry {
        name: "tasks",
        about: "List the key's tasks on the gateway",
        word: None,
        options: &[],
    },
    Entry {
        name: "recover",
        about: "Show every known session and deliver what is missing",
        word: Some(ID),
        options: &[],
    },
    Entry {
        name: "change-project",
        about: "Begin a new project on the canvas",
        word: None,
        options: &[],
    },
];

/// The whole command line.
pub(crate) fn command() -> Command {
    Arguments::command()
        .allow_external_subcommands(false)
        .about("Videos and images by LibTV, delivered to Feishu and Lark")
        .subcommands(ENTRIES.iter().map(Entry::command))
}

impl Entry {
    fn command(&self) -> Command {
        let options = self.options.iter().map(|(name, value, help)| {
            let option = Arg::new(*name).long(*name).value_name(*value).help(*help);
            match *name {
                "file" => option.value_hint(ValueHint::FilePath),
                "output-dir" => option.value_hint(ValueHint::DirPath),
                "channel" => option.value_parser(["feishu", "lark"]),
                "urls" => option.num_args(1..),
                _ => option,
            }
        });
        let word = self
            .word
            .map(|(name, help)| Arg::new(name).value_name(name).help(help));
        let json = Arg::new("json")
            .long("json")
            .action(ArgAction::SetTrue)
            .help("A machine-readable reply");
        Command::new(self.name)
            .about(self.about)
            .args(word)
            .args(options)
            .arg(json)
    }
}
