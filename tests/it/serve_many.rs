//! Many sessions at once: each result in its own chat.

use std::thread;

use testkit::StandIn;

use crate::delivery::job;
use crate::env::{TIMEOUT, TestEnv, block_on};

const SESSIONS: usize = 200;
/// Processes that submit at the same time.
const SUBMITTERS: usize = 4;

#[test]
fn two_hundred_sessions_stay_apart() {
    let env = TestEnv::new();
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
