//! What an earlier installation left behind: one session that was delivered, one that was not.

use super::disk::Disk;
use super::services::{Ledger, LibTv, url_of};

/// Puts it there; answers what the chat has seen already.
pub(super) fn install(
    disk: &mut Disk,
    libtv: &mut LibTv,
    ledger: &mut Ledger,
    now_ms: u64,
) -> Vec<String> {
    let mut entries = Vec::new();
    // An hour ago, so that the job has long ended and only its delivery may be missing.
    let begun_ms = now_ms - 3_600_000;
    for (session_id, text, delivered) in [
        ("legacy-delivered", "an older video", true),
        ("legacy-waiting", "a newer video", false),
    ] {
        libtv.begin(ledger, session_id, text, begun_ms);
        let file = ledger.made.last().map(|made| made.file.clone());
        let url = url_of(&file.unwrap_or_default());
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
    disk.install("legacy-sessions.json", list.as_bytes());
    let first = ledger.made.first();
    first.map(|made| made.file.clone()).into_iter().collect()
}
