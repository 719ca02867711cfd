//! The program's own arguments, by clap; the component's are passed on untouched. What there is stands in
//! [`contract::commands`].

use std::ffi::OsString;
use std::path::PathBuf;

use clap::ArgMatches;
use clap::error::ErrorKind;
use clap_complete::Shell;

use super::audit;
#[cfg(feature = "demo")]
use super::demo;
use super::grammar::{self, DEFAULT_PARALLEL};
use super::service::{self, Manager};
use super::skill::{Action, Agent, Variant};
use super::status::Wanted;
use super::{USAGE, help, serve};

/// As many calls as a person looks through.
const DEFAULT_CALLS: usize = 50;

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
    Doctor {
        channel: Option<String>,
        chat_id: Option<String>,
        json: bool,
    },
    /// What calls did.
    Audit(audit::Wanted),
    /// What calls may do.
    Grants { json: bool },
    /// The skill in an agent's folder.
    Skill {
        action: Action,
        agent: Option<Agent>,
    },
    /// What a service manager keeps running.
    Service(service::Action),
    /// What a shell needs.
    Completions(Shell),
    /// The manual.
    Manual { folder: Option<PathBuf> },
    /// A command of the component.
    Component { arguments: Vec<OsString> },
}

/// What the matches of one of the program's own commands ask for.
fn invocation(name: &str, of: &ArgMatches) -> Invocation {
    // Not every command has it, and clap knows of unknown names only where debug assertions are on.
    let json = matches!(of.try_get_one("json"), Ok(Some(true)));
    match name {
        "audit" => Invocation::Audit(audit::Wanted {
            json,
            session: of.get_one("session").cloned(),
            last: (!of.get_flag("all")).then(|| number(of, "last").unwrap_or(DEFAULT_CALLS)),
            verify: of.get_flag("verify"),
        }),
        "grants" => Invocation::Grants { json },
        "serve" => Invocation::Serve(serve::Wanted {
            json,
            max_parallel: number(of, "max-parallel").unwrap_or(DEFAULT_PARALLEL),
            until_idle_s: of.get_one("until-idle").copied(),
            #[cfg(feature = "dashboard")]
            ui: of.get_one("ui").copied(),
        }),
        #[cfg(feature = "mcp")]
        "mcp" => Invocation::Mcp {
            max_parallel: number(of, "max-parallel").unwrap_or(DEFAULT_PARALLEL),
        },
        #[cfg(feature = "demo")]
        "demo" => Invocation::Demo(demo::Wanted {
            plain: of.get_flag("plain"),
            #[cfg(feature = "dashboard")]
            ui: of.get_one("ui").copied(),
        }),
        "status" => Invocation::Status(Wanted {
            id: of.get_one("ID").cloned(),
            last: of.get_one("last").copied(),
            json,
            watch: of.get_flag("watch"),
        }),
        "doctor" => Invocation::Doctor {
            channel: of.get_one("channel").cloned(),
            chat_id: of.get_one("chat-id").cloned(),
            json,
        },
        "skill" => skill(of),
        "completions" => {
            Invocation::Completions(of.get_one("SHELL").copied().unwrap_or(Shell::Bash))
        }
        "man" => Invocation::Manual {
            folder: of.get_one("dir").cloned(),
        },
        // `service`, the one that is left; a test goes through all of the table.
        _ => Invocation::Service(service(of)),
    }
}

/// What is to be done with the service.
fn service(of: &ArgMatches) -> service::Action {
    use service::Action;
    match of.subcommand() {
        Some(("install", _)) => Action::Install,
        Some(("uninstall", _)) => Action::Uninstall,
        Some(("start", _)) => Action::Start,
        Some(("stop", _)) => Action::Stop,
        Some(("print", print)) => {
            let manager = print.get_one("MANAGER").copied();
            Action::Print(manager.unwrap_or_else(Manager::native))
        }
        _ => Action::Status,
    }
}

/// What is to be done with the skill; without a command below it, where copies are.
fn skill(of: &ArgMatches) -> Invocation {
    let (name, of) = of.subcommand().unwrap_or(("list", of));
    let action = match name {
        "install" => {
            let variant: Option<Variant> = of.get_one("integration").copied();
            Action::Install(variant.unwrap_or_default())
        }
        "uninstall" => Action::Uninstall,
        _ => Action::List,
    };
    Invocation::Skill {
        action,
        agent: of.get_one::<Agent>("for").cloned(),
    }
}

/// A number that this machine can count to.
fn number(of: &ArgMatches, name: &str) -> Option<usize> {
    let number: Option<u64> = of.get_one(name).copied();
    number.and_then(|number| usize::try_from(number).ok())
}

/// # Errors
/// The first line of what is wrong, for behind the ❌.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Invocation, String> {
    let mut arguments: Vec<OsString> = arguments.collect();
    match arguments.get(1).and_then(|first| first.to_str()) {
        None if arguments.len() < 2 => return Ok(usage()),
        Some("--help" | "-h" | "help") => {
            return Ok(Invocation::Text {
                text: help::text(),
                code: 0,
            });
        }
        // Before clap is set up, which takes longer than a short command of the component.
        Some(first) if !first.starts_with('-') && !grammar::runs(first) => {
            return Ok(Invocation::Component {
                arguments: arguments.split_off(1),
            });
        }
        _ => {}
    }
    let arguments = behind_the_command(arguments)?;
    // What stands there instead of a command of the program is the component's.
    let own = |first: &&OsString| first.to_str().is_some_and(grammar::runs);
    if arguments.get(1).filter(own).is_none()
        && !arguments
            .iter()
            .any(|one| one == "--version" || one == "-V")
    {
        return Ok(Invocation::Component {
            arguments: arguments.into_iter().skip(1).collect(),
        });
    }
    match grammar::own().try_get_matches_from(arguments) {
        Ok(matches) => Ok(matches
            .subcommand()
            .map_or_else(usage, |(name, of)| invocation(name, of))),
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
                // One line behind our own ❌: agents read the first line of an error.
                line.trim_start_matches("error: ")
            ))
        }
    }
}

/// Without a command.
fn usage() -> Invocation {
    Invocation::Text {
        text: help::text(),
        code: USAGE,
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
        // In front of a command nobody could say whose option it is.
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
    fn every_command_of_the_program_itself_is_parsed_as_what_it_is_called() {
        grammar::own().debug_assert();
        grammar::whole().debug_assert();
        for command in grammar::own().get_subcommands() {
            let name = command.get_name();
            let line = match name {
                "skill" => "libtv-video skill install --for codex".to_owned(),
                "service" => "libtv-video service print".to_owned(),
                "completions" => "libtv-video completions zsh".to_owned(),
                name => format!("libtv-video {name}"),
            };
            let of_its_name = match of(&line).unwrap() {
                Invocation::Serve(_) => "serve",
                #[cfg(feature = "mcp")]
                Invocation::Mcp { .. } => "mcp",
                #[cfg(feature = "demo")]
                Invocation::Demo(_) => "demo",
                Invocation::Status(_) => "status",
                Invocation::Doctor { .. } => "doctor",
                Invocation::Audit(_) => "audit",
                Invocation::Grants { .. } => "grants",
                Invocation::Skill { .. } => "skill",
                Invocation::Service(_) => "service",
                Invocation::Completions(_) => "completions",
                Invocation::Manual { .. } => "man",
                Invocation::Text { .. } | Invocation::Component { .. } => "another",
            };
            assert_eq!(of_its_name, name);
        }
    }

    #[test]
    fn an_option_is_still_taken_by_the_name_it_had_before() {
        for option in ["integration", "door"] {
            let line = format!("libtv-video skill install --for codex --{option} runtime");
            let Ok(Invocation::Skill { action, .. }) = of(&line) else {
                panic!("{line}");
            };
            assert!(
                matches!(action, Action::Install(Variant::Runtime)),
                "{line}"
            );
        }
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
