//! What `sdk-check/feishu.*` expects to find.

use fakes::{ALWAYS, App, Fake, Fault, World};

pub fn prepare(world: &World) -> String {
    let feishu = world.feishu();
    // The SDKs keep tokens by app id for the whole process, so each scenario has its own.
    for scenario in ["good", "uploads", "messages", "uuid", "foreign", "limited"] {
        for client in ["node", "python"] {
            feishu.add_app(App::new(&format!("cli_{client}_{scenario}"), "secret"));
        }
    }
    for client in ["node", "python"] {
        feishu.add_app(
            App::new(&format!("cli_{client}_scopeless"), "secret").without_scope("im:resource"),
        );
        feishu.add_app(App::new(&format!("cli_{client}_botless"), "secret").without_bot());
    }
    feishu.remove_bot_from("oc_without_bot");
    feishu.make_unavailable("ou_unavailable");
    // A path of its own, so that only the check that wants it meets it.
    feishu.fault(
        "POST /open-apis/im/v1/messages/om_limited/reply",
        Fault::rate_limited("x-ogw-ratelimit-reset", "1"),
        ALWAYS,
    );
    feishu.http_base()
}
