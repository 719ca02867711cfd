//! The tables, and how they came to be. A migration is never changed once it was released; what is to be different is another
//! one. Not here: the statements that use them.
//!
//! | table | holds |
//! |---|---|
//! | `tenant` | who has jobs: bounds, variables, references to secrets (never a secret) |
//! | `session` | one row for each entry of the component's folder `active`: when it is due, and whose it is until when |
//! | `record` | the component's records, by their paths in the state folder |
//! | `recipient`, `derived`, `message` | whom messages may go to, who led to whom, and what may be replied to: no path of the component leads here |
//! | `uncertain` | which deliveries nobody knows the outcome of |
//! | `moved` | which imports and exports have happened |
//! | `spent` | paid requests of a day, for each chat; the tenant's own are in its row |
//! | `event` | what happened to sessions, for people |
//! | `fleet_schema` | which migrations have run |

use tokio_postgres::types::Type;

use crate::database::{Database, DatabaseError};

/// In order; the first one is number 1.
const MIGRATIONS: [&str; 2] = [FIRST, UNCERTAIN];

/// What this version of the program reads and writes. A session whose row asks for more is left to newer ones.
pub const RECORDS_VERSION: i32 = 1;

/// Held while migrations run: of several processes that start at once one does it. Any number that nobody else uses.
const MIGRATION_LOCK: i64 = 0x6c69_6274_7631;

/// `fillfactor` leaves room on each page for the next version of a row, so that an update touches no index; vacuum comes
/// early, since every poll leaves a dead row.
const FIRST: &str = "
create table tenant (
    id text primary key,
    paused boolean not null default false,
    cap_in_flight integer not null default 16 check (cap_in_flight > 0),
    steps_per_minute integer check (steps_per_minute > 0),
    tokens double precision not null default 0,
    tokens_at timestamptz not null default now(),
    variables jsonb not null default '{}',
    secrets jsonb not null default '{}',
    version bigint not null default 1,
    recipients_version bigint not null default 1,
    sweep_at timestamptz,
    jobs_per_day integer not null default 100 check (jobs_per_day >= 0),
    jobs_per_chat_per_day integer check (jobs_per_chat_per_day >= 0),
    spent_day date not null default '-infinity',
    spent_jobs integer not null default 0,
    created_at timestamptz not null default now()
);
create index tenant_sweep on tenant (sweep_at) where sweep_at is not null;
create table session (
    tenant text not null references tenant (id) on delete cascade,
    key text not null,
    session_id text,
    due_at timestamptz not null,
    lease_until timestamptz,
    token uuid,
    owner text,
    component text,
    again boolean not null default false,
    ended boolean not null default false,
    failures integer not null default 0,
    stopped integer not null default 0,
    steps integer not null default 0,
    min_version integer not null default 1,
    primary key (tenant, key)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
create index session_due on session (due_at);
create index session_leased on session (lease_until) where token is not null;
create table record (
    tenant text not null references tenant (id) on delete cascade,
    path text not null,
    scope text not null,
    bytes bytea not null,
    changed_at timestamptz not null default now(),
    primary key (tenant, path)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
create index record_scope on record (tenant, scope);
create table recipient (
    tenant text not null references tenant (id) on delete cascade,
    kind text not null,
    id text not null,
    named_at timestamptz not null default now(),
    primary key (tenant, kind, id)
);
create table derived (
    tenant text not null references tenant (id) on delete cascade,
    kind text not null,
    id text not null,
    of_kind text not null,
    of_id text not null,
    noted_at timestamptz not null default now(),
    primary key (tenant, kind, id)
);
create table spent (
    tenant text not null references tenant (id) on delete cascade,
    chat text not null,
    day date not null,
    jobs integer not null,
    primary key (tenant, chat)
);
create table message (
    tenant text not null references tenant (id) on delete cascade,
    scope text not null,
    id text not null,
    noted_at timestamptz not null default now(),
    primary key (tenant, scope, id)
);
create table event (
    id bigint generated always as identity primary key,
    tenant text not null references tenant (id) on delete cascade,
    key text not null,
    at timestamptz not null default now(),
    text text not null
);
create index event_session on event (tenant, key, id);
";

/// A table of their own: an index over the records' contents would touch itself with every record that is written.
const UNCERTAIN: &str = "
create table uncertain (
    tenant text not null,
    path text not null,
    at timestamptz not null default now(),
    primary key (tenant, path),
    foreign key (tenant, path) references record (tenant, path) on delete cascade
);
create table moved (
    id text primary key,
    tenant text not null,
    at timestamptz not null default now()
);
";

/// Brings the schema up to date, and says which version it has now. Safe to run from any number of processes.
///
/// # Errors
/// The database's. A migration happens as a whole or not at all.
pub async fn migrate(database: &Database) -> Result<usize, DatabaseError> {
    // All in one batch, since that is one transaction on one connection also behind a pooler.
    let mut script = format!(
        "begin;
        select pg_advisory_xact_lock({MIGRATION_LOCK});
        create table if not exists fleet_schema (version integer primary key, at timestamptz not null default now());
        "
    );
    let done = version(database).await?;
    for (nth, migration) in MIGRATIONS.iter().enumerate().skip(done) {
        let number = nth + 1;
        // Another process may have come first, between the look and the lock.
        script.push_str(&format!(
            "do $migration$ begin
            if not exists (select from fleet_schema where version = {number}) then
                {migration}
                insert into fleet_schema (version) values ({number});
            end if; end $migration$;\n"
        ));
    }
    script.push_str("commit;");
    database.batch(&script).await?;
    version(database).await
}

/// Which migrations have run: none in a new database.
///
/// # Errors
/// The database's.
pub async fn version(database: &Database) -> Result<usize, DatabaseError> {
    let there = "select to_regclass('fleet_schema') is not null";
    let is_there = database.one(there, &[]).await?.get::<_, bool>(0);
    if !is_there {
        return Ok(0);
    }
    let row = database
        .one(
            "select coalesce(max(version), 0) from fleet_schema where version > $1",
            &[(&0_i32, Type::INT4)],
        )
        .await?;
    Ok(usize::try_from(row.get::<_, i32>(0)).unwrap_or_default())
}

/// Whether this program can work with the schema as it is.
///
/// # Errors
/// A sentence that says what to do.
pub async fn check(database: &Database) -> Result<(), String> {
    let version = version(database).await.map_err(|error| error.to_string())?;
    if version < MIGRATIONS.len() {
        return Err(format!(
            "The database has version {version} of the schema, and this program needs {}. Run: libtv-video fleet migrate",
            MIGRATIONS.len()
        ));
    }
    // A newer one is fine: migrations only add, and rows that need a newer program say so (`min_version`).
    Ok(())
}
