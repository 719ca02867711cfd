//! `fleet`: many harnesses and tenants on one database, in a program that was built for that.
//!
//! Its options are no person's on one machine: who polls, which database, whose request it is. The component knows the name of
//! the command and nothing else of it. Numbers that count where none is given are the library's; help names them, this table
//! doesn't.

use super::options::HARNESS;
use super::{Command, Opt, Value, Words};
use crate::kind::Kind;

/// Whose it is. Needed wherever it stands: there is no usual tenant, and a slip would be paid for by another one.
const TENANT: Opt = Opt::new("tenant", Value::Text, "NAME", "whose it is, or becomes").needed();

/// Of the processes that make calls. The record of calls is a chain for each process, so that no two may have one folder.
const HOME: Opt = Opt::new(
    "home",
    Value::Folder,
    "HOME",
    "a folder of this process's own, for the record of its calls; without it NEXU_HOME",
);

/// Of commands that hold sessions: how long a process may be silent before it counts as dead.
const LEASE_SECONDS: Opt = Opt::new(
    "lease-seconds",
    Value::Number,
    "SECONDS",
    "seconds without a word after which somebody else takes a session over",
);

/// A tenant's own name.
const NAME: Words = Words {
    value: Value::Text,
    name: "NAME",
    about: "its name",
    most: 1,
    needed: true,
    too_many: "It takes one tenant's name.",
};

/// The command and what is below it.
pub(super) const FLEET: Command = Command {
    name: "fleet",
    about: "run many harnesses for many tenants, on PostgreSQL",
    options: &[
        Opt::new(
            "database",
            Value::Text,
            "URL",
            "the database: postgres://USER@HOST/NAME. To another machine always encrypted. Without it LIBTV_FLEET_DATABASE",
        ),
        Opt::new(
            "database-ca",
            Value::File,
            "PATH",
            "a file with the authority of the database's certificate, beside the public ones. Without it LIBTV_FLEET_DATABASE_CA",
        ),
    ],
    below: BELOW,
    feature: Some("fleet"),
    ..HARNESS
};

/// What can be done to the whole of it.
const BELOW: &[Command] = &[
    Command {
        name: "migrate",
        about: "bring the tables up to date",
        ..HARNESS
    },
    Command {
        name: "serve",
        about: "poll and deliver what is due, until it is asked to stop",
        kind: Kind::Poll,
        options: &[
            Opt::new("parallel", Value::Number, "N", "steps at once"),
            LEASE_SECONDS,
            Opt::new(
                "listen",
                Value::Address,
                "ADDRESS",
                "where /healthz, /readyz and /metrics are, such as 127.0.0.1:9464",
            ),
            HOME,
        ],
        ..HARNESS
    },
    SUBMIT,
    Command {
        name: "upload",
        about: "upload a picture or film of a tenant, and print what stands for it in the words of a request",
        kind: Kind::Upload,
        options: &[
            TENANT,
            Opt::new("file", Value::File, "PATH", "the picture or film").needed(),
            Opt::new(
                "service",
                Value::Text,
                "S",
                "the service that the request goes to",
            ),
            HOME,
        ],
        ..HARNESS
    },
    Command {
        name: "status",
        about: "show how the tenants stand, as JSON",
        ..HARNESS
    },
    Command {
        name: "import",
        about: "move the jobs of a home ($NEXU_HOME of one machine) to a tenant",
        options: &[TENANT, MOVED],
        ..HARNESS
    },
    Command {
        name: "export",
        about: "move the jobs of a paused tenant to a home that has none",
        options: &[TENANT, MOVED],
        ..HARNESS
    },
    Command {
        name: "demo",
        about: "show it on a private PostgreSQL and fakes: three harnesses, one killed while it sends, and a count. Costs nothing",
        options: &[
            Opt::new("jobs", Value::Number, "N", "jobs in all"),
            LEASE_SECONDS,
        ],
        feature: Some("demo"),
        ..HARNESS
    },
    Command {
        name: "tenant",
        about: "add, show, pause and remove tenants",
        below: OF_TENANTS,
        ..HARNESS
    },
];

/// Of the moves.
const MOVED: Opt = Opt::new(
    "home",
    Value::Folder,
    "HOME",
    "the home; no harness may poll it meanwhile",
)
.needed();

/// A request, as `create-session` takes one on one machine. It is paid for by its tenant, and never repeated by itself.
const SUBMIT: Command = Command {
    name: "submit",
    about: "submit a request of a tenant. Costs that tenant money",
    kind: Kind::Submit,
    words: Words {
        value: Value::Words,
        name: "TEXT",
        about: "what the user asked for, in quotes and word for word; behind `--` if it begins with a dash",
        most: 1,
        needed: true,
        too_many: "The request must be one argument: put it in quotes.",
    },
    options: &[
        TENANT,
        Opt::new(
            "session-id",
            Value::Session,
            "ID",
            "the session that it continues",
        ),
        // As it came with the user's message: the component reads it, in whatever case.
        Opt::new(
            "channel",
            Value::Text,
            "C",
            "the channel that the results go to",
        ),
        Opt::new(
            "account",
            Value::Text,
            "A",
            "which of several accounts of the channel writes",
        ),
        Opt::new(
            "chat-id",
            Value::Chat,
            "ID",
            "the chat that they go to; without it the tenant's usual one (OPENCLAW_CHAT_ID)",
        ),
        Opt::new(
            "thread",
            Value::Message,
            "ID",
            "a topic or thread of the chat",
        ),
        Opt::new(
            "reply-to",
            Value::Message,
            "ID",
            "a message in whose topic or thread they go",
        ),
        Opt::new("service", Value::Text, "S", "the service that makes it"),
        Opt::new(
            "ratio",
            Value::Text,
            "R",
            "the ratio of a new video, as 9:16",
        ),
        HOME,
    ],
    ..HARNESS
};

/// What can be done to tenants. Limits that are left out when one is changed stay as they are; variables and references to secrets
/// are replaced as a whole.
const OF_TENANTS: &[Command] = &[
    Command {
        name: "add",
        about: "add a tenant, or change one. Secrets are never given here, only where they are",
        words: NAME,
        options: &[
            Opt::new("cap", Value::Number, "N", "steps at once, over all workers"),
            Opt::new(
                "steps-per-minute",
                Value::Number,
                "N",
                "steps of a minute, over all workers: what its key is good for",
            ),
            Opt::new("jobs-per-day", Value::Number, "N", "paid requests of a day"),
            Opt::new(
                "jobs-per-chat-per-day",
                Value::Number,
                "N",
                "paid requests of a day, for each chat",
            ),
            Opt::new(
                "set",
                Value::Pair,
                "NAME=VALUE",
                "a variable; may be given again for another one",
            ),
            Opt::new(
                "secret",
                Value::Pair,
                "NAME=REFERENCE",
                "where a secret is, as NAME=env:OTHER, NAME=file:/PATH or NAME=command:PROGRAM; may be given again for another one",
            ),
        ],
        ..HARNESS
    },
    Command {
        name: "list",
        about: "show them",
        ..HARNESS
    },
    Command {
        name: "pause",
        about: "begin no more steps of it",
        words: NAME,
        ..HARNESS
    },
    Command {
        name: "resume",
        about: "go on with it",
        words: NAME,
        ..HARNESS
    },
    Command {
        name: "remove",
        about: "remove it",
        words: NAME,
        options: &[Opt::flag(
            "force",
            "also with the sessions that go on: what was paid for is lost",
        )],
        ..HARNESS
    },
];
