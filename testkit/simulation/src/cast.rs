//! Who plays in a run: the service that makes the media, and the channel that shows them.

use libtv_video_core::channel;
use libtv_video_core::channel::traits::Traits;

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// A session service behind its gateway.
    Nexu,
    /// The same, asked directly.
    LibTv,
    /// A task service.
    Ark,
    /// A session service of another shape: threads with runs.
    Pippit,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Nexu, Self::LibTv, Self::Ark, Self::Pippit];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nexu => "nexu",
            Self::LibTv => "libtv",
            Self::Ark => "ark",
            Self::Pippit => "pippit",
        }
    }

    /// The variable that holds its key, and the key.
    pub(super) const fn key(self) -> (&'static str, &'static str) {
        match self {
            Self::Nexu => ("LIBTV_API_KEY", "mgk_simulated"),
            Self::LibTv => ("LIBTV_API_KEY", "sk-libtv-simulated"),
            Self::Ark => ("ARK_API_KEY", "ark-simulated"),
            Self::Pippit => ("XYQ_ACCESS_KEY", "xyq-simulated"),
        }
    }

    /// What its key looks like where it arrives.
    pub(super) const fn credential(self) -> &'static str {
        match self {
            Self::Nexu => "mgk_",
            Self::LibTv => "Bearer sk-libtv-",
            Self::Ark => "Bearer ark-",
            Self::Pippit => "Bearer xyq-",
        }
    }
}

/// A channel; those without a platform of their own are the core's toys, for what makes a repeated message harmless there.
///
/// Each real one is spoken to by the core's own member of it, with a platform in `chats/` that makes of a repetition what its
/// documents say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// A key for an hour, which spans media and link.
    Feishu,
    /// A key for two minutes; afterwards the list of messages.
    Discord,
    /// Files that are completed once.
    Slack,
    /// Lines whose place media take.
    Telegram,
    /// A key for half an hour, which spans media and link.
    Matrix,
    /// An id that is the same in every attempt, for ever.
    Webhook,
    /// The same bytes are shown once, for four hours.
    WeCom,
    /// Nothing tells a repetition, and nobody can be asked.
    DingTalk,
    /// The same, and it takes only so many messages for one of its own, for a day.
    WeChat,
    /// No key; it can be asked.
    Toy,
    /// No key, and it can't be asked.
    Bare,
    /// The same bytes are shown once.
    Echo,
    /// A key for ever.
    Steady,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Feishu,
        Self::Discord,
        Self::Slack,
        Self::Telegram,
        Self::Matrix,
        Self::Webhook,
        Self::WeCom,
        Self::DingTalk,
        Self::WeChat,
        Self::Toy,
        Self::Bare,
        Self::Echo,
        Self::Steady,
    ];

    /// The word that names it in a route, and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Feishu => "feishu",
            Self::Discord => "discord",
            Self::Slack => "slack",
            Self::Telegram => "telegram",
            Self::Matrix => "matrix",
            Self::Webhook => "webhook",
            Self::WeCom => "wecom",
            Self::DingTalk => "dingtalk",
            Self::WeChat => "wechat",
            Self::Toy => "toy",
            Self::Bare => "bare",
            Self::Echo => "echo",
            Self::Steady => "steady",
        }
    }

    /// The chat that asks, as an agent names it.
    pub(super) const fn chat(self) -> &'static str {
        match self {
            Self::Feishu => "oc_simulated",
            Self::Discord => "channel:112233445566778899",
            Self::Slack => "C0SIMULATED",
            Self::Telegram => "-1001234567890",
            Self::Matrix => "!simulated:matrix.example",
            Self::WeCom => "ZhangSan",
            Self::DingTalk => "cid6KeBBLoveMJOGXoYKF5x7EeiodoA==",
            Self::WeChat => "o9simulated@im.wechat",
            Self::Webhook | Self::Toy | Self::Bare | Self::Echo | Self::Steady => "room",
        }
    }

    /// The variables that set it up.
    pub(super) const fn variables(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Feishu => &[
                ("FEISHU_APP_ID", "cli_simulated"),
                ("FEISHU_APP_SECRET", "a-simulated-secret"),
            ],
            Self::Discord => &[("DISCORD_BOT_TOKEN", "a-simulated-token")],
            Self::Slack => &[("SLACK_BOT_TOKEN", "xoxb-simulated")],
            Self::Telegram => &[("TELEGRAM_BOT_TOKEN", "1:simulated")],
            Self::Matrix => &[
                ("MATRIX_HOMESERVER", "https://matrix.example"),
                ("MATRIX_ACCESS_TOKEN", "syt_simulated"),
            ],
            Self::Webhook => &[
                ("LIBTV_WEBHOOK_URL", "https://hooks.example/in"),
                // A placeholder, as the harness gives it: it signs.
                ("LIBTV_WEBHOOK_SECRET", "placeholder-webhook-secret"),
            ],
            Self::WeCom => &[
                ("WECOM_CORP_ID", "ww0simulated"),
                ("WECOM_AGENT_ID", "1000002"),
                ("WECOM_CORP_SECRET", "a-simulated-secret"),
            ],
            Self::DingTalk => &[
                ("DINGTALK_CLIENT_ID", "dingsimulated"),
                ("DINGTALK_CLIENT_SECRET", "a-simulated-secret"),
            ],
            // Where the account is, is what the contract says.
            Self::WeChat => &[("WECHAT_BOT_TOKEN", "a-simulated-token")],
            Self::Toy | Self::Bare | Self::Echo | Self::Steady => {
                &[("TOY_TOKEN", "a-simulated-token")]
            }
        }
    }

    /// What it takes and promises, as the core has it: what a chat shows is judged by that.
    ///
    /// # Panics
    /// The core knows no such channel.
    #[must_use]
    pub fn traits(self) -> &'static Traits {
        let member = channel::of(self.name());
        member.expect("the core has every channel of a cast").traits
    }
}

/// Both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cast {
    /// Who makes the media.
    pub service: Service,
    /// Who shows them.
    pub channel: Channel,
}

impl Cast {
    /// The first service and the first channel, which every scenario can be played by.
    pub const FIRST: Self = Self {
        service: Service::Nexu,
        channel: Channel::Feishu,
    };

    /// The first service with another channel.
    #[must_use]
    pub const fn shown_by(channel: Channel) -> Self {
        Self {
            channel,
            ..Self::FIRST
        }
    }

    /// The first channel with another service.
    #[must_use]
    pub const fn made_by(service: Service) -> Self {
        Self {
            service,
            ..Self::FIRST
        }
    }
}
