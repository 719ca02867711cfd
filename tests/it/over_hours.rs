//! What takes minutes, hours or a day, run to its end: the component's clock is set by hand, and a harness in this process
//! makes its steps. Not here: how often the timer calls for one.

use fakes::{ALWAYS, Fake, Fault, Job};
use host_harness::fault_injection::Faults;
use host_harness::{Harness, Step, Submit};
use serde_json::{Value, json};

use crate::delivery::{MESSAGES, job};
use crate::env::scenes::POLL;
use crate::env::{CHAT, TestEnv, block_on, texts, wait_until};

const MINUTE_MS: u64 = 60 * 1000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const SUBMIT: &str = "POST /libtv/v1/session";

/// A harness whose component has the clock that is given back.
fn with_clock(env: &TestEnv) -> (Harness, Faults) {
    let now_ms = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let clock = Faults::new(u64::try_from(now_ms).unwrap());
    let harness = env.harness_with(|settings| settings.with_faults(clock.clone()));
    (harness, clock)
}

fn pass(clock: &Faults, ms: u64) {
    clock.set_now_ms(clock.now_ms() + ms);
}

fn submit(harness: &Harness) -> String {
    let request = Submit::message("a cat").to("feishu", CHAT);
    block_on(harness.submit(request)).unwrap().session_id
}

/// Makes a session's steps at the times that they ask for, until it asks for none. Gives the last one.
fn to_the_end(harness: &Harness, clock: &Faults, id: &str) -> Step {
    loop {
        let step = block_on(harness.poll(id)).unwrap();
        match step.next_poll_at_ms {
            Some(at_ms) => clock.set_now_ms(at_ms.max(clock.now_ms() + 1)),
            None => return step,
        }
    }
}

fn status(env: &TestEnv, id: &str) -> Value {
    env.run(["status", "--json", id]).ok().json()["sessions"][0].clone()
}

#[test]
fn a_result_that_the_chat_does_not_take_is_tried_a_hundred_times_and_then_told() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(job(&["/sd-gen-save-img/1.png"]));
    let outside = json!({"code": 230_002, "msg": "Bot/User can NOT be out of the chat."});
    env.feishu()
        .fault(MESSAGES, Fault::Json(400, outside), ALWAYS);
    let (harness, clock) = with_clock(&env);
    let (id, began_ms) = (submit(&harness), clock.now_ms());
    let last = to_the_end(&harness, &clock, &id);
    assert_eq!((last.results, last.delivered), (1, 0));
    assert_eq!(env.feishu().requests_to(MESSAGES).len(), 100);
    // In most of a day somebody could mend it; nothing goes on for ever.
    let took_ms = clock.now_ms() - began_ms;
    assert!((20 * HOUR_MS..30 * HOUR_MS).contains(&took_ms), "{took_ms}");
    let delivery = &status(&env, &id)["deliveries"][0];
    assert_eq!(delivery["state"], "failed", "{delivery}");
    // A person who has mended it says so.
    env.feishu().clear_faults();
    env.run(["recover", &id]).ok();
    assert_eq!(texts(&env.chat()), ["[image]"]);
}

#[test]
fn a_job_of_which_nothing_is_heard_any_more_is_given_up_after_forty_polls_that_failed() {
    // Without the line that says how far it is: all texts of the chat are counted.
    let env = TestEnv::builder().var("LIBTV_PROGRESS", "off").start();
    env.gateway().set_default_job(Job::never());
    let (harness, clock) = with_clock(&env);
    let id = submit(&harness);
    block_on(harness.poll(&id)).unwrap();
    // The machine slept for hours and comes back without a network.
    pass(&clock, 5 * HOUR_MS);
    env.gateway().fault(POLL, Fault::Html(503), ALWAYS);
    let state = || status(&env, &id)["state"].clone();
    for number in 1..=40 {
        assert_eq!(state(), "generating", "before the {number}th");
        let _ = block_on(harness.poll(&id));
        pass(&clock, 5 * MINUTE_MS);
    }
    assert_eq!(state(), "timeout");
    let _ = block_on(harness.poll(&id));
    let told = texts(&env.chat());
    assert_eq!(told.len(), 1, "{told:?}");
}

#[test]
fn the_answer_of_a_submit_that_took_long_is_kept_for_five_minutes_for_the_same_words() {
    let env = TestEnv::new();
    let (harness, clock) = with_clock(&env);
    let harness = &harness;
    env.gateway().fault(SUBMIT, Fault::Latency(400), 1);
    let first = std::thread::scope(|scope| {
        let slow = scope.spawn(|| submit(harness));
        wait_until(&env.gateway(), |gateway| {
            !gateway.requests_to(SUBMIT).is_empty()
        });
        // Its caller has given it up meanwhile.
        pass(&clock, 26_000);
        slow.join().unwrap()
    });
    pass(&clock, 4 * MINUTE_MS);
    assert_eq!(submit(harness), first);
    assert_eq!(env.gateway().requests_to(SUBMIT).len(), 1);
    pass(&clock, MINUTE_MS);
    assert_ne!(submit(harness), first);
    assert_eq!(env.gateway().requests_to(SUBMIT).len(), 2);
}
