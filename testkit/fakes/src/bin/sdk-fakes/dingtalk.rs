//! What `sdk-check/dingtalk.py` expects to find.

use fakes::{Fake, World};

/// Both addresses, with a comma between them.
pub fn prepare(world: &World) -> String {
    let dingtalk = world.dingtalk();
    dingtalk.add_person("manager1");
    dingtalk.add_person("manager2");
    dingtalk.add_group("cid6KeBBLoveMJOGXoYKF5x7EeiodoA==");
    dingtalk.hold_back("manager2", true);
    [dingtalk.http_base(), world.dingtalk_media().http_base()].join(",")
}
