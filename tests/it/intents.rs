//! Intents that are stored, made older: minutes need not pass. Not here: tests.

use std::time::Duration;

use crate::env::TestEnv;
use serde_json::Value;

/// Makes every intent so much older.
pub fn make_older(env: &TestEnv, by: Duration) {
    for (path, bytes) in env.records_below("submits") {
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once('\n').unwrap();
        let version = head.split(' ').nth(1).unwrap();
        let mut record: Value = serde_json::from_str(body).unwrap();
        let by_ms = u64::try_from(by.as_millis()).unwrap();
        let began_ms = record["started_at_ms"].as_u64().unwrap();
        record["started_at_ms"] = (began_ms - by_ms).into();
        let body = record.to_string();
        let head = format!("libtv-video {version} submit {}", body.len());
        let sum = crc32(&[head.as_bytes(), body.as_bytes()].concat());
        let record = format!("{head} {sum:08x}\n{body}");
        env.set_record(&path, Some(record.as_bytes()));
    }
}

/// CRC-32 (IEEE 802.3), as records have it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
        })
    })
}
