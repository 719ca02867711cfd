//! Who may get messages: tables of their own, that no path of the component leads to. What a call may send to is read when
//! it begins; whoever is named by a submit is stored before that begins.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use contract::channels::named;
use contract::commands::is_nowhere;
use host::http::Recipients;
use tokio_postgres::types::Type;

use crate::database::{Database, DatabaseError, Parameter};
use crate::lease::{Derived, Held};

/// An e-mail address has at most 254 bytes, the platforms' own ids some forty.
const ID_BYTES: usize = 256;
/// A tenant's bot talks to some hundreds; as for one machine.
const MOST: i64 = 10_000;
/// Under which scope a message stands that a submit answers: the session isn't known then.
const OF_SUBMITS: &str = "";

/// Whom a tenant may write to, as it stood at one version of its recipients.
#[derive(Debug, Default)]
pub struct Named {
    recipients: HashSet<Recipient>,
}

/// The kind of an id, and the id.
type Recipient = (String, String);

/// Why a recipient wasn't noted.
#[derive(Debug, thiserror::Error)]
pub enum NameError {
    /// The database's.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// It can't be one, or there are too many.
    #[error("{0}")]
    Refused(String),
}

/// What one call may send to.
pub struct OfCall {
    named: Arc<Named>,
    /// Messages that may be replied to.
    messages: Mutex<HashSet<String>>,
    /// Recipients that a named one led to, in this call.
    derived: Mutex<HashSet<Recipient>>,
    held: Arc<Held>,
}

impl OfCall {
    /// Those that are named, and the messages that may be replied to.
    pub fn new(
        named: Arc<Named>,
        messages: impl IntoIterator<Item = String>,
        held: Arc<Held>,
    ) -> Arc<Self> {
        Arc::new(Self {
            named,
            messages: Mutex::new(messages.into_iter().collect()),
            derived: Mutex::default(),
            held,
        })
    }
}

fn lock<T>(held: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recipients for OfCall {
    fn is_named(&self, kind: &str, id: &str) -> bool {
        let wanted = (kind.to_owned(), id.to_owned());
        self.named.recipients.contains(&wanted) || lock(&self.derived).contains(&wanted)
    }

    fn has_message(&self, id: &str) -> bool {
        lock(&self.messages).contains(id)
    }

    fn note_message(&self, id: String) {
        // Stored with the record that says that the message was sent: another machine may send the reply.
        self.held.note(id.clone());
        lock(&self.messages).insert(id);
    }

    fn note_derived(&self, (of_kind, of): (&str, &str), kind: &str, id: String) {
        let of = (of_kind.to_owned(), of.to_owned());
        // One step and no further: whoever a derived one leads to was named by nobody.
        if id.len() > ID_BYTES || !self.named.recipients.contains(&of) {
            return;
        }
        let itself = (kind.to_owned(), id);
        if lock(&self.derived).insert(itself.clone()) {
            self.held.note_derived(Derived { of, itself });
        }
    }
}

/// Everybody whom a tenant may write to.
///
/// # Errors
/// The database's.
pub async fn load(database: &Database, tenant: &str) -> Result<Named, DatabaseError> {
    let statement = "(select kind, id from recipient where tenant = $1 limit $2)
        union all
        (select d.kind, d.id from derived d join recipient r
            on r.tenant = d.tenant and r.kind = d.of_kind and r.id = d.of_id
            where d.tenant = $1 order by d.noted_at desc limit $2)";
    let rows = database
        .rows(statement, &[(&tenant, Type::TEXT), (&MOST, Type::INT8)])
        .await?;
    Ok(Named {
        recipients: rows.iter().map(|row| (row.get(0), row.get(1))).collect(),
    })
}

/// The messages that a submit answers, or that this session has sent.
///
/// # Errors
/// The database's.
pub async fn messages(
    database: &Database,
    tenant: &str,
    key: &str,
) -> Result<Vec<String>, DatabaseError> {
    let statement = "select id from message where tenant = $1 and scope in ($2, $3)
        order by noted_at desc limit 1000";
    let parameters: [Parameter<'_>; 3] = [
        (&tenant, Type::TEXT),
        (&key, Type::TEXT),
        (&OF_SUBMITS, Type::TEXT),
    ];
    let rows = database.rows(statement, &parameters).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Notes whom a submit names, durably, before it begins.
///
/// # Errors
/// [`NameError`]: nothing may be submitted then.
pub async fn name(
    database: &Database,
    tenant: &str,
    channel: Option<&str>,
    chat: Option<&str>,
) -> Result<(), NameError> {
    let Some(chat) = chat.filter(|_| !is_nowhere(channel, chat)) else {
        return Ok(());
    };
    // By the same table as the component reads it, so that nobody is noted whom it wouldn't write to.
    // The component refuses a text that names nobody, with what is accepted.
    let read =
        named(channel.unwrap_or_default()).and_then(|channel| (channel.recipients.read)(chat).ok());
    let Some(read) = read else {
        return Ok(());
    };
    if read.id.len() > ID_BYTES {
        return Err(NameError::Refused(format!(
            "The chat's id is longer than {ID_BYTES} bytes. Nothing was sent."
        )));
    }
    // Both are messages: a thread is named by the one that began it.
    let answered: Vec<String> = read.reply_to.into_iter().chain(read.thread).collect();
    let statement = "with there as (select count(*) as n from recipient where tenant = $1),
        added as (insert into recipient (tenant, kind, id)
            select $1, $2, $3 where (select n from there) < $4 on conflict do nothing returning 1),
        noted as (insert into message (tenant, scope, id)
            select $1, $6, m.id from unnest($5::text[]) as m(id)
            on conflict (tenant, scope, id) do update set noted_at = now()),
        known as (update tenant set recipients_version = recipients_version + 1
            where id = $1 and exists (select from added))
        select (select n from there) < $4
            or exists (select from recipient where tenant = $1 and kind = $2 and id = $3)";
    let parameters: [Parameter<'_>; 6] = [
        (&tenant, Type::TEXT),
        (&read.kind, Type::TEXT),
        (&read.id, Type::TEXT),
        (&MOST, Type::INT8),
        (&answered, Type::TEXT_ARRAY),
        (&OF_SUBMITS, Type::TEXT),
    ];
    let row = database.one(statement, &parameters).await?;
    // Where there was room it is there now, also where another submit has named it in the same moment.
    if row.get::<_, bool>(0) {
        return Ok(());
    }
    Err(NameError::Refused(format!(
        "More than {MOST} recipients were named by this tenant. Nothing was sent."
    )))
}
