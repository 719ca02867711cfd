//! The command line as a table: every command with its words, options and exit codes, whoever runs it.
//!
//! The component's parser and help, what the harness understands of arguments, clap's grammar (help, completions, manual)
//! and the tables of the documents come from here.

mod fleet;
mod harness;
mod jobs;
mod line;
mod options;
mod rules;
mod settings;
mod suggest;
mod words;

pub use line::{Asked, Line, Mistake, read};
pub use rules::{is_blank, is_nowhere};
pub use words::from_bytes as words_from_bytes;

use crate::kind::Kind;

/// What can be asked for by `--kind`.
pub const MEDIA_KINDS: &[&str] = &["image", "video"];

/// What `--service` takes: the services that make media, by the words of their entries.
pub const SERVICE_WORDS: &[&str] = &["nexu", "libtv", "ark", "modelark", "pippit", "pippit-intl"];

/// The most words one request may have, in bytes of UTF-8. No service documents a limit near it; it is what one message of
/// an MCP client may have, eight times what Linux takes in one argument, and small beside a call's memory.
pub const MAX_WORDS_BYTES: usize = 1 << 20;

/// One command.
#[derive(Debug)]
pub struct Command {
    /// What it is called.
    pub name: &'static str,
    /// What it does, in half a line, without a capital letter or a full stop.
    pub about: &'static str,
    /// Under which heading help lists it.
    pub group: Group,
    /// Who runs it.
    pub runner: Runner,
    /// What it may reach.
    pub kind: Kind,
    /// What stands beside its options.
    pub words: Words,
    /// Its options; `--json`, `--help` and `--version` of every command aside.
    pub options: &'static [Opt],
    /// Commands below it (`skill install`).
    pub below: &'static [Command],
    /// What must be there: one of these options or words, else the sentence.
    pub needs: Option<Need>,
    /// What to know before using it.
    pub body: &'static str,
    /// A command line that works.
    pub example: &'static str,
    /// What exit codes 0 and 1 mean here; 2 is wrong usage everywhere.
    pub exits: (&'static str, &'static str),
    /// The feature of the program without which it isn't there.
    pub feature: Option<&'static str>,
}

/// The headings of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Jobs are begun.
    Make,
    /// Jobs are watched, results fetched.
    Watch,
    /// Keys, ratio and what else is set.
    Configure,
    /// The timer and other programs that stay.
    Run,
    /// What the sandbox grants and did.
    Inspect,
    /// What teaches shells and people.
    Learn,
}

/// Who runs a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// The component, in the sandbox.
    Component,
    /// The program around it.
    Harness,
    /// The component answers in JSON; the program around it asks for that and shows it to people.
    Both,
}

/// Who reads a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The component: options of the program around it are unknown to it.
    Component,
    /// The program around it.
    Harness,
}

/// The words beside the options.
#[derive(Debug)]
pub struct Words {
    /// What one is; [`Value::Flag`] where there are none.
    pub value: Value,
    /// How it is called in usage lines.
    pub name: &'static str,
    /// What it means.
    pub about: &'static str,
    /// How many there may be.
    pub most: usize,
    /// Whether one must be there.
    pub needed: bool,
    /// What to say when there are more.
    pub too_many: &'static str,
}

/// One option.
#[derive(Debug)]
pub struct Opt {
    /// Its name, without dashes.
    pub name: &'static str,
    /// What its value is.
    pub value: Value,
    /// How its value is called in usage lines.
    pub value_name: &'static str,
    /// What it means. A line feed continues on a line of its own.
    pub about: &'static str,
    /// Whether it takes every value up to the next option.
    pub many: bool,
    /// Whether it must be given: usage lines show it without brackets.
    pub needed: bool,
    /// Whether only the program around the component knows it.
    pub harness_only: bool,
    /// Options that can't stand beside it.
    pub conflicts: &'static [&'static str],
    /// The feature of the program without which it isn't there.
    pub feature: Option<&'static str>,
    /// What it was called before; still taken, and shown nowhere. Of the program's own commands alone.
    pub formerly: Option<&'static str>,
}

/// What a value is: decides what becomes of it on its way to the component, and how shells complete it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// None.
    Flag,
    /// Any text.
    Text,
    /// The user's words.
    Words,
    /// `-`: the user's words on standard input.
    WordsInput,
    /// A file that holds the user's words.
    WordsFile,
    /// A key, or `-` for standard input. It never reaches the component.
    Key,
    /// A file of this machine.
    File,
    /// A folder of this machine.
    Folder,
    /// A session, or the beginning of its id.
    Session,
    /// A submit of unknown outcome, as `recover` names it.
    Submit,
    /// A user or chat.
    Chat,
    /// A message that is answered.
    Message,
    /// A channel.
    Channel,
    /// A whole number.
    Number,
    /// One of these.
    Choice(&'static [&'static str]),
    /// An address of this machine with a port.
    Address,
    /// `NAME=VALUE`. The option may be given again for another one.
    Pair,
    /// An agent or its folder of skills.
    Agent,
    /// What the program's own list decides (a shell, a service manager).
    Listed,
}

/// What must be there.
#[derive(Debug)]
pub struct Need {
    /// One of these options, filled or not as `filled` says.
    pub one_of: &'static [&'static str],
    /// Whether a word counts too.
    pub or_word: bool,
    /// Whether a blank value counts as none.
    pub filled: bool,
    /// What to say when none is there.
    pub sentence: &'static str,
}

/// All commands, in the order of the help.
pub fn all() -> impl Iterator<Item = &'static Command> {
    known_inside()
        .chain(harness::RUN)
        .chain(harness::INSPECT)
        .chain(harness::LEARN)
}

/// The tables in which commands of the component stand. It links these alone: what the program around it says of its own
/// commands is 8 KB of text that nobody inside shows.
fn known_inside() -> impl Iterator<Item = &'static Command> {
    jobs::MAKE
        .iter()
        .chain(jobs::WATCH)
        .chain(settings::CONFIGURE)
}

/// Those that the component runs, in the order of its help.
pub fn of_component() -> impl Iterator<Item = &'static Command> {
    known_inside().filter(|command| command.runner != Runner::Harness)
}

/// Whether the program around the component has a command of this name, and the component has not.
pub(crate) fn is_of_harness(name: &str) -> bool {
    let mut inside = known_inside().filter(|command| command.runner == Runner::Harness);
    // By names alone: the entries behind them aren't linked into the component.
    inside.any(|command| command.name == name) || harness::NAMES.contains(&name)
}

/// The command of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Command> {
    all().find(|command| command.name == name)
}

impl Group {
    /// The groups that the component knows, in the order of its help.
    pub const OF_COMPONENT: [Self; 3] = [Self::Make, Self::Watch, Self::Configure];

    /// Its heading.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Make => "Make",
            Self::Watch => "Watch and fetch",
            Self::Configure => "Configure",
            Self::Run => "Run",
            Self::Inspect => "Look into the sandbox",
            Self::Learn => "Learn",
        }
    }
}

impl Command {
    /// What stands behind its name in a usage line, as `side` knows it.
    #[must_use]
    pub fn usage(&self, side: Side) -> String {
        let mut parts = Vec::new();
        if self.words.most > 0 {
            parts.push(bracketed(self.words.name, self.words.needed));
        }
        for option in self.options_of(side) {
            let dots = if option.many { "..." } else { "" };
            let space = if option.value_name.is_empty() {
                ""
            } else {
                " "
            };
            let text = ["--", option.name, space, option.value_name, dots].concat();
            parts.push(bracketed(&text, option.needed));
        }
        parts.join(" ")
    }

    /// The options that `side` knows.
    pub fn options_of(&self, side: Side) -> impl Iterator<Item = &'static Opt> + use<> {
        self.options
            .iter()
            .filter(move |option| side == Side::Harness || !option.harness_only)
    }

    /// One of its options.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&'static Opt> {
        self.options.iter().find(|option| option.name == name)
    }
}

/// In brackets where it may be left out.
fn bracketed(text: &str, needed: bool) -> String {
    if needed {
        text.to_owned()
    } else {
        ["[", text, "]"].concat()
    }
}

#[cfg(test)]
mod tests;
