//! Who may get messages: the recipients that submits named, kept where the component can't write. One small file
//! each, so that any number of processes name recipients at once without a lock, and a crash loses none or one that
//! nothing was submitted for yet. Not here: the requests that are checked against them (`http/messages.rs`).

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{CallError, HomeError};
use crate::files;

/// An e-mail address has at most 254 bytes, Feishu's own ids some forty.
const ID_BYTES: usize = 256;
/// A bot talks to some hundreds. A loop that names a new one at every submit ends here, before it fills a disk.
const MOST: usize = 10_000;
/// What one file may hold: an id with every byte escaped, and the words around it.
const FILE_BYTES: u64 = 4 << 10;
/// Messages that may be replied to, the latest ones: each is an id of some forty bytes.
const ANSWERED: usize = 1_000;

/// What kind of id names a recipient, in Feishu's words (`receive_id_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IdType {
    OpenId,
    UserId,
    UnionId,
    Email,
    ChatId,
}

impl IdType {
    pub(crate) const ALL: [Self; 5] = [
        Self::OpenId,
        Self::UserId,
        Self::UnionId,
        Self::Email,
        Self::ChatId,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OpenId => "open_id",
            Self::UserId => "user_id",
            Self::UnionId => "union_id",
            Self::Email => "email",
            Self::ChatId => "chat_id",
        }
    }
}

/// A recipient of messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recipient {
    #[serde(rename = "receive_id_type")]
    pub(crate) id_type: IdType,
    #[serde(rename = "receive_id")]
    pub(crate) id: String,
}

impl Recipient {
    /// Whom `--chat-id TEXT` names: docs/spec.md section 7. `None` when it names nobody.
    pub(crate) fn named_by(text: &str) -> Option<Self> {
        let text = text.trim();
        let (id_type, id) = if let Some(id) = text.strip_prefix("user:") {
            (IdType::OpenId, id)
        } else if let Some(id) = text.strip_prefix("chat:") {
            (IdType::ChatId, id)
        } else if text.starts_with("ou_") {
            (IdType::OpenId, text)
        } else if text.starts_with("on_") {
            (IdType::UnionId, text)
        } else if text.contains('@') {
            (IdType::Email, text)
        } else {
            (IdType::ChatId, text)
        };
        (!id.is_empty()).then(|| Self {
            id_type,
            id: id.to_owned(),
        })
    }

    /// Safe as a name whatever the id holds, and another one for every recipient.
    fn file_name(&self) -> String {
        let digest = Sha256::new_with_prefix(self.id_type.name())
            .chain_update([0])
            .chain_update(&self.id)
            .finalize();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{hex}.json")
    }
}

impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.id_type.name(), self.id)
    }
}

/// The recipients that were named, in a folder of their own.
pub(crate) struct Recipients {
    folder: PathBuf,
    most: usize,
    answered: Arc<Mutex<VecDeque<String>>>,
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
            once: None,
        }
    }

    /// The same, and `chat` for one call: the user wants a message there now, and submits nothing.
    pub(crate) fn and_once(&self, chat: &str) -> Self {
        Self {
            folder: self.folder.clone(),
            most: self.most,
            answered: Arc::clone(&self.answered),
            once: Recipient::named_by(chat),
        }
    }

    /// Notes that a submit names `chat`. When this returns it is durable: a submit may then begin, since its results
    /// can be delivered after a power cut as well. A text that names nobody changes nothing.
    ///
    /// # Errors
    /// When it can't be stored, or is too long, or there are too many: nothing may be submitted for it then.
    pub(crate) fn name(&self, chat: &str) -> Result<(), CallError> {
        let Some(recipient) = Recipient::named_by(chat) else {
            return Ok(());
        };
        if recipient.id.len() > ID_BYTES {
            return Err(CallError::Refused(format!(
                "The chat's id is longer than {ID_BYTES} bytes. Nothing was sent."
            )));
        }
        let fail = |error| HomeError::new("can't note the recipient in", &self.folder, error);
        files::private_folder(&self.folder).map_err(fail)?;
        let path = self.folder.join(recipient.file_name());
        if self.is_named(&recipient).unwrap_or(false) {
            // Perhaps written by another process a moment ago, and not durable yet.
            let synced = File::open(&path).and_then(|file| file.sync_all());
            return Ok(synced
                .and_then(|()| files::sync_folder(&self.folder))
                .map_err(fail)?);
        }
        if fs::read_dir(&self.folder).map_err(fail)?.count() >= self.most {
            return Err(CallError::Refused(format!(
                "More than {} recipients were named. Nothing was sent. Remove the files of those that get no more messages from {}.",
                self.most,
                self.folder.display()
            )));
        }
        let text = serde_json::to_vec(&recipient).map_err(|error| fail(error.into()))?;
        Ok(files::write_durably(&path, &text).map_err(fail)?)
    }

    /// Whether a submit has named `recipient`. Read anew each time: another process may have named it a moment ago.
    ///
    /// # Errors
    /// When that can't be found out.
    pub(crate) fn is_named(&self, recipient: &Recipient) -> io::Result<bool> {
        if self.once.as_ref() == Some(recipient) {
            return Ok(true);
        }
        let file = match files::open_own(&self.folder.join(recipient.file_name())) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(FILE_BYTES).read_to_end(&mut bytes)?;
        Ok(serde_json::from_slice::<Recipient>(&bytes).is_ok_and(|named| named == *recipient))
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
        all.sort_unstable_by(|a, b| (&a.id, a.id_type.name()).cmp(&(&b.id, b.id_type.name())));
        Ok(all)
    }

    /// Notes a message that Feishu confirmed to be in a named recipient's chat.
    pub(crate) fn note_message(&self, message_id: String) {
        let mut answered = self
            .answered
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if answered.len() == ANSWERED {
            answered.pop_front();
        }
        answered.push_back(message_id);
    }

    /// Whether `message_id` is such a message.
    pub(crate) fn has_message(&self, message_id: &str) -> bool {
        self.answered
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .iter()
            .any(|known| known == message_id)
    }
}

#[cfg(test)]
#[path = "recipients_tests.rs"]
mod tests;
