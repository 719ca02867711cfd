//! Who may get messages: the recipients that submits named, kept where the component can't write. One small file
//! each, so that any number of processes name recipients at once without a lock, and a crash loses none or one that
//! nothing was submitted for yet. Not here: the requests that are checked against them (`http/messages.rs`).
//!
//! ```text
//! <folder>/<SHA-256 of kind and id>.json                    one recipient: {"receive_id_type", "receive_id"}
//! <folder>/messages/<SHA-256 of "message" and id>.json      a message that a submit answers, or one's own that may be changed; empty
//! <folder>/sent/<SHA-256 of kind and id>.json       how many messages left for one since they last wrote, where that counts
//! <folder>/derived/<SHA-256 of kind and id>.json            one that a named recipient led to, with that one as "of"
//! ```

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use contract::channels::{self, Threads};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{CallError, HomeError};
use sandbox::files;
use sandbox::http::own_message;

/// An e-mail address has at most 254 bytes, the platforms' own ids some forty.
const ID_BYTES: usize = 256;
/// A bot talks to some hundreds. A loop that names a new one at every submit ends here, before it fills a disk.
const MOST: usize = 10_000;
/// What one file may hold: an id with every byte escaped, and the words around it.
const FILE_BYTES: u64 = 4 << 10;
/// Messages that may be replied to, and recipients that others led to, the latest ones: each is an id of some forty bytes.
const ANSWERED: usize = 1_000;
/// Messages that submits answer, each an empty file. A delivery has ended after a day; nobody submits this often
/// in one.
const MOST_MESSAGES: usize = 5_000;
/// What stands before their ids in the names of these files.
const MESSAGE: &str = "message";
/// Where these are, beside the recipients.
const MESSAGES: &str = "messages";
/// Recipients that named ones led to, each a small file; whoever is forgotten is asked for again.
const MOST_DERIVED: usize = MOST;
/// Where these are.
const DERIVED: &str = "derived";

/// How many messages left for recipients since they last wrote, each a small file.
const MOST_SENT: usize = MOST;
/// Where these are.
const SENT: &str = "sent";

/// How many messages left for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sent {
    #[serde(flatten)]
    to: Recipient,
    /// What tells the conversation from what it was before its last message.
    mark: String,
    /// How many since.
    count: u64,
}

/// A recipient of messages. What kinds of id there are is the channels'; no two of them share one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recipient {
    /// The platform's word for the kind of id, as its requests have it.
    #[serde(rename = "receive_id_type")]
    pub(crate) kind: String,
    /// The id itself.
    #[serde(rename = "receive_id")]
    pub(crate) id: String,
}

/// A recipient that another one led to: the direct chat with a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Derived {
    #[serde(flatten)]
    itself: Recipient,
    /// Who led to it. It is named for as long as that one is.
    of: Recipient,
}

impl Recipient {
    /// Whom `--channel CHANNEL --chat-id TEXT` names. `None` when it names nobody.
    pub(crate) fn named_by(channel: &str, text: &str) -> Option<Self> {
        read(channel, text).map(Self::from)
    }

    fn file_name(&self) -> String {
        file_name(&self.kind, &self.id)
    }
}

impl From<channels::Recipient> for Recipient {
    fn from(read: channels::Recipient) -> Self {
        Self {
            kind: read.kind.to_owned(),
            id: read.id,
        }
    }
}

/// A recipient in the spelling of its channel. Only of that one: what is a person here may be a chat there.
fn read(channel: &str, text: &str) -> Option<channels::Recipient> {
    let channel = channels::named(channel)?;
    (channel.recipients.read)(text).ok()
}

/// A message that is answered, in the same way.
fn read_message(text: &str) -> Option<String> {
    let mut all = channels::CHANNELS.into_iter();
    all.find_map(|channel| (channel.recipients.message)(text).ok())
}

impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind, self.id)
    }
}

/// The recipients that were named, in a folder of their own.
pub(crate) struct Recipients {
    folder: PathBuf,
    /// How many may be named in all.
    most: usize,
    /// Messages that a service confirmed, the latest ones: they may be replied to.
    answered: Arc<Mutex<VecDeque<String>>>,
    /// Those that a named one led to, as the service said, the latest ones.
    derived: Arc<Mutex<VecDeque<Derived>>>,
    /// Whom one call may send to beside those.
    once: Option<Recipient>,
}

impl Recipients {
    /// Those in `folder`; it is made when the first one is named.
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self {
            folder,
            most: MOST,
            answered: Arc::default(),
            derived: Arc::default(),
            once: None,
        }
    }

    /// The same, and `chat` for one call: the user wants a message there now, and submits nothing.
    pub(crate) fn and_once(&self, channel: &str, chat: &str) -> Self {
        Self {
            folder: self.folder.clone(),
            most: self.most,
            answered: Arc::clone(&self.answered),
            derived: Arc::clone(&self.derived),
            once: Recipient::named_by(channel, chat),
        }
    }

    /// Notes that a submit names `chat` of `channel` (the usual one, where that is empty). When this returns it is durable: a submit may then begin, since its results
    /// can be delivered after a power cut as well. A text that names nobody changes nothing.
    ///
    /// # Errors
    /// When it can't be stored, or is too long, or there are too many: nothing may be submitted for it then.
    pub(crate) fn name(&self, channel: &str, chat: &str) -> Result<(), CallError> {
        // The component refuses it, with what is accepted.
        let Some(read) = read(channel, chat) else {
            return Ok(());
        };
        // Both are messages: a thread is named by the one that began it.
        for message_id in read.reply_to.iter().chain(&read.thread) {
            self.name_message(message_id)?;
        }
        self.name_itself(&Recipient::from(read))
    }

    /// The same for the recipient itself.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn name_itself(&self, recipient: &Recipient) -> Result<(), CallError> {
        if recipient.id.len() > ID_BYTES {
            return Err(CallError::Refused(format!(
                "The chat's id is longer than {ID_BYTES} bytes. Nothing was sent."
            )));
        }
        let fail = |error| HomeError::new("can't note the recipient in", &self.folder, error);
        files::private_folder(&self.folder).map_err(fail)?;
        let path = self.folder.join(recipient.file_name());
        if self.is_named(recipient).unwrap_or(false) {
            // Perhaps written by another process a moment ago, and not durable yet.
            // Opened to be written: Windows flushes nothing else.
            let opened = File::options().write(true).open(&path);
            let synced = opened.and_then(|file| file.sync_all());
            return Ok(synced
                .and_then(|()| files::sync_folder(&self.folder))
                .map_err(fail)?);
        }
        // Counted only for a new one: the submit of a chat that is known never waits for a listing.
        if fs::read_dir(&self.folder).map_err(fail)?.count() >= self.most {
            return Err(CallError::Refused(format!(
                "More than {} recipients were named. Nothing was sent. Remove the files of those that get no more messages from {}.",
                self.most,
                self.folder.display()
            )));
        }
        let text = serde_json::to_vec(recipient).map_err(|error| fail(error.into()))?;
        Ok(files::write_durably(&path, &text).map_err(fail)?)
    }

    /// Whether a submit has named `recipient`, or one that led to it. Read anew each time: another process may have named it a
    /// moment ago.
    ///
    /// # Errors
    /// When that can't be found out.
    pub(crate) fn is_named(&self, recipient: &Recipient) -> io::Result<bool> {
        if self.is_itself_named(recipient)? {
            return Ok(true);
        }
        let known = |known: &&Derived| known.itself == *recipient;
        let here = lock(&self.derived).iter().find(known).cloned();
        let path = self.folder.join(DERIVED).join(recipient.file_name());
        let derived = match here {
            Some(here) => Some(here),
            None => stored::<Derived>(&path)?.filter(|stored| stored.itself == *recipient),
        };
        // One step and no further: whoever a derived one leads to was named by nobody.
        derived.map_or(Ok(false), |derived| self.is_itself_named(&derived.of))
    }

    fn is_itself_named(&self, recipient: &Recipient) -> io::Result<bool> {
        // Never in the folder: it is for one call.
        if self.once.as_ref() == Some(recipient) {
            return Ok(true);
        }
        // The content decides, and the name only finds it: a file under a wrong name grants nothing.
        let named = stored::<Recipient>(&self.folder.join(recipient.file_name()))?;
        Ok(named.as_ref() == Some(recipient))
    }

    /// All that were named, in the order of their ids.
    ///
    /// # Errors
    /// When that can't be found out.
    pub(crate) fn all(&self) -> io::Result<Vec<Recipient>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut all = Vec::new();
        for entry in entries {
            let entry = entry?;
            if [MESSAGES, DERIVED, SENT]
                .iter()
                .any(|name| entry.file_name() == *name)
            {
                continue;
            }
            let mut bytes = Vec::new();
            // What isn't ours, or is no file, lets no message out either.
            let Ok(file) = files::open_own(&entry.path()) else {
                continue;
            };
            file.take(FILE_BYTES).read_to_end(&mut bytes)?;
            // A file under another name than its recipient's lets no message out.
            let named = serde_json::from_slice::<Recipient>(&bytes).ok();
            all.extend(named.filter(|named| entry.file_name() == *named.file_name()));
        }
        all.sort_unstable_by(|a, b| (&a.id, &a.kind).cmp(&(&b.id, &b.kind)));
        Ok(all)
    }

    /// Notes the topic or thread that a submit names, where it is a recipient of its own. Elsewhere it is a place in the chat,
    /// or a message that is answered.
    ///
    /// # Errors
    /// When it can't be stored: nothing may be submitted for it then.
    pub(crate) fn name_thread(&self, channel: &str, thread: &str) -> Result<(), CallError> {
        let threads = channels::named(channel).map(|channel| channel.recipients.threads);
        match threads {
            Some(Threads::AsChat) => self.name(channel, thread),
            Some(Threads::ByMessage(_) | Threads::ById(_) | Threads::None) | None => Ok(()),
        }
    }

    /// Notes that a submit answers a message: what becomes of it may be a reply to that one. Durable when this returns. A
    /// text that names no message changes nothing.
    ///
    /// # Errors
    /// When it can't be stored: nothing may be submitted for it then.
    pub(crate) fn name_message(&self, message_id: &str) -> Result<(), CallError> {
        // The component refuses it.
        let Some(message_id) = read_message(message_id) else {
            return Ok(());
        };
        let folder = self.folder.join(MESSAGES);
        let fail = |error| HomeError::new("can't note the message in", &folder, error);
        files::private_folder(&self.folder).map_err(fail)?;
        files::private_folder(&folder).map_err(fail)?;
        // Forgotten and not refused, unlike a chat: an old message's deliveries have ended, and a submit
        // must not fail for that.
        forget_oldest(&folder, MOST_MESSAGES - 1).map_err(fail)?;
        let path = folder.join(file_name(MESSAGE, &message_id));
        Ok(files::write_durably(&path, b"").map_err(fail)?)
    }

    /// Notes a message that the service confirmed to be in a named recipient's chat.
    pub(crate) fn note_message(&self, message_id: String) {
        note(&self.answered, message_id);
    }

    /// Notes a recipient that another one led to, as the service said; on disk as well, for the process that goes on after a
    /// crash.
    pub(crate) fn note_derived(&self, of: Recipient, itself: Recipient) {
        if itself.id.len() > ID_BYTES || self.is_named(&itself).unwrap_or(false) {
            return;
        }
        let derived = Derived { itself, of };
        // What can't be stored costs the next process one question to the service.
        let _ = self.store_derived(&derived);
        note(&self.derived, derived);
    }

    fn store_derived(&self, derived: &Derived) -> io::Result<()> {
        // For one call: nothing of it is to last.
        if self.once.as_ref() == Some(&derived.of) {
            return Ok(());
        }
        let folder = self.folder.join(DERIVED);
        files::private_folder(&self.folder)?;
        files::private_folder(&folder)?;
        forget_oldest(&folder, MOST_DERIVED - 1)?;
        let text = serde_json::to_vec(derived)?;
        files::write_durably(&folder.join(derived.itself.file_name()), &text)
    }

    /// How many messages left for a recipient in a conversation with this mark. Two processes that send at once may count one of
    /// them: the platform counts for itself.
    pub(crate) fn sent(&self, to: &Recipient, mark: &str) -> u64 {
        let path = self.folder.join(SENT).join(to.file_name());
        let sent = stored::<Sent>(&path).ok().flatten();
        let is_it = |sent: &Sent| sent.to == *to && sent.mark == mark;
        sent.filter(is_it).map_or(0, |sent| sent.count)
    }

    /// Notes one more of them. What can't be stored isn't counted.
    fn note_sent(&self, to: Recipient, mark: &str) {
        // Of another mark nothing counts any more: they have written since.
        let count = self.sent(&to, mark).saturating_add(1);
        let folder = self.folder.join(SENT);
        let path = folder.join(to.file_name());
        let sent = Sent {
            to,
            mark: mark.to_owned(),
            count,
        };
        let _ = files::private_folder(&self.folder)
            .and_then(|()| files::private_folder(&folder))
            .and_then(|()| forget_oldest(&folder, MOST_SENT - 1))
            .and_then(|()| files::write_durably(&path, &serde_json::to_vec(&sent)?));
    }

    /// Notes a message of one's own in a recipient's chat, durably: the process that goes on after a crash changes it. What
    /// can't be stored may be changed by this process alone.
    pub(crate) fn note_own_message(&self, of: &Recipient, message_id: &str) {
        let name = own_message((&of.kind, &of.id), message_id);
        let folder = self.folder.join(MESSAGES);
        // For one call: nothing of it is to last.
        if self.once.as_ref() != Some(of) {
            let _ = files::private_folder(&self.folder)
                .and_then(|()| files::private_folder(&folder))
                .and_then(|()| forget_oldest(&folder, MOST_MESSAGES - 1))
                .and_then(|()| files::write_durably(&folder.join(file_name(MESSAGE, &name)), b""));
        }
        note(&self.answered, name);
    }

    /// Whether `message_id` is such a message, or one that a submit answers.
    pub(crate) fn has_message(&self, message_id: &str) -> bool {
        if lock(&self.answered).iter().any(|known| known == message_id) {
            return true;
        }
        let path = self
            .folder
            .join(MESSAGES)
            .join(file_name(MESSAGE, message_id));
        fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
    }
}

/// What stands in a small file of our own: none where there is none, or where it is something else.
fn stored<T: serde::de::DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    // Not one that somebody else put there while the folder was open: it would name a chat that no
    // submit named.
    let file = match files::open_own(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(FILE_BYTES).read_to_end(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes).ok())
}

fn lock<T>(held: &Mutex<VecDeque<T>>) -> std::sync::MutexGuard<'_, VecDeque<T>> {
    held.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Adds the latest one; the oldest goes.
fn note<T>(held: &Mutex<VecDeque<T>>, latest: T) {
    let mut held = lock(held);
    if held.len() == ANSWERED {
        held.pop_front();
    }
    held.push_back(latest);
}

/// Safe as a name whatever the id holds, and another one for every id of every kind.
fn file_name(kind: &str, id: &str) -> String {
    let digest = Sha256::new_with_prefix(kind)
        // The zero keeps kind and id apart: without it `ab` and `c` would meet `a` and `bc`.
        .chain_update([0])
        .chain_update(id)
        .finalize();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}.json")
}

/// Removes the oldest files until so many are left.
fn forget_oldest(folder: &Path, most: usize) -> io::Result<()> {
    let entries: Vec<_> = fs::read_dir(folder)?.collect::<io::Result<_>>()?;
    if entries.len() <= most {
        return Ok(());
    }
    let mut named: Vec<_> = entries
        .iter()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    named.sort_unstable();
    for (_, path) in named.iter().take(entries.len() - most) {
        match fs::remove_file(path) {
            // Another process has come first.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
    }
    Ok(())
}

impl sandbox::http::Recipients for Recipients {
    fn is_named(&self, kind: &str, id: &str) -> bool {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        // A folder that can't be read lets no message out: a film that arrives late is better than one in a
        // stranger's chat.
        Self::is_named(self, &Recipient { kind, id }).unwrap_or(false)
    }

    fn has_message(&self, id: &str) -> bool {
        Self::has_message(self, id)
    }

    fn note_message(&self, id: String) {
        Self::note_message(self, id);
    }

    fn note_sent(&self, (kind, id): (&str, &str), mark: &str) {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        Self::note_sent(self, Recipient { kind, id }, mark);
    }

    fn note_own_message(&self, (kind, of): (&str, &str), id: &str) {
        let (kind, of) = (kind.to_owned(), of.to_owned());
        Self::note_own_message(self, &Recipient { kind, id: of }, id);
    }

    fn note_derived(&self, (of_kind, of): (&str, &str), kind: &str, id: String) {
        let of = Recipient {
            kind: of_kind.to_owned(),
            id: of.to_owned(),
        };
        let kind = kind.to_owned();
        Self::note_derived(self, of, Recipient { kind, id });
    }
}

#[cfg(test)]
#[path = "recipients_tests.rs"]
mod tests;
