//! What `sdk-check/slack.*` expects to find.

use fakes::slack::App;
use fakes::{ALWAYS, Fake, Fault, World};
use std::time::Duration;

pub fn prepare(world: &World) -> String {
    let slack = world.slack();
    slack.set_message_rate(1000, Duration::from_secs(1));
    let few = [
        "chat:write",
        "chat:write.customize",
        "chat:write.public",
        "files:write",
    ];
    slack.add_app(App::new("xoxb-few", "U0FEWSCOPES").with_scopes(&few));
    slack.add_app(App::new("xoxb-inside", "U0INSIDE001").without_scope("chat:write.public"));
    slack.add_app(App::new("xoxb-revoked", "U0REVOKED01"));
    slack.refuse_token("xoxb-revoked", "token_revoked");
    slack.remove_bot_from("C0OUTSIDE01");
    slack.remove_bot_from("G0OUTSIDE01");
    slack.archive("C0ARCHIVED1");
    slack.refuse("C0RESTRICT1", Some("restricted_action"));
    // A method that no other check calls.
    let headers = [("retry-after", "7"), ("content-type", "application/json")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let limited = Fault::Status(
        429,
        headers.to_vec(),
        r#"{"ok":false,"error":"ratelimited"}"#.to_owned(),
    );
    slack.fault("POST /api/conversations.info", limited, ALWAYS);
    slack.http_base()
}
