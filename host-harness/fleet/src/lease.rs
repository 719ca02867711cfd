//! Whose a session is: a row with a random token that only its holder knows, until a time by the database's clock. And the
//! records of a call that holds one: every transaction checks the token and moves the end of the lease.
//!
//! A refusal is for good. Once one transaction was refused, or its outcome isn't known, nothing more is stored or sent in this
//! call: whoever claims the session next goes on from what is stored.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use host::http::Gate;
use host::{Change, Keeper, Lost};
use tokio::sync::Notify;
use tokio_postgres::types::Type;

use crate::clock::Moment;
use crate::database::{Database, Parameter};
use crate::metrics::Metrics;
use crate::paths::{Reach, Writes};

/// What has to be left of a lease for a message to leave, as a part of it. The rest goes by while the service answers: the next
/// holder comes after that, and then the message's key tells it from a second one.
const NEEDED: (u32, u32) = (2, 3);
/// Sessions of the last minutes are what a submit looks through for what became of another one like it.
const RECENT: &str = "15 minutes";
/// Where intents are, and sessions.
const SUBMITS: &str = contract::state::SUBMITS;
const SESSIONS: &str = "sessions";
/// How many records a listing of them brings at most; each is some hundred bytes.
const LISTED: i64 = 5_000;

/// A recipient that a named one led to, as the service said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// Who led to it.
    pub of: (String, String),
    /// The recipient itself.
    pub itself: (String, String),
}

/// Which session of which tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    /// The tenant.
    pub tenant: String,
    /// The session's entry.
    pub key: String,
}

/// What fences a call's transactions.
enum Fence {
    /// A row that is leased to this call.
    Lease {
        name: Name,
        token: String,
        ttl: Duration,
    },
    /// Nothing: what the call makes has names of its own, and those are claimed.
    Names { tenant: String },
}

/// The records of one call in the database.
pub struct Held {
    database: Arc<Database>,
    metrics: Arc<Metrics>,
    fence: Fence,
    reach: Reach,
    /// Whether others' turns are looked for in the store when the sessions are listed.
    looks_around: bool,
    /// Until when the call may send. Of a lease: its end, as this machine's clock saw it before it was asked for.
    until: Mutex<Moment>,
    lost: AtomicBool,
    told: Notify,
    /// For the next transaction.
    noted: Mutex<Noted>,
}

/// What services have said of recipients, and isn't stored yet.
#[derive(Default)]
struct Noted {
    messages: Vec<String>,
    derived: Vec<Derived>,
}

impl Held {
    /// A leased session; `until` counts from before the claim was sent.
    pub fn leased(
        database: &Arc<Database>,
        metrics: &Arc<Metrics>,
        name: Name,
        token: String,
        (ttl, until): (Duration, Moment),
    ) -> Arc<Self> {
        let reach = Reach::of_entry(&name.key);
        let fence = Fence::Lease { name, token, ttl };
        Self::new(database, metrics, fence, reach, until)
    }

    /// A call that makes something new in this tenant, and may send until then.
    pub fn making(
        database: &Arc<Database>,
        metrics: &Arc<Metrics>,
        tenant: &str,
        until: Moment,
    ) -> Arc<Self> {
        let tenant = tenant.to_owned();
        Self::new(
            database,
            metrics,
            Fence::Names { tenant },
            Reach::Tenant,
            until,
        )
    }

    /// A call that looks after what others have left in this tenant, and may send until then: what it is given is all that it
    /// sees.
    pub fn looking(
        database: &Arc<Database>,
        metrics: &Arc<Metrics>,
        tenant: &str,
        until: Moment,
    ) -> Arc<Self> {
        let tenant = tenant.to_owned();
        let fence = Fence::Names { tenant };
        let mut this = Self::made(database, metrics, fence, Reach::Tenant, until);
        // Of a session that is listed so only its turns are there, and one that has ended would look as if nobody had ever
        // polled it.
        this.looks_around = false;
        Arc::new(this)
    }

    fn new(
        database: &Arc<Database>,
        metrics: &Arc<Metrics>,
        fence: Fence,
        reach: Reach,
        until: Moment,
    ) -> Arc<Self> {
        Arc::new(Self::made(database, metrics, fence, reach, until))
    }

    fn made(
        database: &Arc<Database>,
        metrics: &Arc<Metrics>,
        fence: Fence,
        reach: Reach,
        until: Moment,
    ) -> Self {
        Self {
            database: Arc::clone(database),
            metrics: Arc::clone(metrics),
            fence,
            reach,
            looks_around: true,
            until: Mutex::new(until),
            lost: AtomicBool::new(false),
            told: Notify::new(),
            noted: Mutex::default(),
        }
    }

    /// Notes a message that may be replied to, for the next transaction.
    pub fn note(&self, id: String) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.messages.push(id);
    }

    /// Notes a recipient that a named one led to, in the same way.
    pub fn note_derived(&self, derived: Derived) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.derived.push(derived);
    }

    /// Whether nothing may be stored or sent any more.
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    /// Whether the session is this call's alone. Of an intent it isn't: its submit may go on, in a process that holds no lease.
    pub fn is_alone(&self) -> bool {
        let is_leased = matches!(self.fence, Fence::Lease { .. });
        is_leased && matches!(self.reach, Reach::Session(_))
    }

    /// Resolves when the lease is lost; renews it until then. For the time of the call.
    pub async fn kept(&self) {
        let Fence::Lease { ttl, .. } = &self.fence else {
            return std::future::pending().await;
        };
        loop {
            if self.is_lost() {
                return;
            }
            tokio::select! {
                () = self.told.notified() => {}
                // Thrice in a lease: one renewal may fail, and the next one still comes in time.
                () = tokio::time::sleep(*ttl / 3) => drop(self.store(Writes::default(), None).await),
            }
        }
    }

    /// Ends the call: stores what it left unsynced, and lets the session go, due again after `next`. With none it is up to the
    /// entry: one that was removed is gone with its row.
    ///
    /// # Errors
    /// [`Lost`]: somebody else has the session, and nothing was stored.
    pub async fn end(&self, unsaved: Vec<Change>, end: &End) -> Result<(), Lost> {
        let writes = Writes::of(unsaved, &self.reach).map_err(|lost| self.lose(lost))?;
        self.store(writes, Some(end)).await
    }

    /// Stores what a call that made something left unsynced.
    ///
    /// # Errors
    /// [`Lost`]: nothing was stored. Whoever looks after it later finds it so.
    pub async fn end_of_making(&self, unsaved: Vec<Change>) -> Result<(), Lost> {
        if unsaved.is_empty() {
            return Ok(());
        }
        self.commit(unsaved).await
    }

    fn lose(&self, lost: Lost) -> Lost {
        if !self.lost.swap(true, Ordering::AcqRel) {
            self.metrics.fenced.fetch_add(1, Ordering::Relaxed);
        }
        self.told.notify_one();
        lost
    }

    fn tenant(&self) -> &str {
        match &self.fence {
            Fence::Lease { name, .. } => &name.tenant,
            Fence::Names { tenant } => tenant,
        }
    }

    /// One transaction: the fence and all of it, or nothing.
    async fn store(&self, writes: Writes, end: Option<&End>) -> Result<(), Lost> {
        self.store_with(writes, end, None).await.map(drop)
    }

    /// The same; where a record is to be claimed, it says whether it was.
    async fn store_with(
        &self,
        writes: Writes,
        end: Option<&End>,
        claimed: Option<(&str, &[u8])>,
    ) -> Result<bool, Lost> {
        // Before anything is asked: a later statement that happened to be accepted would store the end of a step whose middle
        // isn't stored.
        if self.is_lost() {
            return Err(Lost("the lease was lost".to_owned()));
        }
        // Before the question leaves: the database counts from when it answers, which is later, never earlier.
        let asked_at = Moment::now();
        let (key, token, ttl) = match &self.fence {
            Fence::Lease { name, token, ttl } => (name.key.as_str(), Some(token.as_str()), *ttl),
            Fence::Names { .. } => ("", None, Duration::ZERO),
        };
        let noted = std::mem::take(&mut *self.noted.lock().unwrap_or_else(PoisonError::into_inner));
        let of_derived =
            |get: fn(&Derived) -> &str| noted.derived.iter().map(get).collect::<Vec<&str>>();
        let (kinds, ids) = (
            of_derived(|one| &one.itself.0),
            of_derived(|one| &one.itself.1),
        );
        let (of_kinds, of_ids) = (of_derived(|one| &one.of.0), of_derived(|one| &one.of.1));
        let ttl_ms = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
        // The own row is changed by the fence itself: one statement may change a row only once.
        let (own_woken, woken): (Vec<String>, Vec<String>) =
            writes.woken.into_iter().partition(|one| one == key);
        let (own_ended, ended): (Vec<String>, Vec<String>) =
            writes.ended.into_iter().partition(|one| one == key);
        let own = match (own_ended.is_empty(), own_woken.is_empty()) {
            (true, true) => None,
            (is_woken, _) => Some(!is_woken),
        };
        let next_ms = end.map(|end| i64::try_from(end.next.as_millis()).unwrap_or(i64::MAX));
        let failed = end.map_or(0, |end| i32::from(end.failed));
        let stopped = end.map_or(0, |end| i32::from(end.stopped));
        let session_id = end.and_then(|end| end.session_id.as_deref());
        let events: &[String] = end.map_or(&[], |end| &end.events);
        let (path, bytes) = claimed.unzip();
        let parameters: [Parameter<'_>; 26] = [
            (&self.tenant(), Type::TEXT),
            (&key, Type::TEXT),
            (&token, Type::TEXT),
            (&ttl_ms, Type::INT8),
            (&writes.scopes, Type::TEXT_ARRAY),
            (&writes.paths, Type::TEXT_ARRAY),
            (&writes.bytes, Type::BYTEA_ARRAY),
            (&writes.gone, Type::TEXT_ARRAY),
            (&woken, Type::TEXT_ARRAY),
            (&ended, Type::TEXT_ARRAY),
            (&own, Type::BOOL),
            (&noted.messages, Type::TEXT_ARRAY),
            (&writes.leaves_work, Type::BOOL),
            (&next_ms, Type::INT8),
            (&failed, Type::INT4),
            (&stopped, Type::INT4),
            (&session_id, Type::TEXT),
            (&events, Type::TEXT_ARRAY),
            (&path, Type::TEXT),
            (&bytes, Type::BYTEA),
            (&path.map(crate::paths::scope_of), Type::TEXT),
            (&kinds, Type::TEXT_ARRAY),
            (&ids, Type::TEXT_ARRAY),
            (&of_kinds, Type::TEXT_ARRAY),
            (&of_ids, Type::TEXT_ARRAY),
            (&writes.uncertain, Type::TEXT_ARRAY),
        ];
        let fence = match (token, end) {
            (None, _) => NO_FENCE,
            (Some(_), None) => FENCE,
            (Some(_), Some(_)) => LAST_FENCE,
        };
        let claim = if claimed.is_some() { CLAIM } else { NO_CLAIM };
        let statement = format!("with {fence}, {claim}, {STORE}");
        let row = self.database.one(&statement, &parameters).await;
        // Also where the database is merely gone: whether it was stored isn't known, and a call that goes on from
        // something that isn't stored would send what nobody has on record.
        let row = row.map_err(|error| self.lose(Lost(error.to_string())))?;
        let (held, claimed) = (row.get::<_, i64>(0), row.get::<_, i64>(1));
        // The statement was done and changed nothing: the token in the row is another one, or its time is over.
        if held == 0 {
            return Err(self.lose(Lost("the lease is somebody else's by now".to_owned())));
        }
        self.metrics.transactions.fetch_add(1, Ordering::Relaxed);
        if token.is_some() {
            *self.until.lock().unwrap_or_else(PoisonError::into_inner) = asked_at.plus(ttl);
        }
        Ok(claimed > 0)
    }
}

/// How a call lets its session go.
#[derive(Debug, Default)]
pub struct End {
    /// When it is due again.
    pub next: Duration,
    /// Whether the step failed; the failures in a row are counted.
    pub failed: bool,
    /// Whether it was stopped for what it did itself.
    pub stopped: bool,
    /// The session's id, where it wasn't known.
    pub session_id: Option<String>,
    /// What happened, for people.
    pub events: Vec<String>,
}

/// Holds the row: without it nothing else of the statement happens.
const FENCE: &str = "fence as (
    update session set lease_until = now() + $4 * interval '1 millisecond',
        due_at = now() + $4 * interval '1 millisecond', ended = coalesce($11, ended)
    where tenant = $1 and key = $2 and token = $3::uuid and lease_until > now() returning 1)";

/// Lets the row go. One whose entry was removed goes itself, unless somebody has put it there again meanwhile.
const LAST_FENCE: &str = "over as (
    delete from session where tenant = $1 and key = $2 and token = $3::uuid and lease_until > now()
        and coalesce($11, ended) and not again returning 1),
fence_of_next as (
    update session set lease_until = null, token = null, owner = null, ended = false, again = false,
        due_at = case when again then now() else now() + $14 * interval '1 millisecond' end,
        failures = case when $15 > 0 then failures + 1 else 0 end,
        stopped = case when $16 > 0 then stopped + 1 else 0 end,
        steps = steps + 1, session_id = coalesce($17, session_id)
    where tenant = $1 and key = $2 and token = $3::uuid and lease_until > now()
        and not (coalesce($11, ended) and not again) returning 1),
fence as (select * from over union all select * from fence_of_next)";

const NO_FENCE: &str = "fence as (select 1)";

const NO_CLAIM: &str = "claimed as (select 1 where false), may as (select 1 from fence)";

/// The rest happens only where the name was free.
const CLAIM: &str = "claimed as (
    insert into record (tenant, scope, path, bytes) select $1, $21, $19, $20 where exists (select from fence)
    on conflict (tenant, path) do nothing returning 1), may as (select * from claimed)";

/// Everything that a call stores. An entry that is put there while its session is somebody's is noted, and not taken from him.
const STORE: &str = "put as (
    insert into record (tenant, scope, path, bytes)
    select $1, r.scope, r.path, r.bytes from unnest($5::text[], $6::text[], $7::bytea[]) as r(scope, path, bytes)
    where exists (select from may)
    on conflict (tenant, path) do update set bytes = excluded.bytes, changed_at = now()),
unknown as (
    insert into uncertain (tenant, path) select $1, u.path from unnest($26::text[]) as u(path) where exists (select from may)
    on conflict do nothing),
gone as (
    delete from record where tenant = $1 and path = any($8) and exists (select from may)),
woken as (
    insert into session (tenant, key, due_at)
    select $1, w.key, now() from unnest($9::text[]) as w(key) where exists (select from may)
    on conflict (tenant, key) do update set again = true, stopped = 0,
        due_at = case when session.token is null or session.lease_until <= now() then now() else session.due_at end),
ended as (
    delete from session where tenant = $1 and key = any($10) and exists (select from may)
        and (token is null or lease_until <= now())),
noted as (
    insert into message (tenant, scope, id)
    select $1, $2, n.id from unnest($12::text[]) as n(id) where exists (select from may)
    on conflict do nothing),
led_to as (
    insert into derived (tenant, kind, id, of_kind, of_id)
    select $1, d.* from unnest($22::text[], $23::text[], $24::text[], $25::text[]) as d where exists (select from may)
    on conflict (tenant, kind, id) do update set of_kind = excluded.of_kind, of_id = excluded.of_id, noted_at = now()),
of_tenant as (
    update tenant set
        sweep_at = case when $13 or $19 like 'submits/%'
            then least(coalesce(sweep_at, 'infinity'), now() + interval '60 seconds') else sweep_at end,
        recipients_version = recipients_version + sign(cardinality($22))::int
    where id = $1 and ($13 or $19 like 'submits/%' or cardinality($22) > 0) and exists (select from may)),
told as (
    insert into event (tenant, key, text)
    select $1, $2, e.text from unnest($18::text[]) as e(text) where exists (select from may))
select (select count(*) from fence), (select count(*) from claimed)";

#[async_trait]
impl Keeper for Held {
    async fn commit(&self, changes: Vec<Change>) -> Result<(), Lost> {
        let writes = Writes::of(changes, &self.reach).map_err(|lost| self.lose(lost))?;
        self.store(writes, None).await
    }

    async fn claim(
        &self,
        changes: Vec<Change>,
        path: &str,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, Lost> {
        let this = Change {
            path: path.to_owned(),
            bytes: Some(bytes.to_vec()),
        };
        // By the same rules as any other record; an entry is no record and can't be claimed.
        let checked = Writes::of(vec![this], &self.reach).map_err(|lost| self.lose(lost))?;
        if checked.paths.is_empty() {
            return Err(self.lose(Lost("an entry can't be claimed".to_owned())));
        }
        let writes = Writes::of(changes, &self.reach).map_err(|lost| self.lose(lost))?;
        // Taken or not is the database's word alone: what this call saw when it began may be old by now.
        if self.store_with(writes, None, Some((path, bytes))).await? {
            return Ok(None);
        }
        let parameters: [Parameter<'_>; 2] = [(&self.tenant(), Type::TEXT), (&path, Type::TEXT)];
        let winner = "select bytes from record where tenant = $1 and path = $2";
        let rows = self.database.rows(winner, &parameters).await;
        let rows = rows.map_err(|error| self.lose(Lost(error.to_string())))?;
        // It may have been removed in this moment: then it was there all the same, and was empty for all that is known.
        Ok(Some(rows.first().map_or_else(Vec::new, |row| row.get(0))))
    }

    async fn shared(&self, path: &str) -> Result<Option<Vec<(String, Vec<u8>)>>, Lost> {
        let looks_around = self.looks_around && self.reach == Reach::Tenant;
        let statement = match path.split_once('/') {
            None if path == SUBMITS => "scope = '' and path like 'submits/%'".to_owned(),
            None if path == SESSIONS && looks_around => format!(
                "path like 'sessions/%' and path like '%/asked-%' and changed_at > now() - interval '{RECENT}'"
            ),
            // The intent of another submit that asks for the same: it is waited for.
            Some((SUBMITS, _)) if looks_around => "path = $3".to_owned(),
            // A service may name a session that was there before: what is asked for now is another turn of it.
            Some((SESSIONS, key)) if looks_around && !key.contains('/') => "scope = $4".to_owned(),
            // A session's own records have one writer while it is leased.
            _ => return Ok(None),
        };
        let key = path.rsplit('/').next().unwrap_or_default();
        let parameters: [Parameter<'_>; 4] = [
            (&self.tenant(), Type::TEXT),
            (&LISTED, Type::INT8),
            (&path, Type::TEXT),
            (&key, Type::TEXT),
        ];
        let statement =
            format!("select path, bytes from record where tenant = $1 and {statement} limit $2");
        let rows = self.database.rows(&statement, &parameters).await;
        let rows = rows.map_err(|error| self.lose(Lost(error.to_string())))?;
        Ok(Some(
            rows.iter().map(|row| (row.get(0), row.get(1))).collect(),
        ))
    }
}

#[async_trait]
impl Gate for Held {
    async fn may_send(&self) -> bool {
        if self.is_lost() {
            return false;
        }
        let left = self
            .until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .left();
        match &self.fence {
            // What a submit takes is bounded by when others count it as abandoned.
            Fence::Names { .. } => !left.is_zero(),
            Fence::Lease { ttl, .. } => {
                if left >= *ttl * NEEDED.0 / NEEDED.1 {
                    return true;
                }
                self.store(Writes::default(), None).await.is_ok()
            }
        }
    }
}
