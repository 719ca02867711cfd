//! What may happen to a request on its way, how each service would word it, and how long it takes.

use libtv_video_core::io::{HttpError, Response};

use super::rng::Rng;

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    LibTv,
    Media,
    Feishu,
}

impl Service {
    /// Whose an address is.
    pub(super) fn of(url: &str) -> Self {
        match url.split('/').nth(2).unwrap_or("") {
            "open.feishu.cn" => Self::Feishu,
            "libtv-res.liblib.art" => Self::Media,
            _ => Self::LibTv,
        }
    }
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
    /// Feishu's token isn't accepted any more.
    TokenRevoked,
    /// Feishu's bot was removed from the chat.
    BotRemoved,
    /// Feishu's app lost the right to upload.
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
    pub const ALL: [Self; 22] = [
        Self::Refused,
        Self::LostBefore,
        Self::LostAfter,
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
    pub(super) fn fits(self, service: Service, url: &str) -> bool {
        // Refusals in the platform's own words, of routes that have them: elsewhere they would be garbage,
        // which is another fault.
        let feishu_api = service == Service::Feishu && !url.contains("/tenant_access_token/");
        match self {
            Self::TokenRevoked => feishu_api,
            Self::BotRemoved => feishu_api && url.contains("/im/v1/messages?"),
            Self::ScopeRemoved => feishu_api && !url.contains("/im/v1/messages?"),
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

    /// What comes back; `answer` is the service's, when it acted.
    pub(super) fn outcome(
        self,
        service: Service,
        answer: Option<Response>,
    ) -> Result<Response, HttpError> {
        let lost = || HttpError::Lost("connection reset".to_owned());
        match self {
            Self::Refused => Err(HttpError::NotSent("connection refused".to_owned())),
            Self::LostBefore | Self::LostAfter => Err(lost()),
            Self::Slow => answer.ok_or_else(lost),
            Self::Truncated => answer.ok_or_else(lost).map(|mut answer| {
                answer.body.truncate(answer.body.len() / 2);
                answer
            }),
            Self::Html | Self::HtmlAfter => Ok(response(502, "<html>502 Bad Gateway</html>")),
            // With status 200: who only looks at the status takes it for success.
            Self::Garbage | Self::GarbageAfter => Ok(response(200, "\u{fffd}{[garbage")),
            Self::ServerError | Self::ServerErrorAfter => {
                Ok(refusal(service, 500, 2200, "internal error"))
            }
            Self::TooFast(wait) => Ok(too_fast(service, wait)),
            Self::Unauthorized => Ok(refusal(service, 401, 99_991_661, "Invalid API Key")),
            Self::Forbidden => Ok(response(403, "<html>403 Forbidden</html>")),
            Self::TokenRevoked => Ok(refusal(service, 400, 99_991_668, "invalid token")),
            Self::BotRemoved => Ok(refusal(service, 400, 230_002, "bot not in chat")),
            Self::ScopeRemoved => Ok(refusal(service, 400, 99_991_672, "Access denied")),
        }
    }
}

/// In the words of each service: both of LibTV's envelopes in one.
fn refusal(service: Service, status: u16, code: u32, words: &str) -> Response {
    let body = match service {
        Service::LibTv => format!(
            "{{\"code\":{status},\"message\":\"{words}\",\"error\":{{\"message\":\"{words}\"}}}}"
        ),
        Service::Media => format!("<Error><Message>{words}</Message></Error>"),
        Service::Feishu => format!("{{\"code\":{code},\"msg\":\"{words}\"}}"),
    };
    response(status, &body)
}

/// A 429 in the service's own words, with how long to wait.
fn too_fast(service: Service, wait: Wait) -> Response {
    let mut answer = refusal(service, 429, 99_991_400, "slow down");
    let header = match (wait, service) {
        (Wait::Unsaid, _) => return answer,
        (Wait::Seconds, _) => ("retry-after", "7"),
        (Wait::Fraction, Service::Feishu) => ("x-ogw-ratelimit-reset", "1.25"),
        (Wait::Fraction, Service::LibTv | Service::Media) => ("retry-after", "1.25"),
        (Wait::Date, _) => ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"),
        (Wait::Nonsense, _) => ("retry-after", "soon"),
        (Wait::Endless, _) => ("retry-after", "31536000"),
    };
    answer
        .headers
        .push((header.0.to_owned(), header.1.to_owned()));
    answer
}

/// How long a request takes: there, and back.
pub(super) fn times_ms(fault: Option<Fault>, rng: &mut Rng) -> (u64, u64) {
    let there = rng.between(20, 300);
    match fault {
        // A time-out is noticed only after a while.
        Some(Fault::LostBefore | Fault::LostAfter) if rng.chance(500) => {
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
