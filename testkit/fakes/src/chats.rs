//! The chats of a demonstration: which channel they are of, how an app is set up for it, and what stands in them. Whoever
//! demonstrates knows no channel.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{App, Fake, Fault, Feishu, World};

/// The channel's name, as a submit takes it.
pub const CHANNEL: &str = "feishu";
/// The variable that names the app.
pub const APP_VARIABLE: &str = "FEISHU_APP_ID";
/// The variable that holds its secret.
pub const SECRET_VARIABLE: &str = "FEISHU_APP_SECRET";
/// How a message is sent.
const SEND: &str = "POST /open-apis/im/v1/messages";

/// The chats of a world.
pub struct Chats {
    fake: Feishu,
    /// How long a message takes to be answered.
    latency_ms: AtomicU64,
}

/// A message on its way to a chat, or one that was sent again: of each attempt, to whom and under which key.
pub type Attempted = (String, Option<String>);

impl Chats {
    /// Those of this world.
    pub fn of(world: &World) -> Self {
        Self {
            fake: world.feishu(),
            latency_ms: AtomicU64::new(0),
        }
    }

    /// An app that may write to them.
    pub fn add_app(&self, id: &str, secret: &str) {
        self.fake.add_app(App::new(id, secret));
    }

    /// Every message takes so long to be answered.
    pub fn slow(&self, latency_ms: u64) {
        self.latency_ms.store(latency_ms, Ordering::Relaxed);
        self.fake
            .fault(SEND, Fault::Latency(latency_ms), crate::ALWAYS);
    }

    /// The chats to which a message is being sent at this moment: it came, and isn't answered.
    pub fn sending(&self) -> Vec<String> {
        let requests = self.fake.requests_to(SEND);
        let now_ms = self.fake.service().elapsed_ms();
        let latency_ms = self.latency_ms.load(Ordering::Relaxed);
        // One whose sender has died is never answered.
        let waiting = requests
            .iter()
            .filter(|request| request.status.is_none() && request.at_ms + latency_ms > now_ms);
        let chat = |body: &serde_json::Value| body["receive_id"].as_str().map(str::to_owned);
        waiting
            .filter_map(|request| chat(request.json()?))
            .collect()
    }

    /// What stands in a chat: the digest of each film.
    pub fn films(&self, chat: &str) -> Vec<String> {
        let messages = self.fake.chat(chat).messages();
        let films = messages.into_iter().filter_map(|message| message.file);
        films.map(|file| file.sha256).collect()
    }

    /// Messages in all chats.
    pub fn shown(&self) -> usize {
        self.fake.messages().len()
    }

    /// Every attempt to send, those that were known by their key included.
    pub fn attempts(&self) -> Vec<Attempted> {
        let attempts = self.fake.attempts().into_iter();
        attempts
            .map(|attempt| (attempt.receive_id, attempt.uuid))
            .collect()
    }
}
