//! The chat of the demonstration: which channel it stands for, and what the fake of it shows. Everything else of the
//! demonstration knows no channel.

use contract::channels::FEISHU;
use fakes::{Fake, Fault, SentMessage, World};

/// The chat that everything goes to.
pub(super) const CHAT: &str = "oc_demo_chat";

/// The channel's name, as a submit takes it.
pub(super) fn channel() -> &'static str {
    FEISHU.words().next().unwrap_or_default()
}

/// The headline above its messages.
pub(super) fn heading(messages: usize) -> String {
    let platform = FEISHU
        .platforms
        .first()
        .map_or("", |platform| platform.name);
    format!("{platform} chat: {messages} messages")
}

/// The value of a variable that sets the channel up.
pub(super) fn variable(name: &str) -> Option<&'static str> {
    let variables = &FEISHU.variables;
    if variables.app == Some(name) {
        return Some(fakes::FEISHU_APP_ID);
    }
    (name == variables.secret).then_some(fakes::FEISHU_APP_SECRET)
}

/// Opens the chat, with one message on the way whose answer is lost although it arrives.
pub(super) fn prepare(world: &World) {
    let fake = world.feishu();
    fake.add_chat(CHAT);
    fake.fault_after(
        "POST /open-apis/im/v1/messages",
        3,
        Fault::ResetAfterApplied,
        1,
    );
}

/// What stands in the chat.
pub(super) fn messages(world: &World) -> Vec<SentMessage> {
    world.feishu().chat(CHAT).messages()
}
