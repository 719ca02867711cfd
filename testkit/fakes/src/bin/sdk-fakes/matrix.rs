//! What `sdk-check/matrix.mjs` expects to find: two plain rooms, one of them without a server in its id, a message in the first one,
//! an encrypted room, and a limit of files that is soon reached.

use fakes::{Fake, World};

pub fn prepare(world: &World) -> String {
    let matrix = world.matrix();
    let room = "!sdk:matrix.example";
    matrix.add_room(room);
    matrix.add_room("!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM");
    matrix.add_message(room, "$sdk-question");
    matrix.encrypt("!encrypted:matrix.example");
    matrix.set_max_bytes(2_000_000);
    matrix.http_base()
}
