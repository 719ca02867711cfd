//! What can be made to go wrong, for every route of every service. The scripts only: `serve.rs`
//! carries them out.

use crate::route::Route;
use serde_json::{Value, json};

/// For ever, as the `times` of a fault.
pub const ALWAYS: usize = usize::MAX;

/// One way to answer wrongly, late or not at all.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Answers so many milliseconds later. A message that Feishu is handling meanwhile counts as in
    /// flight. Adds to a following fault on the same request.
    Latency(u64),
    /// Hangs up: on accepting, when the route is [`Route::any`] (as `"*"`), else before the body is read.
    Refuse,
    /// Reads the whole request, changes nothing, resets the connection.
    ResetBeforeHeaders,
    /// Does what was asked, then resets the connection without an answer.
    ResetAfterApplied,
    /// Does what was asked, sends the headers and half of the body, then resets the connection.
    ResetInBody,
    /// The same, but ends the connection in an orderly way: only the length tells.
    TruncatedBody,
    /// Reads the whole request, changes nothing, and keeps the connection open without an answer until the
    /// client leaves. [`crate::Fake::held_requests`] tells when that point is reached.
    SilentBefore,
    /// The same after doing what was asked.
    SilentAfterApplied,
    /// An edge server's HTML page with this status; nothing is changed.
    Html(u16),
    /// JSON with this status; nothing is changed.
    Json(u16, Value),
    /// Anything: status, headers, body; nothing is changed.
    Status(u16, Vec<(String, String)>, String),
    /// 200 with a body that isn't JSON, though the content type says so.
    GarbageOk,
    /// 200 with `{"error": "text"}`.
    ErrorString(String),
    /// 429 with these headers.
    RateLimited {
        /// For example `("retry-after", "2")` or `("x-ogw-ratelimit-reset", "0.4")`.
        headers: Vec<(String, String)>,
    },
    /// 302 to this location. For 307 and 308 use [`Fault::Status`].
    Redirect(String),
}

impl Fault {
    /// 429 with one header.
    pub fn rate_limited(name: &str, value: &str) -> Self {
        Self::RateLimited {
            headers: vec![(name.into(), value.into())],
        }
    }

    /// Feishu's moderation: HTTP 500 with code 40009.
    pub fn moderated() -> Self {
        Self::Json(
            500,
            json!({"code": 40009, "msg": "the content violates the platform's rules"}),
        )
    }

    /// Feishu's transient error: HTTP 500 with code 2200.
    pub fn internal() -> Self {
        Self::Json(500, json!({"code": 2200, "msg": "Internal Error"}))
    }
}

/// One fault, with where and how often it is to happen.
#[derive(Debug)]
struct Planned {
    route: Route,
    skip: usize,
    fault: Fault,
    /// How often it is left to happen.
    times: usize,
}

impl Planned {
    /// Whether it is this request's turn; counts it.
    fn spend(&mut self) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        match self.times {
            0 => return false,
            ALWAYS => {}
            _ => self.times -= 1,
        }
        true
    }
}

/// What is to happen to one request.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    /// How much later it is answered.
    pub(crate) latency_ms: u64,
    /// What else happens.
    pub(crate) fault: Option<Fault>,
}

/// The faults that are still to come, in the order they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Planned>);

impl Faults {
    /// Adds a fault behind those that are there.
    pub(crate) fn plan(&mut self, route: Route, skip: usize, fault: Fault, times: usize) {
        self.0.push(Planned {
            route,
            skip,
            fault,
            times,
        });
    }

    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// All latencies that fit, up to and including the first fault of another kind.
    pub(crate) fn take(&mut self, method: &str, path: &str) -> Fate {
        let mut fate = Fate::default();
        for planned in &mut self.0 {
            if !planned.route.fits(method, path) || !planned.spend() {
                continue;
            }
            if let Fault::Latency(latency_ms) = planned.fault {
                fate.latency_ms += latency_ms;
            } else {
                fate.fault = Some(planned.fault.clone());
                break;
            }
        }
        fate
    }

    /// Whether a connection is to be hung up on before anything is read from it.
    pub(crate) fn take_connection(&mut self) -> bool {
        self.0.iter_mut().any(|planned| {
            planned.fault == Fault::Refuse && planned.route.is_any() && planned.spend()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_waits_for_its_turn_and_is_used_up() {
        let mut faults = Faults::default();
        faults.plan("GET /a".into(), 1, Fault::GarbageOk, 1);
        assert_eq!(faults.take("GET", "/a").fault, None);
        assert_eq!(faults.take("GET", "/b").fault, None);
        assert_eq!(faults.take("GET", "/a").fault, Some(Fault::GarbageOk));
        assert_eq!(faults.take("GET", "/a").fault, None);
    }

    #[test]
    fn latency_adds_to_the_fault_after_it() {
        let mut faults = Faults::default();
        faults.plan("*".into(), 0, Fault::Latency(5), ALWAYS);
        faults.plan("*".into(), 0, Fault::Html(502), 1);
        let fate = faults.take("GET", "/");
        assert_eq!((fate.latency_ms, fate.fault), (5, Some(Fault::Html(502))));
        assert_eq!(faults.take("GET", "/").latency_ms, 5);
    }
}
