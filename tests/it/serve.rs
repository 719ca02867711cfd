//! What `serve` promises: it delivers what others submit, loses nothing, ends when it is asked to.

use std::time::{Duration, Instant};

use fakes::{ALWAYS, Fake, Fault, Job, When};
use serde_json::Value;

use crate::delivery::{IMAGES, MESSAGES, TOKENS, job, only, recovered, uuids};
use crate::env::scenes::POLL;
use crate::env::{CHAT, TestEnv, wait_until};

const IMAGE: &str = "/sd-gen-save-img/1.png";

#[test]
fn a_job_that_another_process_submits_is_delivered_and_promised_as_such() {
    let env = TestEnv::new();
    let serve = env.serve();
    let reply = env.ask("a cat", "feishu", CHAT).ok().json();
    assert_eq!(reply["deliverable"], true, "{reply}");
    let message = only(env.wait_for_messages(CHAT, 1));
    assert_eq!(message.msg_type, "media");
    let id = reply["sessionId"].as_str().unwrap();
    serve.wait_for_line(&format!("{id}: completed, 1 of 1 delivered, ended"));
}

#[test]
fn a_result_is_delivered_within_a_poll_interval_of_being_ready() {
    let env = TestEnv::builder()
        .var("LIBTV_POLL_INTERVAL_SECONDS", "1")
        .start();
    env.gateway().set_default_job(
        Job::new()
            .works()
            .at(When::Advanced)
            .videos([IMAGE])
            .says("done"),
    );
    let _serve = env.serve();
    let id = env.submit("a cat");
    wait_until(&env.gateway(), |gateway| gateway.polls(&id) == 2);
    let ready = Instant::now();
    env.gateway().advance(&id);
    env.wait_for_messages(CHAT, 1);
    assert_eq!(env.gateway().polls(&id), 3, "the next poll brings it");
    // The interval, and the delivery itself on a busy machine.
    assert!(
        ready.elapsed() < Duration::from_secs(1 + 4),
        "{:?}",
        ready.elapsed()
    );
}

#[test]
fn what_was_pending_at_the_start_is_taken_up_at_once() {
    let env = TestEnv::new();
    let ids: Vec<String> = (0..3)
        .map(|n| env.submit_to("a cat", &format!("oc_{n}")))
        .collect();
    let serve = env.serve();
    assert!(
        serve.lines()[0].contains("3 pending"),
        "{:?}",
        serve.lines()
    );
    for n in 0..ids.len() {
        only(env.wait_for_messages(&format!("oc_{n}"), 1));
    }
}

#[test]
fn a_killed_serve_loses_nothing_and_the_next_one_repeats_nothing() {
    let env = TestEnv::new();
    env.gateway().set_default_job(Job::images_over_time(9));
    let serve = env.serve();
    let id = env.submit("a storyboard");
    env.wait_for_messages(CHAT, 3);
    serve.kill();
    let serve = env.serve();
    serve.wait_for_line(&format!("{id}: completed, 9 of 9 delivered, ended"));
    assert_eq!(env.chat().len(), 9);
    assert_eq!(env.gateway().submits().len(), 1);
    let told = recovered(&env, &id);
    assert!(
        told["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|result| result["delivery"] == "delivered")
    );
}

#[test]
fn a_serve_that_is_killed_while_anything_is_under_way_shows_the_result_once() {
    for (route, held_ms) in [
        // Longer than the test: the answer never comes.
        (POLL, 600_000),
        (TOKENS, 600_000),
        (IMAGES, 600_000),
        // The message is stored although its sender is dead.
        (MESSAGES, 1_000),
    ] {
        let env = TestEnv::new();
        env.gateway().set_default_job(job(&[IMAGE]));
        env.gateway()
            .fault(POLL, Fault::Latency(held_ms), usize::from(route == POLL));
        env.feishu().fault(route, Fault::Latency(held_ms), 1);
        let serve = env.serve();
        env.submit("a cat");
        if route == POLL {
            wait_until(&env.gateway(), |gateway| {
                !gateway.requests_to(POLL).is_empty()
            });
        } else {
            wait_until(&env.feishu(), |feishu| {
                !feishu.requests_to(route).is_empty()
            });
        }
        serve.kill();
        env.serve()
            .wait_for_line("completed, 1 of 1 delivered, ended");
        only(env.chat());
        let used = uuids(&env.feishu());
        assert!(
            used.iter().all(|uuid| *uuid == used[0]),
            "{route}: {used:?}"
        );
    }
}

#[test]
fn a_message_whose_answer_was_lost_before_the_kill_is_shown_once() {
    let env = TestEnv::new();
    env.gateway().set_default_job(job(&[IMAGE]));
    env.feishu().fault(MESSAGES, Fault::ResetAfterApplied, 1);
    env.feishu().fault(MESSAGES, Fault::ResetBeforeHeaders, 1);
    let serve = env.serve();
    env.submit("a cat");
    wait_until(&env.feishu(), |feishu| {
        feishu.requests_to(MESSAGES).len() == 1
    });
    serve.kill();
    env.serve()
        .wait_for_line("completed, 1 of 1 delivered, ended");
    only(env.chat());
    let used = uuids(&env.feishu());
    assert!(
        used.len() == 3 && used.iter().all(|uuid| *uuid == used[0]),
        "{used:?}"
    );
}

#[test]
fn it_ends_within_five_seconds_of_sigterm_also_while_a_step_hangs() {
    let env = TestEnv::new();
    let (code, took) = env.serve().terminate();
    assert!(
        code == 0 && took < Duration::from_secs(5),
        "{code} {took:?}"
    );

    env.gateway().fault(POLL, Fault::Latency(60_000), ALWAYS);
    let serve = env.serve();
    env.submit("a cat");
    wait_until(&env.gateway(), |gateway| {
        !gateway.requests_to(POLL).is_empty()
    });
    let (code, took) = serve.terminate();
    assert!(
        code == 0 && took < Duration::from_secs(5),
        "{code} {took:?}"
    );

    env.gateway().clear_faults();
    let _serve = env.serve();
    only(env.wait_for_messages(CHAT, 1));
}

#[test]
fn a_second_serve_says_so_and_leaves_the_first_alone() {
    let env = TestEnv::new();
    let first = env.serve();
    let second = env.run(["serve"]).exits(3);
    assert!(second.stdout.starts_with("❌ "), "{}", second.stdout);
    env.submit("a cat");
    only(env.wait_for_messages(CHAT, 1));
    assert_eq!(first.terminate().0, 0);
    assert_eq!(env.serve().terminate().0, 0, "the next one may begin");
}

#[test]
fn every_line_of_json_parses_and_tells_the_session() {
    let env = TestEnv::new();
    let serve = env.serve_with(["serve", "--json"]);
    serve.wait_for_line("started");
    let id = env.submit("a cat");
    env.wait_for_messages(CHAT, 1);
    serve.wait_for_line("\"completed\"");
    let lines = serve.lines();
    let events: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(events.iter().any(|event| event.to_string().contains(&id)));
    assert!(events.iter().all(Value::is_object));
}

#[test]
fn check_tells_whether_a_harness_is_polling() {
    let env = TestEnv::new();
    let absent = env.run(["check"]).ok().stdout;
    let serve = env.serve();
    let polling = env.run(["check"]).ok().stdout;
    let differing = |text: &str, other: &str| {
        let lines = text
            .lines()
            .filter(|line| !other.lines().any(|known| known == *line));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let (was, is) = (differing(&absent, &polling), differing(&polling, &absent));
    assert!(was.len() == 1 && is.len() == 1, "{absent}{polling}");
    assert!(
        is[0].contains("polling") && was[0].contains("serve"),
        "{was:?} {is:?}"
    );
    serve.terminate();
    assert_eq!(env.run(["check"]).ok().stdout, absent);
}

#[test]
fn one_session_that_hangs_does_not_hold_the_others_up() {
    let env = TestEnv::new();
    env.gateway().set_next_session_id("hangs-00000000");
    env.gateway().fault(
        "GET /libtv/v1/session/hangs-00000000",
        Fault::Latency(60_000),
        ALWAYS,
    );
    let _serve = env.serve();
    env.submit_to("a slow cat", "oc_slow");
    wait_until(&env.gateway(), |gateway| {
        !gateway.requests_to(POLL).is_empty()
    });
    env.submit("a cat");
    only(env.wait_for_messages(CHAT, 1));
    assert!(env.feishu().chat("oc_slow").messages().is_empty());
}

#[test]
fn a_person_who_watches_beside_serve_gets_nothing_shown_twice() {
    let env = TestEnv::new();
    env.gateway().set_default_job(Job::images_over_time(4));
    let serve = env.serve();
    let id = env.submit("a storyboard");
    env.watch(&id).ok();
    // Either may come to the last step, and says so; with this both have done what they do.
    env.run(["recover"]).ok();
    let told = recovered(&env, &id);
    serve.terminate();
    assert_eq!(env.chat().len(), 4);
    assert_eq!(told["state"], "completed", "{told}");
    let results = told["results"].as_array().unwrap();
    assert_eq!(results.len(), 4, "{told}");
    for result in results {
        assert_eq!(result["delivery"], "delivered", "{told}");
    }
}
