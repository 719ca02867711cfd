//! A result for whoever shows it to a person: fetched from the media store under its rules and address checks, without
//! the component and without any credential.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{RANGE, USER_AGENT};
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty};
use wasmtime_wasi_http::{RequestOptions, WasiBody};

use super::trace::Sender;
use super::{Egress, SendOptions};
use crate::error::CallError;

/// The bytes of a result, as they come.
pub type ResultBody = UnsyncBoxBody<Bytes, io::Error>;

/// What this program calls itself where it asks on a person's behalf.
const AGENT: &str = concat!("LibTVSkill/", env!("CARGO_PKG_VERSION"));

impl Egress {
    /// Opens a result.
    ///
    /// # Errors
    /// [`CallError::Refused`]: no result's address, or the media store can't be reached.
    pub(crate) async fn open_result(
        &self,
        url: &str,
        range: Option<&str>,
    ) -> Result<Response<ResultBody>, CallError> {
        let refuse = |reason: String| CallError::Refused(reason);
        let mut request = Request::get(url).header(USER_AGENT, AGENT);
        if let Some(range) = range {
            request = request.header(RANGE, range);
        }
        let body: WasiBody = Empty::new().map_err(|never| match never {}).boxed_unsync();
        let request = request
            .body(body)
            .map_err(|error| refuse(format!("that is no address: {error}")))?;
        let grant = self
            .policy
            .check(request.method(), request.uri())
            .map_err(|refusal| {
                let reason = refuse(refusal.to_string());
                self.meter.refuse(refusal);
                reason
            })?;
        // Results are where no credential goes.
        if grant.service.credential.is_some() {
            return Err(refuse("that is no result of the media store".to_owned()));
        }
        let Some(open) = self.meter.begin_request() else {
            return Err(refuse("this call may send no requests".to_owned()));
        };
        let exchange = self.meter.trace().begin(
            Sender::Harness,
            request.method(),
            &grant.origin,
            &grant.path,
        );
        let meter = Arc::clone(&self.meter);
        let options = SendOptions::new(RequestOptions::default(), &grant, meter, open, exchange);
        let response = self
            .client
            .send(request, options)
            .await
            .map_err(|error| refuse(format!("the media store can't be reached: {error}")))?;
        Ok(response.map(|body| {
            body.map_err(|error| io::Error::other(error.to_string()))
                .boxed_unsync()
        }))
    }
}
