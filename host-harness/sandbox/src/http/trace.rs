//! Which requests a call made, for the record: by route, never by URL. Requests on one route are counted together, so that
//! a call of two hours makes a record as short as one of a second.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::Method;
use serde_json::{Map, Value, json};

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

/// The requests of one call on one route.
#[derive(Debug)]
pub struct Exchange {
    sender: Sender,
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
    fn new(sender: Sender, method: &Method, origin: &str, path: &str) -> Self {
        Self {
            sender,
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
        (self.sender, &self.method, &*self.origin, &*self.path) == (sender, method, origin, path)
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
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        *answers.entry(answer).or_default() += 1;
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
            "by": match self.sender {
                Sender::Component => "component",
                Sender::Harness => "harness",
            },
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
pub struct Trace(Mutex<Noted>);

impl Trace {
    /// Notes that a request on this route begins.
    pub(super) fn begin(
        &self,
        sender: Sender,
        method: &Method,
        origin: &str,
        path: &str,
    ) -> Arc<Exchange> {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = noted.exchanges.iter();
        let exchange = match known.find(|known| known.is(sender, method, origin, path)) {
            Some(known) => Arc::clone(known),
            None => {
                let new = Arc::new(Exchange::new(sender, method, origin, path));
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
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.handles.insert(handle);
    }

    /// The exchanges and the credentials' names, for the record.
    pub fn to_json(&self) -> (Value, Value) {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
        let begin = |path| trace.begin(Sender::Component, &Method::POST, "https://h", path);
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
