//! The harness's own arguments, by clap; the component's are passed on untouched.

use std::ffi::OsString;

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use clap_complete::Shell;

use super::audit;
#[cfg(feature = "demo")]
use super::demo;
use super::service::Manager;
use super::skill::{Action, Agent, Variant};
use super::status::Wanted;
use super::{USAGE, help, serve};

/// The library's own default.
#[allow(clippy::cast_possible_truncation)]
const DEFAULT_PARALLEL: u16 = libtv_harness::limits::PARALLEL_STEPS as u16;
/// And its bound.
#[allow(clippy::cast_possible_wrap)]
const MAX_PARALLEL: i64 = libtv_harness::limits::MAX_PARALLEL_STEPS as i64;

/// As many calls as a person looks through.
const DEFAULT_CALLS: usize = 50;

/// The harness's commands. What isn't among them is the component's, and passed on without clap: to set up its grammar
/// takes longer than a short command.
const OWN: &[&str] = &[
    "serve",
    #[cfg(feature = "mcp")]
    "mcp",
    #[cfg(feature = "demo")]
    "demo",
    "status",
    "doctor",
    "audit",
    "grants",
    "skill",
    #[cfg(feature = "compiler")]
    "precompile",
    "service",
    "completions",
    "man",
];

/// What was asked for.
pub(crate) enum Invocation {
    /// Help or version.
    Text { text: String, code: u8 },
    /// The timer.
    Serve(serve::Wanted),
    /// The MCP server.
    #[cfg(feature = "mcp")]
    Mcp { max_parallel: usize },
    /// The demonstration.
    #[cfg(feature = "demo")]
    Demo(demo::Wanted),
    /// What is known here.
    Status(Wanted),
    /// Every link from here to the chat.
    Doctor { chat_id: Option<String>, json: bool },
    /// What calls did.
    Audit(audit::Wanted),
    /// What calls may do.
    Grants { json: bool },
    /// The skill in an agent's folder.
    Skill {
        action: Action,
        agent: Option<Agent>,
    },
    /// What a service manager needs.
    Service(Manager),
    /// Compiled code, before it is needed.
    #[cfg(feature = "compiler")]
    Precompile { output: Option<PathBuf> },
    /// What a shell needs.
    Completions(Shell),
    /// The manual.
    Manual { folder: Option<PathBuf> },
    /// A command of the component.
    Component { arguments: Vec<OsString> },
}

#[derive(Parser)]
#[command(name = "libtv-video", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Poll every session when it is due, until it is stopped
    Serve {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
        /// Sessions polled at once
        #[arg(long, value_name = "N", default_value_t = DEFAULT_PARALLEL, value_parser = clap::value_parser!(u16).range(1..=MAX_PARALLEL))]
        max_parallel: u16,
        /// Also show the jobs on a page of this machine, such as 127.0.0.1:0; its address is printed on standard error
        #[cfg(feature = "page")]
        #[arg(long, value_name = "ADDRESS")]
        ui: Option<std::net::SocketAddr>,
    },
    /// Serve the tools to an agent, by the Model Context Protocol on standard input and output
    #[cfg(feature = "mcp")]
    #[command(after_help = super::mcp::HELP)]
    Mcp {
        /// Sessions polled at once
        #[arg(long, value_name = "N", default_value_t = DEFAULT_PARALLEL, value_parser = clap::value_parser!(u16).range(1..=MAX_PARALLEL))]
        max_parallel: u16,
    },
    /// Show the whole thing on this machine, without an account
    #[cfg(feature = "demo")]
    Demo {
        /// Plain lines instead of a live picture
        #[arg(long)]
        plain: bool,
        /// Also on a page of this machine, such as 127.0.0.1:0, which stays until it is interrupted
        #[cfg(feature = "page")]
        #[arg(long, value_name = "ADDRESS")]
        ui: Option<std::net::SocketAddr>,
    },
    /// Show where the sessions stand, without asking anybody
    Status {
        /// Only this session, with each message; 8 or more characters of its id will do
        id: Option<String>,
        /// How many ended sessions
        #[arg(long, value_name = "N")]
        last: Option<u64>,
        /// One JSON object; with --watch another one whenever something changed
        #[arg(long)]
        json: bool,
        /// Look every second, until it is interrupted
        #[arg(long)]
        watch: bool,
    },
    /// Find out which link is broken, from the key to the chat, and say what to do
    Doctor {
        /// Also send a test text and picture there: ou_…, oc_… or an email
        #[arg(long, value_name = "ID")]
        chat_id: Option<String>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Show what each call did: requests, refusals, credentials used, what it cost
    Audit {
        /// The lines as they are stored, one JSON object each; with --verify one for the verdict
        #[arg(long)]
        json: bool,
        /// Only calls of this session
        #[arg(long, value_name = "ID")]
        session: Option<String>,
        /// The latest so many calls
        #[arg(long, value_name = "N", default_value_t = DEFAULT_CALLS, conflicts_with = "all")]
        last: usize,
        /// All calls that are kept
        #[arg(long)]
        all: bool,
        /// Check that no line was changed, removed, moved or put in; exit code 1 names the first that was
        #[arg(long, conflicts_with_all = ["session", "last", "all"])]
        verify: bool,
    },
    /// Show what a call may do: requests, credentials, recipients, files, limits
    Grants {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Put SKILL.md and the component where an agent looks for skills, or take them away
    Skill {
        #[command(subcommand)]
        command: SkillCommand,
    },
    /// Compile the component now, so that the first command need not
    #[cfg(feature = "compiler")]
    Precompile {
        /// Into a file that a build takes as LIBTV_PRECOMPILED, instead of the cache
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// What a service manager needs to keep `serve` running
    Service {
        #[command(subcommand)]
        command: ServiceCommand,
    },
    /// Print the completion script of a shell
    Completions {
        /// Whose
        shell: Shell,
    },
    /// Print the manual page, or write a page for each command
    Man {
        /// The folder for the pages
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    #[command(external_subcommand)]
    Component(Vec<OsString>),
}

#[derive(Subcommand)]
enum SkillCommand {
    /// Put a copy there; an older one is replaced whole
    Install {
        #[command(flatten)]
        place: Place,
        /// What the agent's machine has
        #[arg(long, value_enum, value_name = "DOOR", default_value_t)]
        door: Variant,
    },
    /// Take away exactly what was installed
    Uninstall(Place),
    /// Say where copies are
    List(Place),
}

#[derive(clap::Args)]
struct Place {
    /// Whose skills: openclaw, claude, codex, or the path of a folder of skills. All agents found, when left out
    #[arg(long = "for", value_name = "AGENT", value_parser = Agent::parse)]
    agent: Option<Agent>,
}

#[derive(Subcommand)]
enum ServiceCommand {
    /// Print its definition, with where it belongs
    Print {
        /// Whose; this system's, when left out
        manager: Option<Manager>,
    },
}

impl Command {
    fn invocation(self) -> Invocation {
        match self {
            Self::Audit {
                json,
                session,
                last,
                all,
                verify,
            } => Invocation::Audit(audit::Wanted {
                json,
                session,
                last: (!all).then_some(last),
                verify,
            }),
            Self::Grants { json } => Invocation::Grants { json },
            Self::Serve {
                json,
                max_parallel,
                #[cfg(feature = "page")]
                ui,
            } => Invocation::Serve(serve::Wanted {
                json,
                max_parallel: usize::from(max_parallel),
                #[cfg(feature = "page")]
                ui,
            }),
            #[cfg(feature = "mcp")]
            Self::Mcp { max_parallel } => Invocation::Mcp {
                max_parallel: usize::from(max_parallel),
            },
            #[cfg(feature = "demo")]
            Self::Demo {
                plain,
                #[cfg(feature = "page")]
                ui,
            } => Invocation::Demo(demo::Wanted {
                plain,
                #[cfg(feature = "page")]
                ui,
            }),
            Self::Status {
                id,
                last,
                json,
                watch,
            } => Invocation::Status(Wanted {
                id,
                last,
                json,
                watch,
            }),
            Self::Doctor { chat_id, json } => Invocation::Doctor { chat_id, json },
            Self::Skill { command } => {
                let (action, Place { agent }) = match command {
                    SkillCommand::Install { place, door } => (Action::Install(door), place),
                    SkillCommand::Uninstall(place) => (Action::Uninstall, place),
                    SkillCommand::List(place) => (Action::List, place),
                };
                Invocation::Skill { action, agent }
            }
            #[cfg(feature = "compiler")]
            Self::Precompile { output } => Invocation::Precompile { output },
            Self::Service {
                command: ServiceCommand::Print { manager },
            } => Invocation::Service(manager.unwrap_or_else(Manager::native)),
            Self::Completions { shell } => Invocation::Completions(shell),
            Self::Man { dir } => Invocation::Manual { folder: dir },
            Self::Component(arguments) => Invocation::Component { arguments },
        }
    }
}

/// # Errors
/// The first line of what is wrong, for behind the ❌.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Invocation, String> {
    let mut arguments: Vec<OsString> = arguments.collect();
    match arguments.get(1).and_then(|first| first.to_str()) {
        None if arguments.len() < 2 => {
            return Ok(Invocation::Text {
                text: help::text(),
                code: USAGE,
            });
        }
        Some("--help" | "-h" | "help") => {
            return Ok(Invocation::Text {
                text: help::text(),
                code: 0,
            });
        }
        Some(first) if !first.starts_with('-') && !OWN.contains(&first) => {
            return Ok(Invocation::Component {
                arguments: arguments.split_off(1),
            });
        }
        _ => {}
    }
    match Arguments::try_parse_from(behind_the_command(arguments)?) {
        Ok(arguments) => Ok(arguments.command.invocation()),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            ) =>
        {
            Ok(Invocation::Text {
                text: error.to_string(),
                code: 0,
            })
        }
        Err(error) => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            Err(format!(
                "{}. See libtv-video --help",
                line.trim_start_matches("error: ")
            ))
        }
    }
}

/// `--json` may stand in front of the command, as other programs have it.
///
/// # Errors
/// For every other option there.
fn behind_the_command(mut arguments: Vec<OsString>) -> Result<Vec<OsString>, String> {
    let is_option = |argument: &&OsString| argument.as_encoded_bytes().starts_with(b"-");
    let options = arguments.iter().skip(1).take_while(is_option).count();
    let given = &arguments[1..=options];
    if given
        .iter()
        .any(|option| option == "--version" || option == "-V")
    {
        return Ok(arguments);
    }
    if let Some(other) = given.iter().find(|option| *option != "--json") {
        return Err(format!(
            "The option {} stands in front of the command: options stand behind it, as in libtv-video COMMAND {0}. See libtv-video --help",
            other.to_string_lossy()
        ));
    }
    if options > 0 && options + 1 == arguments.len() {
        return Err("--json of which command? See libtv-video --help".to_owned());
    }
    arguments[1..].rotate_left(options);
    let behind = arguments.split_off(arguments.len() - options);
    arguments.splice(2..2, behind);
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Invocation, String> {
        parse(line.split(' ').map(OsString::from))
    }

    #[test]
    fn the_components_commands_keep_their_arguments_help_included() {
        let Ok(Invocation::Component { arguments }) = of("libtv-video upload --help --x=1 -- y")
        else {
            panic!()
        };
        assert_eq!(arguments, ["upload", "--help", "--x=1", "--", "y"]);
    }

    #[test]
    fn json_may_stand_in_front_of_the_command_and_other_options_are_told_where_they_belong() {
        let Ok(Invocation::Component { arguments }) =
            of("libtv-video --json create-session --chat-id x -- --json")
        else {
            panic!()
        };
        let behind = ["create-session", "--json", "--chat-id", "x", "--", "--json"];
        assert_eq!(arguments, behind);
        assert!(matches!(
            of("libtv-video --json grants"),
            Ok(Invocation::Grants { json: true })
        ));
        for (line, told) in [
            (
                "libtv-video --session-id s1 query-session",
                "libtv-video COMMAND --session-id",
            ),
            ("libtv-video --json", "of which command"),
            ("libtv-video --json man", "--json"),
        ] {
            let reason = of(line).err().unwrap();
            assert!(reason.contains(told), "{line}: {reason}");
        }
    }

    #[test]
    fn every_command_of_the_grammar_is_the_harnesses_own_and_no_other() {
        let grammar = <Arguments as clap::CommandFactory>::command();
        let names: Vec<&str> = grammar
            .get_subcommands()
            .map(clap::Command::get_name)
            .collect();
        assert_eq!(names, OWN);
        assert!(
            grammar
                .get_subcommands()
                .all(|one| one.get_all_aliases().count() == 0)
        );
    }

    #[test]
    fn serve_takes_its_options_and_refuses_others_in_one_line() {
        assert!(matches!(
            of("libtv-video serve --json --max-parallel 3"),
            Ok(Invocation::Serve(serve::Wanted {
                json: true,
                max_parallel: 3,
                ..
            }))
        ));
        for line in [
            "libtv-video serve --max-parallel 0",
            "libtv-video serve --what",
            "libtv-video --what",
        ] {
            let reason = of(line).err().unwrap();
            assert!(
                !reason.contains('\n') && reason.ends_with("--help"),
                "{reason}"
            );
        }
    }

    #[test]
    fn help_names_every_command() {
        let Ok(Invocation::Text { text, code: 0 }) = of("libtv-video --help") else {
            panic!()
        };
        for command in [
            "serve",
            "status",
            "doctor",
            "skill",
            "service",
            "completions",
            "man",
            "setup",
            "check",
            "update-key",
            "update-ratio",
            "remove-key",
            "upload",
            "create-session",
            "query-session",
            "download-results",
            "wait-and-deliver",
            "tasks",
            "recover",
            "change-project",
            "audit",
            "grants",
        ] {
            assert!(text.contains(command), "{command}");
        }
    }
}
