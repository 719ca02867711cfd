//! What the component says of its commands, from the table.

use contract::channels;
use contract::commands::{Command, Group, Side, of_component};

use crate::channel;

/// Where the explanations begin: behind most options with their values.
const COLUMN: usize = 18;

/// All commands, grouped.
pub fn overview() -> String {
    let mut text = version();
    text.push_str(": videos and images by LibTV, delivered to\n");
    let platforms = channel::all().flat_map(|member| member.platforms);
    text.push_str(&channels::names(platforms, "and"));
    text.push_str(
        "\n\n\
         Usage: libtv-video COMMAND [ARGUMENTS] [--json]\n",
    );
    for group in Group::OF_COMPONENT {
        text.push('\n');
        text.push_str(group.heading());
        text.push('\n');
        for command in of_component().filter(|command| command.group == group) {
            row(&mut text, command.name, command.about);
        }
    }
    text.push_str("\nOptions of every command\n");
    row(&mut text, "--json", "a machine-readable reply");
    row(
        &mut text,
        "--help",
        "what a command does, its arguments, an example",
    );
    row(&mut text, "--version", "the version");
    text.push_str(
        "\nExit codes: 0 success, 1 refused or failed, 2 wrong usage. A line that begins with ❌ is for the user,\n\
         one that begins with → for whoever runs this machine.\n",
    );
    text
}

/// What one command's `--help` says.
pub fn of(command: &Command) -> String {
    let usage = command.usage(Side::Component);
    let space = if usage.is_empty() { "" } else { " " };
    let mut text = [
        "libtv-video ",
        command.name,
        ": ",
        command.about,
        "\n\nUsage: libtv-video ",
        command.name,
        space,
        &usage,
        "\n\n",
        command.body,
        "\n\n",
    ]
    .concat();
    let before = text.len();
    if command.words.most > 0 {
        row(&mut text, command.words.name, command.words.about);
    }
    for option in command.options_of(Side::Component) {
        let dots = if option.many { "..." } else { "" };
        let space = if option.value_name.is_empty() {
            ""
        } else {
            " "
        };
        let name = ["--", option.name, space, option.value_name, dots].concat();
        row(&mut text, &name, option.about);
    }
    if text.len() > before {
        text.push('\n');
    }
    let parts = [
        "Example:\n  ",
        command.example,
        "\n\nWith --json the reply is machine-readable.\nExit codes: 0 ",
        command.exits.0,
        "; 1 ",
        command.exits.1,
        "; 2 wrong usage.\n",
    ];
    text.push_str(&parts.concat());
    text
}

/// A name and what it means; further lines stand under the first.
fn row(text: &mut String, name: &str, about: &str) {
    text.push_str("  ");
    text.push_str(name);
    let mut column = name.len().min(COLUMN - 1);
    for line in about.lines() {
        for _ in column..COLUMN {
            text.push(' ');
        }
        text.push_str(line);
        text.push('\n');
        column = 0;
        text.push_str("  ");
    }
    text.truncate(text.len() - 2);
}

/// Program and version.
pub fn version() -> String {
    concat!("libtv-video ", env!("CARGO_PKG_VERSION")).to_owned()
}
