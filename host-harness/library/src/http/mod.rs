//! The only way out of the sandbox: one hook, `send_request`, that every request passes.
//! Policy, then credentials, then a message's recipient, then the client; on the way back the credentials that were
//! sent are overwritten.
//! Not here: how any of them decides.
//!
//! ```text
//! guest ── wasi:http ── Egress ── policy ── broker ── messages ── client ── connector ── address check ── TLS
//!                                   │          │          └ only to whom a submit named
//!                                   │          └ tenant token: answered here, or put into a header
//!                                   └ refused: HTTP-request-denied, and a line that says what would grant it
//! ```

mod addresses;
mod base_url;
mod body;
mod client;
mod connect_to;
mod connector;
mod errors;
mod messages;
mod network;
mod policy;
mod refusal;
mod scrub;
mod tls;
mod trace;

#[cfg(test)]
mod refused;

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use wasmtime_wasi_http::{Error as WasiError, RequestOptions, WasiBody, WasiHttpHooks};

pub use addresses::{AddressClass, classify};
pub use base_url::BaseUrl;
pub use connect_to::{ConnectTo, ConnectToError};
pub use connector::ConnectError;
pub use policy::{Grant, GrantedRoute, Policy, Service};
pub use refusal::{Refusal, RefusalReason};

pub(crate) use body::{CallMeter, full};
pub(crate) use client::{Client, ClientSettings, SendOptions};
pub(crate) use policy::TOKEN_ROUTE;

use body::OpenRequest;

use crate::credentials::{Broker, Verdict};
use crate::recipients::Recipients;
use messages::Route;
use trace::Sender;

/// What one call may reach, and how: the state behind the hook, one for each instance.
pub(crate) struct Egress {
    pub(crate) policy: Arc<Policy>,
    pub(crate) broker: Arc<Broker>,
    pub(crate) recipients: Arc<Recipients>,
    pub(crate) client: Client,
    pub(crate) meter: Arc<CallMeter>,
}

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
        let (client, broker, meter) = (
            self.client.clone(),
            Arc::clone(&self.broker),
            Arc::clone(&self.meter),
        );
        let recipients = Arc::clone(&self.recipients);
        Box::new(async move {
            let (mut request, verdict, grant, open) = granted?;
            let message = (grant.service == Service::Feishu)
                .then(|| Route::of(request.uri()))
                .flatten();
            if let Some(route) = &message {
                request = route.admit(request, &recipients).await.map_err(|refusal| {
                    meter.refuse(refusal);
                    WasiError::HttpRequestDenied
                })?;
            }
            let exchange = meter.trace().begin(
                Sender::Component,
                request.method(),
                &grant.origin,
                &grant.path,
            );
            let asked = options.unwrap_or_default();
            let options = SendOptions::new(asked, &grant, meter, open, exchange);
            let mut response = serve(&client, &broker, request, verdict, options, grant).await?;
            if message.is_some() {
                response = messages::note_answer(response, &recipients).await?;
            }
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
        mut request: Request<WasiBody>,
    ) -> Result<(Request<WasiBody>, Verdict, Grant, OpenRequest), WasiError> {
        let Some(open) = self.meter.begin_request() else {
            let refusal = Refusal::new(request.method(), request.uri(), RefusalReason::Budget);
            self.meter.refuse(refusal);
            return Err(WasiError::HttpRequestDenied);
        };
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let checked = self.policy.check(&method, &uri).and_then(|grant| {
            let handle = self.broker.handle(grant.service, request.headers());
            let verdict = self
                .broker
                .authorise(grant.service, &uri, request.headers_mut())
                .map_err(|reason| Refusal::new(&method, &uri, reason))?;
            if let Some(handle) = handle {
                self.meter.trace().uses(handle);
            }
            Ok((verdict, grant))
        });
        match checked {
            Ok((verdict, grant)) => Ok((request, verdict, grant, open)),
            Err(refusal) => {
                self.meter.refuse(refusal);
                Err(WasiError::HttpRequestDenied)
            }
        }
    }
}

async fn serve(
    client: &Client,
    broker: &Broker,
    mut request: Request<WasiBody>,
    verdict: Verdict,
    options: SendOptions,
    grant: Grant,
) -> Result<Response<WasiBody>, WasiError> {
    let exchange = {
        let (client, options) = (client.clone(), options.clone());
        move |request: Request<Bytes>| {
            let options = options.for_the_harness(&request, &grant.origin);
            Box::pin(async move { client.send_small(request, options).await })
                as Pin<Box<dyn Future<Output = Result<Response<Bytes>, WasiError>> + Send>>
        }
    };
    match verdict {
        Verdict::Send => {}
        Verdict::AnswerToken { drop_cached } => {
            let answer = broker
                .answer_token_route(request, drop_cached, exchange)
                .await?;
            options.exchange.answered(trace::Answer::Here);
            return Ok(answer.map(full));
        }
        Verdict::AddTenantToken => match broker.tenant_token(exchange).await? {
            Ok(value) => {
                request
                    .headers_mut()
                    .insert(http::header::AUTHORIZATION, value);
            }
            // Feishu refused the exchange: its own words are the answer, and the request is never sent.
            Err(refused) => return Ok(refused.map(full)),
        },
    }
    let sent = scrub::Sent::with(request.headers());
    Ok(sent.scrub(client.send(request, options).await?))
}
