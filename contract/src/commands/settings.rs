//! Commands that set up and look at the configuration.

use super::options::{COMPONENT, SERVICE, no_words};
use super::{Command, Group, Need, Opt, Runner, Value};
use crate::kind::Kind;

/// A key. With our harness the component gets a placeholder in its place.
const API_KEY: Opt = Opt::new(
    "api-key",
    Value::Key,
    "K",
    "a key that begins with mgk_ or sk-libtv-, or one of the service that --service names;\n\
     `-` reads it from standard input, so that it doesn't stand in the list of processes",
);

/// A ratio; whether it is one is judged by the command.
const VIDEO_RATIO: Opt = Opt::new(
    "video-ratio",
    Value::Text,
    "W:H",
    "the ratio of videos whose request names none, both 1 to 99",
);

/// Where the key is kept. The component knows of no keyring.
const KEYRING: Opt = Opt::flag("keyring", "keep the key in the desktop's keyring").harness_only();

/// Which model makes the media, of services that leave it to the user.
const MODEL: Opt = Opt::new(
    "model",
    Value::Text,
    "M",
    "the model that makes the videos, by the service's name for it; an empty one means the usual",
);

/// How finely, of services that leave it to the user.
const RESOLUTION: Opt = Opt::new(
    "resolution",
    Value::Text,
    "R",
    "how large the videos are, such as 720p; an empty one means the service's own",
);

/// Commands that look at the configuration or change it.
pub(super) const CONFIGURE: &[Command] = &[
    Command {
        name: "setup",
        about: "store the API key and the default video ratio",
        group: Group::Configure,
        kind: Kind::Settings,
        options: &[API_KEY, SERVICE, MODEL, RESOLUTION, VIDEO_RATIO, KEYRING],
        needs: Some(Need::one_of(
            &["api-key", "video-ratio", "service", "model", "resolution"],
            "setup needs --api-key K, --video-ratio W:H or both.",
        )),
        body: "\
Needs at least one of its options. Nothing is stored unless all of it is valid. With --service the key is kept as that
service's, beside those of others, and new requests go there from then on; without a key it goes back to one that has
been set up. --model and --resolution are for services that make one video of one request.",
        example: "libtv-video setup --api-key - --video-ratio 9:16 < key.txt",
        exits: ("stored", "invalid; nothing was stored"),
        ..COMPONENT
    },
    Command {
        name: "check",
        about: "show what is configured, and whether the key is valid",
        group: Group::Configure,
        kind: Kind::Check,
        options: &[SERVICE],
        body: "\
Shows the key's last four characters, ratio, service, remaining uses, whether Feishu or Lark credentials were found
and whether something is polling, without which results don't arrive by themselves. Lines that begin with → are for
whoever runs this machine; the others may be told to the user.",
        example: "libtv-video check",
        exits: ("ready", "no key, or the key is refused"),
        ..COMPONENT
    },
    Command {
        name: "doctor",
        about: "find out which link is broken, from the key to the chat",
        group: Group::Configure,
        runner: Runner::Both,
        kind: Kind::Doctor,
        options: &[
            Opt::new(
                "channel",
                Value::Text,
                "NAME",
                "the channel to look at, where it isn't Feishu or Lark",
            ),
            Opt::new(
                "chat-id",
                Value::Chat,
                "ID",
                "also send a test text and the picture there, such as ou_…, oc_… or an email",
            ),
        ],
        body: "\
Looks at key, media store, harness, the chats' credentials and permissions, and says what to do. Costs nothing; where a chat
takes pictures by themselves, one of some hundred bytes is uploaded, which nobody sees.",
        example: "libtv-video doctor --chat-id oc_0123",
        exits: ("every link is good, or can't be looked at", "a link is broken"),
        ..COMPONENT
    },
    Command {
        name: "update-key",
        about: "replace the API key",
        group: Group::Configure,
        kind: Kind::Settings,
        words: no_words("The key is given by --api-key K."),
        options: &[API_KEY.needed(), SERVICE, KEYRING],
        needs: Some(Need::one_of(&["api-key"], "update-key needs --api-key K.")),
        body: "The old key is forgotten; sessions that were submitted with it go on with the new one.",
        example: "libtv-video update-key --api-key - < key.txt",
        exits: ("stored", "invalid; the old key stays"),
        ..COMPONENT
    },
    Command {
        name: "update-ratio",
        about: "replace the default video ratio",
        group: Group::Configure,
        kind: Kind::Settings,
        words: no_words("The ratio is given by --video-ratio W:H."),
        options: &[VIDEO_RATIO.needed()],
        needs: Some(Need::one_of(
            &["video-ratio"],
            "update-ratio needs --video-ratio W:H.",
        )),
        body: "Counts for requests to come.",
        example: "libtv-video update-ratio --video-ratio 1:1",
        exits: ("stored", "invalid; the old ratio stays"),
        ..COMPONENT
    },
    Command {
        name: "remove-key",
        about: "forget the API key",
        group: Group::Configure,
        kind: Kind::Settings,
        options: &[SERVICE],
        body: "Sessions that aren't finished wait until there is a key again.",
        example: "libtv-video remove-key",
        exits: ("removed, or there was none", "failed"),
        ..COMPONENT
    },
];
