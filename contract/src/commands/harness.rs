//! Commands of the program around the component.

use super::options::{HARNESS, JSON, NO_WORDS};
use super::{Command, Group, Opt, Value, Words};
use crate::kind::Kind;

/// Of every command that polls.
const MAX_PARALLEL: Opt = Opt::new(
    "max-parallel",
    Value::Number,
    "N",
    "sessions polled at once",
);

/// The page of the jobs; only loopback addresses are accepted.
const UI: Opt = Opt::new(
    "ui",
    Value::Address,
    "ADDRESS",
    "also show the jobs on a page of this machine, such as 127.0.0.1:0; its address is printed on standard error",
)
.feature("dashboard");

/// What a submit starts ends by itself.
const UNTIL_IDLE: Opt = Opt::new(
    "until-idle",
    Value::Number,
    "SECONDS",
    "end when there was nothing to do for so long",
);

/// Of the commands that install the skill.
const FOR: Opt = Opt::new(
    "for",
    Value::Agent,
    "AGENT",
    "whose skills: openclaw, claude, codex, or the path of a folder of skills. All agents found, when left out",
);

/// One word of a list that the program has itself.
const fn listed(name: &'static str, about: &'static str, needed: bool) -> Words {
    Words {
        value: Value::Listed,
        name,
        about,
        most: 1,
        needed,
        ..NO_WORDS
    }
}

/// Commands that stay, and what starts or installs them.
pub(super) const RUN: &[Command] = &[
    Command {
        name: "serve",
        about: "poll every session when it is due, until it is stopped",
        kind: Kind::Poll,
        options: &[JSON, MAX_PARALLEL, UI, UNTIL_IDLE],
        ..HARNESS
    },
    super::fleet::FLEET,
    Command {
        name: "mcp",
        about: "serve the tools to an agent, by the Model Context Protocol on standard input and output",
        kind: Kind::Poll,
        options: &[MAX_PARALLEL],
        feature: Some("mcp"),
        ..HARNESS
    },
    Command {
        name: "demo",
        about: "show the whole thing on this machine, without an account",
        options: &[
            Opt::flag("plain", "plain lines instead of a live picture"),
            Opt {
                about: "also on a page of this machine, such as 127.0.0.1:0, which stays until it is interrupted",
                ..UI
            },
        ],
        feature: Some("demo"),
        ..HARNESS
    },
    Command {
        name: "service",
        about: "keep `serve` running by this system's service manager, also behind a reboot",
        below: &[
            Command {
                name: "print",
                about: "print its definition, with where it belongs",
                words: listed("MANAGER", "whose; this system's, when left out", false),
                ..HARNESS
            },
            Command {
                name: "install",
                about: "put the definition into its place, and start it; says what it would miss of this shell's variables",
                ..HARNESS
            },
            Command {
                name: "uninstall",
                about: "stop it, and take the definition away",
                ..HARNESS
            },
            Command {
                name: "start",
                about: "start what was installed",
                ..HARNESS
            },
            Command {
                name: "stop",
                about: "stop it until the next log-in",
                ..HARNESS
            },
            Command {
                name: "status",
                about: "say whether something polls, what started it, and since when",
                ..HARNESS
            },
        ],
        ..HARNESS
    },
    Command {
        name: "skill",
        about: "put SKILL.md and the component where an agent looks for skills, or take them away",
        below: &[
            Command {
                name: "install",
                about: "put a copy there; an older one is replaced whole",
                options: &[
                    FOR,
                    Opt::new(
                        "integration",
                        Value::Listed,
                        "INTEGRATION",
                        "what the agent's machine has",
                    )
                    .formerly("door"),
                ],
                ..HARNESS
            },
            Command {
                name: "uninstall",
                about: "take away exactly what was installed",
                options: &[FOR],
                ..HARNESS
            },
            Command {
                name: "list",
                about: "say where copies are",
                options: &[FOR],
                ..HARNESS
            },
        ],
        ..HARNESS
    },
];

/// Commands that show what the sandbox grants and did.
pub(super) const INSPECT: &[Command] = &[
    Command {
        name: "grants",
        about: "show what a call may do: requests, credentials, recipients, files, limits",
        group: Group::Inspect,
        options: &[JSON],
        ..HARNESS
    },
    Command {
        name: "audit",
        about: "show what each call did: requests, refusals, credentials used, what it cost",
        group: Group::Inspect,
        options: &[
            Opt::flag(
                "json",
                "the lines as they are stored, one JSON object each; with --verify one for the verdict",
            ),
            Opt::new("session", Value::Session, "ID", "only calls of this session"),
            Opt::new("last", Value::Number, "N", "the latest so many calls").conflicts(&["all"]),
            Opt::flag("all", "all calls that are kept"),
            Opt::flag(
                "verify",
                "check that no line was changed, removed, moved or put in; exit code 1 names the first that was",
            )
            .conflicts(&["session", "last", "all"]),
        ],
        ..HARNESS
    },
];

/// Commands that teach shells and people.
pub(super) const LEARN: &[Command] = &[
    Command {
        name: "completions",
        about: "print the completion script of a shell",
        group: Group::Learn,
        words: listed("SHELL", "whose", true),
        ..HARNESS
    },
    Command {
        name: "man",
        about: "print the manual page, or write a page for each command",
        group: Group::Learn,
        options: &[Opt::new(
            "dir",
            Value::Folder,
            "DIR",
            "the folder for the pages",
        )],
        ..HARNESS
    },
];

/// What the commands of these tables are called: all that the component knows of them.
pub(super) const NAMES: [&str; RUN.len() + INSPECT.len() + LEARN.len()] = {
    let mut names = [""; RUN.len() + INSPECT.len() + LEARN.len()];
    let mut at = 0;
    let mut table = RUN;
    let mut tables: &[&[Command]] = &[INSPECT, LEARN];
    loop {
        match table {
            [command, rest @ ..] => {
                names[at] = command.name;
                at += 1;
                table = rest;
            }
            [] => match tables {
                [next, rest @ ..] => (table, tables) = (next, rest),
                [] => break names,
            },
        }
    }
};
