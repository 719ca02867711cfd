//! What the component needs of a runtime, and the hosts it names without asking them.

/// An imported interface.
#[derive(Debug, PartialEq, Eq)]
pub struct Import {
    /// Without its version: `wasi:io/poll`.
    pub name: &'static str,
    /// What for.
    pub purpose: &'static str,
}

/// A host that is named and not asked.
#[derive(Debug, PartialEq, Eq)]
pub struct Mention {
    /// The host.
    pub host: &'static str,
    /// What for.
    pub why: &'static str,
}

const fn import(name: &'static str, purpose: &'static str) -> Import {
    Import { name, purpose }
}

/// Every interface that the component imports. A runtime has no reason to hand over any other.
pub const IMPORTS: [Import; 21] = [
    import("wasi:cli/environment", "arguments and the variables above"),
    import("wasi:cli/exit", "the command line's exit code"),
    import("wasi:cli/stdin", "a key or the file to upload"),
    import("wasi:cli/stdout", "what a command prints"),
    import("wasi:cli/stderr", "progress and hints"),
    import(
        "wasi:cli/terminal-input",
        "the standard library's question whether it is a terminal",
    ),
    import("wasi:cli/terminal-output", "the same"),
    import("wasi:cli/terminal-stdin", "the same"),
    import("wasi:cli/terminal-stdout", "the same"),
    import("wasi:cli/terminal-stderr", "the same"),
    import("wasi:clocks/monotonic-clock", "waiting with a limit"),
    import("wasi:clocks/wall-clock", "when a poll is due"),
    import("wasi:filesystem/preopens", "the granted folders"),
    import("wasi:filesystem/types", "files in them"),
    import("wasi:http/outgoing-handler", "the requests above"),
    import("wasi:http/types", "the same"),
    import("wasi:io/error", "files and requests"),
    import("wasi:io/poll", "the same"),
    import("wasi:io/streams", "the same"),
    import("wasi:random/random", "ids of turns"),
    import(
        "wasi:random/insecure-seed",
        "the standard library's hash tables",
    ),
];

/// Hosts in its data that it never asks.
pub const MENTIONS: [Mention; 3] = [
    Mention {
        host: "www.liblib.tv",
        why: "canvas links shown to people",
    },
    Mention {
        host: "www.liblib.art",
        why: "the referer the media store expects",
    },
    Mention {
        host: "api.slack.com",
        why: "where people grant an app its permissions",
    },
];
