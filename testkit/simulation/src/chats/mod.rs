//! The chat in the simulated world: what it shows, and under which conditions it takes something. How a platform is spoken to is
//! in the files below; what its word about a repeated message is worth is the platform's own.

mod discord;
mod feishu;
mod slack;
mod toy;

use libtv_video_core::io::{Request, Response};

use super::cast::Channel;
use super::plant::Plant;
use super::rng::Rng;

/// A message in the chat.
pub(super) struct Shown {
    /// When it appeared, by the platform's clock.
    pub(super) at_ms: u64,
    /// The address of the media in it; none of a text.
    pub(super) media: Option<String>,
    /// The words; empty with media.
    pub(super) text: String,
}

impl Shown {
    /// What leads to a result, in it.
    pub(super) fn links(&self) -> &str {
        self.media.as_deref().unwrap_or(&self.text)
    }
}

/// Whether the app may upload.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    #[default]
    Granted,
    Missing,
    /// It was granted a moment ago, and only some of the platform's machines know.
    Spreading,
}

/// One chat, with one app in it.
#[derive(Default)]
pub(super) struct Chat {
    /// What it shows, oldest first.
    pub(super) shown: Vec<Shown>,
    /// Whether uploads are let through.
    pub(super) scope: Scope,
    /// Whether the app may not look at what it has shown.
    pub(super) is_blind: bool,
    /// How many uploads were asked for.
    asked: usize,
    /// It takes a message only so often; 0 is the platform's usual limit.
    pub(super) pause_ms: u64,
    /// It refuses every other message as too fast, as where other apps write to it as well.
    pub(super) refuses_every_other: bool,
    refused_last: bool,
    /// Until then the bot isn't in it.
    pub(super) absent_until_ms: u64,
}

impl Chat {
    /// Whether an upload is let through.
    fn may_upload(&mut self) -> bool {
        self.asked += 1;
        match self.scope {
            Scope::Granted => true,
            Scope::Missing => false,
            // Every other one and not by chance: two harnesses then certainly see different answers.
            Scope::Spreading => self.asked.is_multiple_of(2),
        }
    }

    /// Whether the bot isn't in it.
    const fn is_absent(&self, now_ms: u64) -> bool {
        now_ms < self.absent_until_ms
    }

    /// Whether it takes a further message now: so many in this time, unless it is slower.
    fn takes(&mut self, now_ms: u64, messages: usize, window_ms: u64) -> bool {
        let (messages, window_ms) = match self.pause_ms {
            0 => (messages, window_ms),
            pause_ms => (1, pause_ms),
        };
        let recent = self
            .shown
            .iter()
            .rev()
            // By the platform's own clock, which is right, whatever the machine's says.
            .take_while(|shown| shown.at_ms + window_ms > now_ms);
        self.refused_last = self.refuses_every_other && !self.refused_last;
        recent.count() < messages && !self.refused_last
    }

    /// Shows a message; its number, from 1.
    fn show(&mut self, now_ms: u64, media: Option<String>, text: &str) -> usize {
        self.shown.push(Shown {
            at_ms: now_ms,
            media,
            text: text.to_owned(),
        });
        self.shown.len()
    }
}

/// Media on their way into a request.
pub(super) struct Upload<'a> {
    /// Where they go.
    pub(super) url: &'a str,
    /// What stands before them in the body.
    pub(super) head: &'a [u8],
    /// Where they come from.
    pub(super) media: &'a str,
}

/// How a platform answers.
pub(super) trait Platform {
    /// A request with a small body.
    fn answer(&mut self, chat: &mut Chat, request: &Request, now_ms: u64) -> Response;

    /// Media from their store.
    fn take(&mut self, chat: &mut Chat, upload: &Upload<'_>, now_ms: u64) -> Response;
}

/// The platform of a channel.
pub(super) fn platform(channel: Channel, plant: Option<Plant>, rng: &mut Rng) -> Box<dyn Platform> {
    match channel {
        Channel::Feishu => Box::new(feishu::Feishu::default()),
        Channel::Discord => Box::new(discord::Discord::new(rng)),
        Channel::Slack => Box::new(slack::Slack::new(plant, rng)),
        Channel::Toy | Channel::Bare | Channel::Echo | Channel::Steady => {
            Box::new(toy::Toy::new(channel))
        }
    }
}
