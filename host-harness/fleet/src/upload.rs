//! An upload of a tenant: kept as a record where a service takes pictures in its requests, sent where it takes files. Not here: which of
//! the kept ones a submit is given, and how many there are (`pictures.rs`).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use host::Uploaded;

use crate::call;
use crate::clock::Moment;
use crate::database::Database;
use crate::harnesses::Harnesses;
use crate::lease::Held;
use crate::metrics::Metrics;
use crate::pictures::prune;
use crate::submit::{SubmitError, is_whole, versions};

/// So long an upload may send where the service takes files itself: as long as one of a command line.
const SENDS_FOR: Duration = Duration::from_secs(600);

/// Uploads one picture or film for a request of the tenant's to this service, without a name to the one that its requests go to: what
/// stands for it in the words. Costs nothing; of one content there is one, however often it is uploaded.
///
/// # Errors
/// [`SubmitError`]: it is no picture or film, is larger than a record of a fleet (16 MiB) where it is kept, or the service refuses it.
pub async fn upload(
    database: &Arc<Database>,
    harnesses: &Harnesses,
    metrics: &Arc<Metrics>,
    tenant: &str,
    file: &Path,
    service: Option<&str>,
) -> Result<Uploaded, SubmitError> {
    let known = versions(database, tenant).await?;
    let (harness, named) = harnesses.of(database, tenant, known).await?;
    // None of the others: what there is too much of is removed below, and to be read for that they are too large.
    let held = Held::looking(database, metrics, tenant, Moment::now().plus(SENDS_FOR));
    let state = call::state(database, tenant, &held, [], (named, Vec::new()));
    let records = Arc::clone(&state.records);
    let harness = harness.on(state);
    let uploaded = harness.upload(file, service).await;
    if is_whole(&uploaded) {
        drop(held.end_of_making(records.unsaved()).await);
    }
    // What isn't removed now is with the next one, or by a sweep.
    drop(prune(database, tenant).await);
    Ok(uploaded?)
}
