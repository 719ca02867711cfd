//! A tenant's jobs become a home's.

use std::path::Path;

use host::{CallError, Home};
use tokio_postgres::types::Type;

use super::folder::{Record, marked, rename, with_mark, write};
use super::{ARRIVING, MoveError, Moved, at, has_happened, hold, new_id};
use crate::database::{Database, DatabaseError, Parameter};
use crate::paths::entry;
use crate::recipients;

/// Moves the jobs of a tenant that is paused to the home, which must have none. The tenant stays, without them.
///
/// # Errors
/// [`MoveError`].
pub async fn export(database: &Database, tenant: &str, home: &Path) -> Result<Moved, MoveError> {
    let home = Home::at(home);
    home.prepare()
        .map_err(|error| MoveError::Refused(error.to_string()))?;
    let _held = hold(&home)?;
    let state = home.state();
    if let Some((arriving, id)) = marked(&state, ARRIVING).map_err(at(home.root()))? {
        if has_happened(database, &id).await? {
            return arrive(&arriving, &state);
        }
        // It died before the database gave them up: what was written is a copy of what is there still.
        std::fs::remove_dir_all(&arriving).map_err(at(&arriving))?;
    }
    if home.shows_calls() {
        return Err(MoveError::Refused(format!(
            "{} has jobs of its own. Take another home. Nothing was moved.",
            home.root().display()
        )));
    }
    quiet(database, tenant).await?;
    let (records, digest) = records(database, tenant).await?;
    let id = new_id();
    let arriving = with_mark(&state, ARRIVING, &id);
    write(&arriving, &records).map_err(at(&arriving))?;
    let named = recipients::load(database, tenant).await?;
    for (kind, id) in named.iter() {
        home.name(kind, id).map_err(refused)?;
    }
    for message in recipients::messages_of(database, tenant).await? {
        home.name_message(&message).map_err(refused)?;
    }
    if !given_up(database, tenant, &id, &digest).await? {
        std::fs::remove_dir_all(&arriving).map_err(at(&arriving))?;
        return Err(MoveError::Refused(
            "The tenant's jobs changed meanwhile: a submit was under way. Nothing was moved; wait two minutes and run it again."
                .to_owned(),
        ));
    }
    arrive(&arriving, &state)
}

fn refused(error: CallError) -> MoveError {
    MoveError::Refused(error.to_string())
}

/// The state folder that was there is empty: this takes its place.
fn arrive(arriving: &Path, state: &Path) -> Result<Moved, MoveError> {
    let records = super::folder::read(arriving).map_err(at(arriving))?;
    match std::fs::remove_dir_all(state) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(at(state)(error)),
        _ => {}
    }
    rename(arriving, state).map_err(at(state))?;
    let is_entry = |record: &&Record| record.0.starts_with("active/");
    Ok(Moved {
        records: records.len(),
        sessions: records.iter().filter(is_entry).count(),
    })
}

/// Whether nobody works for the tenant.
async fn quiet(database: &Database, tenant: &str) -> Result<(), MoveError> {
    let statement = "select t.paused,
            exists (select from session s where s.tenant = t.id and s.token is not null and s.lease_until > now())
        from tenant t where t.id = $1";
    let rows = database.rows(statement, &[(&tenant, Type::TEXT)]).await?;
    let reason = match rows.first().map(|row| (row.get(0), row.get(1))) {
        None => "There is no such tenant.",
        Some((false, _)) => "The tenant isn't paused. Pause it first (fleet tenant pause).",
        Some((true, true)) => "Steps of the tenant are under way. Wait for them and run it again.",
        Some((true, false)) => return Ok(()),
    };
    Err(MoveError::Refused(format!("{reason} Nothing was moved.")))
}

/// Everything that is stored of the tenant's sessions, with its entries, and a digest of it.
async fn records(
    database: &Database,
    tenant: &str,
) -> Result<(Vec<Record>, Option<String>), DatabaseError> {
    // One statement and so one picture of it.
    let statement = format!(
        "select path, bytes, ({DIGEST}) from record where tenant = $1
        union all select 'active/' || key, ''::bytea, ({DIGEST}) from session where tenant = $1"
    );
    let rows = database.rows(&statement, &[(&tenant, Type::TEXT)]).await?;
    let digest = rows.first().and_then(|row| row.get(2));
    let records = rows.iter().map(|row| {
        let path: String = row.get(0);
        match path.strip_prefix("active/") {
            Some(key) => entry(key),
            None => (path, row.get(1)),
        }
    });
    Ok((records.collect(), digest))
}

/// Of all records of a tenant and its entries.
const DIGEST: &str = "select md5(string_agg(name || md5(bytes), ',' order by name)) from (
    select path as name, bytes from record where tenant = $1
    union all select 'active/' || key, ''::bytea from session where tenant = $1) as all_of_it";

/// One transaction: they go if they are still the same and nobody works on them. False where they aren't.
async fn given_up(
    database: &Database,
    tenant: &str,
    id: &str,
    digest: &Option<String>,
) -> Result<bool, DatabaseError> {
    let statement = format!(
        "with this as (insert into moved (id, tenant) select $2, $1
            where ({DIGEST}) is not distinct from $3
                and exists (select from tenant where id = $1 and paused)
                and not exists (select from session where tenant = $1 and token is not null and lease_until > now())
            returning 1),
        sessions as (delete from session where tenant = $1 and exists (select from this)),
        records as (delete from record where tenant = $1 and exists (select from this))
        select count(*) from this"
    );
    let parameters: [Parameter<'_>; 3] = [
        (&tenant, Type::TEXT),
        (&id, Type::TEXT),
        (digest, Type::TEXT),
    ];
    let row = database.one(&statement, &parameters).await?;
    Ok(row.get::<_, i64>(0) > 0)
}
