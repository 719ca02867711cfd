//! SKILL.md as an agent gets it: for a machine with the program, with an MCP client, or with a stock runtime. The rules
//! are written once; the others are made of them.

use clap::ValueEnum;

/// By which integration an agent uses the skill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Variant {
    /// The program libtv-video on the PATH
    #[default]
    Program,
    /// The tools of `libtv-video mcp`
    #[cfg(feature = "mcp")]
    Mcp,
    /// wasmtime on the PATH, and nothing else
    Runtime,
}

/// For a machine with the program: the text that the others are made of.
const PROGRAM: &str = include_str!("../../../../SKILL.md");
const ERRORS: &str = include_str!("../../../../references/errors.md");
/// What stands instead of the program's head, and sections of its own.
const RUNTIME: &str = include_str!("runtime.md");
#[cfg(feature = "mcp")]
/// What stands in front of the rules for a client of the MCP server.
const MCP_HEAD: &str = include_str!("mcp.md");

impl Variant {
    /// The text.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Program => PROGRAM.to_owned(),
            #[cfg(feature = "mcp")]
            Self::Mcp => [MCP_HEAD, "## Rules\n\n", ::mcp::RULES].concat(),
            Self::Runtime => [
                RUNTIME,
                "\n",
                &without_the_harness(behind_the_head(PROGRAM)),
            ]
            .concat(),
        }
    }
}

impl Variant {
    /// The advice for each error; an MCP server's errors bring theirs.
    pub(crate) fn errors(self) -> Option<String> {
        match self {
            Self::Program => Some(ERRORS.to_owned()),
            #[cfg(feature = "mcp")]
            Self::Mcp => None,
            Self::Runtime => Some(without_the_harness(ERRORS)),
        }
    }
}

/// From the first section on.
fn behind_the_head(text: &str) -> &str {
    text.find("\n## ").map_or("", |at| &text[at + 1..])
}

/// Without the advice that asks for a command of the harness: a stock runtime has the component alone.
fn without_the_harness(text: &str) -> String {
    let asks_for_it = |line: &&str| {
        let own = ["serve", "audit", "grants"];
        !own.iter()
            .any(|own| line.contains(&format!("`libtv-video {own}`")))
    };
    let mut kept = text
        .lines()
        .filter(asks_for_it)
        .collect::<Vec<_>>()
        .join("\n");
    kept.push('\n');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_is_a_skill_of_this_version_with_the_rules() {
        for variant in Variant::value_variants() {
            let text = variant.text();
            assert!(text.starts_with("---\nname: libtv-video\n"), "{variant:?}");
            let version = format!("version: \"{}\"", env!("CARGO_PKG_VERSION"));
            assert!(text.contains(&version), "{variant:?}");
            assert!(
                text.contains("## Rules\n") && text.contains("Verbatim."),
                "{variant:?}"
            );
            assert!(text.lines().count() < 500, "{variant:?}");
            let errors = variant.errors();
            assert_eq!(
                text.contains("references/errors.md"),
                errors.is_some(),
                "{variant:?}"
            );
        }
        // A stock runtime has neither `audit` nor `serve`: two rows of the table, and nothing else.
        let kept = |variant: Variant| variant.errors().unwrap_or_default().lines().count();
        assert_eq!(kept(Variant::Runtime) + 2, kept(Variant::Program));
        let lines = |text: &str| behind_the_head(text).lines().count();
        let head = RUNTIME.lines().count() + 1;
        assert_eq!(
            Variant::Runtime.text().lines().count(),
            head + lines(PROGRAM)
        );
    }
}
