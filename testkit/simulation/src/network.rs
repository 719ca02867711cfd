//! What may happen to a request on its way, and how long it takes. How each party would word it is in `words.rs`.

mod words;

use libtv_video_core::io::{HttpError, Response};

use super::cast::{Channel, Service};
use super::rng::Rng;

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Party {
    Service(Service),
    Media,
    /// Of the toys, which share an address, any.
    Chat(Channel),
}

impl Party {
    /// Whose an address is.
    pub(super) fn of(url: &str) -> Self {
        match url.split('/').nth(2).unwrap_or("") {
            "open.feishu.cn" => Self::Chat(Channel::Feishu),
            "discord.com" => Self::Chat(Channel::Discord),
            "slack.com" | "files.slack.com" => Self::Chat(Channel::Slack),
            "api.telegram.org" => Self::Chat(Channel::Telegram),
            "matrix.example" => Self::Chat(Channel::Matrix),
            "hooks.example" => Self::Chat(Channel::Webhook),
            "qyapi.weixin.qq.com" => Self::Chat(Channel::WeCom),
            "api.dingtalk.com" | "oapi.dingtalk.com" => Self::Chat(Channel::DingTalk),
            "ilinkai.weixin.qq.com" | "novac2c.cdn.weixin.qq.com" => Self::Chat(Channel::WeChat),
            "toy.example" => Self::Chat(Channel::Toy),
            "im.liblib.tv" => Self::Service(Service::LibTv),
            "ark.cn-beijing.volces.com" => Self::Service(Service::Ark),
            "xyq.jianying.com" => Self::Service(Service::Pippit),
            host if is_store(host) => Self::Media,
            _ => Self::Service(Service::Nexu),
        }
    }
}

fn is_store(host: &str) -> bool {
    let stores = [
        "libtv-res.liblib.art",
        ".tos-cn-beijing.volces.com",
        ".vlabvod.com",
        ".byteimg.com",
    ];
    stores.iter().any(|store| host.ends_with(store))
}

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No connection.
    Refused,
    /// It left and never arrived.
    LostBefore,
    /// It took effect, and its answer was lost.
    LostAfter,
    /// It was lost to whoever sent it, and takes effect up to a minute later.
    Delayed,
    /// It took effect, and its answer takes a minute.
    Slow,
    /// A page of the edge instead of an answer; it took no effect.
    Html,
    /// The same; it took effect.
    HtmlAfter,
    /// The service fails in its own words; it took no effect.
    ServerError,
    /// The same; it took effect.
    ServerErrorAfter,
    /// Something that is no answer; it took no effect.
    Garbage,
    /// The same; it took effect.
    GarbageAfter,
    /// It took effect, and half of the answer came.
    Truncated,
    /// Too fast (429), and how long to wait.
    TooFast(Wait),
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// The chat's token isn't accepted any more.
    TokenRevoked,
    /// The bot was removed from the chat.
    BotRemoved,
    /// The chat's app lost the right to upload.
    ScopeRemoved,
}

/// How a 429 says how long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// It doesn't.
    Unsaid,
    /// In seconds.
    Seconds,
    /// In seconds with a fraction, in Feishu's header.
    Fraction,
    /// As a date, long ago by any clock.
    Date,
    /// In no form.
    Nonsense,
    /// A year.
    Endless,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::Refused,
        Self::LostBefore,
        Self::LostAfter,
        Self::Delayed,
        Self::Slow,
        Self::Html,
        Self::HtmlAfter,
        Self::ServerError,
        Self::ServerErrorAfter,
        Self::Garbage,
        Self::GarbageAfter,
        Self::Truncated,
        Self::TooFast(Wait::Unsaid),
        Self::TooFast(Wait::Seconds),
        Self::TooFast(Wait::Fraction),
        Self::TooFast(Wait::Date),
        Self::TooFast(Wait::Nonsense),
        Self::TooFast(Wait::Endless),
        Self::Unauthorized,
        Self::Forbidden,
        Self::TokenRevoked,
        Self::BotRemoved,
        Self::ScopeRemoved,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::LostBefore => "lost",
            Self::LostAfter => "answer-lost",
            Self::Delayed => "delayed",
            Self::Slow => "slow",
            Self::Html => "502",
            Self::HtmlAfter => "502-after",
            Self::ServerError => "500",
            Self::ServerErrorAfter => "500-after",
            Self::Garbage => "garbage",
            Self::GarbageAfter => "garbage-after",
            Self::Truncated => "truncated",
            Self::TooFast(Wait::Unsaid) => "429",
            Self::TooFast(Wait::Seconds) => "429-seconds",
            Self::TooFast(Wait::Fraction) => "429-fraction",
            Self::TooFast(Wait::Date) => "429-date",
            Self::TooFast(Wait::Nonsense) => "429-nonsense",
            Self::TooFast(Wait::Endless) => "429-endless",
            Self::Unauthorized => "401",
            Self::Forbidden => "403",
            Self::TokenRevoked => "token-revoked",
            Self::BotRemoved => "bot-removed",
            Self::ScopeRemoved => "scope-removed",
        }
    }

    /// Whether this can happen to a request there.
    pub(super) fn fits(self, party: Party, url: &str) -> bool {
        // Refusals in the platform's own words, of routes that have them: elsewhere they would be garbage,
        // which is another fault.
        let Party::Chat(channel) = party else {
            return match self {
                Self::TokenRevoked | Self::BotRemoved | Self::ScopeRemoved => false,
                // What may happen twice is of interest; a question that is answered late is one that was lost.
                Self::Delayed => is_paid(url),
                _ => true,
            };
        };
        if is_measured(url) {
            return false;
        }
        let is_commit = is_commit(url);
        match (self, channel) {
            (Self::TokenRevoked, Channel::Feishu) => !url.contains("/tenant_access_token/"),
            (Self::TokenRevoked, Channel::Discord | Channel::Slack) => !url.contains("/upload/"),
            (Self::TokenRevoked, Channel::Telegram | Channel::Matrix) => true,
            (Self::TokenRevoked, Channel::WeCom | Channel::DingTalk) => !is_exchange(url),
            // Where its media go, the address is all that is asked for.
            (Self::TokenRevoked, Channel::WeChat) => !url.contains("/c2c/"),
            // Its status says that it was taken, by the specification: nothing else that it says is read.
            (Self::Garbage | Self::GarbageAfter, Channel::Webhook) => false,
            (Self::BotRemoved, _) => is_commit,
            (Self::ScopeRemoved, Channel::Feishu) => {
                !is_commit && !url.contains("/tenant_access_token/")
            }
            // Discord says the same of a text that the bot may not write.
            (Self::ScopeRemoved, Channel::Discord) => is_commit,
            (Self::ScopeRemoved, Channel::Slack) => url.contains("/api/files."),
            (Self::TokenRevoked | Self::ScopeRemoved, _) => false,
            (Self::Delayed, _) => is_commit,
            _ => true,
        }
    }

    /// Whether the service acts on the request.
    pub(super) const fn applies(self) -> bool {
        match self {
            Self::LostAfter
            | Self::Slow
            | Self::HtmlAfter
            | Self::ServerErrorAfter
            | Self::GarbageAfter
            | Self::Truncated => true,
            Self::Refused
            | Self::LostBefore
            | Self::Delayed
            | Self::Html
            | Self::ServerError
            | Self::Garbage
            | Self::TooFast(_)
            | Self::Unauthorized
            | Self::Forbidden
            | Self::TokenRevoked
            | Self::BotRemoved
            | Self::ScopeRemoved => false,
        }
    }

    /// What comes back; `answer` is the party's, when it acted.
    pub(super) fn outcome(
        self,
        party: Party,
        answer: Option<Response>,
    ) -> Result<Response, HttpError> {
        let lost = || HttpError::Lost("connection reset".to_owned());
        match self {
            Self::Refused => Err(HttpError::NotSent("connection refused".to_owned())),
            Self::LostBefore | Self::LostAfter | Self::Delayed => Err(lost()),
            Self::Slow => answer.ok_or_else(lost),
            Self::Truncated => answer.ok_or_else(lost).map(|mut answer| {
                answer.body.truncate(answer.body.len() / 2);
                answer
            }),
            Self::Html | Self::HtmlAfter => Ok(response(502, "<html>502 Bad Gateway</html>")),
            // With status 200: who only looks at the status takes it for success.
            Self::Garbage | Self::GarbageAfter => Ok(response(200, "\u{fffd}{[garbage")),
            Self::ServerError | Self::ServerErrorAfter => Ok(words::failure(party)),
            Self::TooFast(wait) => Ok(words::too_fast(party, wait)),
            Self::Unauthorized => Ok(words::unauthorized(party)),
            Self::Forbidden => Ok(response(403, "<html>403 Forbidden</html>")),
            Self::TokenRevoked => Ok(words::token_revoked(party)),
            Self::BotRemoved => Ok(words::bot_removed(party)),
            Self::ScopeRemoved => Ok(words::scope_removed(party)),
        }
    }
}

/// Whether a request to this address of a chat shows a message.
///
/// By how addresses end, and where a platform names the message or its recipient in the address, by what stands in it. The list
/// is the platforms', and not the core's: what the core takes for harmless and isn't has to show here.
pub(super) fn is_commit(url: &str) -> bool {
    let shows = [
        "/messages",
        "/files.completeUploadExternal",
        "/chat.postMessage",
        "/show",
        "/sendMessage",
        "/groupMessages/send",
        "/ilink/bot/sendmessage",
        "//hooks.example/in",
    ];
    let has = [
        "/im/v1/messages?",
        "/show/",
        "/send/m.room.message/",
        "/message/send?",
        "/sendVideo?",
        "/sendPhoto?",
        "/sendDocument?",
        "/editMessageMedia?",
    ];
    // A list of messages has a query behind it.
    let path = shows.iter().any(|end| url.ends_with(end));
    path || has.iter().any(|part| url.contains(part))
}

/// Whether a request to this address of a chat exchanges a secret for a token: such a one can't be refused for a token that has
/// ended.
fn is_exchange(url: &str) -> bool {
    url.contains("/gettoken?") || url.ends_with("/accessToken")
}

/// Whether what goes to this address of a chat is only described by whoever carries it, and stays here.
pub(super) fn is_measured(url: &str) -> bool {
    url.ends_with("/measure")
}

/// Whether a request to this address of a service costs money, where it is a `POST`.
pub(super) fn is_paid(url: &str) -> bool {
    // Each service has such a path, and nothing else ends so.
    let paid = ["/session", "/generations/tasks", "/submit_run"];
    paid.iter().any(|end| url.ends_with(end))
}

/// How long a request takes: there, and back.
pub(super) fn times_ms(fault: Option<Fault>, rng: &mut Rng) -> (u64, u64) {
    let there = rng.between(20, 300);
    match fault {
        // A time-out is noticed only after a while.
        Some(Fault::LostBefore | Fault::LostAfter | Fault::Delayed) if rng.chance(500) => {
            (there, rng.between(5_000, 60_000))
        }
        // As long as the component waits for a first byte, so that the next thing happens long after.
        Some(Fault::Slow) => (there, 60_000),
        _ => (there, rng.between(20, 300)),
    }
}

/// An answer without headers.
pub(super) fn response(status: u16, body: &str) -> Response {
    Response {
        status,
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
        truncated: false,
    }
}
