//! The environment variables that the component reads, and where its files are. Secrets among them are placeholders with
//! our harness, and real values in a stock runtime.

/// Where the component looks for its state folder when nothing else is said.
pub const FOLDER: &str = "/data";

/// The member of the configuration file that says whether a chat is told how far a job is.
pub const PROGRESS: &str = "progress";

/// A variable.
#[derive(Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Who sets it.
    pub from: Origin,
    /// What it means.
    pub meaning: &'static str,
}

/// Who sets a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The user, and our harness passes it on as it is.
    User,
    /// The user, as part of credentials that our harness looks up itself.
    Credentials,
    /// The user; our harness keeps it and passes on a placeholder.
    Secret,
    /// Whoever sets up the runtime.
    Runtime,
    /// Our harness alone.
    Harness,
    /// Tests in stock runtimes.
    Test,
}

impl Origin {
    /// Its name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Credentials => "credentials",
            Self::Secret => "secret",
            Self::Runtime => "runtime",
            Self::Harness => "harness",
            Self::Test => "test",
        }
    }
}

const fn variable(name: &'static str, from: Origin, meaning: &'static str) -> Variable {
    Variable {
        name,
        from,
        meaning,
    }
}

/// Every variable that the component reads.
pub const VARIABLES: [Variable; 72] = [
    variable(
        "LIBTV_API_KEY",
        Origin::Secret,
        "the API key, instead of the stored one",
    ),
    variable(
        "ARK_API_KEY",
        Origin::Secret,
        "the key of Ark, instead of the stored one",
    ),
    variable(
        "MODELARK_API_KEY",
        Origin::Secret,
        "the key of ModelArk, instead of the stored one",
    ),
    variable(
        "XYQ_ACCESS_KEY",
        Origin::Secret,
        "the key of Pippit (小云雀), instead of the stored one",
    ),
    variable(
        "PIPPIT_ACCESS_KEY",
        Origin::Secret,
        "the key of Pippit abroad, instead of the stored one",
    ),
    variable(
        "FEISHU_APP_ID",
        Origin::Credentials,
        "the app that sends messages",
    ),
    variable("FEISHU_APP_SECRET", Origin::Secret, "its secret"),
    variable(
        "FEISHU_BASE_URL",
        Origin::Credentials,
        "Feishu, Lark, or an override",
    ),
    variable("SLACK_BOT_TOKEN", Origin::Secret, "the bot's token"),
    variable(
        "SLACK_BASE_URL",
        Origin::Credentials,
        "where Slack is instead",
    ),
    variable(
        "DISCORD_BOT_TOKEN",
        Origin::Secret,
        "the token of the bot that sends messages",
    ),
    variable(
        "DISCORD_BASE_URL",
        Origin::Credentials,
        "where Discord is instead",
    ),
    variable(
        "TELEGRAM_BOT_TOKEN",
        Origin::Secret,
        "the token of the bot that sends messages",
    ),
    variable(
        "TELEGRAM_BASE_URL",
        Origin::Credentials,
        "where Telegram's bot API is instead",
    ),
    variable(
        "MATRIX_HOMESERVER",
        Origin::Credentials,
        "the address of the homeserver of a bot in Matrix",
    ),
    variable(
        "MATRIX_ACCESS_TOKEN",
        Origin::Secret,
        "the access token of that bot",
    ),
    variable(
        "LIBTV_WEBHOOK_URL",
        Origin::Credentials,
        "the address of a webhook that results are posted to",
    ),
    variable(
        "LIBTV_WEBHOOK_SECRET",
        Origin::Secret,
        "what posts there are signed with (whsec_…)",
    ),
    variable(
        "WECOM_CORP_ID",
        Origin::Credentials,
        "the company that has the app of WeCom",
    ),
    variable(
        "WECOM_AGENT_ID",
        Origin::Credentials,
        "which of its apps sends messages",
    ),
    variable("WECOM_CORP_SECRET", Origin::Secret, "that app's secret"),
    variable(
        "WECOM_BASE_URL",
        Origin::Credentials,
        "where WeCom is instead",
    ),
    variable(
        "DINGTALK_CLIENT_ID",
        Origin::Credentials,
        "the app of DingTalk whose robot sends messages",
    ),
    variable("DINGTALK_CLIENT_SECRET", Origin::Secret, "its secret"),
    variable(
        "DINGTALK_BASE_URL",
        Origin::Credentials,
        "where DingTalk is instead, both of its hosts",
    ),
    variable(
        "WECHAT_BOT_TOKEN",
        Origin::Secret,
        "the token of the account that sends messages in WeChat",
    ),
    variable(
        "WECHAT_BASE_URL",
        Origin::Credentials,
        "where WeChat is instead",
    ),
    variable(
        "LIBTV_VIDEO_RATIO",
        Origin::User,
        "the ratio of videos, instead of the stored one",
    ),
    variable(
        "LIBTV_GATEWAY_URL",
        Origin::User,
        "where the gateway is instead",
    ),
    variable(
        "LIBTV_DIRECT_BASE_URL",
        Origin::User,
        "where LibTV's own API is instead",
    ),
    variable(
        "LIBTV_SERVICE",
        Origin::User,
        "the service of new requests, instead of the stored one",
    ),
    variable("LIBTV_ARK_URL", Origin::User, "where Ark is instead"),
    variable(
        "LIBTV_MODELARK_URL",
        Origin::User,
        "where ModelArk is instead",
    ),
    variable("LIBTV_PIPPIT_URL", Origin::User, "where Pippit is instead"),
    variable(
        "LIBTV_PIPPIT_INTL_URL",
        Origin::User,
        "where Pippit abroad is instead",
    ),
    variable(
        "LIBTV_POLL_INTERVAL_SECONDS",
        Origin::User,
        "seconds between two polls of a job",
    ),
    variable(
        "LIBTV_MAX_POLLS",
        Origin::User,
        "after how many polls a job is given up",
    ),
    variable(
        "LIBTV_PROGRESS",
        Origin::User,
        "`off`: a chat isn't told how far a job is",
    ),
    variable(
        "LIBTV_SKIP_BACKGROUND_WAITER",
        Origin::User,
        "nothing is delivered by itself",
    ),
    variable(
        "OPENCLAW_CHANNEL_TYPE",
        Origin::User,
        "the channel, where a submit names none",
    ),
    variable(
        "OPENCLAW_CHAT_ID",
        Origin::User,
        "the chat, where a submit names none",
    ),
    variable(
        "LIBTV_STATE_DIR",
        Origin::Runtime,
        "the state folder as the component sees it",
    ),
    variable(
        "LIBTV_CONFIG",
        Origin::Harness,
        "JSON: the keys' placeholders, the stored ratio, and what is chosen of each service",
    ),
    variable(
        "LIBTV_CONFIG_DIR",
        Origin::Harness,
        "where a set-up command writes the configuration",
    ),
    variable(
        "LIBTV_CONFIG_ERROR",
        Origin::Harness,
        "why the stored configuration can't be used",
    ),
    variable(
        "LIBTV_CONFIG_PATH",
        Origin::Harness,
        "the path that is shown for it",
    ),
    variable(
        "LIBTV_HARNESS",
        Origin::Harness,
        "whether a harness polls: `polling` or `absent`",
    ),
    variable(
        "LIBTV_SESSION",
        Origin::Harness,
        "`leased` where the session that is polled is this call's alone",
    ),
    variable(
        "LIBTV_UTC_OFFSET_SECONDS",
        Origin::Harness,
        "the local offset, for old times without zone",
    ),
    variable(
        "LIBTV_CHANNEL_ACCOUNTS",
        Origin::Harness,
        "JSON: the accounts of channels that have a name, with placeholders",
    ),
    variable(
        "LIBTV_CHATS_HEARD_FROM",
        Origin::Harness,
        "JSON: of channels that take messages for a while only, who wrote when and got how many since",
    ),
    variable(
        "LIBTV_KEY_FROM",
        Origin::Harness,
        "where the key was found, in words",
    ),
    variable(
        "LIBTV_SPENDING",
        Origin::Harness,
        "JSON: how many jobs may begin today, for `check`",
    ),
    variable(
        "FEISHU_CREDENTIALS_FROM",
        Origin::Harness,
        "where the app was found, in words",
    ),
    variable(
        "FEISHU_CREDENTIALS_MISSING",
        Origin::Harness,
        "why no app was found, in words",
    ),
    variable(
        "SLACK_CREDENTIALS_FROM",
        Origin::Harness,
        "where the bot's token was found, in words",
    ),
    variable(
        "SLACK_CREDENTIALS_MISSING",
        Origin::Harness,
        "why none was found, in words",
    ),
    variable(
        "DISCORD_CREDENTIALS_FROM",
        Origin::Harness,
        "where the bot was found, in words",
    ),
    variable(
        "DISCORD_CREDENTIALS_MISSING",
        Origin::Harness,
        "why no bot was found, in words",
    ),
    variable(
        "TELEGRAM_CREDENTIALS_FROM",
        Origin::Harness,
        "where the bot was found, in words",
    ),
    variable(
        "TELEGRAM_CREDENTIALS_MISSING",
        Origin::Harness,
        "why no bot was found, in words",
    ),
    variable(
        "MATRIX_CREDENTIALS_FROM",
        Origin::Harness,
        "where the bot was found, in words",
    ),
    variable(
        "MATRIX_CREDENTIALS_MISSING",
        Origin::Harness,
        "why no bot was found, in words",
    ),
    variable(
        "LIBTV_WEBHOOK_FROM",
        Origin::Harness,
        "where the webhook was found, in words",
    ),
    variable(
        "LIBTV_WEBHOOK_MISSING",
        Origin::Harness,
        "why no webhook was found, in words",
    ),
    variable(
        "WECOM_CREDENTIALS_FROM",
        Origin::Harness,
        "where the app was found, in words",
    ),
    variable(
        "WECOM_CREDENTIALS_MISSING",
        Origin::Harness,
        "why no app was found, in words",
    ),
    variable(
        "DINGTALK_CREDENTIALS_FROM",
        Origin::Harness,
        "where the app was found, in words",
    ),
    variable(
        "DINGTALK_CREDENTIALS_MISSING",
        Origin::Harness,
        "why no app was found, in words",
    ),
    variable(
        "WECHAT_CREDENTIALS_FROM",
        Origin::Harness,
        "where the account was found, in words",
    ),
    variable(
        "WECHAT_CREDENTIALS_MISSING",
        Origin::Harness,
        "why no account was found, in words",
    ),
    variable(
        "LIBTV_MEDIA_URL",
        Origin::Test,
        "an address of this machine instead of the media store",
    ),
];

/// The variables that users set and that our harness passes on as they are.
pub fn passed_on() -> impl Iterator<Item = &'static str> {
    let users = VARIABLES.iter().filter(|known| known.from == Origin::User);
    users.map(|variable| variable.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::SERVICES;

    #[test]
    fn what_moves_a_service_is_a_variable_and_no_name_stands_twice() {
        for (at, variable) in VARIABLES.iter().enumerate() {
            let others = &VARIABLES[at + 1..];
            assert!(others.iter().all(|other| other.name != variable.name));
        }
        for moved_by in SERVICES.iter().filter_map(|service| service.moved_by) {
            assert!(VARIABLES.iter().any(|known| known.name == moved_by));
        }
    }
}
