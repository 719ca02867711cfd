//! Many sessions at once: each result in its own chat, and as many steps as are allowed.

use std::thread;

use fakes::{Fake, Fault, GATEWAY_KEY};
use serde_json::json;

use crate::delivery::job;
use crate::env::scenes::POLL;
use crate::env::{CHAT, TIMEOUT, TestEnv, block_on, wait_until};

const SESSIONS: usize = 200;
/// Processes that submit at the same time.
const SUBMITTERS: usize = 4;

#[test]
fn two_hundred_sessions_stay_apart() {
    // More than a day's jobs by default.
    let limits = json!({"jobsPerDay": SESSIONS});
    let config = json!({"apiKey": GATEWAY_KEY, "limits": limits}).to_string();
    let env = TestEnv::builder().config(Some(&config)).start();
    env.gateway()
        .set_default_job(job(&["/sd-gen-save-img/{session}.mp4"]));
    let _serve = env.serve();
    let submitted: Vec<(String, String)> = thread::scope(|scope| {
        let (env, workers) = (&env, 0..SUBMITTERS);
        let running: Vec<_> = workers
            .map(|worker| {
                scope.spawn(move || {
                    let own = (worker..SESSIONS).step_by(SUBMITTERS);
                    let chats = own.map(|n| format!("oc_{n}"));
                    chats
                        .map(|chat| (env.submit_to(&chat, &chat), chat))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        running
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    let feishu = env.feishu();
    block_on(feishu.wait_until(TIMEOUT, |feishu| feishu.messages().len() >= SESSIONS)).unwrap();
    assert_eq!(
        (submitted.len(), feishu.messages().len()),
        (SESSIONS, SESSIONS)
    );
    for (id, chat) in submitted {
        let messages = feishu.chat(&chat).messages();
        let names: Vec<_> = messages
            .iter()
            .map(|message| message.file.as_ref().unwrap().file_name.clone().unwrap())
            .collect();
        assert_eq!(names, [format!("{id}.mp4")], "{chat}");
    }
}

#[test]
fn sessions_that_share_a_chat_share_its_five_a_second_and_lose_nothing() {
    const JOBS: usize = 4;
    let env = TestEnv::new();
    let results =
        ["1.png", "2.png", "3.png"].map(|name| format!("/sd-gen-save-img/{{session}}/{name}"));
    env.gateway()
        .set_default_job(job(&results.each_ref().map(String::as_str)));
    for n in 0..JOBS {
        env.submit(&format!("job {n}"));
    }
    let serve = env.serve();
    let sent = env.wait_for_messages(CHAT, JOBS * results.len());
    for (sixth, first) in sent[5..].iter().zip(&sent) {
        assert!(
            sixth.at_ms - first.at_ms >= 990,
            "six messages in {} ms",
            sixth.at_ms - first.at_ms
        );
    }
    for id in env.gateway().sessions() {
        serve.wait_for_line(&format!("{id}: completed, 3 of 3 delivered, ended"));
    }
    assert_eq!(env.chat().len(), JOBS * results.len());
}

/// Sessions whose every poll hangs, one more than may be polled at once; what the timer says it has in flight.
fn in_flight(max_parallel: usize) -> String {
    let env = TestEnv::new();
    env.gateway()
        .fault("GET /libtv/v1/session/*", Fault::SilentBefore, 100);
    for n in 0..=max_parallel {
        env.submit(&format!("job {n}"));
    }
    let at_once = max_parallel.to_string();
    let serve = env.serve_with(["serve", "--max-parallel", &at_once]);
    wait_until(&env.gateway(), |gateway| {
        gateway.held_requests() >= max_parallel as u64
    });
    serve.interrupt();
    let line = serve.wait_for_line("in flight");
    line.split_once("stopping: ").unwrap().1.to_owned()
}

#[test]
fn as_many_steps_run_at_once_as_are_allowed_and_not_one_more() {
    assert_eq!(in_flight(1), "1 steps in flight");
    assert_eq!(in_flight(3), "3 steps in flight");
}

#[test]
fn a_session_that_had_its_steps_of_the_day_is_set_aside_by_every_timer_that_starts() {
    let env = TestEnv::new();
    env.gateway().set_default_job(fakes::Job::never());
    let id = env.submit("a cat");
    // At an interval of 0.1 s a day has 302 400 steps; all but one are used up.
    let now_ms = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let used = serde_json::json!({&id: {"since_ms": now_ms, "steps": 302_399, "stopped": 0}});
    let pace = env.home().join("libtv-pace.json");
    std::fs::write(pace, used.to_string()).unwrap();
    let told = format!("{id}: set aside: it had all the steps of a day");
    let polls = || env.gateway().requests_to(POLL).len();
    for _ in 0..2 {
        let serve = env.serve();
        serve.wait_for_line(&told);
        serve.terminate();
        assert_eq!(polls(), 1);
    }
    // A person who asks is answered all the same.
    env.run(["recover", &id]).ok();
    assert_eq!(polls(), 2);
}
