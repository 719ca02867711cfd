//! A request of the harness's own, for a person: under the policy and the checks of addresses, without the component and
//! without any credential.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty};
use wasmtime_wasi_http::{Error as WasiError, RequestOptions, WasiBody};

use super::trace::{Asked, Sender, Step};
use super::{Egress, Refusal, SendOptions};

/// The bytes of a response, as they come.
pub type FetchedBody = UnsyncBoxBody<Bytes, io::Error>;

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The policy refuses it.
    #[error("{0}")]
    Refused(Refusal),
    /// It is granted, to a service that knows the user: what is asked there has a credential.
    #[error("a credential goes with what is asked there")]
    NotPublic,
    /// The call has sent all its requests.
    #[error("this call may send no requests")]
    Budget,
    /// The service can't be reached.
    #[error("it can't be reached: {0}")]
    Transport(WasiError),
}

impl Egress {
    /// Sends a request without a body to a service that knows no credentials.
    ///
    /// # Errors
    /// [`FetchError`]; a refusal is noted.
    pub async fn fetch(&self, request: Request<()>) -> Result<Response<FetchedBody>, FetchError> {
        let body: WasiBody = Empty::new().map_err(|never| match never {}).boxed_unsync();
        let request = request.map(|()| body);
        let grant = self.policy.check(request.method(), request.uri());
        let grant = grant.map_err(|refusal| FetchError::Refused(self.meter.refuse(refusal)))?;
        // No credential is put in here, so such a service would only refuse.
        if grant.service.credential.is_some() {
            return Err(FetchError::NotPublic);
        }
        let open = self.meter.begin_request().ok_or(FetchError::Budget)?;
        let trace = self.meter.trace();
        let (method, origin) = (request.method(), &grant.origin);
        let asked = Asked {
            by: Sender::Harness,
            of: grant.service,
            step: Step::of(grant.route),
        };
        let exchange = trace.begin(asked, method, origin, &grant.path);
        let meter = Arc::clone(&self.meter);
        let options = SendOptions::new(RequestOptions::default(), &grant, meter, open, exchange);
        let sent = self.client.send(request, options).await;
        Ok(sent.map_err(FetchError::Transport)?.map(|body| {
            body.map_err(|error| io::Error::other(error.to_string()))
                .boxed_unsync()
        }))
    }
}
