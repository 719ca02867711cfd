//! What an earlier installation left behind: one session that was delivered, one that was not.

use super::world::World;

/// Puts it there; answers what the chat has seen already.
pub(super) fn install(world: &mut World) -> Vec<String> {
    let mut entries = Vec::new();
    // An hour ago, so that the job has long ended and only its delivery may be missing.
    let begun_ms = world.now_ms - 3_600_000;
    for (session_id, text, delivered) in [
        ("legacy-delivered", "an older video", true),
        ("legacy-waiting", "a newer video", false),
    ] {
        world.libtv.begin(session_id, text, begun_ms);
        let url = world
            .libtv
            .made
            .last()
            .map(|made| made.url.clone())
            .unwrap_or_default();
        let end = if delivered {
            format!(
                ",\"status\":\"completed\",\"result_urls\":[\"{url}\"],\"completed_at\":\"2027-01-15T07:30:00Z\",\"delivered_at\":\"2027-01-15T07:30:05Z\""
            )
        } else {
            ",\"status\":\"submitted\",\"result_urls\":[]".to_owned()
        };
        entries.push(format!("{{\"session_id\":\"{session_id}\",\"project_uuid\":\"p\",\"submitted_text\":\"{text}\",\"auth_mode\":\"nexu_gateway\",\"delivery\":{{\"channel\":\"feishu\",\"chat_id\":\"oc_simulated\"}},\"created_at\":\"2027-01-15T07:00:00Z\"{end}}}"));
    }
    let list = format!("[{}]", entries.join(","));
    // Durable: the harness copies it before the component is called.
    world.disk.install("legacy-sessions.json", list.as_bytes());
    world
        .libtv
        .made
        .first()
        .map(|made| made.url.clone())
        .into_iter()
        .collect()
}
