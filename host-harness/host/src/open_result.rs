//! A result for whoever shows it to a person: fetched from the media store under its rules and address checks, without
//! the component and without any credential.

use http::header::{RANGE, USER_AGENT};
use http::{Request, Response};
use sandbox::http::{Egress, FetchError, FetchedBody};

use crate::error::CallError;

/// The bytes of a result, as they come.
pub type ResultBody = FetchedBody;

/// What this program calls itself where it asks on a person's behalf.
const AGENT: &str = concat!("LibTVSkill/", env!("CARGO_PKG_VERSION"));

/// Opens a result.
///
/// # Errors
/// [`CallError::Refused`]: no result's address, or the media store can't be reached.
pub(crate) async fn open_result(
    egress: &Egress,
    url: &str,
    range: Option<&str>,
) -> Result<Response<ResultBody>, CallError> {
    let mut request = Request::get(url).header(USER_AGENT, AGENT);
    if let Some(range) = range {
        request = request.header(RANGE, range);
    }
    let request = request
        .body(())
        .map_err(|error| CallError::Refused(format!("that is no address: {error}")))?;
    let response = egress.fetch(request).await;
    response.map_err(|error| {
        CallError::Refused(match error {
            // Results are where no credential goes.
            FetchError::NotPublic => "that is no result of the media store".to_owned(),
            FetchError::Transport(error) => format!("the media store can't be reached: {error}"),
            FetchError::Refused(_) | FetchError::Budget => error.to_string(),
        })
    })
}
