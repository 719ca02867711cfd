//! The harness's own arguments, by clap; the component's are passed on untouched.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use super::{USAGE, help};

/// The library's own default.
#[allow(clippy::cast_possible_truncation)]
const DEFAULT_PARALLEL: u8 = libtv_harness::limits::PARALLEL_STEPS as u8;

/// What was asked for.
pub(crate) enum Invocation {
    /// Help or version.
    Text { text: String, code: u8 },
    /// The timer.
    Serve { json: bool, max_parallel: usize },
    /// The demonstration.
    #[cfg(feature = "demo")]
    Demo { plain: bool },
    /// A command of the component.
    Component { arguments: Vec<OsString> },
}

#[derive(Parser)]
#[command(name = "libtv-video", version, disable_help_subcommand = true)]
struct Arguments {
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
        #[arg(long, value_name = "N", default_value_t = DEFAULT_PARALLEL, value_parser = clap::value_parser!(u8).range(1..=128))]
        max_parallel: u8,
    },
    /// Show the whole thing on this machine, without an account
    #[cfg(feature = "demo")]
    Demo {
        /// Plain lines instead of a live picture
        #[arg(long)]
        plain: bool,
    },
    #[command(external_subcommand)]
    Component(Vec<OsString>),
}

/// # Errors
/// The first line of what is wrong, for behind the ❌.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Invocation, String> {
    let arguments: Vec<OsString> = arguments.collect();
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
        _ => {}
    }
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => Ok(match arguments.command {
            Command::Serve { json, max_parallel } => Invocation::Serve {
                json,
                max_parallel: usize::from(max_parallel),
            },
            #[cfg(feature = "demo")]
            Command::Demo { plain } => Invocation::Demo { plain },
            Command::Component(arguments) => Invocation::Component { arguments },
        }),
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
    fn serve_takes_its_options_and_refuses_others_in_one_line() {
        assert!(matches!(
            of("libtv-video serve --json --max-parallel 3"),
            Ok(Invocation::Serve {
                json: true,
                max_parallel: 3
            })
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
        ] {
            assert!(text.contains(command), "{command}");
        }
    }
}
