//! What a component could reach beside its folder: the key one folder above, the environment.

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
