//! The commands: what each is called, what it takes, and the text that teaches it.

/// One command.
pub struct Entry {
    pub name: &'static str,
    /// What it does, in half a line.
    pub summary: &'static str,
    /// Its arguments, as the usage line shows them.
    pub arguments: &'static str,
    /// The options it takes, without dashes; those of every command aside.
    pub options: &'static [&'static str],
    /// How many arguments it takes beside its options, and what to say when there are more.
    pub words: (usize, &'static str),
    /// What to know before using it.
    pub body: &'static str,
    pub example: &'static str,
    /// What exit codes 0 and 1 mean here.
    pub exits: (&'static str, &'static str),
}

const GROUPS: [(&str, &[Entry]); 3] = [
    ("Make", &MAKE),
    ("Watch and fetch", &WATCH),
    ("Configure", &CONFIGURE),
];

const NO_WORDS: (usize, &str) = (0, "It takes nothing beside its options.");
const ONE_ID: (usize, &str) = (1, "It takes one session id.");

const MAKE: [Entry; 3] = [
    Entry {
        name: "create-session",
        summary: "submit a request; results arrive in the chat by themselves",
        arguments: "[TEXT] [--session-id ID] [--channel C] [--chat-id ID]",
        options: &["session-id", "channel", "chat-id"],
        words: (1, "The request must be one argument: put it in quotes."),
        body: "\
Sends the user's words to LibTV, unchanged, and returns at once: it costs one use of the key, and takes
minutes to finish. The reply is one line of JSON; \"deliverable\" says whether results will arrive in the chat
by themselves, and \"note\" is a sentence to tell the user.

  TEXT              what the user asked for, in quotes and word for word; behind `--` if it begins with a dash.
                    A new request that names no ratio gets the configured one appended
  --session-id ID   continue this session instead of beginning one
  --channel C       where the user's message came from: feishu or lark (else OPENCLAW_CHANNEL_TYPE)
  --chat-id ID      the user or chat to answer, such as ou_…, oc_… or an email (else OPENCLAW_CHAT_ID)",
        example: "libtv-video create-session \"a cat on the moon, 5 seconds\" --channel feishu --chat-id ou_123",
        exits: ("submitted and stored", "refused or failed; don't submit again before `recover` or `tasks` told what became of it"),
    },
    Entry {
        name: "upload",
        summary: "upload an image or video that a request refers to",
        arguments: "--file PATH",
        options: &["file", "name", "size"],
        words: (0, "The file is named by --file PATH."),
        body: "\
Uploads one image or video of at most 200 MB and prints its address. Put the address into the text of a
request to have the file used. What the file is, is decided by its content.

  --file PATH       the file; `-` reads it from standard input, then these are needed:
  --name NAME       the file's name
  --size BYTES      its length",
        example: "libtv-video upload --file ./cat.png",
        exits: ("uploaded", "not found, too large, no image or video, or refused"),
    },
    Entry {
        name: "change-project",
        summary: "begin a new canvas project for the requests to come",
        arguments: "",
        options: &[],
        words: NO_WORDS,
        body: "Prints the new project as JSON: projectUuid and projectUrl.",
        example: "libtv-video change-project",
        exits: ("changed", "refused or failed"),
    },
];

const WATCH: [Entry; 6] = [
    Entry {
        name: "query-session",
        summary: "show a session's messages and results",
        arguments: "ID [--after-seq N] [--project-id UUID]",
        options: &["after-seq", "project-id"],
        words: ONE_ID,
        body: "\
Asks LibTV once and prints JSON: messages, result_urls when there are any, projectUrl once the job finished.

  ID                the session, or at least 8 characters of its id, as `recover` prints them
  --after-seq N     only messages with a greater sequence number
  --project-id UUID the session's project, if it isn't known here",
        example: "libtv-video query-session 3f2a9c1d",
        exits: ("answered", "unknown session, refused or failed"),
    },
    Entry {
        name: "status",
        summary: "show where the sessions stand, as far as is known here",
        arguments: "[ID] [--last N]",
        options: &["last"],
        words: ONE_ID,
        body: "\
Asks nobody and sends nothing. Prints JSON: every session that goes on and the latest that have ended, each with its
turns, results and deliveries.

  ID                only this session; 8 or more characters of its id will do
  --last N          how many ended sessions (20)",
        example: "libtv-video status --last 5",
        exits: ("shown", "unknown session, or the state folder can't be read"),
    },
    Entry {
        name: "wait-and-deliver",
        summary: "watch one session here and now until its results are delivered",
        arguments: "--session-id ID [--project-id UUID]",
        options: &["session-id", "project-id"],
        words: (0, "The session is named by --session-id ID."),
        body: "\
Does in the foreground what `libtv-video serve` does for all sessions in the background. Progress goes to
standard error. Nothing is sent twice: for a session already delivered it only says when.

  --session-id ID   the session
  --project-id UUID its project, if it isn't known here",
        example: "libtv-video wait-and-deliver --session-id 3f2a9c1d",
        exits: ("everything is delivered", "the job failed, or something could not be delivered"),
    },
    Entry {
        name: "recover",
        summary: "show every known session and deliver what is still missing",
        arguments: "[ID]",
        options: &[],
        words: ONE_ID,
        body: "\
The place to look after a crash, a restart or a lost reply: finished sessions are shown from local state, LibTV
is asked about the others, and deliveries that didn't finish go on.

  ID                only this session; 8 or more characters of its id will do",
        example: "libtv-video recover",
        exits: ("shown", "refused or failed"),
    },
    Entry {
        name: "tasks",
        summary: "list the tasks of this key, as the gateway knows them",
        arguments: "",
        options: &[],
        words: NO_WORDS,
        body: "Only for keys that begin with mgk_: the direct API has no such list.",
        example: "libtv-video tasks",
        exits: ("listed, or there are none", "refused, failed, or not such a key"),
    },
    Entry {
        name: "download-results",
        summary: "store results in a folder",
        arguments: "[ID] [--urls U...] [--output-dir D] [--prefix P]",
        options: &["urls", "output-dir", "prefix"],
        words: ONE_ID,
        body: "\
Stores every result as D/P_01.mp4 and so on (D/01.mp4 without prefix). A file with other content is never
overwritten, and a file is complete or not there. Prints JSON: output_dir, downloaded, total, errors.

  ID                the session; or instead
  --urls U...       result addresses of LibTV: every argument up to the next option
  --output-dir D    default ~/Downloads/libtv_results
  --prefix P        what the file names begin with",
        example: "libtv-video download-results 3f2a9c1d --output-dir ./film --prefix cat",
        exits: ("stored", "nothing found, or a file could not be stored"),
    },
];

const CONFIGURE: [Entry; 6] = [
    Entry {
        name: "setup",
        summary: "store the API key and the default video ratio",
        arguments: "[--api-key K] [--video-ratio W:H]",
        options: &["api-key", "video-ratio"],
        words: NO_WORDS,
        body: "\
Needs at least one of the two. Nothing is stored unless all of it is valid.

  --api-key K       a key that begins with mgk_ or sk-libtv-; `-` reads it from standard input, so
                    that it doesn't stand in the list of processes
  --video-ratio W:H the ratio of videos whose request names none, both 1 to 99",
        example: "libtv-video setup --api-key - --video-ratio 9:16 < key.txt",
        exits: ("stored", "invalid; nothing was stored"),
    },
    Entry {
        name: "check",
        summary: "show what is configured, and whether the key is valid",
        arguments: "",
        options: &[],
        words: NO_WORDS,
        body: "\
Shows the key's last four characters, ratio, service, remaining uses, whether Feishu or Lark credentials were found
and whether something is polling, without which results don't arrive by themselves.",
        example: "libtv-video check",
        exits: ("ready", "no key, or the key is refused"),
    },
    Entry {
        name: "doctor",
        summary: "find out which link is broken, from the key to the chat",
        arguments: "[--chat-id ID]",
        options: &["chat-id"],
        words: NO_WORDS,
        body: "\
Looks at key, media store, harness, Feishu or Lark credentials and permissions, and says what to do. Costs nothing; a
picture of some hundred bytes is uploaded, which nobody sees.

  --chat-id ID      also send a test text and the picture there, such as ou_…, oc_… or an email",
        example: "libtv-video doctor --chat-id oc_0123",
        exits: ("every link is good, or can't be looked at", "a link is broken"),
    },
    Entry {
        name: "update-key",
        summary: "replace the API key",
        arguments: "--api-key K",
        options: &["api-key"],
        words: (0, "The key is given by --api-key K."),
        body: "  --api-key K       a key that begins with mgk_ or sk-libtv-; `-` reads it from standard input",
        example: "libtv-video update-key --api-key - < key.txt",
        exits: ("stored", "invalid; the old key stays"),
    },
    Entry {
        name: "update-ratio",
        summary: "replace the default video ratio",
        arguments: "--video-ratio W:H",
        options: &["video-ratio"],
        words: (0, "The ratio is given by --video-ratio W:H."),
        body: "  --video-ratio W:H the ratio of videos whose request names none, both 1 to 99",
        example: "libtv-video update-ratio --video-ratio 1:1",
        exits: ("stored", "invalid; the old ratio stays"),
    },
    Entry {
        name: "remove-key",
        summary: "forget the API key",
        arguments: "",
        options: &[],
        words: NO_WORDS,
        body: "Sessions that aren't finished wait until there is a key again.",
        example: "libtv-video remove-key",
        exits: ("removed, or there was none", "failed"),
    },
];

/// All commands, in the order of the overview.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    GROUPS.iter().flat_map(|(_, entries)| entries.iter())
}

/// All commands, grouped.
pub fn overview() -> String {
    let mut text = version();
    text.push_str(
        ": videos and images by LibTV, delivered to Feishu and Lark\n\n\
         Usage: libtv-video COMMAND [ARGUMENTS] [--json]\n",
    );
    for (group, entries) in GROUPS {
        text.push('\n');
        text.push_str(group);
        text.push('\n');
        for entry in entries {
            text.push_str("  ");
            text.push_str(entry.name);
            for _ in entry.name.len()..18 {
                text.push(' ');
            }
            text.push_str(entry.summary);
            text.push('\n');
        }
    }
    text.push_str(
        "\nOptions of every command\n  \
         --json            a machine-readable reply\n  \
         --help            what a command does, its arguments, an example\n  \
         --version         the version\n\n\
         Exit codes: 0 success, 1 refused or failed, 2 wrong usage. A line that begins with ❌ is for the user.\n",
    );
    text
}

/// What one command's `--help` says.
pub fn of(entry: &Entry) -> String {
    let space = if entry.arguments.is_empty() { "" } else { " " };
    let parts = [
        "libtv-video ",
        entry.name,
        ": ",
        entry.summary,
        "\n\nUsage: libtv-video ",
        entry.name,
        space,
        entry.arguments,
        "\n\n",
        entry.body,
        "\n\nExample:\n  ",
        entry.example,
        "\n\nWith --json the reply is machine-readable.\nExit codes: 0 ",
        entry.exits.0,
        "; 1 ",
        entry.exits.1,
        "; 2 wrong usage.\n",
    ];
    parts.concat()
}

/// Program and version.
pub fn version() -> String {
    concat!("libtv-video ", env!("CARGO_PKG_VERSION")).to_owned()
}
