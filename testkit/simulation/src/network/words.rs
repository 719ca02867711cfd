//! Failures and refusals in each party's own words: in others' they would be garbage, which is another fault.

use libtv_video_core::io::Response;

use super::super::cast::{Channel, Service};
use super::{Party, Wait, response};

/// It fails, and doesn't say whether it acted.
pub(super) fn failure(party: Party) -> Response {
    match party {
        Party::Service(Service::Ark) => ark(500, "InternalServiceError"),
        Party::Service(Service::Pippit) => pippit(5, "下游服务异常"),
        Party::Chat(Channel::Feishu) => feishu(500, 2200, "internal error"),
        Party::Chat(Channel::Discord) => discord(500, 0, "internal error"),
        Party::Chat(Channel::Slack) => slack("internal_error"),
        Party::Chat(Channel::Telegram) => telegram(500, "Internal Server Error"),
        Party::Chat(Channel::Matrix) => matrix(500, "M_UNKNOWN"),
        Party::Chat(Channel::WeCom) => wecom(-1, "system busy"),
        Party::Chat(Channel::DingTalk) => dingtalk(500, "ServiceUnavailable"),
        Party::Chat(Channel::WeChat) => wechat(500, -1, "system error"),
        _ => plain(party, 500, "internal error"),
    }
}

/// It doesn't know the caller.
pub(super) fn unauthorized(party: Party) -> Response {
    match party {
        Party::Service(Service::Ark) => ark(401, "AuthenticationError"),
        Party::Service(Service::Pippit) => pippit(2, "Ak无效"),
        Party::Chat(Channel::Feishu) => feishu(401, 99_991_661, "Invalid API Key"),
        Party::Chat(Channel::Discord) => discord(401, 0, "401: Unauthorized"),
        Party::Chat(Channel::Slack) => slack("invalid_auth"),
        Party::Chat(Channel::Telegram) => telegram(401, "Unauthorized"),
        Party::Chat(Channel::Matrix) => matrix(401, "M_MISSING_TOKEN"),
        Party::Chat(Channel::WeCom) => wecom(40001, "invalid credential"),
        Party::Chat(Channel::DingTalk) => dingtalk(401, "InvalidAuthentication"),
        Party::Chat(Channel::WeChat) => wechat(401, -14, "session timeout"),
        _ => plain(party, 401, "Invalid API Key"),
    }
}

/// The chat's token has ended.
pub(super) fn token_revoked(party: Party) -> Response {
    match party {
        Party::Chat(Channel::Discord) => discord(401, 40001, "Unauthorized"),
        Party::Chat(Channel::Slack) => slack("token_revoked"),
        Party::Chat(Channel::Telegram) => telegram(401, "Unauthorized"),
        Party::Chat(Channel::Matrix) => matrix(401, "M_UNKNOWN_TOKEN"),
        Party::Chat(Channel::WeCom) => wecom(42001, "access_token expired"),
        Party::Chat(Channel::DingTalk) => dingtalk(401, "InvalidAuthentication"),
        Party::Chat(Channel::WeChat) => wechat(200, -14, "session timeout"),
        _ => feishu(400, 99_991_668, "invalid token"),
    }
}

/// The bot isn't in the chat any more.
pub(super) fn bot_removed(party: Party) -> Response {
    match party {
        Party::Chat(Channel::Feishu) => feishu(400, 230_002, "bot not in chat"),
        Party::Chat(Channel::Discord) => discord(403, 50001, "Missing Access"),
        Party::Chat(Channel::Slack) => slack("not_in_channel"),
        Party::Chat(Channel::Telegram) => {
            telegram(403, "Forbidden: bot was kicked from the supergroup chat")
        }
        Party::Chat(Channel::Matrix) => matrix(403, "M_FORBIDDEN"),
        Party::Chat(Channel::WeCom) => wecom(81013, "user not in the visible range"),
        Party::Chat(Channel::DingTalk) => dingtalk(400, "invalid.conversation"),
        Party::Chat(Channel::WeChat) => wechat(200, -2, "unknown error"),
        _ => plain(party, 403, "bot not in chat"),
    }
}

/// The app may not upload any more.
pub(super) fn scope_removed(party: Party) -> Response {
    match party {
        Party::Chat(Channel::Discord) => discord(403, 50013, "Missing Permissions"),
        Party::Chat(Channel::Slack) => response(
            200,
            "{\"ok\":false,\"error\":\"missing_scope\",\"needed\":\"files:write\",\"provided\":\"chat:write\"}",
        ),
        _ => feishu(400, 99_991_672, "Access denied"),
    }
}

/// Too often, with how long to wait.
pub(super) fn too_fast(party: Party, wait: Wait) -> Response {
    let mut answer = match party {
        Party::Service(Service::Ark) => ark(429, "ModelAccountRpmRateLimitExceeded"),
        Party::Service(Service::Pippit) => pippit(16010, "请求过于频繁"),
        Party::Chat(Channel::Feishu) => feishu(429, 99_991_400, "slow down"),
        Party::Chat(Channel::Discord) => discord(429, 20028, "slow down"),
        Party::Chat(Channel::Telegram) => telegram(429, "Too Many Requests"),
        Party::Chat(Channel::Matrix) => matrix(429, "M_LIMIT_EXCEEDED"),
        Party::Chat(Channel::WeCom) => wecom(45033, "api concurrent out of limit"),
        Party::Chat(Channel::DingTalk) => dingtalk(429, "Throttling.QpsLimit"),
        Party::Chat(Channel::WeChat) => wechat(429, -2, "freq limit"),
        Party::Chat(Channel::Slack) => {
            let mut answer = slack("ratelimited");
            answer.status = 429;
            answer
        }
        _ => plain(party, 429, "slow down"),
    };
    let header = match (wait, party) {
        (Wait::Unsaid, _) => return answer,
        (Wait::Seconds, _) => ("retry-after", "7"),
        (Wait::Fraction, Party::Chat(Channel::Feishu)) => ("x-ogw-ratelimit-reset", "1.25"),
        (Wait::Fraction, _) => ("retry-after", "1.25"),
        (Wait::Date, _) => ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"),
        (Wait::Nonsense, _) => ("retry-after", "soon"),
        (Wait::Endless, _) => ("retry-after", "31536000"),
    };
    answer
        .headers
        .push((header.0.to_owned(), header.1.to_owned()));
    answer
}

/// An error of Ark.
fn ark(status: u16, code: &str) -> Response {
    let body = format!(
        "{{\"error\":{{\"code\":\"{code}\",\"message\":\"no. Request id: 1\",\"type\":\"\"}}}}"
    );
    response(status, &body)
}

/// An error of Pippit: the status is always 200.
fn pippit(ret: u32, words: &str) -> Response {
    let body = format!("{{\"ret\":\"{ret}\",\"errmsg\":\"{words}\",\"data\":null}}");
    response(200, &body)
}

/// An error of Feishu.
fn feishu(status: u16, code: u32, words: &str) -> Response {
    response(status, &format!("{{\"code\":{code},\"msg\":\"{words}\"}}"))
}

/// An error of Discord.
fn discord(status: u16, code: u32, words: &str) -> Response {
    let body = format!("{{\"code\":{code},\"message\":\"{words}\"}}");
    response(status, &body)
}

/// An error of Slack: HTTP 200, and a word.
fn slack(word: &str) -> Response {
    response(200, &format!("{{\"ok\":false,\"error\":\"{word}\"}}"))
}

/// An error of Telegram.
fn telegram(code: u16, description: &str) -> Response {
    let body = format!("{{\"ok\":false,\"error_code\":{code},\"description\":\"{description}\"}}");
    response(code, &body)
}

/// An error of Matrix.
fn matrix(status: u16, word: &str) -> Response {
    response(
        status,
        &format!("{{\"errcode\":\"{word}\",\"error\":\"no\"}}"),
    )
}

/// An error of WeCom: the status is always 200.
fn wecom(code: i32, words: &str) -> Response {
    response(
        200,
        &format!("{{\"errcode\":{code},\"errmsg\":\"{words}\"}}"),
    )
}

/// An error of DingTalk's newer host; the older one reads it as one of its edge.
fn dingtalk(status: u16, code: &str) -> Response {
    response(
        status,
        &format!("{{\"code\":\"{code}\",\"message\":\"no\"}}"),
    )
}

/// An error of WeChat; where media go it is read as one of the edge.
fn wechat(status: u16, ret: i32, words: &str) -> Response {
    response(status, &format!("{{\"ret\":{ret},\"errmsg\":\"{words}\"}}"))
}

/// Of whoever has no words of its own here: a store, both of LibTV's envelopes in one, a toy.
fn plain(party: Party, status: u16, words: &str) -> Response {
    let body = match party {
        Party::Media => format!("<Error><Message>{words}</Message></Error>"),
        Party::Service(_) => format!(
            "{{\"code\":{status},\"message\":\"{words}\",\"error\":{{\"message\":\"{words}\"}}}}"
        ),
        Party::Chat(_) => words.to_owned(),
    };
    response(status, &body)
}
