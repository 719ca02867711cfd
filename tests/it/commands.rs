//! What agents stumbled over: what commands show, to whom, and what a wrong one leaves behind. docs/spec.md section 13.

use fakes::{Fake, GATEWAY_KEY, Job, When};
use serde_json::Value;

use crate::env::{CHAT, TestEnv, block_on, files_below};

const OTHER: &str = "oc_other";

fn recipients(env: &TestEnv) -> usize {
    let folder = env.home().join("libtv-recipients");
    if folder.exists() {
        files_below(&folder).len()
    } else {
        0
    }
}

#[test]
fn a_submit_that_is_wrong_usage_or_certainly_refused_names_no_chat() {
    let env = TestEnv::new();
    for (arguments, code) in [
        (
            &[
                "create-session",
                "a cat",
                "--chat-id",
                CHAT,
                "--chat-id",
                OTHER,
            ][..],
            2,
        ),
        (&["create-session", "a", "cat", "--chat-id", CHAT], 2),
        (&["create-session", "a cat", "--chat-id", CHAT, "--what"], 2),
        (
            &[
                "create-session",
                "a cat",
                "--chat-id",
                CHAT,
                "--session-id",
                "",
            ],
            2,
        ),
        (
            &[
                "create-session",
                "a cat",
                "--chat-id",
                CHAT,
                "--kind",
                "poem",
            ],
            2,
        ),
        (&["create-session", "--chat-id", CHAT], 1),
        (
            &[
                "create-session",
                "a cat",
                "--channel",
                "pigeon",
                "--chat-id",
                CHAT,
            ],
            1,
        ),
    ] {
        env.run(arguments).exits(code).says("❌");
        assert_eq!(recipients(&env), 0, "{arguments:?}");
    }
    env.ask("a cat", "feishu", CHAT).ok();
    assert_eq!(recipients(&env), 1);
}

#[test]
fn an_empty_chat_means_nowhere_whatever_the_environment_says() {
    let env = TestEnv::builder()
        .var("OPENCLAW_CHANNEL_TYPE", "feishu")
        .var("OPENCLAW_CHAT_ID", OTHER)
        .start();
    let reply = env.ask("a cat", "", "").ok().json();
    assert_eq!(
        (&reply["channel"], &reply["deliverable"]),
        (&"".into(), &false.into())
    );
    assert_eq!(recipients(&env), 0);
    let id = reply["sessionId"].as_str().unwrap();
    let shown = env.run(["recover", id, "--json"]).ok().json();
    assert_eq!(shown["sessions"][0]["chatId"], "");
}

#[test]
fn recover_shows_one_chat_or_one_session_and_the_record_says_which() {
    let env = TestEnv::new();
    let (mine, other) = (env.submit("a cat"), env.submit_to("a dog", OTHER));
    for (chat, shown, hidden) in [(CHAT, &mine, &other), (OTHER, &other, &mine)] {
        env.run(["recover", "--chat-id", chat])
            .ok()
            .says(shown)
            .never_says(hidden);
    }
    let spelt = format!("chat:{OTHER}");
    env.run(["recover", "--channel", "Feishu", "--chat-id", &spelt])
        .ok()
        .says(&other);
    env.run(["recover", "--channel", "lark"])
        .ok()
        .line("No sessions found.");
    env.run(["recover", &mine])
        .ok()
        .says(&mine)
        .never_says(&other);
    let record = env.run(["audit", "--json", "--all"]).ok().stdout;
    let named = record
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .any(|line| line["command"] == "recover" && line["session"] == mine.as_str());
    assert!(named, "{record}");
}

#[test]
fn a_running_jobs_last_message_is_what_it_says_and_only_a_failure_is_trouble() {
    let env = TestEnv::new();
    env.gateway().set_default_job(
        Job::new()
            .says("painting the first frame")
            .works()
            .at(When::Advanced)
            .images(["/sd-gen-save-img/a.png"])
            .says("done"),
    );
    let id = env.submit("a cat");
    env.run(["recover"])
        .ok()
        .says("says: painting the first frame")
        .never_says("trouble:");
    let short = env.run(["query-session", &id, "--short"]).ok().json();
    assert_eq!(short["state"], "generating", "{short}");
    assert_eq!(short["says"], "painting the first frame");
    assert!(
        short.get("messages").is_none() && short.get("trouble").is_none(),
        "{short}"
    );
}

#[test]
fn a_query_says_the_state_and_what_has_reached_the_chat() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(crate::delivery::job(&["/sd-gen-save-img/1.png"]));
    let id = env.submit("a red fox");
    env.watch(&id).ok();
    for arguments in [
        &["query-session", &id][..],
        &["query-session", &id, "--short"],
    ] {
        let reply = env.run(arguments).ok().json();
        assert_eq!(reply["state"], "completed", "{reply}");
        assert_eq!(reply["deliveries"][0]["state"], "delivered", "{reply}");
        assert!(reply["deliveries"][0]["messageId"].is_string(), "{reply}");
        assert!(reply["projectUrl"].is_string() && reply["result_urls"].is_array());
    }
}

#[test]
fn the_first_request_stays_findable_after_a_continuation_and_words_are_the_users() {
    let env = TestEnv::new();
    let id = env.submit("a red fox");
    env.watch(&id).ok();
    env.continue_session(&id, "now at night");
    env.run(["recover"])
        .ok()
        .says("a red fox")
        .says("now at night")
        .never_says("video ratio");
    let reply = env.run(["recover", "--json"]).ok().json();
    let session = &reply["sessions"][0];
    assert_eq!(
        (&session["firstText"], &session["text"]),
        (&"a red fox".into(), &"now at night".into())
    );
}

#[test]
fn what_the_operator_must_do_stands_behind_an_arrow_and_not_behind_the_cross() {
    let env = TestEnv::builder().config(None).start();
    let out = env.run(["create-session", "a cat"]).exits(1);
    let lines: Vec<&str> = out.stdout.lines().collect();
    assert_eq!(lines[0], "❌ API Key not configured.");
    assert!(
        lines.len() > 1 && lines[1..].iter().all(|line| line.starts_with("→ ")),
        "{lines:?}"
    );
    let env = TestEnv::new();
    let out = env.run(["query-session", "unknown-0"]).exits(1);
    assert!(
        out.stdout
            .lines()
            .skip(1)
            .all(|line| line.starts_with("→ ")),
        "{}",
        out.stdout
    );
    let out = env.run(["check"]).ok();
    let for_the_user = out.stdout.lines().filter(|line| !line.starts_with("→ "));
    for line in for_the_user {
        for word in ["serve", "FEISHU", "Harness", "credentials"] {
            assert!(!line.contains(word), "{line}");
        }
    }
}

#[test]
fn the_note_is_for_the_user_and_speaks_of_what_was_asked_for() {
    let env = TestEnv::new();
    let _serve = env.serve();
    let note = |arguments: &[&str]| {
        let chat = ["--channel", "feishu", "--chat-id", CHAT];
        let reply = env.run(arguments.iter().chain(&chat)).ok().json();
        assert_eq!(reply["operatorNote"], Value::Null, "{reply}");
        let id = reply["sessionId"].as_str().unwrap().to_owned();
        (reply["note"].as_str().unwrap().to_owned(), id)
    };
    let (picture, id) = note(&["create-session", "--kind", "image", "a cat"]);
    assert!(
        picture.contains("about a minute") && !picture.contains("30 minutes"),
        "{picture}"
    );
    let (continued, _) = note(&["create-session", "bluer", "--session-id", &id]);
    assert!(continued.contains("the job that is there"), "{continued}");
}

#[test]
fn check_warns_of_a_service_that_is_known_not_to_take_jobs() {
    TestEnv::direct()
        .run(["check"])
        .ok()
        .says("→ ⚠️ The direct service is known not to take jobs any more");
    TestEnv::new()
        .run(["check"])
        .ok()
        .never_says("not to take jobs");
}

#[test]
fn a_key_in_any_words_of_a_typed_call_reaches_neither_component_nor_record() {
    let env = TestEnv::new();
    env.run(["check"]).ok();
    let harness = env.harness();
    for said in [GATEWAY_KEY.to_owned(), format!("s-{GATEWAY_KEY}")] {
        let error = block_on(harness.query(&said, None, None)).unwrap_err();
        assert!(error.to_string().contains("Nothing was sent"), "{error}");
        assert!(block_on(harness.query("s", None, Some(&said))).is_err());
        assert!(block_on(harness.poll(&said)).is_err());
        let url = "https://libtv-res.liblib.art/claw/p/a.png";
        assert!(block_on(harness.open_result(url, None, Some(&said))).is_err());
    }
    let record = env.run(["audit", "--json", "--all"]).ok().stdout;
    assert!(!record.contains(GATEWAY_KEY));
}

#[test]
fn a_lost_submit_is_shown_once_in_an_output_until_it_is_forgotten_by_name() {
    let env = TestEnv::new();
    env.gateway()
        .fault("POST /libtv/v1/session", fakes::Fault::ResetAfterApplied, 1);
    env.run(["create-session", "a red fox"]).exits(1);
    let mut id = String::new();
    for _ in 0..3 {
        let out = env.run(["recover"]).ok();
        let told = format!("{}{}", out.stdout, out.stderr);
        assert_eq!(told.matches("got no answer").count(), 1, "{told}");
        let behind = out.stdout.split("--forget ").nth(1).unwrap();
        id = behind.split_whitespace().next().unwrap().to_owned();
    }
    env.run(["recover", "--forget", "nobody-0"])
        .exits(1)
        .says("❌");
    env.run(["recover", "--forget", &id]).ok();
    env.run(["recover"]).ok().never_says("got no answer");
}

#[test]
fn what_only_whoever_runs_the_machine_can_do_stands_on_lines_of_their_own() {
    let env = TestEnv::new();
    env.gateway()
        .fault("POST /libtv/v1/session", fakes::Fault::ResetAfterApplied, 1);
    env.run(["create-session", "a red fox"]).exits(1);
    let home = env.home();
    #[cfg(unix)]
    {
        // As a volume with fsGroup: told with the folder's path.
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o770)).unwrap();
    }
    let home = home.display().to_string();
    for command in [
        &["create-session"][..],
        &["create-session", "a dog"],
        &["query-session", "--what"],
        &["status"],
        &["recover"],
        &["tasks"],
        &["wrong-command"],
    ] {
        let out = env.run(command);
        let lines = out.stdout.lines().chain(out.stderr.lines());
        // JSON has a member for it.
        for line in lines
            .map(str::trim_start)
            .filter(|line| !line.starts_with('{'))
        {
            assert!(
                line.starts_with('→') || !(line.contains("libtv-video ") || line.contains(&home)),
                "{command:?}: {line}"
            );
        }
    }
}
