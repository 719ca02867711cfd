//! What `sdk-check/telegram.*` expects to find.

use fakes::telegram::Kind;
use fakes::{Fake, World};
use std::time::Duration;

pub fn prepare(world: &World) -> String {
    let telegram = world.telegram();
    telegram.set_chat_rate(1000, Duration::from_secs(1));
    telegram.set_group_rate(1000, Duration::from_secs(1));
    telegram.add_topic(-1_001_000_000_001, 7, false);
    telegram.migrate(-500_001, -1_001_000_000_002);
    telegram.block(403);
    telegram.kick(-1_001_000_000_403);
    telegram.deny(-1_001_000_000_004, Kind::Video);
    telegram.refuse(400, Some((400, "Bad Request: chat not found")));
    telegram.refuse(-1_001_000_000_500, Some((500, "Internal Server Error")));
    telegram.http_base()
}
