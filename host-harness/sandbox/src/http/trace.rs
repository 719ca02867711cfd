//! Which requests a call made: by route, never by URL. For the record requests on one route are counted together, so that
//! a call of two hours makes a record as short as one of a second; for who watches (`tracing`) each answer is an event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use contract::services::{Route, Service};
use http::Method;
use serde_json::{Map, Value, json};
use tracing::{Span, debug, info};

/// More distinct routes than any policy has; a bound all the same.
const ROUTES: usize = 64;

/// What became of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// The service answered with this status.
    Status(u16),
    /// There was no answer; the error's name.
    Failed(&'static str),
    /// The harness answered in the service's place: the token route.
    Here,
}

impl Answer {
    fn name(self) -> String {
        match self {
            Self::Status(status) => status.to_string(),
            Self::Failed(name) => name.to_owned(),
            Self::Here => "answered-here".to_owned(),
        }
    }
}

/// Who wanted a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    Component,
    /// The exchange of an app's secret for a token, or a result that a person is shown.
    Harness,
}

impl Sender {
    const fn name(self) -> &'static str {
        match self {
            Self::Component => "component",
            Self::Harness => "harness",
        }
    }
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It reads, or prepares something.
    Ask,
    /// It costs the user money.
    Pay,
    /// It puts a message into a chat.
    Commit,
    /// It gets a token for an app's secret.
    Exchange,
}

impl Step {
    /// That of a route.
    pub(super) const fn of(route: &Route) -> Self {
        // Paid first: a route that cost money and showed something would be looked for under its cost.
        if route.paid {
            Self::Pay
        } else if route.commits {
            Self::Commit
        } else {
            Self::Ask
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Pay => "pay",
            Self::Commit => "commit",
            Self::Exchange => "exchange",
        }
    }
}

/// Who asks whom, and what for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) by: Sender,
    pub(super) of: &'static Service,
    pub(super) step: Step,
}

/// The requests of one call on one route.
#[derive(Debug)]
pub struct Exchange {
    asked: Asked,
    /// The call it is a part of.
    span: Span,
    method: Method,
    origin: String,
    path: String,
    /// How many requests began; those without an answer are the difference to `answers`.
    begun: AtomicU32,
    sent_bytes: AtomicU64,
    received_bytes: AtomicU64,
    /// How many ended in which way.
    answers: Mutex<BTreeMap<Answer, u32>>,
}

impl Exchange {
    fn new(asked: Asked, span: Span, (method, origin, path): (&Method, &str, &str)) -> Self {
        Self {
            asked,
            span,
            method: method.clone(),
            origin: origin.to_owned(),
            path: path.to_owned(),
            begun: AtomicU32::new(0),
            sent_bytes: AtomicU64::new(0),
            received_bytes: AtomicU64::new(0),
            answers: Mutex::default(),
        }
    }

    fn is(&self, sender: Sender, method: &Method, origin: &str, path: &str) -> bool {
        (self.asked.by, &self.method, &*self.origin, &*self.path) == (sender, method, origin, path)
    }

    /// Counts bytes of a request's body.
    pub(super) fn sent(&self, bytes: usize) {
        self.sent_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts bytes of a response's body.
    pub(super) fn received(&self, bytes: usize) {
        self.received_bytes
            .fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Notes how one of its requests ended. Those that never do are counted as unanswered.
    pub(super) fn answered(&self, answer: Answer) {
        // Before the lock: a subscriber may take its time, and the others' answers shouldn't wait for it.
        self.tell(answer);
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        *answers.entry(answer).or_default() += 1;
    }

    /// The same as an event: what the record has of it, and nothing of the request itself.
    fn tell(&self, answer: Answer) {
        let Asked { by, of, step } = self.asked;
        // A level is a part of the code of its event, so that there are two.
        macro_rules! answered {
            ($at:ident) => {
                $at!(
                    parent: &self.span,
                    service = of.id,
                    step = step.name(),
                    by = by.name(),
                    method = self.method.as_str(),
                    origin = self.origin,
                    path = self.path,
                    outcome = answer.name(),
                    "request answered"
                )
            };
        }
        // What costs money or is seen in a chat is rare, and what people look for first.
        match step {
            Step::Pay | Step::Commit => answered!(info),
            Step::Ask | Step::Exchange => answered!(debug),
        }
    }

    fn to_json(&self) -> Value {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counts: Map<String, Value> = answers
            .iter()
            .map(|(answer, count)| (answer.name(), json!(count)))
            .collect();
        // What the component dropped, or was under way when the call was stopped: for a paid one that is
        // worth knowing.
        let open = self.begun.load(Ordering::Relaxed) - answers.values().sum::<u32>();
        if open > 0 {
            counts.insert("unanswered".to_owned(), json!(open));
        }
        json!({
            "by": self.asked.by.name(),
            "method": self.method.as_str(),
            "origin": self.origin,
            "path": self.path,
            "answers": counts,
            "sent_bytes": self.sent_bytes.load(Ordering::Relaxed),
            "received_bytes": self.received_bytes.load(Ordering::Relaxed),
        })
    }
}

/// What of a call the record shows of its requests.
#[derive(Debug, Default)]
struct Noted {
    exchanges: Vec<Arc<Exchange>>,
    /// Names of credentials, never values. A set: a poll uses the same one many times.
    handles: BTreeSet<&'static str>,
}

/// All requests of one call, and the credentials they went out with.
#[derive(Debug, Default)]
pub struct Trace {
    noted: Mutex<Noted>,
    /// The call's span. Set once, by whoever records the call.
    span: OnceLock<Span>,
}

impl Trace {
    /// What happens to the call's requests belongs to `span`, on whichever task it happens.
    pub(crate) fn belongs_to(&self, span: &Span) {
        // A second recorder of one call would be a mistake; the first one has it.
        let _ = self.span.set(span.clone());
    }

    /// The call's span; none where nobody records the call.
    pub(super) fn span(&self) -> Span {
        self.span.get().cloned().unwrap_or_else(Span::none)
    }

    /// Notes that a request on this route begins.
    pub(super) fn begin(
        &self,
        asked: Asked,
        method: &Method,
        origin: &str,
        path: &str,
    ) -> Arc<Exchange> {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = noted.exchanges.iter();
        let exchange = match known.find(|known| known.is(asked.by, method, origin, path)) {
            Some(known) => Arc::clone(known),
            None => {
                let new = Arc::new(Exchange::new(asked, self.span(), (method, origin, path)));
                // Beyond the bound it isn't in the record, but the request has something to count in all
                // the same.
                if noted.exchanges.len() < ROUTES {
                    noted.exchanges.push(Arc::clone(&new));
                }
                new
            }
        };
        exchange.begun.fetch_add(1, Ordering::Relaxed);
        exchange
    }

    /// Notes the name of a credential that goes out; never its value.
    pub(super) fn uses(&self, handle: &'static str) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.handles.insert(handle);
    }

    /// The exchanges and the credentials' names, for the record.
    pub fn to_json(&self) -> (Value, Value) {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let exchanges: Value = noted.exchanges.iter().map(|e| e.to_json()).collect();
        (exchanges, json!(noted.handles))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_on_one_route_are_one_entry_with_all_answers_counted() {
        let trace = Trace::default();
        let asked = Asked {
            by: Sender::Component,
            of: &contract::services::DIRECT,
            step: Step::Commit,
        };
        let begin = |path| trace.begin(asked, &Method::POST, "https://h", path);
        for answer in [
            Answer::Status(200),
            Answer::Status(429),
            Answer::Status(200),
        ] {
            let exchange = begin("/messages/{id}/reply");
            exchange.sent(10);
            exchange.answered(answer);
        }
        begin("/messages/{id}/reply");
        begin("/files").answered(Answer::Failed("connection-refused"));
        trace.uses("feishu-tenant-token");
        trace.uses("feishu-tenant-token");
        let (egress, handles) = trace.to_json();
        assert_eq!(egress.as_array().unwrap().len(), 2);
        assert_eq!(
            egress[0]["answers"],
            json!({"200": 2, "429": 1, "unanswered": 1})
        );
        assert_eq!(egress[0]["sent_bytes"], 30);
        assert_eq!(egress[1]["answers"], json!({"connection-refused": 1}));
        assert_eq!(handles, json!(["feishu-tenant-token"]));
    }
}
