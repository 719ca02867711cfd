//! What submits have left whose process died: the component's `due` looks for it, on the tenant's intents and the turns that
//! nobody has polled yet, and makes entries of what it finds. A tenant is looked at a minute after a submit stored something;
//! what is old is removed then, too.

use std::sync::atomic::Ordering;

use tokio_postgres::types::Type;

use crate::call;
use crate::clock::Moment;
use crate::database::{Database, DatabaseError, Parameter};
use crate::lease::Held;
use crate::paths::entry;
use crate::pictures;
use crate::share::Worker;

/// Tenants in one look.
const TENANTS: i64 = 16;
/// Ended sessions that a tenant keeps, as one machine does.
const KEPT_FINISHED: i64 = 500;
/// Records of one look; a tenant with more left over has them looked at by and by.
const RECORDS: i64 = 5_000;

/// Looks at the tenants that are due for it.
pub async fn sweep(worker: &Worker) {
    let tenants = match due(&worker.database).await {
        Ok(tenants) => tenants,
        Err(_) => {
            worker
                .metrics
                .database_errors
                .fetch_add(1, Ordering::Relaxed);
            return;
        }
    };
    for (tenant, versions, at) in tenants {
        let swept = one(worker, &tenant, versions).await;
        let pruned = prune(&worker.database, &tenant).await;
        let pictures = pictures::prune(&worker.database, &tenant).await;
        if swept.is_ok() && pruned.is_ok() && pictures.is_ok() {
            // Unless another submit has asked for another look meanwhile.
            let statement = "update tenant set sweep_at = null where id = $1 and sweep_at = $2::text::timestamptz";
            let parameters: [Parameter<'_>; 2] = [(&tenant, Type::TEXT), (&at, Type::TEXT)];
            drop(worker.database.rows(statement, &parameters).await);
        }
    }
}

/// Removes what nobody asks for any more: sessions that ended before the last ones, old messages and old events. The component
/// does the first by itself on one machine; here a step sees one session.
async fn prune(database: &Database, tenant: &str) -> Result<(), DatabaseError> {
    let statement = "with old as (
            select scope from record where tenant = $1 and path like 'finished/%'
            group by scope order by max(path) desc offset $2),
        records as (
            delete from record r using old where r.tenant = $1 and r.scope = old.scope
                and not exists (select from session s where s.tenant = $1 and s.key = old.scope)),
        messages as (delete from message where tenant = $1 and noted_at < now() - interval '3 days')
        delete from event where tenant = $1 and at < now() - interval '7 days'";
    let parameters: [Parameter<'_>; 2] = [(&tenant, Type::TEXT), (&KEPT_FINISHED, Type::INT8)];
    database.rows(statement, &parameters).await.map(drop)
}

/// Takes tenants to look at. Where this dies they come back after a minute.
async fn due(database: &Database) -> Result<Vec<(String, (i64, i64), String)>, DatabaseError> {
    let statement = "update tenant set sweep_at = now() + interval '60 seconds' where id in (
            select id from tenant where sweep_at <= now() and not paused order by sweep_at limit $1 for update skip locked)
        returning id, version, recipients_version, sweep_at::text";
    let rows = database.rows(statement, &[(&TENANTS, Type::INT8)]).await?;
    Ok(rows
        .iter()
        .map(|row| (row.get(0), (row.get(1), row.get(2)), row.get(3)))
        .collect())
}

async fn one(worker: &Worker, tenant: &str, versions: (i64, i64)) -> Result<(), String> {
    let made = worker
        .harnesses
        .of(&worker.database, tenant, versions)
        .await;
    let (harness, named) = made.map_err(|error| error.to_string())?;
    let records = left(&worker.database, tenant)
        .await
        .map_err(|error| error.to_string())?;
    // It sends nothing: its time is over as it begins.
    let held = Held::looking(&worker.database, &worker.metrics, tenant, Moment::now());
    let state = call::state(
        &worker.database,
        tenant,
        &held,
        records,
        (named, Vec::new()),
    );
    let due = harness.on(state).due().await;
    due.map(drop).map_err(|error| error.to_string())
}

/// The intents, the turns that have no entry and were never polled, and the entries of what is left.
async fn left(database: &Database, tenant: &str) -> Result<Vec<(String, Vec<u8>)>, DatabaseError> {
    let statement = "select path, bytes from record where tenant = $1 and scope = '' and path like 'submits/%'
        union all (
        select r.path, r.bytes from record r where r.tenant = $1 and r.scope <> ''
            and r.changed_at > now() - interval '1 day'
            and not exists (select from session s where s.tenant = $1 and s.key = r.scope)
            and not exists (select from record p where p.tenant = $1 and p.scope = r.scope and p.path like '%/progress-%')
        limit $2)";
    let parameters: [Parameter<'_>; 2] = [(&tenant, Type::TEXT), (&RECORDS, Type::INT8)];
    let rows = database.rows(statement, &parameters).await?;
    let mut records: Vec<(String, Vec<u8>)> =
        rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let entries = "select key from session where tenant = $1 and key like 'submit-%' limit $2";
    let rows = database.rows(entries, &parameters).await?;
    records.extend(rows.iter().map(|row| entry(row.get(0))));
    Ok(records)
}
