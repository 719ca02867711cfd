//! Who may get messages: tables of their own, that no path of the component leads to. What a call may send to is read when
//! it begins; whoever is named by a submit is stored before that begins.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use contract::channels::{Threads, named};
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

impl Named {
    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Recipient> {
        self.recipients.iter()
    }
}

/// The kind of an id, and the id.
pub(crate) type Recipient = (String, String);

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

/// Every message of a tenant that may be replied to.
///
/// # Errors
/// The database's.
pub(crate) async fn messages_of(
    database: &Database,
    tenant: &str,
) -> Result<Vec<String>, DatabaseError> {
    let statement = "select distinct id from message where tenant = $1";
    let rows = database.rows(statement, &[(&tenant, Type::TEXT)]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Where a submit wants its results, as it was spelt.
#[derive(Debug, Clone, Copy, Default)]
pub struct Destination<'a> {
    /// The channel; empty: the usual one.
    pub channel: &'a str,
    /// The chat.
    pub chat: Option<&'a str>,
    /// A topic or thread of it.
    pub thread: Option<&'a str>,
    /// A message in whose topic or thread they go.
    pub reply_to: Option<&'a str>,
}

impl Destination<'_> {
    /// Whom it names, and which messages may be replied to. By the same tables as the component reads it, so that nobody is noted
    /// whom it wouldn't write to; a text that names nobody the component refuses, with what is accepted.
    fn named(&self) -> (Vec<Recipient>, Vec<String>) {
        let channel = named(self.channel);
        let read = |text: &str| (channel?.recipients.read)(text).ok();
        let is_chat = channel.is_some_and(|channel| match channel.recipients.threads {
            Threads::AsChat => true,
            Threads::ByMessage(_) | Threads::ById(_) | Threads::None => false,
        });
        let chats = self.chat.into_iter().chain(self.thread.filter(|_| is_chat));
        let (mut recipients, mut messages) = (Vec::new(), Vec::new());
        for chat in chats.filter_map(read) {
            // A thread is named by the message that began it.
            messages.extend(chat.reply_to.into_iter().chain(chat.thread));
            recipients.push((chat.kind.to_owned(), chat.id));
        }
        let message = |text: &str| (channel?.recipients.message)(text).ok();
        let answered = [self.thread, self.reply_to].into_iter().flatten();
        messages.extend(answered.filter_map(message));
        (recipients, messages)
    }
}

/// Notes whom a submit names, durably, before it begins.
///
/// # Errors
/// [`NameError`]: nothing may be submitted then.
pub async fn name(
    database: &Database,
    tenant: &str,
    destination: Destination<'_>,
) -> Result<(), NameError> {
    let (recipients, messages) = destination.named();
    note(database, tenant, &recipients, &messages).await
}

/// Notes these recipients, and messages that may be replied to.
///
/// # Errors
/// [`NameError`]: none of them is noted where one can't be.
pub(crate) async fn note(
    database: &Database,
    tenant: &str,
    recipients: &[Recipient],
    messages: &[String],
) -> Result<(), NameError> {
    let ids = recipients.iter().map(|(_, id)| id).chain(messages);
    if ids.into_iter().any(|id| id.len() > ID_BYTES) {
        return Err(NameError::Refused(format!(
            "An id of the chat is longer than {ID_BYTES} bytes. Nothing was sent."
        )));
    }
    let (kinds, ids): (Vec<&str>, Vec<&str>) = recipients
        .iter()
        .map(|(kind, id)| (kind.as_str(), id.as_str()))
        .unzip();
    let statement = "with there as (select count(*) as n from recipient where tenant = $1),
        wanted as (select * from unnest($2::text[], $3::text[]) as w(kind, id)),
        added as (insert into recipient (tenant, kind, id)
            select $1, w.kind, w.id from wanted w where (select n from there) + (select count(*) from wanted) <= $4
            on conflict do nothing returning 1),
        noted as (insert into message (tenant, scope, id)
            select $1, $6, m.id from unnest($5::text[]) as m(id)
            on conflict (tenant, scope, id) do update set noted_at = now()),
        known as (update tenant set recipients_version = recipients_version + 1
            where id = $1 and exists (select from added))
        select (select n from there) + (select count(*) from wanted) <= $4
            or not exists (select from wanted w where not exists (
                select from recipient r where r.tenant = $1 and r.kind = w.kind and r.id = w.id))";
    let parameters: [Parameter<'_>; 6] = [
        (&tenant, Type::TEXT),
        (&kinds, Type::TEXT_ARRAY),
        (&ids, Type::TEXT_ARRAY),
        (&MOST, Type::INT8),
        (&messages, Type::TEXT_ARRAY),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_a_submit_names_is_named_and_whoever_it_does_not_is_not() {
        let of = |channel, chat, thread, reply_to| {
            Destination {
                channel,
                chat,
                thread,
                reply_to,
            }
            .named()
        };
        let (recipients, messages) = of("feishu", Some("oc_a"), None, Some("om_1"));
        assert_eq!(recipients, [("chat_id".to_owned(), "oc_a".to_owned())]);
        assert_eq!(messages, ["om_1"]);
        // A thread that is a chat of its own is written to as one.
        let thread = "1234567890123456789";
        let (recipients, _) = of("discord", Some("9876543210987654321"), Some(thread), None);
        assert!(
            recipients.iter().any(|(_, id)| id == thread),
            "{recipients:?}"
        );
        assert_eq!(
            of("feishu", Some("no chat"), None, None),
            Default::default()
        );
        assert_eq!(
            of("nobody's", Some("oc_a"), None, Some("om_1")),
            Default::default()
        );
    }
}
