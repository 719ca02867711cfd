//! The record of what every call did: `libtv-video audit`.

use std::fs;
use std::path::PathBuf;

use fakes::{FEISHU_APP_SECRET, Fake, Fault, GATEWAY_KEY};
use host_harness::{CallError, Output, Stdio};
use serde_json::{Value, json};

use crate::delivery::job;
use crate::env::{CHAT, TestEnv, block_on};

/// The record's lines.
fn record(env: &TestEnv) -> Vec<Value> {
    let out = env.run(["audit", "--json", "--all"]).ok();
    out.stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn file(env: &TestEnv) -> PathBuf {
    env.home().join("libtv-audit/audit-000001.jsonl")
}

/// A job that was submitted, polled and delivered, and its id.
fn delivered() -> (TestEnv, String) {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(job(&["/sd-gen-save-img/1.png"]));
    let serve = env.serve();
    let id = env.submit("a red fox");
    env.wait_for_messages(CHAT, 1);
    serve.wait_for_line(&format!("{id}: completed, 1 of 1 delivered"));
    serve.terminate();
    (env, id)
}

/// The exchange with this path, in any of the lines.
fn exchange<'a>(lines: &'a [Value], path: &str) -> &'a Value {
    let mut exchanges = lines
        .iter()
        .flat_map(|line| line["egress"].as_array().unwrap());
    exchanges
        .find(|exchange| exchange["path"] == path)
        .unwrap_or_else(|| panic!("no request to {path}: {lines:#?}"))
}

#[test]
fn every_call_of_a_job_is_recorded_with_its_requests_its_credentials_and_its_cost() {
    let (env, id) = delivered();
    let lines = record(&env);
    let submit = lines
        .iter()
        .find(|line| line["command"] == "create-session")
        .unwrap();
    let policy = env.run(["grants", "--json"]).ok().json()["policy"].clone();
    assert_eq!(submit["policy"], policy);
    assert_eq!(submit["component"].as_str().unwrap().len(), 64);
    assert_eq!(submit["credentials"], json!(["libtv-api-key"]));
    assert_eq!(submit["outcome"], "ok");
    let sent = exchange(std::slice::from_ref(submit), "/libtv/v1/session");
    assert_eq!(
        (&sent["method"], &sent["origin"], &sent["answers"]),
        (
            &json!("POST"),
            &json!("https://seedance.nexu.io"),
            &json!({"200": 1})
        )
    );
    assert!(sent["sent_bytes"].as_u64().unwrap() > 9, "{sent}");
    assert!(sent["received_bytes"].as_u64().unwrap() > 9, "{sent}");

    let polls: Vec<Value> = lines
        .iter()
        .filter(|line| line["call"] == "poll" && line["session"] == id.as_str())
        .cloned()
        .collect();
    exchange(&polls, "/libtv/v1/session/{id}");
    let upload = exchange(&polls, "/open-apis/im/v1/images");
    let media = exchange(&polls, "/sd-gen-save-img/…");
    assert!(upload["sent_bytes"].as_u64().unwrap() > 100, "{upload}");
    assert!(media["received_bytes"].as_u64().unwrap() > 20, "{media}");
    let token = exchange(&polls, "/open-apis/auth/v3/tenant_access_token/internal");
    assert_eq!(token["answers"], json!({"answered-here": 1}));
    let delivery = polls
        .iter()
        .find(|line| line["credentials"].as_array().unwrap().len() > 1)
        .unwrap();
    assert_eq!(
        delivery["credentials"],
        json!(["feishu-app-secret", "feishu-tenant-token", "libtv-api-key"])
    );
    for line in &lines {
        assert!(line["cpu_us"].as_u64().unwrap() > 0, "{line}");
        assert!(line["peak_memory_bytes"].as_u64().unwrap() > 0, "{line}");
    }
    env.run(["audit", "--verify"]).ok();
}

/// Takes nothing, as a full disk does.
struct Full;

impl std::io::Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_command_whose_answer_could_not_be_handed_over_is_not_recorded_as_good() {
    let env = TestEnv::new();
    let stdio = Stdio {
        stdout: Output::to(Full),
        stderr: Output::discard(),
        key_input: Box::new(|| Err("no key".to_owned())),
    };
    let arguments = ["update-ratio", "--video-ratio", "1:1"].map(Into::into);
    let result = block_on(env.harness().run_command(arguments.into(), stdio));
    assert!(matches!(result, Err(CallError::Refused(_))), "{result:?}");
    let outcomes: Vec<Value> = record(&env)
        .iter()
        .map(|line| line["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["refused"]);
}

#[test]
fn neither_words_nor_links_nor_secrets_are_in_the_record() {
    let (env, _) = delivered();
    env.run(["create-session", "words of the user"]).ok();
    env.run([
        "download-results",
        "--urls",
        "https://libtv-res.liblib.art/claw/secret-link.png",
    ]);
    env.run(["my words, and no command"]);
    let text = fs::read_to_string(file(&env)).unwrap();
    for word in [
        "red fox",
        "words",
        "1.png",
        "secret-link",
        CHAT,
        GATEWAY_KEY,
        FEISHU_APP_SECRET,
    ] {
        assert!(!text.contains(word), "{word} stands in the record");
    }
}

#[test]
fn people_see_one_call_after_the_other_and_can_ask_for_a_session_or_the_latest() {
    let (env, id) = delivered();
    env.submit_to("another", CHAT);
    let all = env.run(["audit"]).ok();
    for part in [
        "create-session",
        "https://seedance.nexu.io/libtv/v1/session/{id}",
        "🔑 libtv-api-key",
        "policy ",
    ] {
        assert!(all.stdout.contains(part), "{part}\n{}", all.stdout);
    }
    assert!(!all.stdout.contains('\u{1b}'), "colours without a terminal");
    let of_session = env.run(["audit", "--json", "--session", &id]).ok();
    assert!(!of_session.stdout.is_empty());
    for line in of_session.stdout.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["session"], id.as_str());
    }
    let last = env.run(["audit", "--json", "--last", "1"]).ok();
    assert_eq!(last.json()["command"], "create-session");
}

#[test]
fn without_any_call_there_is_nothing_to_show_and_nothing_wrong() {
    let env = TestEnv::builder().config(None).start();
    assert!(
        env.run(["audit"])
            .ok()
            .stdout
            .starts_with("No call is recorded")
    );
    env.run(["audit", "--verify"])
        .ok()
        .line("✅ The record is whole: 0 lines.");
    assert!(!env.home().join("libtv-audit").exists());
}

#[test]
fn a_changed_or_missing_line_is_named_with_its_file_and_number() {
    let env = TestEnv::new();
    for _ in 0..5 {
        env.run(["check"]).ok();
    }
    let whole = fs::read_to_string(file(&env)).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let cases: [(Vec<String>, &str); 4] = [
        (
            lines
                .iter()
                .map(|line| line.replace("\"n\":3", "\"n\":4"))
                .collect(),
            "line 3: this line was changed or put in",
        ),
        (
            [&lines[..2], &lines[3..]]
                .concat()
                .iter()
                .map(ToString::to_string)
                .collect(),
            "line 3: the lines with the numbers 3 to 3 are missing before this one",
        ),
        (
            lines[..3].iter().map(ToString::to_string).collect(),
            "line 3: the lines with the numbers 4 to 5 are missing behind this one",
        ),
        (
            [&lines[..4], &lines[1..2], &lines[4..]]
                .concat()
                .iter()
                .map(ToString::to_string)
                .collect(),
            "line 5: the line with the number 2 stands in the wrong place or a second time",
        ),
    ];
    for (changed, expected) in cases {
        fs::write(file(&env), changed.join("\n") + "\n").unwrap();
        let out = env.run(["audit", "--verify"]).exits(1);
        let told = format!("❌ {} {expected}", file(&env).display());
        assert_eq!(out.stdout.trim_end(), told);
        let verdict = env.run(["audit", "--verify", "--json"]).exits(1).json();
        assert_eq!(verdict["whole"], false);
        assert!(verdict["line"].as_u64().unwrap() >= 3, "{verdict}");
    }
    fs::write(file(&env), whole).unwrap();
    env.run(["audit", "--verify"])
        .ok()
        .line("✅ The record is whole: 5 lines.");
}

#[test]
fn a_line_that_a_crash_tore_is_closed_and_is_no_tampering() {
    let env = TestEnv::new();
    env.run(["check"]).ok();
    let mut text = fs::read_to_string(file(&env)).unwrap();
    text.push_str("{\"n\":2,\"prev\":\"00");
    fs::write(file(&env), text).unwrap();
    let open = env.run(["audit", "--verify"]).ok();
    assert!(
        open.stdout
            .contains("line 2: torn by a crash, the next call closes it"),
        "{}",
        open.stdout
    );
    env.run(["check"]).ok();
    let closed = env.run(["audit", "--verify"]).ok();
    assert!(
        closed.stdout.contains("line 2: torn by a crash, closed"),
        "{}",
        closed.stdout
    );
}

#[test]
fn commands_beside_a_harness_make_one_chain() {
    let env = TestEnv::new();
    let serve = env.serve();
    let commands: Vec<_> = (0..6)
        .map(|_| env.spawn(["create-session", "a cat"]))
        .collect();
    for command in commands {
        command.finish().ok();
    }
    serve.terminate();
    env.run(["audit", "--verify"]).ok();
    let submits = record(&env)
        .iter()
        .filter(|line| line["command"] == "create-session")
        .count();
    assert_eq!(submits, 6);
}

#[test]
fn what_was_refused_and_what_failed_is_recorded_as_that() {
    let mut env = TestEnv::new();
    env.gateway().fault("*", Fault::Json(500, json!({})), 100);
    env.run(["tasks"]).exits(1);
    env.set("LIBTV_GATEWAY_URL", "https://10.1.2.3");
    env.run(["check"]);
    let lines = record(&env);
    let tasks = exchange(&lines[..1], "/api/v1/tasks");
    assert_eq!(
        tasks["answers"].as_object().unwrap().keys().next().unwrap(),
        "500"
    );
    assert_eq!(lines[0]["outcome"], "exit-1");
    let refused = &lines[1]["refused"][0];
    assert_eq!(refused["reason"], "address");
    assert_eq!(refused["wanted"], "GET https://10.1.2.3/api/v1/key/status");
    assert_ne!(lines[0]["policy"], lines[1]["policy"]);
    let shown = env.run(["audit"]).ok().stdout;
    assert!(
        shown.contains("🔒 refused (address): GET https://10.1.2.3/api/v1/key/status"),
        "{shown}"
    );
}

#[test]
fn a_record_that_cannot_be_written_holds_up_nothing_and_the_user_is_told() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(job(&["/sd-gen-save-img/1.png"]));
    // A file where the folder should be.
    fs::write(env.home().join("libtv-audit"), "").unwrap();
    let serve = env.serve();
    let out = env.ask("a cat", "feishu", CHAT).ok();
    assert!(out.stderr.contains("can't be written"), "{}", out.stderr);
    serve.wait_for_line("libtv-audit can't be written");
    env.wait_for_messages(CHAT, 1);
}

#[test]
fn an_interrupted_command_is_recorded_as_abandoned() {
    let env = TestEnv::new();
    env.gateway().fault("*", Fault::Latency(60_000), 1);
    let child = env.start(["tasks"]);
    crate::env::wait_until(&env.gateway(), |gateway| !gateway.requests().is_empty());
    crate::env::ask_to_stop(child.id());
    child.wait_with_output().unwrap();
    let lines = record(&env);
    assert_eq!(lines[0]["outcome"], "abandoned");
    assert_eq!(
        exchange(&lines, "/api/v1/tasks")["answers"],
        json!({"unanswered": 1})
    );
}

#[test]
fn a_call_in_which_the_process_was_killed_is_in_the_record_before_and_after_the_next_call() {
    let env = TestEnv::new();
    env.gateway().fault("*", Fault::Latency(60_000), 1);
    let mut child = env.start(["tasks"]);
    crate::env::wait_until(&env.gateway(), |gateway| !gateway.requests().is_empty());
    let outcomes = || -> Vec<(Value, Value)> {
        let lines = record(&env).into_iter();
        lines
            .map(|line| (line["command"].clone(), line["outcome"].clone()))
            .collect()
    };
    assert_eq!(outcomes(), [(json!("tasks"), json!("under-way"))]);
    child.kill().unwrap();
    child.wait().unwrap();
    let killed = (json!("tasks"), json!("no-end"));
    assert_eq!(outcomes(), std::slice::from_ref(&killed));
    let told = |lines: u64| {
        let out = env.run(["audit", "--verify"]).ok().stdout;
        let whole = format!("✅ The record is whole: {lines} lines.");
        assert!(out.starts_with(&whole), "{out}");
        assert!(out.contains("1 of the calls have no end"), "{out}");
        let verdict = env.run(["audit", "--verify", "--json"]).ok().json();
        assert_eq!(verdict["without_end"], 1);
    };
    told(0);
    // The next call writes the line that the killed one could not write, once.
    for lines in [2, 3] {
        env.run(["check"]).ok();
        told(lines);
    }
    let check = (json!("check"), json!("ok"));
    assert_eq!(outcomes(), [killed, check.clone(), check]);
    let shown = env.run(["audit"]).ok().stdout;
    assert!(shown.contains("no-end"), "{shown}");
}

#[test]
fn a_record_that_is_gone_is_not_called_whole() {
    let env = TestEnv::new();
    env.run(["audit", "--verify"]).ok();
    env.submit("a cat");
    env.run(["audit", "--verify"]).ok();
    std::fs::remove_dir_all(env.home().join("libtv-audit")).unwrap();
    env.run(["audit", "--verify"])
        .exits(1)
        .says("There is no record");
    let verdict = env.run(["audit", "--verify", "--json"]).exits(1).json();
    assert_eq!(verdict["whole"], false);
}

#[test]
fn a_record_that_was_removed_is_missed_after_the_next_call_too() {
    let env = TestEnv::new();
    env.submit("a cat");
    std::fs::remove_dir_all(env.home().join("libtv-audit")).unwrap();
    env.run(["check"]).ok();
    env.run(["audit", "--verify"])
        .exits(1)
        .says("were removed, and the record doesn't say so");
    // Begun anew on purpose.
    std::fs::remove_dir_all(env.home().join("libtv-audit")).unwrap();
    std::fs::remove_file(env.home().join("libtv-audit.end")).unwrap();
    env.run(["check"]).ok();
    env.run(["audit", "--verify"]).ok().says("whole: 1 line");
}
