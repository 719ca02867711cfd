//! The platform of the core's toys in the simulated world: uploads have names, and a message is `CHAT UPLOAD` or `CHAT WORDS`.
//! What it makes of a repeated one is what the channel promises.

use libtv_video_core::channel::toy::ECHO_KEPT_MS;
use libtv_video_core::io::{Request, Response};

use super::super::cast::Channel;
use super::super::network;
use super::{Chat, Platform, Upload};

/// A message that was taken.
struct Taken {
    /// When it was taken.
    at_ms: u64,
    /// Its key, where it came with one.
    key: String,
    /// Its bytes.
    body: String,
    /// The message that it made.
    message: usize,
}

/// The platform.
pub(super) struct Toy {
    /// Which of the toys, and so what a repeated message comes to.
    channel: Channel,
    /// Where each upload came from; its place is its number.
    uploads: Vec<String>,
    /// Every message that was taken.
    taken: Vec<Taken>,
}

impl Toy {
    /// The platform of this toy.
    pub(super) const fn new(channel: Channel) -> Self {
        Self {
            channel,
            uploads: Vec::new(),
            taken: Vec::new(),
        }
    }

    /// The message that a repetition stands for.
    fn repeated(&self, key: &str, body: &str, now_ms: u64) -> Option<usize> {
        let is_it = |taken: &&Taken| match self.channel {
            Channel::Steady => taken.key == key,
            Channel::Echo => taken.body == body && now_ms < taken.at_ms + ECHO_KEPT_MS,
            // Nothing does: what is sent twice is shown twice.
            _ => false,
        };
        self.taken
            .iter()
            .rev()
            .find(is_it)
            .map(|taken| taken.message)
    }

    /// Takes a message, in the order in which a platform checks one.
    fn show(&mut self, chat: &mut Chat, key: &str, body: &str, now_ms: u64) -> Response {
        if let Some(message) = self.repeated(key, body, now_ms) {
            return said(200, &sent(message));
        }
        if chat.is_absent(now_ms) {
            return said(403, "the bot isn't in the room");
        }
        if !chat.takes(now_ms, 1, 1_000) {
            let mut slow = said(429, "slow down");
            slow.headers
                .push(("retry-after".to_owned(), "2".to_owned()));
            return slow;
        }
        let shown = body.split_once(' ').map_or("", |(_, shown)| shown);
        // The planted bug may have put something behind it.
        let name = shown.split(' ').next().unwrap_or_default();
        let media = match name.strip_prefix("upload-") {
            // A notice has several words, and a link says what it is: this is half of an upload's name.
            None if !shown.contains([' ', ':']) => return said(404, "no such upload"),
            None => None,
            Some(number) => {
                let at = number.parse::<usize>().unwrap_or(usize::MAX);
                let whole = number.len() == NUMBER_LEN;
                match self.uploads.get(at).filter(|_| whole) {
                    None => return said(404, "no such upload"),
                    media => media.cloned(),
                }
            }
        };
        let message = chat.show(now_ms, media, shown);
        self.taken.push(Taken {
            at_ms: now_ms,
            key: key.to_owned(),
            body: body.to_owned(),
            message,
        });
        said(200, &sent(message))
    }
}

/// Digits of an upload's number: half of a name is the name of none.
const NUMBER_LEN: usize = 4;

impl Platform for Toy {
    fn answer(&mut self, chat: &mut Chat, request: &Request, now_ms: u64) -> Response {
        let path = request.url.splitn(4, '/').nth(3).unwrap_or_default();
        let (what, key) = path.split_once('/').unwrap_or((path, ""));
        let body = String::from_utf8_lossy(&request.body);
        match what {
            "show" => self.show(chat, key, &body, now_ms),
            "find" => {
                let mut taken = self.taken.iter();
                let found = taken.find(|taken| taken.body.ends_with(&*body));
                said(
                    200,
                    &found.map(|taken| sent(taken.message)).unwrap_or_default(),
                )
            }
            _ => said(404, "no such call"),
        }
    }

    fn take(&mut self, chat: &mut Chat, upload: &Upload<'_>, _now_ms: u64) -> Response {
        if !chat.may_upload() {
            return said(403, "no uploads");
        }
        self.uploads.push(upload.media.to_owned());
        said(200, &format!("upload-{:04}", self.uploads.len() - 1))
    }
}

/// The name of a message that is there.
fn sent(message: usize) -> String {
    format!("message-{message}")
}

/// A response in words.
fn said(status: u16, words: &str) -> Response {
    network::response(status, words)
}
