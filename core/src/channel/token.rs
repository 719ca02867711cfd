//! The token that an app's secret is exchanged for: fetched when it is first needed, and once more when it is refused. For every
//! channel that has one; what its exchange looks like, and what an answer means, the channel says.

use contract::services::CREDENTIAL_SEGMENT;
use serde_json::Value;

use super::account::Account;
use super::answer::{Answer, Meaning, Risk};
use super::calls::Calls;
use crate::io::{HttpError, Method, RelayError, Request, Response, USER_AGENT, UnixMs};
use crate::json;
use crate::secret::Secret;

/// A response has a token of some hundred bytes, and its life.
const MAX_RESPONSE_BYTES: u64 = 64 * 1024;

/// The token of this step, where there is one already.
#[derive(Default)]
pub(super) struct Token(Option<Secret>);

/// How a token is asked for.
pub(super) struct Exchange {
    /// The request.
    pub(super) request: Request,
    /// The response's member with the token.
    pub(super) member: &'static str,
    /// What a response without one means.
    pub(super) failure: fn(&Response, UnixMs) -> Answer,
}

/// The headers of an exchange. `anew`: whoever keeps tokens is to drop the one that was refused, and would give it again
/// without this (our harness keeps them for all of its calls).
pub(super) fn headers(anew: bool) -> Vec<(&'static str, String)> {
    let mut headers = vec![("user-agent", USER_AGENT.to_owned())];
    if anew {
        headers.push(("cache-control", "no-cache".to_owned()));
    }
    headers
}

/// The request for a token whose response has it as `access_token`, and that has the secret at the end of its address, which is
/// `url` so far. The secret is put in where it leaves.
pub(super) fn in_query(
    url: String,
    account: &Account,
    anew: bool,
    failure: fn(&Response, UnixMs) -> Answer,
) -> Exchange {
    let secret = Secret::new(account.secret.expose().to_owned());
    Exchange {
        request: Request {
            method: Method::Get,
            url: url + CREDENTIAL_SEGMENT,
            headers: headers(anew),
            credential: Some((CREDENTIAL_SEGMENT, secret)),
            body: Vec::new(),
            max_response_bytes: MAX_RESPONSE_BYTES,
        },
        member: "access_token",
        failure,
    }
}

impl Token {
    /// Makes a call with a token; with a fresh one, once, when it is refused. `exchange` makes the request for one.
    ///
    /// # Errors
    /// Those of the call, and why there is no token: nothing was sent then.
    pub(super) fn call(
        &mut self,
        calls: &Calls<'_>,
        exchange: &dyn Fn(bool) -> Exchange,
        call: &mut dyn FnMut(&Secret) -> Result<Value, Answer>,
    ) -> Result<Value, Answer> {
        // Not a counter: the platforms say that a fresh token is repeated exactly once, and a second refusal
        // means the app itself.
        let mut refused = false;
        loop {
            let token = match self.0.take() {
                Some(token) => token,
                None => fetch(calls, exchange(refused))?,
            };
            let called = call(&token);
            if let Err(Answer::Refused(Meaning::BadToken, _)) = called {
                if refused {
                    return called;
                }
                refused = true;
                continue;
            }
            // Put back only here: one that was refused must not serve the next message of this step.
            self.0 = Some(token);
            return called;
        }
    }
}

/// What it means that an exchange was answered without a token, as the channel reads an answer. Nothing was sent by it.
///
/// A secret that isn't accepted is withheld and not for good: what waits is sent once it is put right.
pub(super) fn untold(read: Result<Value, Answer>, bad_secret: &str) -> Answer {
    match read {
        // With a token the same code means that the token has run out; without one it is the secret's.
        Err(Answer::Refused(Meaning::BadToken, _)) => {
            Answer::Refused(Meaning::Withheld, bad_secret.to_owned())
        }
        Err(answer @ Answer::Refused(Meaning::RateLimited(_) | Meaning::Withheld, _)) => answer,
        Err(Answer::Refused(_, reason) | Answer::Unknown(reason)) => {
            Answer::NotDispatched(["no token: ", &reason].concat())
        }
        Ok(_) | Err(_) => Answer::NotDispatched("no token in the answer".to_owned()),
    }
}

/// Asks for a token. The secret is a placeholder with our harness, which keeps tokens for all of its calls.
///
/// # Errors
/// Why there is none. Nothing was sent: no key's window begins by it.
fn fetch(calls: &Calls<'_>, exchange: Exchange) -> Result<Secret, Answer> {
    let response = match calls.http(Risk::Harmless, exchange.request) {
        Ok(response) => response,
        Err(RelayError::Upload(HttpError::Denied(reason))) => {
            // What the sandbox refuses here it refuses again until its rules change.
            let reason = ["no token: ", &reason].concat();
            return Err(Answer::Refused(Meaning::ForGood, reason));
        }
        // No message has left: whatever became of the token request, trying again is safe.
        Err(RelayError::Upload(error)) => {
            let reason = ["no token: ", error.reason()].concat();
            return Err(Answer::NotDispatched(reason));
        }
        Err(RelayError::Source { reason, .. } | RelayError::Cut(reason)) => {
            return Err(Answer::NotDispatched(reason));
        }
    };
    let value = json::foreign(&response.body).unwrap_or_default();
    let token = value.get(exchange.member).and_then(Value::as_str);
    // An empty one would be sent as such, and be refused as if it had run out.
    match token.filter(|token| !token.is_empty()) {
        Some(token) => Ok(Secret::new(token.to_owned())),
        None => Err((exchange.failure)(&response, calls.io().now_ms())),
    }
}
