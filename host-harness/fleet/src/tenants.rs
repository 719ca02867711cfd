//! Who has jobs: adding, showing, pausing and removing tenants. A tenant's variables are those that a person would set on one
//! machine; of secret ones the database has a reference.

use std::collections::BTreeMap;

use contract::settings::{Origin, VARIABLES};
use serde_json::{Map, Value};
use tokio_postgres::types::Type;

use crate::database::{Database, DatabaseError, Parameter};
use crate::metrics::OfTenant;
use crate::secrets::SecretSource;

/// A name has some dozens of characters at most, and needs no quotes anywhere.
const NAME_CHARS: usize = 64;
/// Gauges and lists show so many tenants.
const SHOWN: i64 = 5_000;

/// A tenant as it is added, or changed.
#[derive(Debug, Clone, Default)]
pub struct Tenant {
    /// Its name.
    pub id: String,
    /// Steps at once, over all workers; 16 where nothing is said.
    pub cap_in_flight: Option<i32>,
    /// Steps of a minute, over all workers: what its key is good for. Ten seconds' worth may come at once. Where nothing is
    /// said there is no such limit.
    pub steps_per_minute: Option<i32>,
    /// Paid requests of a day; 100 where nothing is said.
    pub jobs_per_day: Option<i32>,
    /// The same for each chat; where nothing is said there is no limit of its own.
    pub jobs_per_chat_per_day: Option<i32>,
    /// Variables, by name: none of them a secret.
    pub variables: BTreeMap<String, String>,
    /// References to secrets, by the variable that each stands for.
    pub secrets: BTreeMap<String, String>,
}

/// What a tenant's calls are made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Variables, by name.
    pub variables: BTreeMap<String, String>,
    /// References to secrets, by variable.
    pub secrets: BTreeMap<String, String>,
}

/// Why a tenant wasn't added.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// The database's.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// What was asked for can't be; the text says why.
    #[error("{0}")]
    Refused(String),
}

/// Whether this can be a tenant's name.
pub fn is_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.len() <= NAME_CHARS && text.chars().all(is_plain)
}

/// Adds a tenant, or changes the one that there is.
///
/// # Errors
/// [`TenantError`]; nothing was changed.
pub async fn add(
    database: &Database,
    tenant: &Tenant,
    source: &dyn SecretSource,
) -> Result<(), TenantError> {
    check(tenant, source).map_err(TenantError::Refused)?;
    let statement = "insert into tenant (id, cap_in_flight, variables, secrets, jobs_per_day, jobs_per_chat_per_day,
            steps_per_minute)
        values ($1, coalesce($2, 16), $3, $4, coalesce($5, 100), $6, $7)
        on conflict (id) do update set cap_in_flight = coalesce($2, tenant.cap_in_flight), variables = $3, secrets = $4,
            jobs_per_day = coalesce($5, tenant.jobs_per_day),
            jobs_per_chat_per_day = coalesce($6, tenant.jobs_per_chat_per_day),
            steps_per_minute = coalesce($7, tenant.steps_per_minute), version = tenant.version + 1";
    let parameters: [Parameter<'_>; 7] = [
        (&tenant.id, Type::TEXT),
        (&tenant.cap_in_flight, Type::INT4),
        (&object(&tenant.variables), Type::JSONB),
        (&object(&tenant.secrets), Type::JSONB),
        (&tenant.jobs_per_day, Type::INT4),
        (&tenant.jobs_per_chat_per_day, Type::INT4),
        (&tenant.steps_per_minute, Type::INT4),
    ];
    database.rows(statement, &parameters).await?;
    Ok(())
}

fn check(tenant: &Tenant, source: &dyn SecretSource) -> Result<(), String> {
    if !is_name(&tenant.id) {
        return Err(format!(
            "A tenant's name has up to {NAME_CHARS} letters, digits, dots, dashes and underscores."
        ));
    }
    let least = |limit: Option<i32>| limit.is_some_and(|limit| limit < 1);
    if least(tenant.cap_in_flight) || least(tenant.steps_per_minute) {
        return Err("At least one step at once, and one a minute, has to be allowed.".to_owned());
    }
    if let Some(name) = tenant.variables.keys().find(|name| is_secret(name)) {
        return Err(format!(
            "{name} is a secret: say where it is with --secret, never what it is."
        ));
    }
    for (name, reference) in &tenant.secrets {
        // Not the reference itself in any of these: it may be the secret, in the wrong place.
        if !is_secret(name) {
            return Err(format!("{name} is no secret's variable."));
        }
        if !source.is_reference(reference) {
            return Err(format!(
                "What is said of {name} is no reference: env:NAME, file:/PATH or command:PROGRAM. Nothing was stored."
            ));
        }
    }
    Ok(())
}

/// Whether this variable holds a secret.
fn is_secret(name: &str) -> bool {
    let mut known = VARIABLES.iter();
    known.any(|variable| variable.name == name && variable.from == Origin::Secret)
}

fn object(values: &BTreeMap<String, String>) -> Value {
    let members = values
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())));
    Value::Object(members.collect::<Map<_, _>>())
}

/// What a tenant's calls are made of; none where there is no such tenant.
///
/// # Errors
/// The database's.
pub async fn settings(database: &Database, id: &str) -> Result<Option<Settings>, DatabaseError> {
    let statement = "select variables, secrets from tenant where id = $1";
    let rows = database.rows(statement, &[(&id, Type::TEXT)]).await?;
    let texts = |value: Value| {
        let members = value.as_object().cloned().unwrap_or_default();
        members
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
            .collect()
    };
    Ok(rows.first().map(|row| Settings {
        variables: texts(row.get(0)),
        secrets: texts(row.get(1)),
    }))
}

/// Stops a tenant's steps, or has them go on. False where there is no such tenant. Steps under way end as ever.
///
/// # Errors
/// The database's.
pub async fn pause(database: &Database, id: &str, paused: bool) -> Result<bool, DatabaseError> {
    let statement = "with changed as (update tenant set paused = $2 where id = $1 returning 1),
        due as (update session set due_at = now()
            where tenant = $1 and not $2 and token is null and due_at > now() and due_at < now() + interval '60 seconds')
        select count(*) from changed";
    let row = database
        .one(statement, &[(&id, Type::TEXT), (&paused, Type::BOOL)])
        .await?;
    Ok(row.get::<_, i64>(0) > 0)
}

/// Removes a tenant with all of its sessions. False where there is no such tenant.
///
/// # Errors
/// The database's, and where sessions go on and `with_sessions` isn't set.
pub async fn remove(
    database: &Database,
    id: &str,
    with_sessions: bool,
) -> Result<bool, TenantError> {
    let statement = "with going as (select count(*) as n from session where tenant = $1),
        removed as (delete from tenant where id = $1 and ($2 or (select n from going) = 0) returning 1)
        select (select n from going), (select count(*) from removed)";
    let row = database
        .one(
            statement,
            &[(&id, Type::TEXT), (&with_sessions, Type::BOOL)],
        )
        .await?;
    let (going, removed) = (row.get::<_, i64>(0), row.get::<_, i64>(1));
    if going > 0 && removed == 0 {
        return Err(TenantError::Refused(format!(
            "{going} sessions of this tenant go on. Nothing was removed. Pause it and wait, or remove them as well with --force."
        )));
    }
    Ok(removed > 0)
}

/// How each tenant stands, the latest first.
///
/// # Errors
/// The database's.
pub async fn standing(database: &Database) -> Result<Vec<OfTenant>, DatabaseError> {
    let statement = "select t.id, count(s.key), count(s.key) filter (where s.token is not null and s.lease_until > now()),
            coalesce(greatest(0, extract(epoch from now() - min(s.due_at)
                filter (where s.token is null or s.lease_until <= now()))), 0)::float8 as late,
            (select count(*) from uncertain u where u.tenant = t.id)
        from tenant t left join session s on s.tenant = t.id group by t.id order by late desc, t.id limit $1";
    let rows = database.rows(statement, &[(&SHOWN, Type::INT8)]).await?;
    Ok(rows
        .iter()
        .map(|row| OfTenant {
            tenant: row.get(0),
            sessions: row.get(1),
            in_flight: row.get(2),
            oldest_due_seconds: row.get(3),
            uncertain: row.get(4),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::LocalSecrets;

    fn refusal(variables: &[(&str, &str)], secrets: &[(&str, &str)]) -> Option<String> {
        let owned = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let tenant = Tenant {
            id: "acme".to_owned(),
            variables: owned(variables),
            secrets: owned(secrets),
            ..Tenant::default()
        };
        check(&tenant, &LocalSecrets).err()
    }

    #[test]
    fn no_secret_is_taken_and_none_is_repeated() {
        assert_eq!(
            refusal(&[("FEISHU_APP_ID", "cli_1")], &[("LIBTV_API_KEY", "env:K")]),
            None
        );
        for refused in [
            refusal(&[("LIBTV_API_KEY", "hunter2")], &[]),
            refusal(&[], &[("LIBTV_API_KEY", "hunter2")]),
            refusal(&[], &[("FEISHU_APP_ID", "env:hunter2")]),
        ] {
            let refused = refused.expect("refused");
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }

    #[test]
    fn a_name_needs_no_quotes() {
        assert!(is_name("acme-1.eu_x"));
        for name in ["", "a b", "a\"b", "é", &"x".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
