//! The table of commands as clap has it: by this the program's own commands are parsed, and completions, the manual and
//! their help are made of all of them.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, ValueParser};
use clap::{Arg, ArgAction, Command, ValueEnum, ValueHint, value_parser};
use clap_complete::Shell;
use contract::channels;
use contract::commands::{self, Opt, Runner, Side, Value};

use super::service::Manager;
use super::skill::{Agent, Variant};

/// The library's own default.
pub(crate) const DEFAULT_PARALLEL: usize = host::limits::PARALLEL_STEPS;
/// And its bound.
const MAX_PARALLEL: u64 = host::limits::MAX_PARALLEL_STEPS as u64;

/// The whole command line, as shells and the manual show it.
pub(crate) fn whole() -> Command {
    root().subcommands(
        commands::all()
            .filter(|command| is_built(command.feature))
            .map(|command| translated(command, command.runner != Runner::Harness)),
    )
}

/// The commands of the program itself, as they are parsed.
pub(crate) fn own() -> Command {
    root().subcommand_required(true).subcommands(
        commands::all()
            .filter(|command| is_own(command))
            .map(|command| translated(command, command.runner == Runner::Both)),
    )
}

/// Whether the program runs a command of this name itself. To set up clap's grammar takes longer than a short command.
pub(crate) fn runs(name: &str) -> bool {
    commands::find(name).is_some_and(is_own)
}

/// Whether the program runs it and not the component alone.
fn is_own(command: &commands::Command) -> bool {
    command.runner != Runner::Component && is_built(command.feature)
}

/// Whether this program was built with a feature.
pub(crate) fn is_built(feature: Option<&str>) -> bool {
    match feature {
        Some("mcp") => cfg!(feature = "mcp"),
        Some("demo") => cfg!(feature = "demo"),
        Some("dashboard") => cfg!(feature = "dashboard"),
        Some(_) | None => true,
    }
}

/// The program itself, without commands.
fn root() -> Command {
    Command::new("libtv-video")
        .version(env!("CARGO_PKG_VERSION"))
        .about(format!(
            "Videos and images by LibTV, delivered to {}",
            channels::listed("and")
        ))
        .disable_help_subcommand(true)
}

/// A command of the table as clap has it; `json` where it takes `--json`.
fn translated(command: &'static commands::Command, json: bool) -> Command {
    // The manual of a command of the component says what its `--help` says.
    let side = match command.runner {
        Runner::Component => Side::Component,
        Runner::Harness | Runner::Both => Side::Harness,
    };
    let options = command
        .options_of(side)
        .filter(|option| is_built(option.feature));
    let below = command.below.iter().map(|below| translated(below, false));
    let mut translated = Command::new(command.name)
        .about(sentence(command.about))
        .subcommand_required(!command.below.is_empty())
        .args(words(command))
        .args(options.map(|option| argument(command, option)))
        .subcommands(below);
    if json {
        let json = Arg::new("json").long("json").action(ArgAction::SetTrue);
        translated = translated.arg(json.help("A machine-readable reply"));
    }
    #[cfg(feature = "mcp")]
    if command.name == "mcp" {
        translated = translated.after_help(super::mcp::help());
    }
    translated
}

/// What stands beside its options.
fn words(command: &'static commands::Command) -> Option<Arg> {
    let words = &command.words;
    (words.most > 0).then(|| {
        Arg::new(words.name)
            .value_name(words.name)
            .help(sentence(words.about))
            .value_parser(parser(command.name, words.name, words.value))
            .required(words.needed && command.runner != Runner::Component)
    })
}

/// One of its options.
fn argument(command: &'static commands::Command, option: &'static Opt) -> Arg {
    let argument = Arg::new(option.name)
        .long(option.name)
        .help(sentence(option.about))
        .conflicts_with_all(option.conflicts)
        .aliases(option.formerly);
    if option.value == Value::Flag {
        return argument.action(ArgAction::SetTrue);
    }
    let argument = argument.value_name(option.value_name).value_parser(parser(
        command.name,
        option.name,
        option.value,
    ));
    match option.value {
        Value::File | Value::WordsFile => argument.value_hint(ValueHint::FilePath),
        Value::Folder => argument.value_hint(ValueHint::DirPath),
        // Groups of some platforms have numbers below zero.
        Value::Chat => argument.allow_negative_numbers(true),
        _ if option.many => argument.num_args(1..),
        // The default is the library's; clap's own would have to be written down here.
        _ if option.name == "max-parallel" => argument.help(format!(
            "{} [default: {DEFAULT_PARALLEL}]",
            sentence(option.about)
        )),
        _ => argument,
    }
}

/// What the program makes of a value.
fn parser(command: &str, name: &str, value: Value) -> ValueParser {
    match value {
        Value::Number if name == "max-parallel" => {
            value_parser!(u64).range(1..=MAX_PARALLEL).into()
        }
        Value::Number => value_parser!(u64).into(),
        Value::File | Value::Folder | Value::WordsFile => value_parser!(PathBuf),
        Value::Channel => PossibleValuesParser::new(channels::words()).into(),
        Value::Choice(known) => PossibleValuesParser::new(known).into(),
        Value::Address => value_parser!(std::net::SocketAddr).into(),
        Value::Agent => ValueParser::new(Agent::parse),
        Value::Listed => match command {
            "completions" => listed::<Shell>(),
            "print" => listed::<Manager>(),
            _ => listed::<Variant>(),
        },
        _ => ValueParser::string(),
    }
}

/// One of a list that clap knows.
fn listed<T: ValueEnum + Clone + Send + Sync + 'static>() -> ValueParser {
    clap::builder::EnumValueParser::<T>::new().into()
}

/// As clap's own texts are: with a capital letter, in one line.
fn sentence(about: &str) -> String {
    let mut chars = about.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first
        .chain(chars)
        .map(|c| if c == '\n' { ' ' } else { c })
        .collect()
}
