//! Many processes at once lose nothing; files are for their owner only. docs/spec.md section 3.

use crate::env::{CHAT, TestEnv, files_below};
use fakes::Job;

#[test]
fn many_processes_at_once_lose_no_session() {
    const SUBMITS: usize = 12;
    let env = TestEnv::new();
    env.gateway().set_default_job(
        Job::new()
            .works()
            .videos(["/sd-gen-save-img/{session}.mp4"])
            .says("done"),
    );
    let first = env.submit_to("the first", "oc_chat_first");
    let _serve = env.serve();
    std::thread::scope(|scope| {
        for n in 0..SUBMITS {
            let env = &env;
            scope.spawn(move || env.submit_to(&format!("cat {n}"), &format!("oc_chat_{n}")));
        }
        for _ in 0..4 {
            scope.spawn(|| env.run(["query-session", &first]).ok());
            scope.spawn(|| env.run(["recover"]).ok());
        }
    });
    for n in 0..SUBMITS {
        env.wait_for_messages(&format!("oc_chat_{n}"), 1);
    }
    env.wait_for_messages("oc_chat_first", 1);
    let reply = env.run(["recover", "--json"]).ok().json();
    assert_eq!(reply["sessions"].as_array().unwrap().len(), SUBMITS + 1);
    assert_eq!(env.feishu().messages().len(), SUBMITS + 1, "each once");
}

#[test]
fn a_watcher_beside_the_timer_shows_nothing_twice() {
    let env = TestEnv::new();
    env.gateway().set_default_job(Job::images_over_time(4));
    let _serve = env.serve();
    let id = env.submit("four pictures");
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| env.watch(&id).ok());
        }
    });
    env.wait_for_messages(CHAT, 4);
    env.watch(&id).ok();
    assert_eq!(env.chat().len(), 4);
}

/// On Windows it is the folder's list of access that says so, and what lies in it inherits that: the sandbox's own test.
#[cfg(unix)]
#[test]
fn everything_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let env = TestEnv::new();
    let serve = env.serve();
    let id = env.submit("a cat");
    env.wait_for_messages(CHAT, 1);
    serve.wait_for_line("ended");
    serve.terminate();
    let files = files_below(&env.home());
    assert!(files.len() > 5);
    for file in files {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{} is {mode:o}", file.display());
        let folder = file.parent().unwrap();
        if folder != env.home() {
            let mode = std::fs::metadata(folder).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o700, "{} is {mode:o}", folder.display());
        }
    }
    assert!(!env.log(&id).is_empty());
}

#[test]
fn no_secret_is_in_any_file_or_output() {
    let env = TestEnv::new();
    let serve = env.serve();
    let id = env.submit("a cat");
    env.wait_for_messages(CHAT, 1);
    serve.wait_for_line("ended");
    let mut text = serve.lines().join("\n");
    for arguments in [
        vec!["check"],
        vec!["recover"],
        vec!["query-session", &id],
        vec!["tasks"],
    ] {
        let out = env.run(&arguments).ok();
        text += &(out.stdout + &out.stderr);
    }
    serve.terminate();
    for file in files_below(&env.home()) {
        if file != env.config_path() {
            text += &String::from_utf8_lossy(&std::fs::read(file).unwrap());
        }
    }
    for (_, bytes) in env.records() {
        text += &String::from_utf8_lossy(&bytes);
    }
    for message in env.chat() {
        text += &message.content.to_string();
    }
    let tokens = env.feishu().tokens();
    assert!(!tokens.is_empty());
    for secret in tokens
        .iter()
        .map(String::as_str)
        .chain([fakes::GATEWAY_KEY, fakes::FEISHU_APP_SECRET])
    {
        assert!(!text.contains(secret), "{secret} is out");
    }
}

#[test]
fn hundreds_of_finished_sessions_push_no_unfinished_one_out() {
    let env = TestEnv::new();
    env.gateway().set_default_job(Job::never());
    let open = env.submit("the open one");
    let finished: Vec<_> = (0..510)
        .map(|n| {
            serde_json::json!({"session_id": format!("old-session-{n:03}"), "status": "failed", "submitted_text": "x",
                "auth_mode": "nexu_gateway", "created_at": "2026-01-02T03:04:05Z", "completed_at": "2026-01-02T03:14:05Z"})
        })
        .collect();
    std::fs::remove_file(env.state().join("legacy-sessions.done")).ok();
    std::fs::write(
        env.home().join("libtv-sessions.json"),
        serde_json::Value::Array(finished).to_string(),
    )
    .unwrap();
    env.run(["check"]).ok();
    env.gateway().on_message_containing(
        "another",
        Job::new()
            .works()
            .videos(["/sd-gen-save-img/v.mp4"])
            .says("done"),
    );
    let id = env.submit("another");
    env.watch(&id).ok();
    let reply = env.run(["recover", "--json"]).ok().json();
    let sessions = reply["sessions"].as_array().unwrap();
    assert!(
        sessions
            .iter()
            .any(|session| session["sessionId"] == open.as_str())
    );
    assert!(
        sessions
            .iter()
            .any(|session| session["sessionId"] == id.as_str())
    );
}
