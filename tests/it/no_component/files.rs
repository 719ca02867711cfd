//! What a component could reach beside its folder: the key one folder above, the environment.

use host_harness::{AuditLog, LimitHit};

use super::{Attack, End, attack};

/// It was told `error`, and the file with the key is as it was and has no second name.
#[track_caller]
fn kept_out(attack: Attack, error: &str) -> End {
    let config = attack.env.config_path();
    let before = std::fs::read(&config).unwrap();
    let end = attack.end().told(error);
    assert_eq!(std::fs::read(&config).unwrap(), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        assert_eq!(std::fs::metadata(&config).unwrap().nlink(), 1);
    }
    end
}

#[test]
pub fn reads_above_its_folder() {
    kept_out(attack!(reads_above_its_folder), "not-permitted");
}

#[test]
pub fn reads_an_absolute_path() {
    kept_out(attack!(reads_an_absolute_path), "not-permitted");
}

#[test]
pub fn reaches_out_with_a_trailing_slash() {
    kept_out(attack!(reaches_out_with_a_trailing_slash), "not-permitted");
}

#[test]
pub fn reads_through_a_link_it_made() {
    kept_out(attack!(reads_through_a_link_it_made), "not-permitted");
}

#[cfg(unix)]
#[test]
pub fn reads_through_a_link_it_found() {
    let attack = attack!(reads_through_a_link_it_found);
    let state = attack.env.state();
    std::fs::create_dir_all(&state).unwrap();
    std::os::unix::fs::symlink("../libtv.json", state.join("left-here")).unwrap();
    kept_out(attack, "not-permitted");
}

#[test]
pub fn links_the_key_into_its_folder() {
    kept_out(attack!(links_the_key_into_its_folder), "not-permitted");
}

#[test]
pub fn moves_the_key_into_its_folder() {
    kept_out(attack!(moves_the_key_into_its_folder), "not-permitted");
}

#[test]
pub fn replaces_the_configuration() {
    kept_out(attack!(replaces_the_configuration), "not-permitted");
}

/// The table "The port" in ARCHITECTURE.md, as far as it is for a typed call.
const DOCUMENTED: [&str; 20] = [
    "FEISHU_APP_ID",
    "FEISHU_APP_SECRET",
    "FEISHU_BASE_URL",
    "FEISHU_CREDENTIALS_FROM",
    "LIBTV_API_KEY",
    "LIBTV_CONFIG",
    "LIBTV_CONFIG_ERROR",
    "LIBTV_CONFIG_PATH",
    "LIBTV_DIRECT_BASE_URL",
    "LIBTV_GATEWAY_URL",
    "LIBTV_HARNESS",
    "LIBTV_MAX_POLLS",
    "LIBTV_POLL_INTERVAL_SECONDS",
    "LIBTV_KEY_FROM",
    "LIBTV_SKIP_BACKGROUND_WAITER",
    "LIBTV_STATE_DIR",
    "LIBTV_UTC_OFFSET_SECONDS",
    "LIBTV_VIDEO_RATIO",
    "OPENCLAW_CHANNEL_TYPE",
    "OPENCLAW_CHAT_ID",
];

#[test]
pub fn lists_the_environment() {
    let end = attack!(lists_the_environment).end();
    let variables = end.got();
    assert!(!variables.is_empty());
    for variable in variables {
        let (name, value) = variable.split_once('=').unwrap();
        assert!(DOCUMENTED.contains(&name), "{name} is not documented");
        for secret in [testkit::GATEWAY_KEY, testkit::FEISHU_APP_SECRET] {
            assert!(!value.contains(secret), "{name} holds a secret");
        }
    }
}

#[test]
pub fn lists_the_arguments() {
    assert_eq!(attack!(lists_the_arguments).end().got(), ["/state"]);
}

#[test]
pub fn rewrites_the_record() {
    let end = kept_out(attack!(rewrites_the_record), "not-permitted");
    let log = AuditLog::at(end.env.home().join("libtv-audit"));
    assert_eq!(log.verify().unwrap().lines, 2);
}

/// It was stopped before the folder held more than this.
#[track_caller]
fn kept_small(attack: Attack, limit: LimitHit, most_bytes: u64, most_files: usize) {
    let end = attack
        .limits(|limits| {
            limits.written_bytes = 8 << 20;
            limits.created_files = 100;
        })
        .end()
        .stopped_at(limit);
    let files = crate::env::files_below(&end.env.state());
    let bytes: u64 = files
        .iter()
        .map(|file| std::fs::metadata(file).unwrap().len())
        .sum();
    // The honest session beside it stores a little as well.
    assert!(bytes <= most_bytes + (64 << 10), "{bytes} bytes");
    assert!(files.len() <= most_files + 10, "{} files", files.len());
}

#[test]
pub fn writes_without_end() {
    let hit = LimitHit::Written(8 << 20);
    kept_small(attack!(writes_without_end), hit, 8 << 20, 1);
}

#[test]
pub fn makes_files_without_end() {
    kept_small(
        attack!(makes_files_without_end),
        LimitHit::Created(100),
        0,
        100,
    );
}

#[test]
pub fn writes_far_behind_the_end() {
    let hit = LimitHit::Written(8 << 20);
    kept_small(attack!(writes_far_behind_the_end), hit, 0, 1);
}

#[test]
pub fn stretches_a_file() {
    let hit = LimitHit::Written(8 << 20);
    kept_small(attack!(stretches_a_file), hit, 0, 1);
}
