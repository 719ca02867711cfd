//! Results for a webhook: the whole way, against a receiver that verifies each signature.

use fakes::{Fake, Fault, Job, WEBHOOK_SECRET, media, webhook::Taken};

use crate::delivery::{self, job, recovered, url, watched};
use crate::env::{Output, TestEnv};

const ADDRESS: &str = "https://hooks.example.com/libtv/in";
const POST: &str = "POST /libtv/in";
const FILM: &str = "/claw/p/fox.mp4";

fn env() -> TestEnv {
    with(ADDRESS, WEBHOOK_SECRET)
}

fn with(address: &str, secret: &str) -> TestEnv {
    let builder = TestEnv::builder().without_feishu();
    let builder = builder.var("LIBTV_WEBHOOK_URL", address);
    let env = builder.var("LIBTV_WEBHOOK_SECRET", secret).start();
    env.plant_secret(WEBHOOK_SECRET);
    env.media().put(FILM, media::mp4(5_000, 300_000, false));
    env.gateway().set_default_job(job(&[FILM]));
    env
}

fn submit(env: &TestEnv, chat: &str, more: &[&str]) -> Output {
    env.ask_with("a cat", "webhook", chat, more)
}

fn deliver(env: &TestEnv, chat: &str, more: &[&str]) -> String {
    watched(env, submit(env, chat, more))
}

#[track_caller]
fn only(env: &TestEnv) -> Taken {
    delivery::only(env.world().webhook().taken())
}

#[test]
fn a_result_is_told_with_its_address_and_signed() {
    for address in [ADDRESS, "https://hooks.example.com"] {
        let env = with(address, WEBHOOK_SECRET);
        let id = deliver(&env, "room 1/群", &["--thread", "a b", "--reply-to", "42"]);
        let told = only(&env).payload;
        assert_eq!(told["type"], "media.result");
        let place = [&told["chat"], &told["thread"], &told["reply_to"]];
        assert_eq!(place, ["room 1/群", "a b", "42"]);
        let data = &told["data"];
        assert_eq!(data["url"], url(FILM));
        let said = [&data["kind"], &data["name"], &data["content_type"]];
        assert_eq!(said, ["video", "fox.mp4", "video/mp4"]);
        assert_eq!(data["bytes"], 300_000);
        assert!(recovered(&env, &id)["deliveredAt"].is_string());
    }
}

#[test]
fn whatever_becomes_of_an_answer_the_receiver_knows_the_message_by_its_id() {
    for fault in [
        Fault::ResetAfterApplied,
        Fault::ResetBeforeHeaders,
        Fault::Html(502),
        Fault::Refuse,
        Fault::rate_limited("retry-after", "1"),
    ] {
        let env = env();
        env.world().webhook().fault(POST, fault.clone(), 1);
        let id = deliver(&env, "room", &[]);
        assert_eq!(only(&env).payload["data"]["url"], url(FILM), "{fault:?}");
        assert!(recovered(&env, &id)["deliveredAt"].is_string(), "{fault:?}");
    }
}

#[test]
fn a_failure_and_a_question_are_told_in_words() {
    for (job, said) in [
        (Job::fails("moderation"), "moderation"),
        (Job::asks("which fox?"), "which fox?"),
    ] {
        let env = env();
        env.gateway().set_default_job(job);
        submit(&env, "room", &[]).ok();
        let _serve = env.serve();
        let hook = env.world().webhook();
        let taken = hook.wait_for_taken(1, crate::env::TIMEOUT);
        let taken = crate::env::block_on(taken).unwrap();
        assert_eq!(taken[0].payload["type"], "chat.text");
        let text = taken[0].payload["data"]["text"].as_str().unwrap();
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn what_stands_in_the_way_is_told_and_nothing_is_signed_by_what_is_no_secret() {
    for (status, sentence) in [(401, "HTTP 401"), (410, "has switched the webhook off")] {
        let env = env();
        env.world().webhook().refuse(Some(status));
        submit(&env, "room", &[]).ok();
        let serve = env.serve();
        serve.wait_for_line(sentence);
    }
    let env = with(ADDRESS, "whsec_c2hvcnQ=");
    let told = submit(&env, "room", &[]).ok().json();
    assert_eq!(told["deliverable"], false, "{told}");
    let doctor = ["doctor", "--channel", "webhook", "--chat-id", "room"];
    env.run(doctor).exits(1).says("begins with whsec_");
    assert!(env.world().webhook().requests().is_empty());
}

#[test]
fn half_of_what_sets_it_up_is_none_of_it_and_is_told() {
    let builder = TestEnv::builder().without_feishu();
    let env = builder.var("LIBTV_WEBHOOK_SECRET", WEBHOOK_SECRET).start();
    env.plant_secret(WEBHOOK_SECRET);
    let told = submit(&env, "room", &[]).ok().json();
    assert_eq!(told["deliverable"], false, "{told}");
    let doctor = ["doctor", "--channel", "webhook", "--chat-id", "room"];
    env.run(doctor).exits(1).says("LIBTV_WEBHOOK_URL is not");
}
