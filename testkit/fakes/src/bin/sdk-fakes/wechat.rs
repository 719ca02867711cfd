//! What `sdk-check/wechat.mjs` expects to find.

use fakes::{Fake, World};

/// The address, and what the conversation with somebody who has written is known by, with a comma between them.
pub fn prepare(world: &World) -> String {
    let wechat = world.wechat();
    let context = wechat.hear("o9fox@im.wechat");
    [wechat.http_base(), context].join(",")
}
