//! The chats of the demonstration: one of each channel, what their fakes show, and how that is counted. Everything else of the
//! demonstration knows no channel.

use std::collections::HashSet;

use contract::channels;
use fakes::places::{self, PLACES, Shown};
use fakes::{Fake, Fault, World};

/// The chat that all jobs but those for the others go to.
pub(super) const MAIN: (&str, &str) = PLACES[0];

/// The others, each for one job.
pub(super) fn others() -> &'static [(&'static str, &'static str)] {
    &PLACES[1..]
}

/// What people call the platform of a channel.
pub(super) fn platform(channel: &str) -> &'static str {
    let known = channels::named(channel).and_then(|known| known.platform(channel));
    known.map_or("", |platform| platform.name)
}

/// The headline above the messages.
pub(super) fn heading(messages: usize) -> String {
    format!("{} chats: {messages} messages", PLACES.len())
}

/// The same at the end.
pub(super) fn summary(shown: &[Shown]) -> String {
    let chats: HashSet<_> = shown.iter().map(|shown| shown.channel).collect();
    format!("{} messages in {} chats", shown.len(), chats.len())
}

/// Opens the chats, with one message on the way whose answer is lost although it arrives. Gives the variables that set the channels
/// up.
pub(super) fn prepare(world: &World) -> Vec<(&'static str, String)> {
    let fake = world.feishu();
    fake.add_chat(MAIN.1);
    fake.fault_after(
        "POST /open-apis/im/v1/messages",
        3,
        Fault::ResetAfterApplied,
        1,
    );
    places::open(world)
}

/// What stands in the chats.
pub(super) fn messages(world: &World) -> Vec<Shown> {
    places::shown(world)
}
