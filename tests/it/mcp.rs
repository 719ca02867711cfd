//! `libtv-video mcp`: what an agent does with the tools, and who polls meanwhile. The protocol's edges stand in `mcp_edges`.

use fakes::{Fake, Fault, Job, When};
use serde_json::{Value, json};

use crate::delivery::job;
use crate::env::{CHAT, Talking, TestEnv, wait_until};

/// The route of submits.
const SUBMIT: &str = "POST /libtv/v1/session";

fn request(text: &str) -> Value {
    json!({"message": text, "channel": "feishu", "chat_id": CHAT})
}

/// Submits, and gives the session's id.
#[track_caller]
fn submit(talking: &mut Talking, text: &str) -> String {
    let submitted = talking.good("create_session", request(text));
    submitted["sessionId"].as_str().unwrap().to_owned()
}

/// Waits for the session's news.
#[track_caller]
fn wait(talking: &mut Talking, id: &str) -> Value {
    talking.good("wait_for_result", json!({"session_id": id}))
}

/// A job that works until it is told to go on.
fn patient(results: &[&str]) -> Job {
    Job::new()
        .works()
        .at(When::Advanced)
        .videos(results)
        .says("done")
}

#[test]
fn a_request_becomes_a_video_in_the_chat_and_a_link_for_the_agent() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(job(&["/sd-gen-save-img/{session}.mp4"]));
    let mut talking = env.polling_mcp();
    let submitted = talking.good("create_session", request("a red fox"));
    assert_eq!(
        (&submitted["status"], &submitted["deliverable"]),
        (&json!("submitted"), &json!(true)),
        "{submitted}"
    );
    assert!(
        submitted.get("projectUrl").is_none(),
        "not before it has finished"
    );
    let id = submitted["sessionId"].as_str().unwrap().to_owned();
    let call = talking.start_tool("wait_for_result", json!({"session_id": id[..8]}), Some("t"));
    let result = talking.answer(call)["result"].clone();
    let url = format!("https://libtv-res.liblib.art/sd-gen-save-img/{id}.mp4");
    let waited = &result["structuredContent"];
    assert_eq!(waited["ended"], true, "{result}");
    let session = &waited["session"];
    assert_eq!(session["state"], "completed");
    assert_eq!(
        session["results"],
        json!([{"url": url, "delivery": "delivered"}])
    );
    assert!(session["projectUrl"].is_string() && session["deliveredAt"].is_string());
    let link = &result["content"][1];
    assert_eq!(
        (&link["type"], &link["uri"], &link["mimeType"]),
        (&json!("resource_link"), &json!(url), &json!("video/mp4"))
    );
    let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(&text, waited, "for clients that read only text");
    assert_eq!(env.gateway().submits().len(), 1);
    let types: Vec<_> = env
        .chat()
        .iter()
        .map(|sent| sent.msg_type.clone())
        .collect();
    assert_eq!(types, ["media"]);
    assert_eq!(talking.close(), 0);
}

#[test]
fn progress_is_told_to_who_asks_and_only_grows() {
    let env = TestEnv::new();
    env.gateway().set_default_job(
        Job::new()
            .works()
            .at(When::Polls(2))
            .images(["/sd-gen-save-img/a.png"])
            .at(When::Polls(4))
            .images(["/sd-gen-save-img/b.png"])
            .says("done"),
    );
    let mut talking = env.polling_mcp();
    let id = submit(&mut talking, "two pictures");
    let call = talking.start_tool("wait_for_result", json!({"session_id": id}), Some("mine"));
    assert_eq!(
        talking.answer(call)["result"]["structuredContent"]["ended"],
        true
    );
    let told = talking.progress("mine");
    let numbers: Vec<f64> = told
        .iter()
        .map(|told| told["progress"].as_f64().unwrap())
        .collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{told:?}");
    assert!(!numbers.is_empty());
    assert!(
        told.iter()
            .all(|told| told["message"].as_str().unwrap().contains(" delivered")),
        "{told:?}"
    );
    wait(&mut talking, &id);
    let others = |message: &Value| message["method"] == "notifications/progress";
    let all = talking
        .messages()
        .iter()
        .filter(|message| others(message))
        .count();
    assert_eq!(all, told.len(), "who doesn't ask isn't told");
}

#[test]
fn a_job_that_goes_on_is_told_as_such_and_shows_no_results() {
    let env = TestEnv::new();
    env.gateway().set_default_job(
        Job::new()
            .works_on(2)
            .at(When::Polls(1))
            .images(["/sd-gen-save-img/a.png"]),
    );
    let mut talking = env.polling_mcp();
    let id = submit(&mut talking, "two pictures");
    env.wait_for_messages(CHAT, 1);
    let result = talking.tool(
        "wait_for_result",
        json!({"session_id": id, "timeout_seconds": 0}),
    );
    let waited = &result["structuredContent"];
    assert_eq!(
        (&waited["ended"], &result["isError"]),
        (&json!(false), &json!(false)),
        "{result}"
    );
    assert_eq!(waited["session"]["state"], "generating");
    assert_eq!(waited["session"]["resultsSoFar"], 1);
    assert_eq!(waited["session"]["results"], json!([]));
    assert_eq!(result["content"].as_array().unwrap().len(), 1, "no links");
    let queried = talking.tool("query_session", json!({"session_id": id}));
    assert!(queried["structuredContent"]["projectUrl"].is_null());
    assert_eq!(queried["content"].as_array().unwrap().len(), 1, "no links");
}

#[test]
fn a_question_and_a_failure_are_news_with_their_words() {
    let env = TestEnv::new();
    env.gateway()
        .on_message_containing("cat", Job::asks("Which cat?"));
    env.gateway()
        .on_message_containing("dog", Job::fails("no dogs"));
    let mut talking = env.polling_mcp();
    let cat = submit(&mut talking, "a cat");
    let asked = wait(&mut talking, &cat);
    assert_eq!(
        (&asked["ended"], &asked["session"]["state"]),
        (&json!(true), &json!("awaiting_user"))
    );
    assert!(
        asked["session"]["question"]
            .as_str()
            .unwrap()
            .contains("Which cat?"),
        "{asked}"
    );
    let dog = submit(&mut talking, "a dog");
    let failed = wait(&mut talking, &dog);
    assert_eq!(failed["session"]["state"], "failed");
    assert!(
        failed["session"]["trouble"]
            .as_str()
            .unwrap()
            .contains("no dogs"),
        "{failed}"
    );

    env.gateway()
        .set_default_job(job(&["/sd-gen-save-img/red.mp4"]));
    let answer = json!({"session_id": cat, "message": "the red one"});
    let continued = talking.good("continue_session", answer);
    assert_eq!(continued["sessionId"], cat);
    assert_eq!(
        continued["deliverable"], true,
        "its chat is known: {continued}"
    );
    assert_eq!(env.gateway().submits().last().unwrap().text, "the red one");
}

#[test]
fn beside_serve_the_tools_work_and_polling_is_left_to_it_until_it_leaves() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(patient(&["/sd-gen-save-img/{session}.mp4"]));
    let serve = env.serve();
    let mut talking = env.mcp();
    talking.wait_for_log("polling is left to it");
    let id = submit(&mut talking, "a cat");
    let call = talking.start_tool("wait_for_result", json!({"session_id": id}), Some("t"));
    talking.wait_for_progress("t");
    env.gateway().advance(&id);
    let waited = talking.answer(call)["result"]["structuredContent"].clone();
    assert_eq!(waited["session"]["state"], "completed", "{waited}");
    serve.wait_for_line(&format!("{id}: completed, 1 of 1 delivered, ended"));
    assert_eq!(env.chat().len(), 1);

    assert_eq!(serve.terminate().0, 0);
    talking.wait_for_log("started: polling");
    let id = submit(&mut talking, "a dog");
    env.gateway().advance(&id);
    assert_eq!(wait(&mut talking, &id)["session"]["state"], "completed");
    assert_eq!(env.chat().len(), 2);
}

#[test]
fn of_two_servers_one_polls_and_both_have_the_tools() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(job(&["/sd-gen-save-img/{session}.mp4"]));
    let mut first = env.polling_mcp();
    let mut second = env.mcp();
    second.wait_for_log("polling is left to it");
    let (cat, dog) = (submit(&mut first, "a cat"), submit(&mut second, "a dog"));
    for (talking, id) in [(&mut first, &dog), (&mut second, &cat)] {
        assert_eq!(wait(talking, id)["session"]["state"], "completed");
    }
    assert_eq!((env.gateway().submits().len(), env.chat().len()), (2, 2));
    assert_eq!(first.close(), 0);
    second.wait_for_log("started: polling");
}

#[test]
fn a_submit_whose_answer_was_lost_must_not_be_repeated_and_says_so() {
    let env = TestEnv::new();
    env.gateway().fault(SUBMIT, Fault::ResetAfterApplied, 1);
    let mut talking = env.polling_mcp();
    let result = talking.tool("create_session", request("a cat"));
    let error = &result["structuredContent"]["error"];
    assert_eq!(
        (&result["isError"], &error["kind"], &error["mayRetry"]),
        (
            &json!(true),
            &json!("permanent-outcome-unknown"),
            &json!(false)
        ),
        "{result}"
    );
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(
        text.starts_with("❌ ") && text.contains("Don't submit this request again"),
        "{text}"
    );
    let listed = talking.good("list_sessions", json!({}));
    assert_eq!(
        listed["unknownSubmits"][0]["text"],
        env.gateway().submits()[0].text.as_str()
    );
    assert_eq!(env.gateway().submits().len(), 1);
}

#[test]
fn an_error_says_what_failed_and_whether_to_try_again() {
    let env = TestEnv::builder().config(None).start();
    let mut talking = env.mcp();
    let error = talking.bad("create_session", request("a cat"));
    assert_eq!(error["message"], "API Key not configured.");
    assert_eq!(
        (&error["kind"], &error["mayRetry"]),
        (&json!("permanent"), &json!(false))
    );
    drop(talking);

    let env = TestEnv::new();
    env.gateway()
        .fault("POST /libtv/v1/**", Fault::Html(503), fakes::ALWAYS);
    let mut talking = env.mcp();
    let error = talking.bad("change_project", json!({}));
    assert_eq!(
        (&error["kind"], &error["mayRetry"]),
        (&json!("temporary"), &json!(true)),
        "{error}"
    );
    let error = talking.bad("wait_for_result", json!({"session_id": "no-such-session"}));
    assert_eq!(error["message"], "Unknown LibTV session: no-such-session");
}

#[test]
fn a_wrong_call_is_told_to_the_model_and_nothing_is_sent() {
    let env = TestEnv::new();
    let mut talking = env.mcp();
    for (tool, arguments) in [
        ("create_session", json!({})),
        ("create_session", json!({"message": 7})),
        (
            "create_session",
            json!({"message": "a cat", "style": "noir"}),
        ),
        (
            "create_session",
            json!({"message": "a cat", "channel": "discord", "chat_id": "1"}),
        ),
        ("create_session", json!({"message": " "})),
        ("continue_session", json!({"message": "a cat"})),
        (
            "wait_for_result",
            json!({"session_id": "x", "timeout_seconds": -1}),
        ),
        (
            "download_results",
            json!({"session_id": "x", "output_dir": "results"}),
        ),
    ] {
        let error = talking.bad(tool, arguments);
        assert_eq!(error["kind"], "permanent", "{tool}: {error}");
    }
    let file = env.folder().join("cat.png");
    fakes::media::png(64, 64).write_to(&file).unwrap();
    let error = talking.bad("upload", json!({"path": "cat.png"}));
    assert_eq!(error["message"], "Not an absolute path: cat.png");
    assert_eq!(env.gateway().requests().len(), 0);
}

#[test]
fn the_chat_comes_from_the_environment_unless_the_call_names_one_or_none() {
    let env = TestEnv::builder()
        .var("OPENCLAW_CHANNEL_TYPE", "feishu")
        .var("OPENCLAW_CHAT_ID", "oc_home")
        .start();
    let mut talking = env.polling_mcp();
    let submitted = talking.good("create_session", json!({"message": "a cat"}));
    assert_eq!(submitted["deliverable"], true, "{submitted}");
    env.wait_for_messages("oc_home", 1);
    let nowhere = json!({"message": "a cat", "channel": "", "chat_id": ""});
    assert_eq!(
        talking.good("create_session", nowhere)["deliverable"],
        false
    );
    talking.good("create_session", request("a cat"));
    env.wait_for_messages(CHAT, 1);
    assert_eq!(env.feishu().chat("oc_home").messages().len(), 1);
}

#[test]
fn a_cancelled_wait_ends_without_an_answer_and_the_job_goes_on() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(patient(&["/sd-gen-save-img/a.mp4"]));
    let mut talking = env.polling_mcp();
    let id = submit(&mut talking, "a cat");
    let call = talking.start_tool(
        "wait_for_result",
        json!({"session_id": id, "timeout_seconds": 1800}),
        Some("t"),
    );
    talking.wait_for_progress("t");
    talking.notify(
        "notifications/cancelled",
        json!({"requestId": call, "reason": "enough"}),
    );
    // Answered behind the cancellation.
    talking.ask("ping", json!({}));
    env.gateway().advance(&id);
    env.wait_for_messages(CHAT, 1);
    assert_eq!(wait(&mut talking, &id)["session"]["state"], "completed");
    assert!(
        talking
            .messages()
            .iter()
            .all(|message| message["id"] != call)
    );
    assert_eq!(talking.close(), 0);
}

#[test]
fn a_cancelled_submit_is_not_cut_off() {
    let env = TestEnv::new();
    env.gateway().fault(SUBMIT, Fault::Latency(500), 1);
    let mut talking = env.polling_mcp();
    let call = talking.start_tool("create_session", request("a cat"), None);
    wait_until(&env.gateway(), |gateway| {
        !gateway.requests_to(SUBMIT).is_empty()
    });
    talking.notify("notifications/cancelled", json!({"requestId": call}));
    env.wait_for_messages(CHAT, 1);
    let listed = talking.good("list_sessions", json!({}));
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&listed["unknownSubmits"], env.gateway().submits().len()),
        (&json!([]), 1)
    );
}

#[test]
fn files_are_uploaded_and_results_stored_where_the_call_says() {
    let env = TestEnv::new();
    env.gateway()
        .set_default_job(job(&["/sd-gen-save-img/a.mp4"]));
    let mut talking = env.polling_mcp();
    let file = env.folder().join("cat 1.png");
    fakes::media::png(64, 64).write_to(&file).unwrap();
    let url = talking.good("upload", json!({"path": file}))["url"].clone();
    assert_eq!(json!(env.gateway().uploads()[0].url), url);
    let id = submit(&mut talking, &format!("move it\n{}", url.as_str().unwrap()));
    wait(&mut talking, &id);
    let folder = env.folder().join("my results");
    let result = talking.tool(
        "download_results",
        json!({"session_id": id, "output_dir": folder, "prefix": "fox"}),
    );
    let stored = folder.join("fox_01.mp4");
    assert_eq!(
        result["structuredContent"]["downloaded"],
        json!([stored]),
        "{result}"
    );
    let link = &result["content"][1];
    assert_eq!(
        (&link["type"], &link["name"]),
        (&json!("resource_link"), &json!("fox_01.mp4"))
    );
    assert!(
        link["uri"]
            .as_str()
            .unwrap()
            .ends_with("/my%20results/fox_01.mp4"),
        "{link}"
    );
    assert!(stored.is_file());
    let error = talking.bad("upload", json!({"path": "/no/such/file.png"}));
    assert_eq!(error["message"], "File not found: /no/such/file.png");
}

#[test]
fn the_other_tools_answer_as_their_commands_do() {
    let env = TestEnv::new();
    let mut talking = env.polling_mcp();
    let id = submit(&mut talking, "a cat");
    wait(&mut talking, &id);
    let checked = talking.good("check", json!({}));
    assert_eq!(
        (
            &checked["verified"],
            &checked["harness"],
            &checked["problem"]
        ),
        (&json!(true), &json!(true), &Value::Null),
        "{checked}"
    );
    let recovered = talking.good("recover", json!({}));
    assert_eq!(recovered["sessions"][0]["sessionId"], id);
    let other = submit(&mut talking, "a dog");
    let one = talking.good("recover", json!({"session_id": other[..8]}));
    let ids: Vec<&Value> = one["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|session| &session["sessionId"])
        .collect();
    assert_eq!(ids, [&json!(other)]);
    assert!(talking.good("tasks", json!({}))["tasks"].is_array());
    let project = talking.good("change_project", json!({}));
    let link = format!("projectId={}", project["projectUuid"].as_str().unwrap());
    assert!(
        project["projectUrl"].as_str().unwrap().ends_with(&link),
        "{project}"
    );
    let queried = talking.tool("query_session", json!({"session_id": id}));
    assert!(
        queried["structuredContent"]["projectUrl"].is_string(),
        "{queried}"
    );
    assert_eq!(queried["content"][1]["type"], "resource_link");

    env.gateway().remove_key(fakes::GATEWAY_KEY);
    let checked = talking.good("check", json!({}));
    assert!(checked["problem"]["message"].is_string(), "{checked}");
}
