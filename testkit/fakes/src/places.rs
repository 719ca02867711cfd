//! A chat of each channel: what sets the channels up, and what stands in the chats, in one form, for whoever shows them all and
//! knows no channel.

use crate::{
    DINGTALK_CLIENT_ID, DINGTALK_CLIENT_SECRET, DISCORD_BOT_TOKEN, FEISHU_APP_ID,
    FEISHU_APP_SECRET, MATRIX_ACCESS_TOKEN, MATRIX_HOST, SLACK_BOT_TOKEN, SentMessage, Shows,
    TELEGRAM_BOT_TOKEN, WEBHOOK_HOST, WEBHOOK_SECRET, WECHAT_BOT_TOKEN, WECOM_AGENT_ID,
    WECOM_CORP_ID, WECOM_CORP_SECRET, World,
};

/// A channel and a chat of it, as an agent names them. Where bots are added to chats, the bot is in this one.
pub const PLACES: [(&str, &str); 9] = [
    ("feishu", FEISHU_CHAT),
    ("slack", SLACK_CHANNEL),
    ("discord", DISCORD_CHANNEL),
    ("telegram", "4200001"),
    ("matrix", MATRIX_ROOM),
    ("wecom", WECOM_MEMBER),
    ("dingtalk", DINGTALK_PERSON),
    ("wechat", WECHAT_PERSON),
    ("webhook", "room"),
];

const FEISHU_CHAT: &str = "oc_0123";
const SLACK_CHANNEL: &str = "C0123456789";
const DISCORD_CHANNEL: &str = "200000000000000001";
const TELEGRAM_CHAT: i64 = 4_200_001;
const MATRIX_ROOM: &str = "!room:matrix.example";
const WECOM_MEMBER: &str = "ZhangSan";
const DINGTALK_PERSON: &str = "manager1";
const WECHAT_PERSON: &str = "o9fox_Ab-1@im.wechat";

/// What a chat shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The channel's word.
    pub channel: &'static str,
    /// As what.
    pub kind: ShownKind,
    /// What it says; empty for a medium without words.
    pub text: String,
    /// Length of its file in bytes.
    pub bytes: Option<u64>,
    /// Digest of its file, in lower-case hexadecimal, where the platform keeps the bytes.
    pub sha256: Option<String>,
    /// How long its film plays, where the platform was told.
    pub duration_ms: Option<u64>,
}

/// As what a chat shows something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownKind {
    /// Words, or a link.
    Text,
    /// A picture.
    Picture,
    /// A film with a player.
    Film,
    /// Something to be saved.
    File,
}

impl ShownKind {
    /// By what platforms call it: a word of theirs, or a MIME type.
    fn of(word: &str) -> Self {
        match word.split('/').next().unwrap_or_default() {
            "image" | "m.image" | "sampleImageMsg" => Self::Picture,
            "media" | "video" | "m.video" | "sampleVideo" => Self::Film,
            "text" | "m.text" | "m.notice" | "sampleText" | "post" | "interactive" => Self::Text,
            _ => Self::File,
        }
    }
}

/// Opens the chats, as far as a platform has to know one: Feishu's, Slack's and the webhook's take any.
///
/// What it gives are the variables that set the channels up, all of them at once, so that a submit has to name its channel.
#[must_use]
pub fn open(world: &World) -> Vec<(&'static str, String)> {
    world.discord().add_channel(DISCORD_CHANNEL);
    world.telegram().add_chat(TELEGRAM_CHAT);
    world.matrix().add_room(MATRIX_ROOM);
    // An app reaches those alone whom its company has put into its visible range.
    world.wecom().add_member(WECOM_MEMBER);
    world.dingtalk().add_person(DINGTALK_PERSON);
    // The account is named in the environment, and not in files of its plug-in, where conversations are kept as well: such an
    // account writes without what a conversation is known by. Whoever is written to has to have written.
    world.wechat().needs_context(false);
    world.wechat().hear(WECHAT_PERSON);
    let own = |name, value: &str| (name, value.to_owned());
    vec![
        own("FEISHU_APP_ID", FEISHU_APP_ID),
        own("FEISHU_APP_SECRET", FEISHU_APP_SECRET),
        own("SLACK_BOT_TOKEN", SLACK_BOT_TOKEN),
        own("DISCORD_BOT_TOKEN", DISCORD_BOT_TOKEN),
        own("TELEGRAM_BOT_TOKEN", TELEGRAM_BOT_TOKEN),
        ("MATRIX_HOMESERVER", format!("https://{MATRIX_HOST}")),
        own("MATRIX_ACCESS_TOKEN", MATRIX_ACCESS_TOKEN),
        own("WECOM_CORP_ID", WECOM_CORP_ID),
        ("WECOM_AGENT_ID", WECOM_AGENT_ID.to_string()),
        own("WECOM_CORP_SECRET", WECOM_CORP_SECRET),
        own("DINGTALK_CLIENT_ID", DINGTALK_CLIENT_ID),
        own("DINGTALK_CLIENT_SECRET", DINGTALK_CLIENT_SECRET),
        own("WECHAT_BOT_TOKEN", WECHAT_BOT_TOKEN),
        ("LIBTV_WEBHOOK_URL", format!("https://{WEBHOOK_HOST}/in")),
        own("LIBTV_WEBHOOK_SECRET", WEBHOOK_SECRET),
    ]
}

/// What stands in the chats of [`PLACES`], chat by chat, each in the order in which it appeared.
#[must_use]
pub fn shown(world: &World) -> Vec<Shown> {
    let mut shown = Vec::new();
    let feishu = world.feishu().chat(FEISHU_CHAT).messages();
    shown.extend(feishu.iter().map(feishus));
    for message in world.slack().channel(SLACK_CHANNEL).messages() {
        let file = message.files.first();
        let file = file.map(|file| (file.mimetype.as_str(), file.bytes, Some(&file.sha256)));
        shown.push(of("slack", &message.text, file));
    }
    for message in world.discord().channel(DISCORD_CHANNEL).messages() {
        let file = message.attachments.first();
        let file = file.map(|file| (file.content_type.as_str(), file.bytes, Some(&file.sha256)));
        shown.push(of("discord", &message.content, file));
    }
    for message in world.telegram().chat(TELEGRAM_CHAT).messages() {
        let file = message.file.as_ref();
        let file = file.map(|file| {
            let kind = file.content_type.as_deref().unwrap_or_default();
            (kind, file.bytes, Some(&file.sha256))
        });
        shown.push(of("telegram", &message.text, file));
    }
    let uploads = world.matrix().uploads();
    for event in world.matrix().events() {
        let text = |name: &str| event.content[name].as_str().unwrap_or_default();
        let file = uploads.iter().find(|upload| upload.uri == text("url"));
        let file = file.map(|file| (text("msgtype"), file.bytes, None));
        shown.push(of("matrix", text("body"), file));
    }
    for message in world.wecom().messages_to(WECOM_MEMBER) {
        let file = message.media.as_ref();
        let file = file.map(|file| (message.kind.as_str(), file.bytes, Some(&file.sha256)));
        shown.push(of("wecom", &message.text, file));
    }
    for message in world.dingtalk().messages_to(DINGTALK_PERSON) {
        let file = message.media.as_ref();
        let file = file.map(|file| (message.kind.as_str(), file.bytes, Some(&file.sha256)));
        shown.push(of("dingtalk", &message.text, file));
    }
    for message in world.wechat().messages_to(WECHAT_PERSON) {
        let file = message.media.as_ref();
        let file = file.map(|file| (message.kind, file.bytes, None));
        shown.push(of("wechat", &message.text, file));
    }
    for message in world.webhook().taken() {
        shown.push(of("webhook", &message.payload.to_string(), None));
    }
    shown
}

/// A message with the file that it shows: what that is, its length and digest.
fn of(channel: &'static str, text: &str, file: Option<(&str, u64, Option<&String>)>) -> Shown {
    Shown {
        channel,
        kind: file.map_or(ShownKind::Text, |(kind, ..)| ShownKind::of(kind)),
        text: text.to_owned(),
        bytes: file.map(|(_, bytes, _)| bytes),
        sha256: file.and_then(|(.., sha256)| sha256.cloned()),
        duration_ms: None,
    }
}

fn feishus(message: &SentMessage) -> Shown {
    let kind = message.msg_type.as_str();
    // A film has both: the picture is its cover.
    let file = match ShownKind::of(kind) {
        ShownKind::Picture => message.image.as_ref(),
        ShownKind::Film | ShownKind::File | ShownKind::Text => message.file.as_ref(),
    };
    let shown = file.map(|file| (kind, file.bytes, Some(&file.sha256)));
    let text = message.text().unwrap_or("(a card)");
    Shown {
        duration_ms: file.and_then(|file| file.duration_ms),
        ..of("feishu", if file.is_some() { "" } else { text }, shown)
    }
}
