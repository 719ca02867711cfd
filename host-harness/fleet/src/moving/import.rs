//! A home's jobs become a tenant's.

use std::collections::BTreeSet;
use std::path::Path;

use host::{Change, Home};
use serde_json::Value;
use tokio_postgres::types::Type;

use super::folder::{Record, marked, read, rename, with_mark};
use super::{LEAVING, LEFT, MoveError, Moved, at, has_happened, hold, new_id};
use crate::database::{Database, Parameter};
use crate::paths::{Reach, Writes};
use crate::recipients;

/// An earlier installation's sessions, which the component takes over with its first call on a folder, and on no other.
const LEGACY: &str = "legacy-sessions.json";

/// Moves the jobs of the home to the tenant, which has to be there. What is left of them in the home is a folder that nobody
/// looks at.
///
/// # Errors
/// [`MoveError`].
pub async fn import(database: &Database, tenant: &str, home: &Path) -> Result<Moved, MoveError> {
    let home = Home::at(home);
    let _held = hold(&home)?;
    let there = "select exists (select from tenant where id = $1)";
    let is_there = database.one(there, &[(&tenant, Type::TEXT)]).await?;
    if !is_there.get::<_, bool>(0) {
        return Err(MoveError::Refused(format!(
            "There is no tenant {tenant}. Add it first (fleet tenant add). Nothing was moved."
        )));
    }
    let state = home.state();
    let begun = marked(&state, LEAVING).map_err(at(home.root()))?;
    let (leaving, id) = match begun {
        Some(begun) => begun,
        None => {
            check(&state)?;
            let id = new_id();
            let leaving = with_mark(&state, LEAVING, &id);
            // From here on no harness on this home finds them.
            rename(&state, &leaving).map_err(at(&state))?;
            (leaving, id)
        }
    };
    let records = read(&leaving).map_err(at(&leaving))?;
    let moved = Moved {
        records: records.len(),
        sessions: records
            .iter()
            .filter(|(path, _)| path.starts_with("active/"))
            .count(),
    };
    if !has_happened(database, &id).await? {
        // Before the records: a session must not be polled while nobody may be written to.
        let named = home.named().map_err(at(&home.recipients()))?;
        let answered: Vec<String> = answered(&records)
            .into_iter()
            .filter(|message| home.has_message(message))
            .collect();
        recipients::note(database, tenant, &named, &answered).await?;
        store(database, tenant, &id, records).await?;
    }
    rename(&leaving, &with_mark(&state, LEFT, &id)).map_err(at(&leaving))?;
    Ok(moved)
}

/// Whether the folder can be moved at all.
fn check(state: &Path) -> Result<(), MoveError> {
    if state.join(LEGACY).exists() {
        return Err(MoveError::Refused(
            "An earlier installation's sessions wait to be taken over. Run `libtv-video status` on this home once, then again. Nothing was moved.".to_owned(),
        ));
    }
    if !state.is_dir() {
        return Err(MoveError::Refused(format!(
            "There is no state folder {}. Nothing was moved.",
            state.display()
        )));
    }
    Ok(())
}

/// One transaction: all of them, and that this move has happened. What the tenant has under the same name stays its own.
async fn store(
    database: &Database,
    tenant: &str,
    id: &str,
    records: Vec<Record>,
) -> Result<(), MoveError> {
    let changes = records.into_iter().map(|(path, bytes)| Change {
        path,
        bytes: Some(bytes),
    });
    let writes = Writes::of(changes.collect(), &Reach::Tenant);
    let writes = writes.map_err(|error| MoveError::Refused(error.to_string()))?;
    let statement = "with this as (insert into moved (id, tenant) values ($2, $1) returning 1),
        put as (insert into record (tenant, scope, path, bytes)
            select $1, r.scope, r.path, r.bytes from unnest($3::text[], $4::text[], $5::bytea[]) as r(scope, path, bytes)
            where exists (select from this) on conflict do nothing),
        unknown as (insert into uncertain (tenant, path)
            select $1, u.path from unnest($7::text[]) as u(path) where exists (select from this) on conflict do nothing),
        woken as (insert into session (tenant, key, due_at)
            select $1, w.key, now() from unnest($6::text[]) as w(key) where exists (select from this)
            on conflict do nothing),
        looked as (update tenant set sweep_at = now() where id = $1)
        select count(*) from this";
    let parameters: [Parameter<'_>; 7] = [
        (&tenant, Type::TEXT),
        (&id, Type::TEXT),
        (&writes.scopes, Type::TEXT_ARRAY),
        (&writes.paths, Type::TEXT_ARRAY),
        (&writes.bytes, Type::BYTEA_ARRAY),
        (&writes.woken, Type::TEXT_ARRAY),
        (&writes.uncertain, Type::TEXT_ARRAY),
    ];
    database.rows(statement, &parameters).await?;
    Ok(())
}

/// The messages that records name to be answered. Whether a submit has named them the home knows, and not the component.
fn answered(records: &[Record]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, bytes) in records {
        // The first line says what the record is; the rest is JSON.
        let body = bytes.split(|byte| *byte == b'\n').nth(1);
        if let Some(body) = body.and_then(|body| serde_json::from_slice::<Value>(body).ok()) {
            collect(&body, &mut found);
        }
    }
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if let ("reply_to" | "thread", Some(id)) = (name.as_str(), value.as_str()) {
                    found.insert(id.to_owned());
                }
                collect(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
