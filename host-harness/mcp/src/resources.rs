//! Sessions as resources: `libtv://sessions/<id>`, each a JSON text of where it stands. Read from what is stored; nobody
//! is asked.

use host::Harness;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use rmcp::ErrorData;
use rmcp::model::{
    ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult, Resource,
    ResourceContents, ResourceTemplate,
};
use serde_json::{Value, json};

use crate::failure::{Failure, Kind};
use crate::limits::{ENDED, PAGE, TITLE_CHARS};
use crate::status::{self, Known};

/// What the address of every session begins with.
const SCHEME: &str = "libtv://sessions/";
const MIME_TYPE: &str = "application/json";

/// A page of the sessions: those that go on, then the ended ones, the latest first.
///
/// # Errors
/// For a cursor that isn't ours, and when the state folder can't be read.
pub(crate) async fn list(
    harness: &Harness,
    cursor: Option<&str>,
) -> Result<ListResourcesResult, ErrorData> {
    let from = match cursor {
        None => 0,
        Some(cursor) => cursor.parse::<usize>().map_err(|_| {
            ErrorData::invalid_params("Unknown cursor. Begin again without one.", None)
        })?,
    };
    let all = status::all(harness, ENDED)
        .await
        .map_err(|failure| told(&failure))?;
    // A cursor is a place in the list and not a session: pages may shift when one ends, and clients begin
    // again.
    let count = all.sessions.len();
    let page = all.sessions.iter().skip(from).take(PAGE);
    let mut result = ListResourcesResult::with_all_items(page.map(described).collect());
    let next = from.saturating_add(PAGE);
    result.next_cursor = (next < count).then(|| next.to_string());
    Ok(result)
}

/// How a session's address is made.
pub(crate) fn templates() -> ListResourceTemplatesResult {
    let template = ResourceTemplate::new(format!("{SCHEME}{{session_id}}"), "session")
        .with_title("A session")
        .with_description(
            "Where a job stands: state, words, results, deliveries. The id's first eight characters will do.",
        )
        .with_mime_type(MIME_TYPE);
    ListResourceTemplatesResult::with_all_items(vec![template])
}

/// One session.
///
/// # Errors
/// When there is none of that address.
pub(crate) async fn read(harness: &Harness, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let unknown =
        || ErrorData::resource_not_found("There is no such session.", Some(json!({"uri": uri})));
    let encoded = uri.strip_prefix(SCHEME).ok_or_else(unknown)?;
    let id = percent_decode_str(encoded)
        .decode_utf8()
        .map_err(|_| unknown())?;
    let known = status::one(harness, &id)
        .await
        .map_err(|failure| match failure.kind {
            Kind::Permanent => unknown(),
            Kind::Temporary | Kind::PermanentOutcomeUnknown => told(&failure),
        })?;
    let text = serde_json::to_value(known.shown())
        .unwrap_or(Value::Null)
        .to_string();
    Ok(ReadResourceResult::new(vec![
        ResourceContents::text(text, uri).with_mime_type(MIME_TYPE),
    ]))
}

/// A failure where the protocol has no structured content for it.
fn told(failure: &Failure) -> ErrorData {
    ErrorData::internal_error(failure.text(), None)
}

/// A session in the list: named by the beginning of its words, since ids say nothing to people.
fn described(known: &Known) -> Resource {
    let words = host::seen(known.words(), TITLE_CHARS);
    let title = if words.is_empty() {
        known.session_id().to_owned()
    } else {
        words
    };
    let address = utf8_percent_encode(known.session_id(), NON_ALPHANUMERIC);
    Resource::new(format!("{SCHEME}{address}"), known.session_id())
        .with_title(title)
        .with_description(known.line())
        .with_mime_type(MIME_TYPE)
}
