//! Commands that begin jobs, watch them and fetch what came of them.

use super::options::{COMPONENT, NO_WORDS, ONLY_THIS, PROJECT_ID, SERVICE, no_words, one_id};
use super::{Command, Group, MEDIA_KINDS, Need, Opt, Runner, Value, Words};
use crate::kind::Kind;

/// The component starts nothing.
const AUTOSTART: Opt = Opt::flag(
    "autostart",
    "start what polls and delivers, where nothing does: in the background, until there was nothing to do for an hour",
)
.harness_only();

/// Commands that begin something.
pub(super) const MAKE: &[Command] = &[
    Command {
        name: "create-session",
        about: "submit a request; results arrive in the chat by themselves",
        kind: Kind::Submit,
        words: Words {
            value: Value::Words,
            name: "TEXT",
            about: "what the user asked for, in quotes and word for word; behind `--` if it begins with a dash.\n\
                    A new request that names no ratio gets the configured one on a line of its own; `-` reads\n\
                    the words from standard input",
            most: 1,
            needed: false,
            too_many: "The request must be one argument: put it in quotes.",
        },
        options: &[
            AUTOSTART,
            Opt::new(
                "words",
                Value::WordsInput,
                "-",
                "the words are on standard input, up to 1 MiB of UTF-8",
            ),
            Opt::new(
                "words-file",
                Value::WordsFile,
                "PATH",
                "the words are in this file: no quoting, and no text can break out of it",
            ),
            Opt::new(
                "session-id",
                Value::Session,
                "ID",
                "continue this session instead of beginning one",
            ),
            Opt::new(
                "kind",
                Value::Choice(MEDIA_KINDS),
                "KIND",
                "what is asked for, when that is known: image (no ratio is added) or video",
            ),
            SERVICE,
            Opt::new(
                "channel",
                Value::Channel,
                "C",
                "where the user's message came from: feishu or lark (else OPENCLAW_CHANNEL_TYPE)",
            ),
            Opt::new(
                "chat-id",
                Value::Chat,
                "ID",
                "the user or chat to answer, such as ou_…, oc_… or an email (else OPENCLAW_CHAT_ID),\n\
                 also as OpenClaw names it (feishu:group:oc_…, oc_…:topic:om_…); an empty one means\n\
                 that nothing is sent anywhere",
            ),
            Opt::new(
                "account",
                Value::Text,
                "A",
                "the account of the channel whose bot answers, where several are configured",
            ),
            Opt::new(
                "reply-to",
                Value::Message,
                "ID",
                "the message that is answered (om_…): results go into its topic, not beside it",
            ),
            Opt::new(
                "thread",
                Value::Message,
                "ID",
                "the message that began the topic or thread, where it is another one",
            ),
        ],
        body: "\
Sends the user's words to LibTV, unchanged, and returns at once: it costs one use of the key, and takes
minutes to finish. The reply is one line of JSON; \"deliverable\" says whether results will arrive in the chat
by themselves, \"note\" is a sentence to tell the user, \"operatorNote\" one for whoever runs this machine.",
        example: "libtv-video create-session --words-file request.txt --channel feishu --chat-id ou_123",
        exits: (
            "submitted and stored",
            "refused or failed; don't submit again before `recover` or `tasks` told what became of it",
        ),
        ..COMPONENT
    },
    Command {
        name: "upload",
        about: "upload an image or video that a request refers to",
        kind: Kind::Upload,
        words: no_words("The file is named by --file PATH."),
        options: &[
            Opt::new(
                "file",
                Value::File,
                "PATH",
                "the file; `-` reads it from standard input, then these are needed:",
            )
            .needed(),
            Opt::new("name", Value::Text, "NAME", "the file's name"),
            Opt::new("size", Value::Number, "BYTES", "its length"),
            SERVICE,
        ],
        needs: Some(Need::one_of(&["file"], "upload needs --file PATH.").filled()),
        body: "\
Uploads one image or video of at most 200 MB and prints its address. Put the address into the text of a
request to have the file used. What the file is, is decided by its content.",
        example: "libtv-video upload --file ./cat.png",
        exits: ("uploaded", "not found, too large, no image or video, or refused"),
        ..COMPONENT
    },
    Command {
        name: "change-project",
        about: "begin a new canvas project for the requests to come",
        kind: Kind::Submit,
        body: "Prints the new project as JSON: projectUuid and projectUrl.",
        example: "libtv-video change-project",
        exits: ("changed", "refused or failed"),
        ..COMPONENT
    },
];

/// Commands that look at jobs, and fetch what came of them.
pub(super) const WATCH: &[Command] = &[
    Command {
        name: "query-session",
        about: "show a session's state, messages, results and deliveries",
        group: Group::Watch,
        kind: Kind::Poll,
        words: one_id(
            "the session, or at least 8 characters of its id, as `recover` prints them",
            true,
        ),
        options: &[
            Opt::flag(
                "short",
                "only what the user is shown: state, question or reason, results, deliveries; no messages",
            ),
            Opt::new(
                "after-seq",
                Value::Number,
                "N",
                "only messages with a greater sequence number",
            ),
            PROJECT_ID,
        ],
        needs: Some(Need::one_of(&[], "query-session needs the ID of a session.").or_word()),
        body: "\
Asks LibTV once and prints JSON: state, messages, result_urls when there are any, deliveries (what has reached the
chat), projectUrl once the job finished.",
        example: "libtv-video query-session 3f2a9c1d --short",
        exits: ("answered", "unknown session, refused or failed"),
        ..COMPONENT
    },
    Command {
        name: "status",
        about: "show where the sessions stand, as far as is known here",
        group: Group::Watch,
        runner: Runner::Both,
        kind: Kind::Look,
        words: one_id(ONLY_THIS, false),
        options: &[
            Opt::new("last", Value::Number, "N", "how many ended sessions (20)"),
            Opt::flag("watch", "look every second, until it is interrupted").harness_only(),
        ],
        body: "\
Asks nobody and sends nothing. Shows every session that goes on and the latest that have ended, each with its
turns, results and deliveries.",
        example: "libtv-video status --last 5",
        exits: ("shown", "unknown session, or the state folder can't be read"),
        ..COMPONENT
    },
    Command {
        name: "wait-and-deliver",
        about: "watch one session here and now until its results are delivered",
        group: Group::Watch,
        kind: Kind::Poll,
        words: no_words("The session is named by --session-id ID."),
        options: &[
            Opt::new("session-id", Value::Session, "ID", "the session").needed(),
            PROJECT_ID,
        ],
        needs: Some(
            Need::one_of(&["session-id"], "wait-and-deliver needs --session-id ID.").filled(),
        ),
        body: "\
Does in the foreground what `libtv-video serve` does for all sessions in the background. Progress goes to
standard error. Nothing is sent twice: for a session already delivered it only says when.",
        example: "libtv-video wait-and-deliver --session-id 3f2a9c1d",
        exits: (
            "everything is delivered",
            "the job failed, or something could not be delivered",
        ),
        ..COMPONENT
    },
    Command {
        name: "recover",
        about: "show every known session and deliver what is still missing",
        group: Group::Watch,
        kind: Kind::Poll,
        words: one_id(ONLY_THIS, false),
        options: &[
            Opt::new(
                "chat-id",
                Value::Chat,
                "ID",
                "only the sessions of this user or chat",
            ),
            Opt::new(
                "channel",
                Value::Channel,
                "C",
                "only the sessions of this channel: feishu or lark",
            ),
            Opt::new(
                "forget",
                Value::Submit,
                "ID",
                "stop telling of this submit of unknown outcome, once it is known what became of it",
            ),
        ],
        body: "\
The place to look after a crash, a restart or a lost reply: finished sessions are shown from local state, LibTV
is asked about the others, and deliveries that didn't finish go on.",
        example: "libtv-video recover --chat-id oc_0123",
        exits: ("shown", "refused or failed"),
        ..COMPONENT
    },
    Command {
        name: "cancel",
        about: "stop a job that isn't wanted any more, where its service can",
        group: Group::Watch,
        kind: Kind::Cancel,
        words: one_id("the session, or at least 8 characters of its id", true),
        needs: Some(Need::one_of(&[], "cancel needs the ID of a session.").or_word()),
        body: "\
Most services stop only a job that waits, and some none: the reply says why. What was cancelled counts as failed, and the
chat that asked is told so.",
        example: "libtv-video cancel 3f2a9c1d",
        exits: ("cancelled", "it goes on or has ended, with the reason; or unknown session, refused or failed"),
        ..COMPONENT
    },
    Command {
        name: "tasks",
        about: "list the tasks of this key, as the gateway knows them",
        group: Group::Watch,
        kind: Kind::Poll,
        words: NO_WORDS,
        options: &[SERVICE],
        body: "Only for keys that begin with mgk_: the direct API has no such list.",
        example: "libtv-video tasks",
        exits: ("listed, or there are none", "refused, failed, or not such a key"),
        ..COMPONENT
    },
    Command {
        name: "download-results",
        about: "store results in a folder",
        group: Group::Watch,
        kind: Kind::Download,
        words: one_id("the session; or instead", false),
        options: &[
            Opt::new(
                "urls",
                Value::Text,
                "U",
                "result addresses of LibTV: every argument up to the next option",
            )
            .many(),
            Opt::new(
                "output-dir",
                Value::Folder,
                "D",
                "default ~/Downloads/libtv_results",
            ),
            Opt::new("prefix", Value::Text, "P", "what the file names begin with"),
        ],
        needs: Some(
            Need::one_of(
                &["urls"],
                "download-results needs the ID of a session or some --urls.",
            )
            .or_word(),
        ),
        body: "\
Stores every result as D/P_01.mp4 and so on (D/01.mp4 without prefix). A file with other content is never
overwritten, and a file is complete or not there. Prints JSON: output_dir, downloaded, total, errors.",
        example: "libtv-video download-results 3f2a9c1d --output-dir ./film --prefix cat",
        exits: ("stored", "nothing found, or a file could not be stored"),
        ..COMPONENT
    },
];
