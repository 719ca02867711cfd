//! Who takes part in a run: the service that is asked, and the channel whose chat shows the results, each by what the runs need
//! of it. Not here: what they are asked for.

use fakes::{LibTv, World};
use serde_json::{Value, json};

use crate::delivery::MESSAGES;

/// The service that a run's requests go to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// LibTV by the Nexu gateway.
    Gateway,
    /// LibTV's own API.
    Direct,
    /// Volcengine Ark: its tasks have no session, and a lost answer to a submit is looked up.
    Ark,
}

/// A request that was taken, and so charged.
pub struct Charge {
    /// Its words.
    pub text: String,
    /// What the service calls what it made of them.
    pub session_id: String,
}

impl Service {
    pub const ALL: [Self; 3] = [Self::Gateway, Self::Direct, Self::Ark];

    /// Its key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Gateway => fakes::GATEWAY_KEY,
            Self::Direct => fakes::DIRECT_KEY,
            Self::Ark => fakes::ARK_KEY,
        }
    }

    /// The variable that holds it, for who has no file.
    #[allow(
        dead_code,
        reason = "the fleet's rig has variables, and the folder's a file"
    )]
    pub fn variable(self) -> &'static str {
        match self {
            Self::Gateway | Self::Direct => "LIBTV_API_KEY",
            Self::Ark => "ARK_API_KEY",
        }
    }

    /// A configuration in which it is in use.
    pub fn config(self) -> Value {
        match self {
            Self::Gateway | Self::Direct => json!({"apiKey": self.key()}),
            Self::Ark => json!({"service": "ark", "services": {"ark": {"apiKey": self.key()}}}),
        }
    }

    /// What it charged so far.
    pub fn charges(self, world: &World) -> Vec<Charge> {
        let of_libtv = |libtv: LibTv| {
            let submits = libtv.submits().into_iter();
            submits
                .map(|submit| Charge {
                    text: submit.text,
                    session_id: submit.session_id,
                })
                .collect()
        };
        match self {
            Self::Gateway => of_libtv(world.gateway()),
            Self::Direct => of_libtv(world.direct()),
            Self::Ark => {
                let made = world.ark().made().into_iter();
                made.filter_map(|made| {
                    Some(Charge {
                        text: made.text,
                        session_id: made.task_id?,
                    })
                })
                .collect()
            }
        }
    }
}

/// The channel whose chat a run's results are shown in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Chat {
    /// A message is sent again under the same key.
    Feishu,
    /// Its key holds for two minutes; after that the channel's messages are looked through.
    Discord,
    /// No key: a file is completed once, and looked up.
    Slack,
}

/// What a message of a chat consists of.
pub struct Said {
    /// Empty where there is none.
    pub text: String,
    /// The digest of each file and picture.
    pub media: Vec<String>,
}

impl Said {
    /// Whether it is the line that says how far a job is, which is no delivery.
    pub fn is_line(&self) -> bool {
        self.text.contains("”: ") && self.text.contains(" · ") && self.text.contains(" min")
    }
}

impl Chat {
    /// Its name, as a submit takes it.
    pub fn channel(self) -> &'static str {
        match self {
            Self::Feishu => "feishu",
            Self::Discord => "discord",
            Self::Slack => "slack",
        }
    }

    /// The request that shows a message with media.
    pub fn commit(self) -> &'static str {
        match self {
            Self::Feishu => MESSAGES,
            Self::Discord => "POST /api/v10/channels/*/messages",
            Self::Slack => "POST /api/files.completeUploadExternal",
        }
    }

    /// A request that precedes it and shows nothing; of Discord, which has none such, the same.
    pub fn preparation(self) -> &'static str {
        match self {
            Self::Feishu => "POST /open-apis/im/v1/images",
            Self::Discord => self.commit(),
            Self::Slack => "POST /api/files.getUploadURLExternal",
        }
    }

    /// A chat for each number.
    pub fn id(self, number: usize) -> String {
        match self {
            Self::Feishu => format!("oc_{number}"),
            Self::Discord => format!("2{number:017}"),
            Self::Slack => format!("C{number:010}"),
        }
    }

    /// What stands in a chat.
    pub fn messages(self, world: &World, id: &str) -> Vec<Said> {
        match self {
            Self::Feishu => {
                let messages = world.feishu().chat(id).messages().into_iter();
                let card = |message: &fakes::SentMessage| {
                    let words = message.content.pointer("/elements/0/text/content")?;
                    words.as_str().map(str::to_owned)
                };
                let said = |message: fakes::SentMessage| Said {
                    text: card(&message)
                        .or_else(|| message.text().map(str::to_owned))
                        .unwrap_or_default(),
                    // A film has a picture besides: its cover.
                    media: message
                        .file
                        .as_ref()
                        .or(message.image.as_ref())
                        .map(|file| file.sha256.clone())
                        .into_iter()
                        .collect(),
                };
                messages.map(said).collect()
            }
            Self::Discord => {
                let messages = world.discord().channel(id).messages().into_iter();
                let said = |message: fakes::discord::SentMessage| Said {
                    text: message.content,
                    media: message
                        .attachments
                        .into_iter()
                        .map(|file| file.sha256)
                        .collect(),
                };
                messages.map(said).collect()
            }
            Self::Slack => {
                let messages = world.slack().channel(id).messages().into_iter();
                let said = |message: fakes::slack::SentMessage| Said {
                    text: message.text,
                    media: message.files.into_iter().map(|file| file.sha256).collect(),
                };
                messages.map(said).collect()
            }
        }
    }
}

/// The variables that set every channel up: each with its value, and whether that is a secret.
pub const CHANNEL_VARIABLES: [(&str, &str, bool); 4] = [
    ("FEISHU_APP_ID", fakes::FEISHU_APP_ID, false),
    ("FEISHU_APP_SECRET", fakes::FEISHU_APP_SECRET, true),
    ("DISCORD_BOT_TOKEN", fakes::DISCORD_BOT_TOKEN, true),
    ("SLACK_BOT_TOKEN", fakes::SLACK_BOT_TOKEN, true),
];
