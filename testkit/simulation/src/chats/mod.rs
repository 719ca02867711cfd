//! The chat in the simulated world: what it shows, and under which conditions it takes something. How a platform is spoken to is
//! in the files below; what its word about a repeated message is worth is the platform's own.

mod dingtalk;
mod discord;
mod feishu;
mod matrix;
mod slack;
mod telegram;
mod toy;
mod webhook;
mod wechat;
mod wecom;

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

/// A line that tells how far a job is.
pub(super) struct Line {
    /// When it appeared.
    at_ms: u64,
    /// What it says.
    pub(super) text: String,
}

/// What such lines begin with, of jobs that run. No notice does.
const LINE_MARK: char = '⏳';
/// The names of lines are numbers from here on: above those of all messages of a run.
const FIRST_LINE: usize = 100_000;

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
    /// The lines that tell how far jobs are, which are no deliveries.
    pub(super) lines: Vec<Line>,
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
    /// When whoever is there wrote last: some platforms take messages for a while after it only, and so many.
    pub(super) wrote_at_ms: u64,
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

    /// How many messages it has shown since whoever is there wrote last.
    fn shown_since(&self) -> usize {
        let shown = self.shown.iter().rev();
        let since = shown.take_while(|shown| shown.at_ms >= self.wrote_at_ms);
        since.count()
    }

    /// Whether it takes a further message now: so many in this time, unless it is slower.
    fn takes(&mut self, now_ms: u64, messages: usize, window_ms: u64) -> bool {
        let (messages, window_ms) = match self.pause_ms {
            0 => (messages, window_ms),
            pause_ms => (1, pause_ms),
        };
        let is_recent = |at_ms: u64| at_ms + window_ms > now_ms;
        let recent = self
            .shown
            .iter()
            .rev()
            // By the platform's own clock, which is right, whatever the machine's says.
            .take_while(|shown| is_recent(shown.at_ms));
        let lines = self.lines.iter().filter(|line| is_recent(line.at_ms));
        self.refused_last = self.refuses_every_other && !self.refused_last;
        recent.count() + lines.count() < messages && !self.refused_last
    }

    /// Shows a message; its number, from 1.
    fn show(&mut self, now_ms: u64, media: Option<String>, text: &str) -> usize {
        if text.starts_with(LINE_MARK) {
            self.lines.push(Line {
                at_ms: now_ms,
                text: text.to_owned(),
            });
            return FIRST_LINE + self.lines.len();
        }
        self.shown.push(Shown {
            at_ms: now_ms,
            media,
            text: text.to_owned(),
        });
        self.shown.len()
    }

    /// Has a line say something else; false where there is none of this name.
    fn change(&mut self, line: Option<usize>, text: &str) -> bool {
        let at = line.and_then(|name| name.checked_sub(FIRST_LINE + 1));
        let Some(line) = at.and_then(|at| self.lines.get_mut(at)) else {
            return false;
        };
        text.clone_into(&mut line.text);
        true
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
        Channel::Telegram => Box::new(telegram::Telegram::default()),
        Channel::Matrix => Box::new(matrix::Matrix::new(rng)),
        Channel::Webhook => Box::new(webhook::Webhook::default()),
        Channel::WeCom => Box::new(wecom::WeCom::default()),
        Channel::DingTalk => Box::new(dingtalk::DingTalk::default()),
        Channel::WeChat => Box::new(wechat::WeChat::default()),
        Channel::Toy | Channel::Bare | Channel::Echo | Channel::Steady => {
            Box::new(toy::Toy::new(channel))
        }
    }
}
