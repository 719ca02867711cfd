//! The words that are sent: verbatim, with a ratio where none is named. docs/spec.md section 1 and 4.

use crate::env::TestEnv;

/// What the service got for these words.
fn sent(env: &TestEnv, words: &str) -> String {
    env.run(["create-session", "--", words]).ok();
    env.gateway().submits().pop().unwrap().text
}

#[test]
fn a_request_without_a_ratio_gets_the_default_one() {
    let env = TestEnv::new();
    assert_eq!(sent(&env, "a red fox"), "a red fox, video ratio 16:9");
}

#[test]
fn the_stored_ratio_is_used_and_the_environment_stands_above_it() {
    let mut env = TestEnv::new();
    env.run(["update-ratio", "--video-ratio", "9:16"]).ok();
    assert_eq!(sent(&env, "a red fox"), "a red fox, video ratio 9:16");
    env.set("LIBTV_VIDEO_RATIO", "1:1");
    assert_eq!(sent(&env, "a red fox"), "a red fox, video ratio 1:1");
    env.set("LIBTV_VIDEO_RATIO", "wide");
    assert_eq!(sent(&env, "a red fox"), "a red fox, video ratio 9:16");
}

#[test]
fn a_request_that_names_a_ratio_is_sent_as_it_is() {
    let env = TestEnv::new();
    for words in ["a fox in 9:16", "竖屏9:16的视频", "4:3", "ratio=21:9, slow"] {
        assert_eq!(sent(&env, words), words);
    }
}

#[test]
fn a_time_of_day_is_no_ratio() {
    let env = TestEnv::new();
    for words in [
        "at 10:30 the sun rises",
        "早上10:30的街道",
        "between 08:00 and 23:59",
    ] {
        assert_eq!(sent(&env, words), format!("{words}, video ratio 16:9"));
    }
}

#[test]
fn continuing_a_session_adds_nothing() {
    let env = TestEnv::new();
    let id = env.submit("a red fox");
    env.continue_session(&id, "make it snow");
    assert_eq!(env.gateway().submits().pop().unwrap().text, "make it snow");
}

#[test]
fn the_words_arrive_verbatim() {
    let env = TestEnv::new();
    for words in [
        "  \"quotes\", \\back\\slashes & <tags> 16:9  ",
        "one line\nanother 16:9\ttab",
        "emoji 🦊 与中文 16:9 \u{200b}",
        "--looks-like-an-option 16:9",
    ] {
        assert_eq!(sent(&env, words), words);
    }
}
