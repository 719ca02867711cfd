//! A submit of a tenant, on the database. Safe beside any number of others: of several that ask for the same at once one is
//! sent, since its intent is a name that is claimed in the store.

use std::sync::Arc;
use std::time::Duration;

use contract::commands::is_nowhere;
use host::{CallError, Submission, Submit};
use tokio_postgres::types::Type;

use crate::call;
use crate::clock::Moment;
use crate::database::{Database, DatabaseError, Parameter};
use crate::harnesses::{Harnesses, TenantCallError};
use crate::lease::Held;
use crate::metrics::Metrics;
use crate::paths::entry;
use crate::pictures;
use crate::recipients::{self, Destination, NameError};

/// So long a submit may send, from its beginning. Others count it as abandoned after three minutes, and its request takes up to
/// a minute and a half.
const MAY_SEND_FOR: Duration = Duration::from_secs(80);

/// Why a submit failed.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// Nothing was sent.
    #[error(transparent)]
    Tenant(#[from] TenantCallError),
    /// Nothing was sent.
    #[error(transparent)]
    Recipient(#[from] NameError),
    /// The component's or the sandbox's; see there for what is known then.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl From<DatabaseError> for SubmitError {
    fn from(error: DatabaseError) -> Self {
        Self::Tenant(TenantCallError::Database(error))
    }
}

/// Submits. Costs the tenant money; never repeated by itself.
///
/// # Errors
/// [`SubmitError`].
pub async fn submit(
    database: &Arc<Database>,
    harnesses: &Harnesses,
    metrics: &Arc<Metrics>,
    tenant: &str,
    wanted: Submit,
) -> Result<Submission, SubmitError> {
    let until = Moment::now().plus(MAY_SEND_FOR);
    let known = versions(database, tenant).await?;
    let (harness, _) = harnesses.of(database, tenant, known).await?;
    if !is_nowhere(wanted.channel(), wanted.chat()) {
        let chat = harness.chat_of_submit(wanted.channel(), wanted.chat());
        let (channel, chat) = chat.unzip();
        let destination = Destination {
            channel: channel.as_deref().unwrap_or_default(),
            chat: chat.as_deref(),
            thread: wanted.thread(),
            reply_to: wanted.reply_to(),
        };
        recipients::name(database, tenant, destination).await?;
    }
    // Again: whoever was named just now is among them.
    let known = versions(database, tenant).await?;
    let (harness, named) = harnesses.of(database, tenant, known).await?;
    let mut records = records(database, tenant, wanted.session_id()).await?;
    records.extend(pictures::named(database, tenant, wanted.text()).await?);
    let held = Held::making(database, metrics, tenant, until);
    let state = call::state(database, tenant, &held, records, (named, Vec::new()));
    let records = Arc::clone(&state.records);
    let harness = harness.on(state);
    let submitted = harness.submit(wanted).await;
    if is_whole(&submitted) {
        // Intents that were removed are removed unsynced; one that stays is looked after by a sweep.
        drop(held.end_of_making(records.unsaved()).await);
    }
    Ok(submitted?)
}

/// Whether the component came to its end: what it has not synced counts then, as it would in a folder. Otherwise it is as one
/// whose process died.
pub(crate) fn is_whole<T>(result: &Result<T, CallError>) -> bool {
    matches!(result, Ok(_) | Err(CallError::Problem(_)))
}

pub(crate) async fn versions(database: &Database, tenant: &str) -> Result<(i64, i64), SubmitError> {
    let statement = "select version, recipients_version from tenant where id = $1 and not paused";
    let rows = database.rows(statement, &[(&tenant, Type::TEXT)]).await?;
    let row = rows.first().ok_or_else(|| {
        TenantCallError::Settings(format!(
            "tenant {tenant}: there is none of this name, or it is paused"
        ))
    })?;
    Ok((row.get(0), row.get(1)))
}

/// The tenant's shared records without its pictures, and those of the session that is continued. Its folder's name ends with a digest that only the
/// component makes; but each of its turns says in whose session it is, in the record's own text.
///
/// # Errors
/// The database's.
pub async fn records(
    database: &Database,
    tenant: &str,
    session_id: Option<&str>,
) -> Result<Vec<(String, Vec<u8>)>, DatabaseError> {
    let statement = "select path, bytes from record where tenant = $1 and scope = ''
            and path not like 'pace/%' and path not like 'pictures/%'
        union all
        select path, bytes from record where tenant = $1 and scope in (
            select key from session where tenant = $1 and session_id = $2
            union select scope from record where tenant = $1 and $2 is not null and path like 'sessions/%/asked-0001'
                and position(convert_to($2, 'UTF8') in bytes) > 0)";
    let parameters: [Parameter<'_>; 2] = [(&tenant, Type::TEXT), (&session_id, Type::TEXT)];
    let rows = database.rows(statement, &parameters).await?;
    let mut records: Vec<(String, Vec<u8>)> =
        rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    if session_id.is_some() {
        let going = "select key from session where tenant = $1 and session_id = $2";
        let rows = database.rows(going, &parameters).await?;
        records.extend(rows.iter().map(|row| entry(row.get(0))));
    }
    Ok(records)
}
