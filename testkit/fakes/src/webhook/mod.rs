//! A receiver of webhooks, signed as Standard Webhooks has it: it takes what is signed by its secret, of the last five minutes, and
//! each id once. What it is told of it keeps.

use crate::record::{Body, Recorded};
use crate::reply::Reply;
use crate::serve::pause;
use crate::service::{Fake, Handler, Service, TimedOut, lock, wait_for_count};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How far the time that is signed may be from now, either way.
const TOLERANCE_S: u64 = 5 * 60;

/// What was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// Its id.
    pub id: String,
    /// What it says.
    pub payload: Value,
    /// How often it came.
    pub times: usize,
}

#[derive(Debug)]
pub(crate) struct Inner {
    service: Service,
    taken: Mutex<Vec<Taken>>,
    /// What is answered instead, if anything is.
    refusal: Mutex<Option<u16>>,
}

/// A webhook's handle.
#[derive(Clone, Debug)]
pub struct Webhook(Arc<Inner>);

impl Fake for Webhook {
    fn service(&self) -> &Service {
        &self.0.service
    }
}

impl Webhook {
    pub(crate) fn new(service: Service) -> Self {
        Self(Arc::new(Inner {
            service,
            taken: Mutex::default(),
            refusal: Mutex::default(),
        }))
    }

    pub(crate) fn handler(&self) -> Arc<Inner> {
        self.0.clone()
    }

    /// Everything that was taken, each id once, in the order in which it came first.
    pub fn taken(&self) -> Vec<Taken> {
        lock(&self.0.taken).clone()
    }

    /// Everything is refused with this status; none: no longer.
    pub fn refuse(&self, status: Option<u16>) {
        *lock(&self.0.refusal) = status;
        self.service().tell();
    }

    /// Waits until at least `count` messages were taken, and gives them all.
    ///
    /// # Errors
    /// When there are fewer after `timeout`.
    pub async fn wait_for_taken(
        &self,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<Taken>, TimedOut> {
        wait_for_count(self, "the webhook", count, timeout, || {
            (self.taken(), self.requests().len())
        })
        .await
    }
}

impl Inner {
    /// Whether a request is signed by the secret, for its own body and about now.
    fn is_signed(&self, request: &Recorded, body: &[u8]) -> bool {
        let header = |name: &str| request.header(name).unwrap_or_default();
        let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
        let Ok(at_s) = at.parse::<u64>() else {
            return false;
        };
        let is_recent = self.service.unix_now().as_secs().abs_diff(at_s) <= TOLERANCE_S;
        let secret = crate::WEBHOOK_SECRET.trim_start_matches("whsec_");
        let Ok(secret) = STANDARD.decode(secret) else {
            return false;
        };
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &secret);
        let signed = [id.as_bytes(), b".", at.as_bytes(), b".", body].concat();
        let is_good = |signature: &str| {
            let signature = signature
                .strip_prefix("v1,")
                .and_then(|text| STANDARD.decode(text).ok());
            signature.is_some_and(|bytes| ring::hmac::verify(&key, &signed, &bytes).is_ok())
        };
        !id.is_empty() && is_recent && header("webhook-signature").split(' ').any(is_good)
    }

    fn respond(&self, request: &Recorded) -> Reply {
        if let Some(status) = *lock(&self.refusal) {
            return Reply::json(status, &json!({"error": "refused"}));
        }
        let body = match &request.body {
            Body::Text(text) => text.as_str(),
            _ => "",
        };
        if !self.is_signed(request, body.as_bytes()) {
            return Reply::json(401, &json!({"error": "no good signature"}));
        }
        let Ok(payload) = serde_json::from_str::<Value>(body) else {
            return Reply::json(400, &json!({"error": "no JSON"}));
        };
        let id = request.header("webhook-id").unwrap_or_default().to_owned();
        let mut taken = lock(&self.taken);
        match taken.iter_mut().find(|known| known.id == id) {
            Some(known) => known.times += 1,
            None => taken.push(Taken {
                id,
                payload,
                times: 1,
            }),
        }
        Reply::json(202, &json!({}))
    }
}

impl Handler for Inner {
    fn service(&self) -> &Service {
        &self.service
    }

    fn reads_bytes(&self) -> bool {
        true
    }

    async fn answer(self: Arc<Self>, request: Recorded, latency: Duration) -> Reply {
        pause(latency).await;
        let reply = self.respond(&request);
        self.service.tell();
        reply
    }
}
