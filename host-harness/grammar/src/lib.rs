//! The contract's table of commands as clap has it: parsers, help, completions and the manual are made of that. Not here: what a
//! command does, and what a program itself knows of some values ([`Program`]).
//!
//! Two programs read lines by it: the command line of one machine (`cli`), and `libtv-video fleet`, whose tests run it without the
//! other.
#![deny(unsafe_code)]

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, ValueParser};
use clap::{Arg, ArgAction, Command, ValueHint, value_parser};
use contract::channels;
use contract::commands::{self, Opt, Runner, Side, Value};

/// What the program that reads the lines adds to the table.
pub trait Program {
    /// Whether it was built with a feature.
    fn is_built(&self, feature: &str) -> bool;

    /// What it makes of a value of a command, where the table leaves that to it.
    fn parser(&self, command: &str, name: &str, value: Value) -> Option<ValueParser>;

    /// What an option is that isn't given, where help is to say so. The table has no numbers that are a library's own.
    fn default_of(&self, command: &str, name: &str) -> Option<String>;

    /// What help says behind a command's options.
    fn after_help(&self, command: &str) -> Option<String>;
}

/// Whether a command or an option is there, of which the table says that it takes this feature.
pub fn is_there(program: &dyn Program, feature: Option<&str>) -> bool {
    feature.is_none_or(|feature| program.is_built(feature))
}

/// A command of the table with all that is below it; `json` where it takes `--json`, which those below never do. What the program
/// was built without isn't there: it would only be refused.
pub fn command(command: &'static commands::Command, json: bool, program: &dyn Program) -> Command {
    // The manual of a command of the component says what its `--help` says.
    let side = match command.runner {
        Runner::Component => Side::Component,
        Runner::Harness | Runner::Both => Side::Harness,
    };
    let options = command
        .options_of(side)
        .filter(|option| is_there(program, option.feature));
    // Those below take no `--json` of their own: what they print is either JSON already or for people alone.
    let below = command
        .below
        .iter()
        .filter(|below| is_there(program, below.feature))
        .map(|below| self::command(below, false, program));
    let mut translated = Command::new(command.name)
        .about(sentence(command.about))
        .subcommand_required(!command.below.is_empty())
        .args(words(command, program))
        .args(options.map(|option| argument(command, option, program)))
        .subcommands(below);
    if json {
        let json = Arg::new("json").long("json").action(ArgAction::SetTrue);
        translated = translated.arg(json.help("A machine-readable reply"));
    }
    match program.after_help(command.name) {
        Some(text) => translated.after_help(text),
        None => translated,
    }
}

/// What stands beside its options.
fn words(command: &'static commands::Command, program: &dyn Program) -> Option<Arg> {
    let words = &command.words;
    (words.most > 0).then(|| {
        Arg::new(words.name)
            .value_name(words.name)
            .help(sentence(words.about))
            .value_parser(parser(command.name, words.name, words.value, program))
            .required(words.needed && command.runner != Runner::Component)
    })
}

/// One of its options. What may be given again, and what counts for every command below, clap has to be told; whether it has to be
/// there it judges for the program's own commands alone.
fn argument(
    command: &'static commands::Command,
    option: &'static Opt,
    program: &dyn Program,
) -> Arg {
    let help = match program.default_of(command.name, option.name) {
        Some(default) => format!("{} [default: {default}]", sentence(option.about)),
        None => sentence(option.about),
    };
    let argument = Arg::new(option.name)
        .long(option.name)
        .help(help)
        // What stands above commands counts for each of them, and is given behind them as well.
        .global(!command.below.is_empty())
        // Of the component's commands it is judged by the component, in words of its own.
        .required(option.needed && command.runner == Runner::Harness)
        .conflicts_with_all(option.conflicts)
        .aliases(option.formerly);
    if option.value == Value::Flag {
        return argument.action(ArgAction::SetTrue);
    }
    let argument = argument.value_name(option.value_name).value_parser(parser(
        command.name,
        option.name,
        option.value,
        program,
    ));
    match option.value {
        Value::File | Value::WordsFile => argument.value_hint(ValueHint::FilePath),
        Value::Folder => argument.value_hint(ValueHint::DirPath),
        // Groups of some platforms have numbers below zero.
        Value::Chat => argument.allow_negative_numbers(true),
        Value::Pair => argument.action(ArgAction::Append),
        _ if option.many => argument.num_args(1..),
        _ => argument,
    }
}

/// What becomes of a value: the program's own word comes first, then what the table says of its kind; else it is text.
fn parser(command: &str, name: &str, value: Value, program: &dyn Program) -> ValueParser {
    if let Some(own) = program.parser(command, name, value) {
        return own;
    }
    // Each kind has one meaning in all programs, so that a value that is wrong is refused in the same words.
    match value {
        Value::Number => value_parser!(u64).into(),
        Value::File | Value::Folder | Value::WordsFile => value_parser!(PathBuf),
        Value::Channel => PossibleValuesParser::new(channels::words()).into(),
        Value::Choice(known) => PossibleValuesParser::new(known).into(),
        Value::Address => value_parser!(std::net::SocketAddr).into(),
        Value::Pair => ValueParser::new(pair),
        _ => ValueParser::string(),
    }
}

/// What stands before and behind the sign.
///
/// # Errors
/// Where there is none. The text isn't repeated: it may be a secret.
fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it has to be NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
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
