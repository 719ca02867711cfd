//! What the program adds to the contract's table of commands: by that its own commands are parsed, and completions, the manual
//! and their help are made of all of them. Not here: how clap has the table (`grammar`).

use clap::builder::{EnumValueParser, ValueParser};
use clap::{Command, ValueEnum, value_parser};
use clap_complete::Shell;
use contract::channels;
use contract::commands::{self, Runner, Value};
use grammar::Program;

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
            .map(|command| grammar::command(command, command.runner != Runner::Harness, &Own)),
    )
}

/// The commands of the program itself, as they are parsed.
pub(crate) fn own() -> Command {
    root().subcommand_required(true).subcommands(
        commands::all()
            .filter(|command| is_own(command))
            .map(|command| grammar::command(command, command.runner == Runner::Both, &Own)),
    )
}

/// Whether the program runs a command of this name itself. To set up clap's grammar takes longer than a short command.
pub(crate) fn runs(name: &str) -> bool {
    commands::find(name).is_some_and(is_own)
}

/// Whether the program runs it, and not the component or the fleet: that reads its arguments itself, by the same table.
fn is_own(command: &commands::Command) -> bool {
    command.runner != Runner::Component
        && is_built(command.feature)
        && command.feature != Some("fleet")
}

/// Whether this program was built with a feature.
pub(crate) fn is_built(feature: Option<&str>) -> bool {
    grammar::is_there(&Own, feature)
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

/// What this program knows of its commands.
struct Own;

impl Program for Own {
    fn is_built(&self, feature: &str) -> bool {
        match feature {
            "mcp" => cfg!(feature = "mcp"),
            "demo" => cfg!(feature = "demo"),
            "dashboard" => cfg!(feature = "dashboard"),
            "fleet" => cfg!(feature = "fleet"),
            _ => true,
        }
    }

    fn parser(&self, command: &str, name: &str, value: Value) -> Option<ValueParser> {
        Some(match value {
            Value::Number if name == "max-parallel" => {
                value_parser!(u64).range(1..=MAX_PARALLEL).into()
            }
            Value::Agent => ValueParser::new(Agent::parse),
            Value::Listed => match command {
                "completions" => listed::<Shell>(),
                "print" => listed::<Manager>(),
                _ => listed::<Variant>(),
            },
            _ => return None,
        })
    }

    fn default_of(&self, _: &str, name: &str) -> Option<String> {
        (name == "max-parallel").then(|| DEFAULT_PARALLEL.to_string())
    }

    fn after_help(&self, command: &str) -> Option<String> {
        #[cfg(feature = "mcp")]
        if command == "mcp" {
            return Some(super::mcp::help());
        }
        let _ = command;
        None
    }
}

/// One of a list that clap knows.
fn listed<T: ValueEnum + Clone + Send + Sync + 'static>() -> ValueParser {
    EnumValueParser::<T>::new().into()
}
