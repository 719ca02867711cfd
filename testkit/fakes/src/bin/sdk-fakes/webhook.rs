//! What `sdk-check/webhook.*` expects to find.

use fakes::{Fake, World};

/// As it is: a receiver knows its secret.
pub fn prepare(world: &World) -> String {
    world.webhook().http_base()
}
