//! Faults on the way to the chat: each message stands there exactly once, whatever was tried.

use std::collections::HashSet;

use fakes::{Fake, Fault};
use serde_json::json;

use crate::delivery::{IMAGES, MESSAGES, TOKENS, deliver, only, recovered, uuids};
use crate::env::{CHAT, TestEnv};

const IMAGE: &str = "/sd-gen-save-img/1.png";
/// Seconds until the rate limit's window opens, as the service writes them.
const RESET_S: &str = "0.400";
const RESET_MS: u64 = 400;

fn limited(status: u16, code: u32) -> Fault {
    let body = json!({"code": code, "msg": "request trigger frequency limit", "error": {}});
    let header = ("x-ogw-ratelimit-reset".to_owned(), RESET_S.to_owned());
    Fault::Status(status, vec![header], body.to_string())
}

#[test]
fn every_rate_limit_is_waited_out_and_then_the_message_stands_there_once() {
    for fault in [
        Fault::rate_limited("x-ogw-ratelimit-reset", RESET_S),
        limited(400, 99_991_400),
        limited(400, 230_020),
        limited(429, 11_232),
    ] {
        let env = TestEnv::new();
        env.feishu().fault(MESSAGES, fault, 2);
        deliver(&env, &[IMAGE]);
        only(env.chat());
        let tried = env.feishu().requests_to(MESSAGES);
        assert_eq!(tried.len(), 3);
        for pair in tried.windows(2) {
            let pause_ms = pair[1].at_ms - pair[0].at_ms;
            assert!(pause_ms >= RESET_MS, "again after {pause_ms} ms");
        }
        let used: HashSet<_> = uuids(&env.feishu()).into_iter().collect();
        assert_eq!(used.len(), 1, "one uuid for all attempts");
        assert_eq!(env.feishu().uploads().len(), 1, "nothing is uploaded again");
    }
}

#[test]
fn a_rate_limit_on_the_upload_is_waited_out() {
    let env = TestEnv::new();
    env.feishu().fault(IMAGES, limited(429, 99_991_400), 1);
    deliver(&env, &[IMAGE]);
    only(env.chat());
    let tried = env.feishu().requests_to(IMAGES);
    assert!(tried[1].at_ms - tried[0].at_ms >= RESET_MS);
}

#[test]
fn nine_images_arrive_in_order_at_five_a_second_and_none_is_refused() {
    let env = TestEnv::new();
    let paths: Vec<String> = (1..=9)
        .map(|n| format!("/sd-gen-save-img/{n}.png"))
        .collect();
    let files: Vec<_> = (1..=9).map(|n| fakes::media::png(n * 10, 10)).collect();
    for (path, file) in paths.iter().zip(&files) {
        env.media().put(path, file.clone());
    }
    deliver(&env, &paths.iter().map(String::as_str).collect::<Vec<_>>());
    let sent = env.chat();
    let shown: Vec<String> = sent
        .iter()
        .map(|message| message.image.as_ref().unwrap().sha256.clone())
        .collect();
    assert_eq!(
        shown,
        files
            .iter()
            .map(fakes::media::MediaFile::sha256)
            .collect::<Vec<_>>()
    );
    for (sixth, first) in sent[5..].iter().zip(&sent) {
        assert!(
            sixth.at_ms - first.at_ms >= 1_000,
            "six messages in {} ms",
            sixth.at_ms - first.at_ms
        );
    }
    assert!(
        env.feishu()
            .chat(CHAT)
            .attempts()
            .iter()
            .all(|attempt| attempt.code == 0)
    );
}

#[test]
fn a_connection_lost_after_the_message_was_stored_shows_it_once() {
    for fault in [
        Fault::ResetAfterApplied,
        Fault::ResetInBody,
        Fault::TruncatedBody,
    ] {
        let env = TestEnv::new();
        env.feishu().fault(MESSAGES, fault, 1);
        let id = deliver(&env, &[IMAGE]);
        let message = only(env.chat());
        let tried = uuids(&env.feishu());
        assert_eq!(tried.len(), 2, "it was tried again");
        assert_eq!(tried[0], tried[1], "under the same uuid");
        let told = recovered(&env, &id);
        assert_eq!(told["results"][0]["delivery"], "delivered");
        assert_eq!(told["results"][0]["messageId"], message.message_id.as_str());
        assert_eq!(env.feishu().uploads().len(), 1);
    }
}

#[test]
fn a_send_that_failed_after_the_upload_is_repeated_without_uploading_again() {
    for fault in [
        Fault::internal(),
        Fault::Html(502),
        Fault::GarbageOk,
        Fault::ResetBeforeHeaders,
        Fault::Json(
            400,
            json!({"code": 230_049, "msg": "The message is being sent"}),
        ),
    ] {
        let env = TestEnv::new();
        env.feishu().fault(MESSAGES, fault, 1);
        deliver(&env, &[IMAGE]);
        only(env.chat());
        assert_eq!(env.feishu().requests_to(IMAGES).len(), 1);
        assert_eq!(env.feishu().requests_to(MESSAGES).len(), 2);
    }
}

#[test]
fn a_key_of_another_app_is_uploaded_again() {
    let env = TestEnv::new();
    let foreign = Fault::Json(
        400,
        json!({"code": 230_017, "msg": "the key belongs to another app"}),
    );
    env.feishu().fault(MESSAGES, foreign, 1);
    deliver(&env, &[IMAGE]);
    assert_eq!(only(env.chat()).msg_type, "image");
    assert_eq!(env.feishu().requests_to(IMAGES).len(), 2);
}

#[test]
fn a_token_that_is_refused_in_mid_run_is_fetched_anew_once() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(crate::delivery::job(&[IMAGE]));
    let _serve = env.serve();
    env.submit("one");
    env.wait_for_messages(CHAT, 1);
    env.submit("two");
    env.wait_for_messages(CHAT, 2);
    assert_eq!(
        env.feishu().requests_to(TOKENS).len(),
        1,
        "the token is kept"
    );
    env.feishu().revoke_tokens();
    env.submit("three");
    env.wait_for_messages(CHAT, 3);
    assert_eq!(env.feishu().requests_to(TOKENS).len(), 2);
}

#[test]
fn a_token_that_is_always_refused_is_fetched_twice_for_one_call_and_no_more() {
    let env = TestEnv::new();
    let refused = Fault::Json(
        400,
        json!({"code": 99_991_663, "msg": "Invalid access token"}),
    );
    env.feishu().fault(IMAGES, refused, 2);
    deliver(&env, &[IMAGE]);
    only(env.chat());
    let uploads = env.feishu().requests_to(IMAGES);
    let second_call_ms = uploads[2].at_ms;
    let fetched = env.feishu().requests_to(TOKENS);
    let before = fetched
        .iter()
        .filter(|request| request.at_ms < second_call_ms - 1_000);
    assert_eq!((uploads.len(), before.count()), (3, 2));
}

#[test]
fn running_again_sends_nothing_twice_and_says_when_it_was_delivered() {
    let env = TestEnv::new();
    let id = deliver(&env, &[IMAGE, "/sd-gen-save-img/2.png"]);
    let delivered_at = recovered(&env, &id)["deliveredAt"]
        .as_str()
        .unwrap()
        .to_owned();
    let again = env.watch(&id).ok();
    assert!(again.stdout.contains(&delivered_at), "{}", again.stdout);
    env.run(["recover"]).ok();
    assert_eq!(env.feishu().requests_to(MESSAGES).len(), 2);
}
