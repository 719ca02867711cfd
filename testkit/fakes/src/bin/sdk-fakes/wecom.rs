//! What `sdk-check/wecom.py` expects to find.

use fakes::{Fake, World};

pub fn prepare(world: &World) -> String {
    let wecom = world.wecom();
    for member in ["ZhangSan", "LiSi", "WangWu"] {
        wecom.add_member(member);
    }
    wecom.take_licence("WangWu");
    wecom.http_base()
}
