//! Requests on their way through the simulated world: what happens to them, who answers, and what arrives late.
//!
//! ```text
//! request ──▶ fault of the weather ──▶ who answers (chat, store, service) ──▶ what comes back
//!                   │
//!                   └─ delayed: lost to its sender, and served up to a minute later
//! ```

use contract::services::seal;
use libtv_video_core::io::{HttpError, Relay, RelayError, Request, Response};
use libtv_video_core::secret::Secret;
use serde_json::json;

use super::chats::Upload;
use super::media::{Store, digest};
use super::network::{self, Fault, Party};
use super::services::is_submit;
use super::world::World;

/// A request that was lost to its sender, and takes effect later.
pub(super) struct Delayed {
    /// When it arrives.
    at_ms: u64,
    /// What does.
    late: Late,
}

/// What can arrive late.
enum Late {
    Request(Request),
    Upload {
        url: String,
        head: Vec<u8>,
        media: String,
    },
}

impl World {
    /// One request and its response, and how long both took.
    pub(super) fn exchange(
        &mut self,
        request: &Request,
        is_source: bool,
    ) -> (Result<Response, HttpError>, u64) {
        let url = &request.url;
        // Once: the next submit of the scenario is to be taken.
        let first = is_submit(request)
            .then(|| self.first_submit.take())
            .flatten();
        let fault = first.or_else(|| {
            self.weather
                .network(&mut self.rng, self.now_ms, url, is_source)
        });
        let (there_ms, back_ms) = network::times_ms(fault, &mut self.rng);
        if fault == Some(Fault::Delayed) {
            self.delay(Late::Request(copied(request)));
        }
        let applies = fault.is_none_or(Fault::applies);
        let before = self.ledger.charges.len();
        let answer = applies.then(|| self.serve(request, self.now_ms + there_ms));
        if matches!(fault, None | Some(Fault::Slow)) {
            let new = self.ledger.charges.iter_mut().skip(before);
            new.for_each(|charge| charge.is_answered = true);
        }
        self.note_request(fault, url);
        (outcome(fault, url, answer), there_ms + back_ms)
    }

    /// Media from their store to the chat: either side may fail.
    pub(super) fn relay(&mut self, relay: &Relay) -> (Result<Response, RelayError>, u64) {
        let (source, source_ms) = self.exchange(&relay.source, true);
        let no_source = |status, reason: &str| {
            let reason = reason.to_owned();
            (Err(RelayError::Source { status, reason }), source_ms)
        };
        match source {
            Ok(response) if response.status != 200 => {
                return no_source(response.status, "no media");
            }
            Ok(response)
                if declared_len(&response) != Some(relay.source_len)
                    // Also what arrived: the driver abandons an upload whose source is shorter than was said.
                    || response.body.len() as u64 != relay.source_len =>
            {
                return no_source(200, "another length");
            }
            Ok(_) => {}
            Err(error) => return no_source(0, error.reason()),
        }
        if network::is_measured(&relay.upload.url) {
            return (Ok(measured(relay)), source_ms);
        }
        // By the machine's clock, like the driver.
        if relay
            .end_before_ms
            .is_some_and(|end_ms| self.told_ms() >= end_ms)
        {
            let reason = "the upload took too long".to_owned();
            return (Err(RelayError::Cut(reason)), source_ms);
        }
        let url = &relay.upload.url;
        let fault = self.weather.network(&mut self.rng, self.now_ms, url, false);
        let (there_ms, back_ms) = network::times_ms(fault, &mut self.rng);
        if fault == Some(Fault::Delayed) {
            self.delay(Late::Upload {
                url: url.clone(),
                head: relay.head.clone(),
                media: relay.source.url.clone(),
            });
        }
        let at_ms = self.now_ms + there_ms;
        let answer = fault
            .is_none_or(Fault::applies)
            .then(|| self.upload(url, &relay.head, &relay.source.url, at_ms));
        self.note_request(fault, url);
        let answer = outcome(fault, url, answer).map_err(RelayError::Upload);
        (answer, source_ms + there_ms + back_ms)
    }

    /// Media arrive at the chat.
    fn upload(&mut self, url: &str, head: &[u8], media: &str, at_ms: u64) -> Response {
        let upload = Upload { url, head, media };
        self.platform.take(&mut self.chat, &upload, at_ms)
    }

    /// The response of whoever the address belongs to.
    fn serve(&mut self, request: &Request, at_ms: u64) -> Response {
        match Party::of(&request.url) {
            Party::Chat(_) => self.platform.answer(&mut self.chat, request, at_ms),
            Party::Media => Store::shared().answer(request, at_ms),
            Party::Service(service) => {
                let key = request.credential.as_ref();
                let key_fits =
                    key.is_some_and(|(_, key)| key.expose().starts_with(service.credential()));
                // Answered all the same: that the key came here is the broken promise, whatever follows.
                self.ledger.misplaced_keys += u32::from(!key_fits);
                self.service.answer(&mut self.ledger, request, at_ms)
            }
        }
    }

    /// Keeps what was lost to its sender, and arrives later.
    fn delay(&mut self, late: Late) {
        let at_ms = self.now_ms + self.rng.between(1_000, 60_000);
        self.on_their_way.push(Delayed { at_ms, late });
    }

    /// What was on its way arrives, as far as its time has come.
    pub(super) fn arrive(&mut self) {
        let now_ms = self.now_ms;
        while let Some(next) = self
            .on_their_way
            .iter()
            .position(|delayed| delayed.at_ms <= now_ms)
        {
            let Delayed { at_ms, late } = self.on_their_way.swap_remove(next);
            self.trace.note(at_ms, "arrives", "", 0);
            self.taken += 1;
            match late {
                Late::Request(request) => self.serve(&request, at_ms),
                Late::Upload { url, head, media } => self.upload(&url, &head, &media, at_ms),
            };
        }
    }

    /// Notes a request in the trace, and whether it took effect.
    fn note_request(&mut self, fault: Option<Fault>, url: &str) {
        let what = fault.map_or("request", Fault::name);
        let applies = fault.is_none_or(Fault::applies);
        self.taken += u64::from(applies);
        self.trace.note(self.now_ms, what, url, u64::from(applies));
    }
}

/// What comes back, by what happened on the way.
fn outcome(
    fault: Option<Fault>,
    url: &str,
    answer: Option<Response>,
) -> Result<Response, HttpError> {
    match fault {
        Some(fault) => fault.outcome(Party::of(url), answer),
        None => answer.ok_or_else(|| HttpError::Lost("no answer".to_owned())),
    }
}

/// How whoever carries bytes describes them: no platform is asked, so that nothing can go wrong on the way.
fn measured(relay: &Relay) -> Response {
    let described = json!({seal::BYTES: relay.source_len, seal::MD5: digest(&relay.source.url)});
    network::response(200, &described.to_string())
}

/// What a response says of its length.
pub(super) fn declared_len(response: &Response) -> Option<u64> {
    response.header("content-length")?.parse().ok()
}

/// The same request once more.
fn copied(request: &Request) -> Request {
    let key = request.credential.as_ref();
    Request {
        method: request.method,
        url: request.url.clone(),
        headers: request.headers.clone(),
        credential: key.map(|(name, key)| (*name, Secret::new(key.expose().to_owned()))),
        body: request.body.clone(),
        max_response_bytes: request.max_response_bytes,
    }
}
