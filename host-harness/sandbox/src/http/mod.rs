//! The only way out of the sandbox: one hook, `send_request`, that every request passes.
//! Policy and kind of call, then credentials, then the request written anew, the body and a message's recipient, then the
//! client; one that costs money takes a place in the count of those; on the way back secrets that a server echoes are overwritten.
//! Not here: how any of them decides.
//!
//! ```text
//! guest ── wasi:http ── Egress ── policy ── broker ── request ── search ── messages ── spending ── client ── connector ── addresses ── TLS
//!                                   │          │         │          │          │           └ no more paid ones in a day than the user allows
//!                                   │          │         │          │          └ only to whom a submit named
//!                                   │          │         │          └ no secret and no placeholder in the body
//!                                   │          │         └ the headers and the body that the route names, and no others
//!                                   │          └ a token: its exchange is answered here, or it is put into a header or a query
//!                                   └ refused: HTTP-request-denied, and a line that says what would grant it
//! ```

mod addresses;
mod app;
mod base_url;
mod body;
mod broker;
#[cfg(not(any(windows, target_vendor = "apple")))]
mod bundle;
mod client;
mod connect_to;
mod connector;
mod errors;
mod fetch;
mod gate;
mod json_body;
mod messages;
mod network;
mod no_proxy;
mod parts;
#[cfg(any(windows, target_vendor = "apple"))]
mod platform;
mod policy;
mod proxy;
mod query;
mod recipients;
mod refusal;
mod request;
mod response;
mod scrub;
mod sealed;
mod search;
mod signature;
mod spending;
mod target;
mod tls;
mod tokens;
mod trace;

#[cfg(test)]
#[path = "tests/pieces.rs"]
mod pieces;
#[cfg(test)]
#[path = "tests/refused/mod.rs"]
mod refused;

use std::sync::Arc;

use bytes::Bytes;
use contract::kind::Kind;
use contract::services::Body;
use contract::transport::LIMIT;
use http::{Method, Request, Response, Uri};
use tracing::warn;
use wasmtime_wasi_http::{Error as WasiError, RequestOptions, WasiBody, WasiHttpHooks};

pub use addresses::{AddressClass, classify};
pub use app::{App, Contexts};
pub use base_url::BaseUrl;
pub use client::NetworkSettings;
pub use connect_to::{ConnectTo, ConnectToError};
pub use connector::ConnectError;
pub use contract::services::Service;
pub use fetch::{FetchError, FetchedBody};
pub use gate::Gate;
pub use policy::{Grant, GrantedRoute, Policy};
pub use recipients::{Recipients, own_message};
pub use refusal::{Refusal, RefusalReason};
pub use signature::is_signing_secret;
pub use spending::{Left, Pending, Place, Spending, Standing};

pub use body::{CallMeter, Words, full};
pub use broker::Broker;
pub use client::{Client, ClientSettings, SendOptions};
pub use tokens::Tokens;

use body::OpenRequest;
use broker::{ExchangeFuture, Verdict};

use crate::error::LimitHit;
use trace::{Asked, Sender, Step};

/// What one call may reach, and how: the state behind the hook, one for each instance. Clones share everything.
#[derive(Clone)]
pub struct Egress {
    /// What is granted at all.
    pub policy: Arc<Policy>,
    /// Puts credentials in, and knows what must not leave.
    pub broker: Arc<Broker>,
    /// Who may get messages.
    pub recipients: Arc<dyn Recipients>,
    /// Counts the requests that cost money.
    pub spending: Arc<dyn Spending>,
    /// Whom this call's are counted for, beside the whole.
    pub group: Option<Arc<str>>,
    /// Asked before whatever isn't a read; without it nothing is in the way.
    pub gate: Option<Arc<dyn Gate>>,
    /// Sends what passed.
    pub client: Client,
    /// Counts, and notes what was refused.
    pub meter: Arc<CallMeter>,
    /// What the call is for, and so which routes it has.
    pub kind: Kind,
}

/// What drives a connection beside its response: nothing here, since the client's pool does.
type Io = Box<dyn Future<Output = Result<(), WasiError>> + Send>;
type Answer = Result<(Response<WasiBody>, Io), WasiError>;

impl WasiHttpHooks for Egress {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), WasiError>> + Send>,
    ) -> Box<dyn Future<Output = Answer> + Send> {
        // The checks happen before the future exists: a refused request never gets as far as a task of its own.
        let granted = self.grant(request);
        let egress = self.clone();
        Box::new(async move {
            let (request, verdict, grant, open) = granted?;
            let options = options.unwrap_or_default();
            let response = egress
                .pass(request, verdict, &grant, (options, open))
                .await?;
            Ok((response, Box::new(async { Ok(()) }) as Io))
        })
    }

    /// One piece in flight beside the one being written: throughput without more memory per upload.
    fn p2_outgoing_body_buffer_chunks(&mut self) -> usize {
        1
    }

    /// The component writes 64 KiB pieces; larger ones would only move memory from the guest to the host.
    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        256 << 10
    }
}

impl Egress {
    fn grant(
        &self,
        request: Request<WasiBody>,
    ) -> Result<(Request<WasiBody>, Verdict, Grant, OpenRequest), WasiError> {
        // Counted before it is judged: a component that has requests refused without end is stopped as
        // well.
        let Some(open) = self.meter.begin_request() else {
            let refusal = Refusal::new(request.method(), request.uri(), RefusalReason::Budget);
            self.meter.refuse(refusal);
            return Err(WasiError::HttpRequestDenied);
        };
        self.checked(request)
            .map(|(request, verdict, grant)| (request, verdict, grant, open))
            .map_err(|refusal| {
                self.meter.refuse(refusal);
                WasiError::HttpRequestDenied
            })
    }

    /// Policy, kind of call, credential, and everything else of the request's head.
    fn checked(
        &self,
        mut request: Request<WasiBody>,
    ) -> Result<(Request<WasiBody>, Verdict, Grant), Refusal> {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let refuse = |reason| Refusal::new(&method, &uri, reason);
        let grant = self.policy.check(&method, &uri).map_err(|refusal| {
            // A key of the query is shown by its name, which must not be a placeholder or a secret itself.
            match self.broker.check_query(&uri) {
                Err(reason) if refusal.reason == RefusalReason::Query => refuse(reason),
                _ => refusal,
            }
        })?;
        if !grant.route.kinds.contains(&self.kind) {
            return Err(refuse(RefusalReason::Call).about(self.kind.name()));
        }
        if grant.route.only_named && !self.meter.is_named(&uri) {
            return Err(refuse(RefusalReason::Unnamed));
        }
        // Before the placeholder is replaced: afterwards only the secret itself stands there.
        let handle = self
            .broker
            .handle(grant.service, grant.route, request.headers());
        let verdict = self
            .broker
            .authorise(grant.service, grant.route, &uri, request.headers_mut())
            .map_err(refuse)?;
        let request = request::anew(request, &grant)?;
        // The last check of all, so that a request that is refused anyway doesn't use up the one that the
        // call may pay for.
        if grant.route.paid && !self.meter.begin_paid(self.kind.max_paid()) {
            return Err(refuse(RefusalReason::Paid));
        }
        if let Some(handle) = handle {
            self.meter.trace().uses(handle);
        }
        Ok((request, verdict, grant))
    }

    /// A granted request's way out, and its answer's way in.
    async fn pass(
        self,
        mut request: Request<WasiBody>,
        verdict: Verdict,
        grant: &Grant,
        asked: (RequestOptions, OpenRequest),
    ) -> Result<Response<WasiBody>, WasiError> {
        let target = (request.method().clone(), request.uri().clone());
        self.pass_gate(&target.0).await?;
        if let Verdict::AnswerToken { drop_cached } = verdict {
            let (head, body) = request.into_parts();
            let admitted = self
                .broker
                .admit_token_request(grant.service, &head.uri, body)
                .await;
            let app = admitted.map_err(|reason| {
                self.meter
                    .refuse(Refusal::new(&head.method, &head.uri, reason));
                WasiError::HttpRequestDenied
            })?;
            let options = self.recorded(&head.method, grant, asked);
            let exchange = self.exchange(&options, grant);
            let answer = self
                .broker
                .answer_token_route(app, drop_cached, exchange)
                .await?;
            options.exchange.answered(trace::Answer::Here);
            // Where the service refused the exchange this is what it said.
            return self.searched(answer.map(full), &target, grant);
        }
        // All that can refuse the request comes before the token: a service limits exchanges, and one for a
        // request that never leaves would be wasted.
        request = search::search(request, self.broker.spellings(), Arc::clone(&self.meter)).await?;
        if matches!(grant.route.body, Body::Measured(_)) {
            let options = self.recorded(&target.0, grant, asked);
            let body = options.outgoing(request.into_body());
            let progress = Arc::clone(&body.progress);
            let answer = sealed::measured(body, &progress, options.longest_quiet()).await?;
            options.exchange.answered(trace::Answer::Here);
            return Ok(answer.map(full));
        }
        let contexts = self.broker.contexts(verdict);
        let asking = messages::Asking {
            route: grant.route,
            recipients: &*self.recipients,
            contexts,
        };
        let admitted = messages::admit(request, asking, &self.meter).await;
        let messages::Admitted {
            request: admitted,
            whom,
            names,
        } = admitted.map_err(|refusal| {
            self.meter.refuse(refusal);
            WasiError::HttpRequestDenied
        })?;
        request = admitted;
        if let Verdict::Sign(app) = verdict {
            request = self.broker.signed(app, request).await?;
        }
        if matches!(grant.route.body, Body::Sealed(_)) {
            request = sealed::sealed(request).ok_or(WasiError::HttpRequestDenied)?;
        }
        let mut options = self.recorded(request.method(), grant, asked);
        // Last of all, and beside the request: whatever is noted of it has the target with the placeholder.
        let filled = self
            .broker
            .target(grant.service, grant.route, request.uri());
        options.target = filled.map_err(|reason| {
            self.meter
                .refuse(Refusal::new(request.method(), request.uri(), reason));
            WasiError::HttpRequestDenied
        })?;
        if let Verdict::AddToken(app) = verdict {
            let exchange = self.exchange(&options, grant);
            match self.broker.token(app, exchange).await? {
                Ok(token) => {
                    let placed = self.broker.placed(app, &token, &mut request)?;
                    options.target = options.target.or(placed);
                }
                // The service refused the exchange: its own words are the answer, and the request is never sent.
                Err(refused) => return self.searched(refused.map(full), &target, grant),
            };
        }
        // Once more: a body that was read whole, or an exchange, may have taken a while.
        self.pass_gate(&target.0).await?;
        let response = self.send(request, options, grant, &target).await?;
        if let Verdict::AddToken(app) = verdict {
            self.broker.note_answer(app, response.status()).await;
        }
        let mut response = self.searched(response, &target, grant)?;
        if !names.is_empty() {
            let noted =
                messages::note_answer(response, &names, whom, &*self.recipients, &self.meter);
            response = noted.await?;
        }
        Ok(response)
    }

    /// Sends a request that nothing more is in the way of. One that costs money takes its place before, and gives it back
    /// where it certainly never left.
    async fn send(
        &self,
        request: Request<WasiBody>,
        options: SendOptions,
        grant: &Grant,
        (method, uri): &(Method, Uri),
    ) -> Result<Response<WasiBody>, WasiError> {
        if !grant.route.paid {
            return self.client.send(request, options).await;
        }
        let place = match self.spending.take(self.group.as_deref()).await {
            Ok(place) => place,
            Err(sentence) => {
                options.exchange.answered(trace::Answer::Failed("limit"));
                let refusal = Refusal::new(method, uri, RefusalReason::Limit);
                self.meter.refuse(refusal);
                return Err(WasiError::InternalError(Some(format!("{LIMIT}{sentence}"))));
            }
        };
        // A call that is dropped while this waits leaves the place taken: the request may have arrived.
        let response = self.client.send(request, options).await;
        if response.as_ref().is_err_and(errors::is_never_sent) {
            self.spending.give_back(place).await;
        }
        response
    }

    /// Whether the call may still have an effect outside. Where it may not, it is stopped: what it would do next would be
    /// done by somebody else as well.
    async fn pass_gate(&self, method: &Method) -> Result<(), WasiError> {
        let Some(gate) = &self.gate else {
            return Ok(());
        };
        if method.is_safe() || gate.may_send().await {
            return Ok(());
        }
        warn!(parent: &self.meter.trace().span(), "nothing more leaves: the state belongs to somebody else by now");
        self.meter.stopped.at(LimitHit::Lease);
        Err(WasiError::HttpRequestDenied)
    }

    /// A service's response as the component may see it: without secrets, or not at all.
    fn searched(
        &self,
        response: Response<WasiBody>,
        (method, uri): &(Method, Uri),
        grant: &Grant,
    ) -> Result<Response<WasiBody>, WasiError> {
        if let Some(part) = response::unsearchable(&response, grant.service) {
            let refusal = Refusal::new(method, uri, RefusalReason::Response);
            self.meter.refuse(refusal.about(part));
            return Err(response::error(part, response.headers()));
        }
        // The media store is sent no secrets that it could echo, and its answers are the large ones.
        if grant.service.credential.is_none() {
            return Ok(response);
        }
        Ok(scrub::scrub(response, self.broker.spellings()))
    }

    /// How to send a request that nothing more is in the way of; its exchange is on record from here on.
    fn recorded(
        &self,
        method: &Method,
        grant: &Grant,
        (asked, open): (RequestOptions, OpenRequest),
    ) -> SendOptions {
        let trace = self.meter.trace();
        let by_it = Asked {
            by: Sender::Component,
            of: grant.service,
            step: Step::of(grant.route),
        };
        let exchange = trace.begin(by_it, method, &grant.origin, &grant.path);
        SendOptions::new(asked, grant, Arc::clone(&self.meter), open, exchange)
    }

    /// Sends the broker's own requests: the exchange of a secret for a token.
    fn exchange(
        &self,
        options: &SendOptions,
        grant: &Grant,
    ) -> impl FnOnce(Request<Bytes>) -> ExchangeFuture + use<> {
        let (client, options) = (self.client.clone(), options.clone());
        let (origin, service) = (grant.origin.clone(), grant.service);
        move |request| {
            let options = options.for_the_harness(&request, &origin, service);
            Box::pin(async move { client.send_small(request, options).await })
        }
    }
}
