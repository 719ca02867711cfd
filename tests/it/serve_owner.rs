//! One harness owns a state folder, whoever starts when; whatever runs beside it waits for nothing but a file.
//! docs/spec.md section 3.

use std::thread;

use fakes::{Fake, Fault};

use crate::delivery::{MESSAGES, job, only};
use crate::env::{CHAT, Serving, TestEnv, wait_until};

const IMAGE: &str = "/sd-gen-save-img/1.png";

/// Whether this one polls; the others have left, with their code and the first thing they said.
fn left(mut serving: Serving) -> Result<Serving, (i32, String)> {
    let first = serving.wait_for_line("");
    if first.contains("started: polling") {
        return Ok(serving);
    }
    Err((serving.wait().0, first))
}

#[test]
fn of_fifty_harnesses_started_at_once_one_polls_and_the_others_leave_and_say_which() {
    const HARNESSES: usize = 50;
    let env = TestEnv::new();
    env.gateway().set_default_job(job(&[IMAGE]));
    let all: Vec<Serving> = (0..HARNESSES).map(|_| env.serve_unchecked()).collect();
    let (mut polling, mut gone) = (Vec::new(), Vec::new());
    for serving in all {
        match left(serving) {
            Ok(serving) => polling.push(serving),
            Err(end) => gone.push(end),
        }
    }
    assert_eq!((polling.len(), gone.len()), (1, HARNESSES - 1), "{gone:?}");
    let owner = polling.remove(0);
    for (code, said) in gone {
        assert_eq!(code, 3, "{said}");
        let named = said.contains(&format!("process {}", owner.pid()));
        let folder = said.contains(&env.state().display().to_string());
        assert!(said.starts_with("❌ ") && named && folder, "{said}");
    }
    env.submit("a cat");
    only(env.wait_for_messages(CHAT, 1));

    owner.kill();
    let next = env.serve();
    let refused = env.run(["serve"]).exits(3).stdout;
    assert!(
        refused.contains(&format!("process {}", next.pid())),
        "{refused}"
    );
    env.submit_to("a cat", "oc_next");
    only(env.wait_for_messages("oc_next", 1));
    only(env.chat());
}

#[test]
fn twenty_processes_that_submit_at_once_beside_a_harness_lose_nothing() {
    const SUBMITS: usize = 20;
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(job(&["/sd-gen-save-img/{session}.mp4"]));
    let _serve = env.serve();
    let chat = |n: usize| format!("oc_{n}");
    let ids: Vec<String> = thread::scope(|scope| {
        let env = &env;
        let submits: Vec<_> = (0..SUBMITS)
            .map(|n| scope.spawn(move || env.submit_to(&format!("cat {n}"), &chat(n))))
            .collect();
        let beside: Vec<_> = (0..SUBMITS / 2)
            .flat_map(|_| [["recover", "--json"], ["check", "--json"]])
            .map(|arguments| scope.spawn(move || env.run(arguments).ok()))
            .collect();
        let ids = submits.into_iter().map(|submit| submit.join().unwrap());
        let ids = ids.collect();
        beside
            .into_iter()
            .for_each(|command| drop(command.join().unwrap()));
        ids
    });
    for (n, id) in ids.iter().enumerate() {
        let message = only(env.wait_for_messages(&chat(n), 1));
        let name = message.file.unwrap().file_name;
        assert_eq!(name, Some(format!("{id}.mp4")), "the result of {id}");
    }
    let reply = env.run(["recover", "--json"]).ok().json();
    assert_eq!(reply["sessions"].as_array().unwrap().len(), SUBMITS);
    assert_eq!(reply["unknownSubmits"], serde_json::json!([]));
    assert_eq!(env.gateway().submits().len(), SUBMITS);
    assert_eq!(env.feishu().messages().len(), SUBMITS, "each once");
}

#[test]
fn commands_end_while_a_step_of_the_same_session_hangs() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(job(&["/sd-gen-save-img/{session}/{turn}.png"]));
    env.feishu().fault(MESSAGES, Fault::SilentBefore, 1);
    let serve = env.serve();
    let id = env.submit("a cat");
    wait_until(&env.feishu(), |feishu| feishu.held_requests() == 1);
    for arguments in [
        vec!["check"],
        vec!["tasks"],
        vec!["query-session", &id],
        vec![
            "create-session",
            "another cat",
            "--channel",
            "feishu",
            "--chat-id",
            "oc_other",
        ],
        vec!["create-session", "a second cat", "--session-id", &id],
        vec!["recover"],
    ] {
        env.run(arguments).ok();
    }
    let first = &env.feishu().requests_to(MESSAGES)[0];
    assert_eq!(first.status, None, "the step still waits for its answer");
    serve.kill();
    let serve = env.serve();
    only(env.wait_for_messages("oc_other", 1));
    env.wait_for_messages(CHAT, 2);
    serve.terminate();
    assert_eq!(env.feishu().messages().len(), 3, "each once");
    assert_eq!(env.gateway().submits().len(), 3);
}
