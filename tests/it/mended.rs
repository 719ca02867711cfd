//! Causes outside of a result: the chat, the app, its rights, the network. What they hold back comes when they are mended.

use fakes::{FEISHU_APP_SECRET, Fake, Fault, Job};

use crate::delivery::{MESSAGES, job, only, recovered};
use crate::env::scenes::{POLL, impatient, submitted};
use crate::env::{CHAT, TestEnv, texts};

const VIDEO: &str = "/sd-gen-save-img/cat.mp4";

/// Refusals for a cause outside of the message, as Feishu words them.
fn causes() -> Vec<Fault> {
    [
        (230_002, "Bot/User can NOT be out of the chat."),
        (230_006, "Bot ability is not activated."),
        (230_013, "Bot has NO availability to this user."),
        (99_992_361, "open_id cross app"),
        (99_991_401, "Denied by app IP allow-list"),
        (
            99_991_672,
            "Access denied: https://open.feishu.cn/app/cli_x/auth?q=im:message",
        ),
    ]
    .map(|(code, words)| Fault::Json(400, serde_json::json!({"code": code, "msg": words})))
    .into()
}

#[test]
fn a_film_that_the_chat_refused_comes_as_a_film_by_itself_once_that_is_mended() {
    for cause in causes() {
        let env = TestEnv::new();
        env.feishu().fault(MESSAGES, cause, 2);
        env.gateway().set_default_job(job(&[VIDEO]));
        let id = env.submit("a cat");
        let serve = env.serve();
        assert_eq!(env.wait_for_messages(CHAT, 1)[0].msg_type, "media");
        serve.wait_for_line("ended as completed");
        only(env.chat());
        let log = env.log(&id);
        assert!(log.contains("waits for that to be mended"), "{log}");
    }
}

#[test]
fn recover_begins_with_the_media_again_and_tells_no_old_reason() {
    for cause in causes() {
        let env = TestEnv::new();
        env.feishu().fault(MESSAGES, cause, fakes::ALWAYS);
        env.gateway().set_default_job(job(&[VIDEO]));
        let id = env.submit("a cat");
        env.watch(&id).exits(1);
        assert!(env.chat().is_empty());
        env.feishu().clear_faults();
        assert!(recovered(&env, &id)["deliveredAt"].is_string());
        assert_eq!(only(env.chat()).msg_type, "media");
    }
}

#[test]
fn a_wrong_app_secret_that_is_mended_leaves_no_link_behind() {
    let mut env = TestEnv::builder()
        .var("FEISHU_APP_SECRET", "wrongsecret000000000000000000000")
        .start();
    env.gateway().set_default_job(job(&[VIDEO]));
    let id = env.submit("a cat");
    env.watch(&id).exits(1);
    env.set("FEISHU_APP_SECRET", FEISHU_APP_SECRET);
    recovered(&env, &id);
    assert_eq!(only(env.chat()).msg_type, "media");
}

#[test]
fn a_job_whose_time_is_over_while_nobody_could_ask_is_not_given_up() {
    let env = impatient(3);
    let id = env.submit("a cat");
    env.gateway().fault_after(POLL, 2, Fault::Html(502), 5);
    env.gateway().advance(&id);
    let serve = env.serve();
    env.wait_for_messages(CHAT, 1);
    serve.wait_for_line("ended as completed");
    assert_eq!(texts(&env.chat()), ["[media]"]);
}

#[test]
fn a_look_without_an_answer_does_not_give_a_job_up() {
    let env = TestEnv::builder()
        .var("LIBTV_MAX_POLLS", "2")
        .var("LIBTV_POLL_INTERVAL_SECONDS", "0.001")
        .start();
    env.gateway().set_default_job(Job::never());
    let id = env.submit("a cat");
    env.gateway()
        .fault(POLL, Fault::rate_limited("retry-after", "0"), fakes::ALWAYS);
    let told = env.run(["recover", &id, "--json"]);
    assert!(told.stdout.contains("submitted"), "{}", told.stdout);
    assert!(env.chat().is_empty());
}

#[test]
fn a_long_reason_is_cut_where_it_is_shown() {
    let reason = format!("moderation: {}END", "很长".repeat(40_000));
    for job in [Job::fails(&reason), Job::asks(&reason)] {
        let (env, id) = submitted(job);
        env.watch(&id);
        let told = texts(&env.chat());
        assert_eq!(told.len(), 1, "one notice");
        let chars = told[0].chars().count();
        assert!((1_000..4_000).contains(&chars), "{chars}");
        assert!(told[0].contains("很长…"), "{}", &told[0]);
        assert!(!told[0].contains("END"));
    }
}

#[test]
fn a_notice_that_is_refused_as_too_long_comes_shorter() {
    let (env, id) = submitted(Job::fails(&"because ".repeat(500)));
    let too_long = serde_json::json!({"code": 230_025, "msg": "The length of the message content reaches its limit."});
    env.feishu().fault(MESSAGES, Fault::Json(400, too_long), 2);
    env.watch(&id);
    let told = texts(&env.chat());
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].chars().count() < 1_000, "{told:#?}");
}

#[test]
fn a_refusal_in_prose_is_what_the_service_said_last() {
    let (env, id) = submitted(Job::new().says("抱歉，我无法生成这段视频。"));
    env.watch(&id);
    let told = texts(&env.chat());
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("抱歉，我无法生成这段视频。"), "{told:#?}");
    assert_eq!(recovered(&env, &id)["state"], "failed");
}
