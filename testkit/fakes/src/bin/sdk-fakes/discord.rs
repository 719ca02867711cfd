//! What `sdk-check/discord.*` expects to find. Both clients have the same channels, but say different nonces.

use fakes::discord::Permission;
use fakes::{ALWAYS, Fake, Fault, World};
use std::time::Duration;

pub fn prepare(world: &World) -> String {
    let discord = world.discord();
    // The clients go by the headers and would wait; the one limit that is wanted is played.
    discord.set_message_rate(1000, Duration::from_secs(1));
    discord.add_thread("200000000000000002", "200000000000000001");
    discord.deny("200000000000000003", Permission::ViewChannel);
    discord.deny("200000000000000004", Permission::SendMessages);
    discord.deny("200000000000000005", Permission::AttachFiles);
    discord.delete_channel("200000000000000006");
    discord.refuse("200000000000000007", Some(200_000));
    discord.block("300000000000000009");
    let limited = serde_json::json!({"message": "You are being rate limited.", "retry_after": 0.3, "global": false});
    let headers = [
        ("retry-after", "1"),
        ("x-ratelimit-scope", "user"),
        ("content-type", "application/json"),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    discord.fault(
        "POST /api/v10/channels/200000000000000008/messages",
        Fault::Status(429, headers.to_vec(), limited.to_string()),
        ALWAYS,
    );
    discord.http_base()
}
