//! What is due, and becomes this worker's: up to some hundred sessions in one statement, each under a random token, with the
//! records that its step reads. A claimed session is due again when its lease ends, so that what a dead worker held surfaces
//! by itself.
//!
//! Fairness: of each tenant as many at once as its cap allows and no more a minute than its key is good for, over all workers, and
//! the tenants take turns. What is over the
//! cap is put behind by about as long as it will take until it is its turn; so a tenant with half of all jobs doesn't stand in
//! front of the others, however late it is itself.

use std::collections::HashMap;
use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::clock::Moment;
use crate::database::{Database, DatabaseError, Parameter};
use crate::lease::Name;
use crate::paths::entry;
use crate::schema::RECORDS_VERSION;

/// So many rows that are due are looked at for one that is wanted: a tenant over its cap fills the front otherwise.
const LOOKED_AT: i64 = 4;
/// Steps of a tenant that is over its cap are spread over this at most.
const LONGEST_BEHIND: &str = "60 seconds";
/// What part of a minute's steps a tenant may have at once: those of ten seconds.
const BURST: &str = "(1.0 / 6)";
/// The tenant's shared records that a step sees of when messages were sent last: more would be read for nothing.
const PACES: i64 = 200;

/// A session that is this worker's until its lease ends.
pub struct Claimed {
    /// Which.
    pub name: Name,
    /// Its id, once it is known.
    pub session_id: Option<String>,
    /// The lease's token.
    pub token: String,
    /// Until when, by this machine's clock.
    pub until: Moment,
    /// How late it is.
    pub late: Duration,
    /// Whether its entry is gone: it died with its last transaction, and only the row is left.
    pub ended: bool,
    /// Steps in a row that failed.
    pub failures: u32,
    /// Steps in a row that were stopped for what they did.
    pub stopped: u32,
    /// The version of its tenant's settings, and of whom it may write to.
    pub versions: (i64, i64),
    /// What the component finds in its state folder.
    pub records: Vec<(String, Vec<u8>)>,
}

/// Claims up to `most` sessions for `owner` and reads their records.
///
/// # Errors
/// The database's. What was claimed then comes back when its lease ends.
pub async fn claim(
    database: &Database,
    owner: &str,
    component: &str,
    ttl: Duration,
    most: usize,
) -> Result<Vec<Claimed>, DatabaseError> {
    // Before the question: the lease begins when the database answers it, which is later.
    let until = Moment::now().plus(ttl);
    let ttl_ms = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let parameters: [Parameter<'_>; 6] = [
        (&owner, Type::TEXT),
        (&ttl_ms, Type::INT8),
        (&most, Type::INT8),
        (&most.saturating_mul(LOOKED_AT), Type::INT8),
        (&RECORDS_VERSION, Type::INT4),
        (&component, Type::TEXT),
    ];
    // One statement and so one transaction: between the look and the claim nobody else comes in.
    let rows = database.rows(&claiming(), &parameters).await?;
    let mut claimed: Vec<Claimed> = rows.iter().map(|row| of_row(row, until)).collect();
    if !claimed.is_empty() {
        read(database, &mut claimed).await?;
    }
    Ok(claimed)
}

/// Claims this session, due or not, for a call that somebody makes by hand; none where somebody else has it, or nobody is to poll it.
///
/// # Errors
/// As [`claim`].
pub async fn claim_one(
    database: &Database,
    owner: &str,
    component: &str,
    ttl: Duration,
    name: &Name,
) -> Result<Option<Claimed>, DatabaseError> {
    let until = Moment::now().plus(ttl);
    let ttl_ms = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
    let parameters: [Parameter<'_>; 6] = [
        (&owner, Type::TEXT),
        (&ttl_ms, Type::INT8),
        (&RECORDS_VERSION, Type::INT4),
        (&component, Type::TEXT),
        (&name.tenant, Type::TEXT),
        (&name.key, Type::TEXT),
    ];
    let statement = "update session s set due_at = now() + $2 * interval '1 millisecond',
            lease_until = now() + $2 * interval '1 millisecond', token = gen_random_uuid(), owner = $1,
            component = $4, ended = s.ended and not s.again, again = false
        from tenant t where t.id = s.tenant and not t.paused and s.tenant = $5 and s.key = $6 and s.min_version <= $3
            and (s.token is null or s.lease_until <= now())
        returning s.tenant, s.key, s.session_id, s.token::text, 0::int8, s.ended, s.failures, s.stopped,
            t.version, t.recipients_version";
    let rows = database.rows(statement, &parameters).await?;
    let mut claimed: Vec<Claimed> = rows.iter().map(|row| of_row(row, until)).collect();
    if !claimed.is_empty() {
        read(database, &mut claimed).await?;
    }
    Ok(claimed.pop())
}

/// What was claimed, without its records.
fn of_row(row: &Row, until: Moment) -> Claimed {
    Claimed {
        name: Name {
            tenant: row.get(0),
            key: row.get(1),
        },
        session_id: row.get(2),
        token: row.get(3),
        until,
        late: Duration::from_millis(u64::try_from(row.get::<_, i64>(4)).unwrap_or_default()),
        ended: row.get(5),
        failures: u32::try_from(row.get::<_, i32>(6)).unwrap_or_default(),
        stopped: u32::try_from(row.get::<_, i32>(7)).unwrap_or_default(),
        versions: (row.get(8), row.get(9)),
        records: Vec::new(),
    }
}

/// The statement: who is over the cap, or has no step left in this moment, is put behind in the same one.
fn claiming() -> String {
    // Rows are locked by `skip locked`, also those that are only put behind: two workers never wait for each other here, and so
    // can't wait in a circle either. A tenant whose steps are counted is one worker's for the moment, so that nobody counts
    // from an old number.
    format!(
        "with busy as (
            select tenant, count(*) as n from session where token is not null and lease_until > now() group by tenant),
        front as materialized (
            select tenant, key, due_at from session where due_at <= now() and min_version <= $5 order by due_at limit $4),
        counted as materialized (
            select id, steps_per_minute as most,
                least(greatest(1, steps_per_minute * {BURST}),
                    tokens + extract(epoch from now() - tokens_at) * steps_per_minute / 60)::float8 as steps
            from tenant where steps_per_minute is not null and id in (select tenant from front)
            for no key update skip locked),
        due as (
            select s.tenant, s.key, s.due_at, t.cap_in_flight as cap, t.paused,
                coalesce(b.n, 0) + row_number() over of_tenant as place,
                row_number() over of_tenant as nth, c.most, c.steps
            from front s join tenant t on t.id = s.tenant left join busy b on b.tenant = s.tenant
            left join counted c on c.id = s.tenant
            where t.steps_per_minute is null or c.id is not null
            window of_tenant as (partition by s.tenant order by s.due_at)),
        mine as (
            select s.tenant, s.key, s.due_at from session s join due d on d.tenant = s.tenant and d.key = s.key
            where s.due_at <= now() and not d.paused and d.place <= d.cap and (d.steps is null or d.nth <= d.steps)
            order by d.place, d.due_at limit $3 for update of s skip locked),
        behind as (
            select s.tenant, s.key, d.place, d.cap, d.paused, d.nth, d.most, d.steps
            from session s join due d on d.tenant = s.tenant and d.key = s.key
            where s.due_at <= now() and (d.paused or d.place > d.cap or d.nth > d.steps) for update of s skip locked),
        put_behind as (
            update session s set due_at = now() + least(interval '{LONGEST_BEHIND}',
                case when b.paused then interval '{LONGEST_BEHIND}'
                    when b.nth > b.steps then interval '1 minute' * ((b.nth - b.steps) / b.most)
                    else interval '250 milliseconds' * ceil(b.place::float8 / b.cap) end)
            from behind b where s.tenant = b.tenant and s.key = b.key),
        claimed as (
            update session s set due_at = now() + $2 * interval '1 millisecond',
                lease_until = now() + $2 * interval '1 millisecond', token = gen_random_uuid(), owner = $1,
                component = $6, ended = s.ended and not s.again, again = false
            from mine m where s.tenant = m.tenant and s.key = m.key
            returning s.tenant, s.key, s.session_id, s.token::text as token, m.due_at, s.ended, s.failures, s.stopped),
        spent as (
            update tenant t set tokens = c.steps - n.n, tokens_at = now()
            from counted c join (select tenant, count(*) as n from claimed group by tenant) n on n.tenant = c.id
            where t.id = c.id)
        select c.tenant, c.key, c.session_id, c.token,
            greatest(0, extract(epoch from now() - c.due_at) * 1000)::int8, c.ended, c.failures, c.stopped,
            t.version, t.recipients_version
        from claimed c join tenant t on t.id = c.tenant"
    )
}

/// Reads what the steps of these will look at: their own records, and their tenants' shared ones.
async fn read(database: &Database, claimed: &mut [Claimed]) -> Result<(), DatabaseError> {
    let tenants: Vec<&str> = claimed.iter().map(|one| one.name.tenant.as_str()).collect();
    let keys: Vec<&str> = claimed.iter().map(|one| one.name.key.as_str()).collect();
    let parameters: [Parameter<'_>; 3] = [
        (&tenants, Type::TEXT_ARRAY),
        (&keys, Type::TEXT_ARRAY),
        (&PACES, Type::INT8),
    ];
    let statement = "select r.tenant, r.scope, r.path, r.bytes from unnest($1::text[], $2::text[]) as w(tenant, key)
            join record r on r.tenant = w.tenant and r.scope = w.key
        union all
        select r.tenant, r.scope, r.path, r.bytes from (select distinct tenant from unnest($1::text[]) as w(tenant)) as w
            cross join lateral (
                select * from record r where r.tenant = w.tenant and r.scope = ''
                    and r.path not like 'pace/%' and r.path not like 'pictures/%'
                union all
                (select * from record r where r.tenant = w.tenant and r.scope = '' and r.path like 'pace/%'
                    order by r.changed_at desc limit $3)) as r";
    let rows = database.rows(statement, &parameters).await?;
    let mut own: HashMap<Name, Vec<(String, Vec<u8>)>> = HashMap::new();
    for row in rows {
        let name = Name {
            tenant: row.get(0),
            key: row.get(1),
        };
        own.entry(name).or_default().push((row.get(2), row.get(3)));
    }
    // Copied for each session: a step changes what it has, and a tenant's shared records are a few.
    for one in claimed {
        let shared = Name {
            tenant: one.name.tenant.clone(),
            key: String::new(),
        };
        one.records
            .extend(own.get(&one.name).into_iter().flatten().cloned());
        one.records
            .extend(own.get(&shared).into_iter().flatten().cloned());
        // A session without its row has no entry, so the row itself stands for it.
        if !one.ended {
            one.records.push(entry(&one.name.key));
        }
    }
    Ok(())
}
