//! Slack, asked as a careful client would, and as a careless one.

use crate::client::{Answer, FORM, FilePart, form, parse, send as request};
use crate::world::over_tls;
use fakes::slack::{App, MAX_TEXT_CHARS};
use fakes::{Fake, Fault, SLACK_BOT_TOKEN, SLACK_FILES_HOST, SLACK_HOST, Slack, World, media};
use serde_json::{Value, json};
use std::time::Duration;

const CHANNEL: &str = "C0123456789";
const PRIVATE: &str = "G0123456789";
const USER: &str = "U0123456789";
const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
const URLENCODED: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
/// What a certain product asks for, and no more.
const FEW_SCOPES: &[&str] = &[
    "chat:write",
    "chat:write.customize",
    "chat:write.public",
    "files:write",
];

fn call_as(slack: &Slack, token: &str, method: &str, body: &[u8], kind: (&str, &str)) -> Answer {
    let bearer = format!("Bearer {token}");
    let line = format!("POST /api/{method}");
    request(
        slack.http_addr(),
        &line,
        &[kind, ("authorization", &bearer)],
        body,
    )
    .unwrap()
}

fn ask(slack: &Slack, method: &str, body: &Value) -> Value {
    let answer = call_as(
        slack,
        SLACK_BOT_TOKEN,
        method,
        body.to_string().as_bytes(),
        JSON,
    );
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()
}

fn say(slack: &Slack, channel: &str, text: &str) -> Value {
    ask(
        slack,
        "chat.postMessage",
        &json!({"channel": channel, "text": text}),
    )
}

fn announce_as(slack: &Slack, token: &str, length: usize) -> Value {
    let body = format!("filename=libtv-1a2b.mp4&length={length}");
    call_as(
        slack,
        token,
        "files.getUploadURLExternal",
        body.as_bytes(),
        URLENCODED,
    )
    .json()
}

/// The path of an upload's address, which stands on the host for files.
fn path(announced: &Value) -> String {
    let url = announced["upload_url"].as_str().unwrap();
    url.splitn(4, '/').nth(3).unwrap().to_owned()
}

fn bring(world: &World, announced: &Value, content: &[u8]) -> Answer {
    let line = format!("POST /{}", path(announced));
    request(world.slack_files().http_addr(), &line, &[], content).unwrap()
}

/// A file that waits for its completion. Gives its id.
fn uploaded(world: &World, content: &[u8]) -> String {
    let announced = announce_as(&world.slack(), SLACK_BOT_TOKEN, content.len());
    assert_eq!(bring(world, &announced, content).status, 200);
    announced["file_id"].as_str().unwrap().to_owned()
}

fn complete(slack: &Slack, file: &str, channel: &str) -> Value {
    let body = json!({"files": [{"id": file, "title": "a fox"}], "channel_id": channel});
    ask(slack, "files.completeUploadExternal", &body)
}

fn info(slack: &Slack, file: &str) -> Value {
    let body = format!("file={file}");
    call_as(
        slack,
        SLACK_BOT_TOKEN,
        "files.info",
        body.as_bytes(),
        URLENCODED,
    )
    .json()
}

#[test]
fn a_film_takes_three_steps_and_stands_in_the_channel_after_the_third() {
    let world = World::builder().start().unwrap();
    let slack = world.slack();
    slack.strict(true);
    let film = media::mp4(5_000, 100_000, false);
    let announced = announce_as(&slack, SLACK_BOT_TOKEN, 100_000);
    let answer = bring(&world, &announced, &film.to_bytes());
    assert_eq!(
        (answer.status, &answer.body[..]),
        (200, &b"OK - 100000"[..])
    );
    assert!(slack.messages().is_empty(), "so far nothing can be seen");
    let file = announced["file_id"].as_str().unwrap();
    let done = complete(&slack, file, CHANNEL);
    assert_eq!(
        (&done["ok"], &done["files"][0]["id"]),
        (&json!(true), &json!(file))
    );
    let message = slack.channel(CHANNEL).messages().remove(0);
    let shared = &message.files[0];
    assert_eq!(
        (shared.title.as_str(), shared.mimetype.as_str()),
        ("a fox", "video/mp4")
    );
    assert_eq!((shared.bytes, &shared.sha256), (100_000, &film.sha256()));
}

#[test]
fn a_file_is_completed_once() {
    let world = World::builder().start().unwrap();
    let slack = world.slack();
    let file = uploaded(&world, b"film");
    complete(&slack, &file, CHANNEL);
    assert_eq!(complete(&slack, &file, CHANNEL)["error"], "file_not_found");
    assert_eq!(slack.messages().len(), 1);
    let attempts: Vec<_> = slack
        .channel(CHANNEL)
        .attempts()
        .into_iter()
        .map(|attempt| attempt.error)
        .collect();
    assert_eq!(attempts, ["", "file_not_found"]);
}

#[test]
fn a_completion_whose_answer_was_lost_is_seen_by_looking() {
    let world = World::builder().start().unwrap();
    let slack = world.slack();
    let file = uploaded(&world, b"film");
    let route = "POST /api/files.completeUploadExternal";
    slack.fault(route, Fault::ResetAfterApplied, 1);
    let body = json!({"files": [{"id": file}], "channel_id": CHANNEL}).to_string();
    let bearer = format!("Bearer {SLACK_BOT_TOKEN}");
    assert!(
        request(
            slack.http_addr(),
            route,
            &[JSON, ("authorization", &bearer)],
            body.as_bytes()
        )
        .is_err()
    );
    assert_eq!(
        info(&slack, &file)["file"]["shares"],
        json!({}),
        "sharing takes a while"
    );
    let shares = info(&slack, &file)["file"]["shares"].clone();
    assert_eq!(shares["public"][CHANNEL][0]["ts"], slack.messages()[0].ts);
}

#[test]
fn a_share_can_take_long_or_never_come() {
    let world = World::builder().start().unwrap();
    let slack = world.slack();
    slack.hide_shares_for(3);
    let file = uploaded(&world, &media::png(8, 8).to_bytes());
    assert_eq!(
        info(&slack, &file)["file"]["shares"],
        json!({}),
        "a look before the completion doesn't count"
    );
    complete(&slack, &file, PRIVATE);
    let looks: Vec<_> = (0..4)
        .map(|_| info(&slack, &file)["file"]["mimetype"].clone())
        .collect();
    assert_eq!(looks, ["", "", "", "image/png"]);
    assert!(info(&slack, &file)["file"]["shares"]["private"][PRIVATE].is_array());
    slack.shares(false);
    let lost = uploaded(&world, b"film");
    assert_eq!(complete(&slack, &lost, CHANNEL)["ok"], true);
    assert!(slack.channel(CHANNEL).messages().is_empty());
    assert_eq!(complete(&slack, &lost, CHANNEL)["error"], "file_not_found");
}

#[test]
fn bytes_go_by_post_to_their_address_in_the_announced_length() {
    let world = World::builder().start().unwrap();
    let (slack, files) = (world.slack(), world.slack_files());
    let announced = announce_as(&slack, SLACK_BOT_TOKEN, 4);
    let to = |line: &str, headers: &[(&str, &str)], body: &[u8]| {
        request(files.http_addr(), line, headers, body)
            .unwrap()
            .status
    };
    let post = format!("POST /{}", path(&announced));
    assert_eq!(to(&post, &[], b"films"), 400);
    assert_eq!(to(&post.replace("POST", "PUT"), &[], b"film"), 405);
    assert_eq!(to("POST /upload/v1/CwABAAAAnone", &[], b"film"), 404);
    let file = announced["file_id"].as_str().unwrap();
    assert_eq!(
        complete(&slack, file, CHANNEL)["error"],
        "file_not_found",
        "nothing was brought yet"
    );
    assert_eq!(to(&post, &[], b"film"), 200);
    assert_eq!(to(&post, &[], b"fil2"), 200, "as often as wanted");
    let part = FilePart {
        name: "file",
        rest: "; filename=\"a\"",
        content: b"fil3",
    };
    assert_eq!(to(&post, &[FORM], &form(&[], &part)), 200, "as a form too");
    slack.strict(true);
    let bearer = format!("Bearer {SLACK_BOT_TOKEN}");
    assert_eq!(
        to(&post, &[("authorization", &bearer)], b"film"),
        400,
        "the address is the credential"
    );
    complete(&slack, file, CHANNEL);
    assert_eq!(to(&post, &[], b"film"), 404, "afterwards it is gone");
    let capability = &slack.capabilities()[0];
    assert!(path(&announced).ends_with(capability.as_str()));
}

#[test]
fn the_address_is_on_the_host_for_files_with_tls_or_without_as_it_was_asked_for() {
    let world = World::builder().start().unwrap();
    let slack = world.slack();
    let plain = announce_as(&slack, SLACK_BOT_TOKEN, 4);
    let base = world.slack_files().http_base();
    assert!(plain["upload_url"].as_str().unwrap().starts_with(&base));
    let head =
        "POST /api/files.getUploadURLExternal HTTP/1.1\r\nhost: slack.com\r\nconnection: close";
    let request = format!(
        "{head}\r\nauthorization: Bearer {SLACK_BOT_TOKEN}\r\ncontent-length: 22\r\n\r\nfilename=a.mp&length=4"
    );
    let answer = over_tls(&world, slack.https_addr(), SLACK_HOST, request.as_bytes()).unwrap();
    let url = parse(&answer).unwrap().json()["upload_url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        url.starts_with(&format!("https://{SLACK_FILES_HOST}/upload/v1/")),
        "{url}"
    );
}

#[test]
fn a_missing_scope_is_named_with_those_that_are_there() {
    let world = World::builder().start().unwrap();
    let slack = world.slack();
    slack.add_app(App::new("xoxb-few", "U0FEWSCOPES").with_scopes(FEW_SCOPES));
    let ask = |method: &str, body: &Value| {
        call_as(
            &slack,
            "xoxb-few",
            method,
            body.to_string().as_bytes(),
            JSON,
        )
        .json()
    };
    let announced = announce_as(&slack, "xoxb-few", 4);
    assert_eq!(announced["ok"], true);
    let look = ask("files.info", &json!({"file": announced["file_id"]}));
    assert_eq!(
        (&look["error"], &look["needed"]),
        (&json!("missing_scope"), &json!("files:read"))
    );
    assert!(look["provided"].as_str().unwrap().contains("files:write"));
    assert_eq!(
        ask("conversations.open", &json!({"users": USER}))["needed"],
        "im:write"
    );
    assert_eq!(
        ask("conversations.history", &json!({"channel": CHANNEL}))["needed"],
        "channels:history"
    );
    let posted = ask("chat.postMessage", &json!({"channel": USER, "text": "a"}));
    assert_eq!(
        posted["ok"], true,
        "a message may go to a person without the scope for opening"
    );
    let foreign = uploaded(&world, b"film");
    let body = json!({"files": [{"id": foreign}], "channel_id": CHANNEL});
    assert_eq!(
        ask("files.completeUploadExternal", &body)["error"],
        "file_not_found",
        "another app's file"
    );
}

#[test]
fn tokens_belong_into_one_header_after_bearer() {
    let world = World::builder().start().unwrap();
    let slack = world.slack();
    let bearer = format!("Bearer {SLACK_BOT_TOKEN}");
    let error = |headers: &[(&str, &str)], body: &str| {
        request(
            slack.http_addr(),
            "POST /api/auth.test",
            headers,
            body.as_bytes(),
        )
        .unwrap()
        .json()["error"]
            .clone()
    };
    assert_eq!(error(&[("authorization", &bearer)], ""), Value::Null);
    assert_eq!(error(&[], ""), "not_authed");
    assert_eq!(
        error(&[("authorization", SLACK_BOT_TOKEN)], ""),
        "invalid_auth"
    );
    let among_params = format!("token={SLACK_BOT_TOKEN}");
    assert_eq!(error(&[URLENCODED], &among_params), "not_authed");
    assert_eq!(
        error(&[("authorization", &bearer), URLENCODED], &among_params),
        "invalid_auth"
    );
    assert_eq!(
        error(
            &[("authorization", &bearer), ("authorization", &bearer)],
            ""
        ),
        "invalid_auth"
    );
    slack.refuse_token(SLACK_BOT_TOKEN, "token_revoked");
    assert_eq!(error(&[("authorization", &bearer)], ""), "token_revoked");
}

#[test]
fn a_channel_that_takes_nothing_says_why() {
    let world = World::builder().start().unwrap();
    let slack = world.slack();
    let file = uploaded(&world, b"film");
    slack.add_app(App::new("xoxb-inside", "U0INSIDE001").without_scope("chat:write.public"));
    slack.remove_bot_from(CHANNEL);
    assert_eq!(
        say(&slack, CHANNEL, "a")["ok"],
        true,
        "a public channel takes messages from outside"
    );
    let inside = json!({"channel": CHANNEL, "text": "a"}).to_string();
    let inside = call_as(
        &slack,
        "xoxb-inside",
        "chat.postMessage",
        inside.as_bytes(),
        JSON,
    )
    .json();
    assert_eq!(inside["error"], "not_in_channel");
    assert_eq!(
        complete(&slack, &file, CHANNEL)["error"],
        "not_in_channel",
        "but no files"
    );
    slack.remove_bot_from(PRIVATE);
    assert_eq!(
        complete(&slack, &file, PRIVATE)["error"],
        "channel_not_found"
    );
    assert_eq!(
        complete(&slack, &file, USER)["error"],
        "invalid_arguments",
        "a person is no channel"
    );
    assert_eq!(
        complete(&slack, &file, "D0123456789")["error"],
        "channel_not_found",
        "nobody opened it"
    );
    slack.archive("C0ARCHIVED1");
    assert_eq!(
        complete(&slack, &file, "C0ARCHIVED1")["error"],
        "is_archived"
    );
    slack.refuse("C0RESTRICT1", Some("restricted_action"));
    assert_eq!(
        say(&slack, "C0RESTRICT1", "a")["error"],
        "restricted_action"
    );
    assert_eq!(
        complete(&slack, &file, "C0GOOD00001")["ok"],
        true,
        "none of these used the file up"
    );
    slack.add_channel("C0GOOD00001");
    assert_eq!(
        say(&slack, "C0OTHER0001", "a")["error"],
        "channel_not_found"
    );
}

#[test]
fn a_direct_conversation_is_opened_once() {
    let world = World::builder().start().unwrap();
    let slack = world.slack();
    let open = |user: &str| ask(&slack, "conversations.open", &json!({ "users": user }));
    let direct = open(USER)["channel"]["id"].clone();
    assert_eq!(open(USER)["channel"]["id"], direct);
    let direct = direct.as_str().unwrap();
    assert!(direct.starts_with('D') && slack.direct_channel(USER).as_deref() == Some(direct));
    assert_eq!(
        say(&slack, USER, "a")["channel"],
        direct,
        "where a message to the person goes too"
    );
    let file = uploaded(&world, b"film");
    assert_eq!(complete(&slack, &file, direct)["ok"], true);
    assert_eq!(slack.channel(direct).messages().len(), 2);
    assert_eq!(open("somebody")["error"], "user_not_found");
    slack.add_user(USER);
    assert_eq!(open("U0SOMEBODY1")["error"], "user_not_found");
}

#[test]
fn a_message_sent_again_stands_there_twice() {
    let world = World::builder().start().unwrap();
    let slack = world.slack();
    let body = json!({"channel": CHANNEL, "text": "a", "client_msg_id": "1", "metadata": {"event_type": "t", "event_payload": {"id": "1"}}});
    ask(&slack, "chat.postMessage", &body);
    ask(&slack, "chat.postMessage", &body);
    assert_eq!(
        slack.channel(CHANNEL).messages().len(),
        2,
        "there is no key"
    );
    let history = ask(
        &slack,
        "conversations.history",
        &json!({"channel": CHANNEL, "include_all_metadata": true}),
    );
    assert_eq!(
        history["messages"][0]["metadata"]["event_payload"]["id"],
        "1"
    );
    let bare = ask(
        &slack,
        "conversations.history",
        &json!({"channel": CHANNEL}),
    );
    assert_eq!(bare["messages"][0].get("metadata"), None);
}

#[test]
fn threads_are_named_by_the_time_of_their_root() {
    let world = World::builder().start().unwrap();
    let slack = world.slack();
    let root = slack.add_message(CHANNEL, USER, "a fox, please");
    let reply = ask(
        &slack,
        "chat.postMessage",
        &json!({"channel": CHANNEL, "text": "b", "thread_ts": root}),
    );
    assert_eq!(reply["message"]["thread_ts"], root);
    let file = uploaded(&world, b"film");
    let body = json!({"files": [{"id": file}], "channel_id": CHANNEL, "thread_ts": root, "initial_comment": "here"});
    ask(&slack, "files.completeUploadExternal", &body);
    let messages = slack.channel(CHANNEL).messages();
    assert!(
        messages
            .iter()
            .all(|message| message.thread_ts.as_deref() == Some(root.as_str()))
    );
    assert_eq!(messages[1].text, "here");
    let wrong = json!({"channel": CHANNEL, "text": "b", "thread_ts": "1700000000"});
    assert_eq!(
        ask(&slack, "chat.postMessage", &wrong)["error"],
        "invalid_arguments"
    );
}

#[test]
fn own_messages_can_be_changed_and_taken_away() {
    let world = World::builder().start().unwrap();
    let slack = world.slack();
    let ts = say(&slack, CHANNEL, "a")["ts"].clone();
    let edit = json!({"channel": CHANNEL, "ts": ts, "text": "b"});
    assert_eq!(ask(&slack, "chat.update", &edit)["text"], "b");
    assert_eq!(slack.messages()[0].edits, 1);
    let foreign = slack.add_message(CHANNEL, USER, "c");
    let edit = json!({"channel": CHANNEL, "ts": foreign, "text": "b"});
    assert_eq!(
        ask(&slack, "chat.update", &edit)["error"],
        "cant_update_message"
    );
    assert_eq!(
        ask(&slack, "chat.delete", &edit)["error"],
        "cant_delete_message"
    );
    let gone = json!({"channel": CHANNEL, "ts": ts});
    assert_eq!(ask(&slack, "chat.delete", &gone)["ok"], true);
    assert_eq!(
        ask(&slack, "chat.delete", &gone)["error"],
        "message_not_found"
    );
    assert!(slack.channel(CHANNEL).messages().is_empty());
}

#[test]
fn what_is_too_long_is_cut_and_what_is_missing_or_superfluous_refused() {
    let world = World::builder().start().unwrap();
    let slack = world.slack();
    say(&slack, CHANNEL, &"猫".repeat(MAX_TEXT_CHARS + 1));
    assert_eq!(slack.messages()[0].text.chars().count(), MAX_TEXT_CHARS);
    assert_eq!(say(&slack, CHANNEL, "")["error"], "no_text");
    let json_announcement = json!({"filename": "a.mp4", "length": 4});
    assert_eq!(
        ask(&slack, "files.getUploadURLExternal", &json_announcement)["error"],
        "invalid_arguments"
    );
    assert_eq!(
        announce_as(&slack, SLACK_BOT_TOKEN, 0)["error"],
        "invalid_arguments"
    );
    assert_eq!(
        announce_as(&slack, SLACK_BOT_TOKEN, (1 << 30) + 1)["error"],
        "file_upload_size_restricted"
    );
    let file = uploaded(&world, b"film");
    let body = json!({"files": [{"id": file}], "channel_id": CHANNEL, "username": "me"});
    assert_eq!(
        ask(&slack, "files.completeUploadExternal", &body)["error"],
        "invalid_arguments"
    );
    assert_eq!(
        ask(&slack, "files.upload", &json!({}))["error"],
        "unknown_method",
        "it is dead"
    );
    slack.refuse_method("files.getUploadURLExternal", Some("file_uploads_disabled"));
    assert_eq!(
        announce_as(&slack, SLACK_BOT_TOKEN, 4)["error"],
        "file_uploads_disabled"
    );
}

#[test]
fn words_from_outside_call_nobody_when_they_are_escaped() {
    let world = World::builder().start().unwrap();
    let slack = world.slack();
    say(&slack, CHANNEL, "<!channel> <@U0123456789>");
    say(
        &slack,
        CHANNEL,
        "&lt;!channel&gt; @channel <https://a.example|b>",
    );
    let messages = slack.messages();
    assert_eq!(messages[0].called, ["<!channel>", "<@U0123456789>"]);
    assert!(messages[1].called.is_empty());
}

#[test]
fn too_many_messages_are_told_when_to_come_again() {
    let world = World::builder().start().unwrap();
    let slack = world.slack();
    slack.stop_clock();
    (0..5).for_each(|_| drop(say(&slack, CHANNEL, "a")));
    let body = json!({"channel": CHANNEL, "text": "a"}).to_string();
    let sixth = call_as(
        &slack,
        SLACK_BOT_TOKEN,
        "chat.postMessage",
        body.as_bytes(),
        JSON,
    );
    assert_eq!(
        (sixth.status, sixth.header("retry-after")),
        (429, Some("5"))
    );
    assert_eq!(sixth.json(), json!({"ok": false, "error": "ratelimited"}));
    assert_eq!(say(&slack, "C0OTHER0001", "a")["ok"], true);
    slack.set_clock_offset(Duration::from_secs(5));
    assert_eq!(say(&slack, CHANNEL, "a")["ok"], true);
}
