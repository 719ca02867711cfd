//! Discord, asked as a careful client would, and as a careless one.

use crate::client::{Answer, FORM, send as request};
use fakes::discord::{Bot, MAX_CONTENT_CHARS, MAX_FILE_BYTES, Permission};
use fakes::{DISCORD_BOT_ID, DISCORD_BOT_TOKEN, Discord, Fake, Fault, World, media};
use serde_json::{Value, json};
use std::time::Duration;

const CHANNEL: &str = "200000000000000001";
const THREAD: &str = "200000000000000002";
const USER: &str = "300000000000000001";
const AGENT: (&str, &str) = ("user-agent", "DiscordBot (https://example.org, 1.0)");
const JSON: (&str, &str) = ("content-type", "application/json");

fn call(discord: &Discord, line: &str, body: &[u8], kind: (&str, &str)) -> Answer {
    let token = format!("Bot {DISCORD_BOT_TOKEN}");
    let (method, path) = line.split_once(' ').unwrap();
    let line = format!("{method} /api/v10/{path}");
    let headers = [AGENT, kind, ("authorization", &token)];
    request(discord.http_addr(), &line, &headers, body).unwrap()
}

fn ask(discord: &Discord, line: &str) -> Answer {
    call(discord, line, b"", JSON)
}

fn post(discord: &Discord, channel: &str, body: &Value) -> Answer {
    let line = format!("POST channels/{channel}/messages");
    call(discord, &line, body.to_string().as_bytes(), JSON)
}

fn say(discord: &Discord, channel: &str, content: &str) -> Answer {
    post(discord, channel, &json!({ "content": content }))
}

fn keyed(content: &str, nonce: &str) -> Value {
    json!({"content": content, "nonce": nonce, "enforce_nonce": true})
}

/// A form as the documents show it: the payload first, then one file.
fn form_of(payload: &Value, rest: &str, content: &[u8]) -> Vec<u8> {
    let head = format!(
        "--XX\r\ncontent-disposition: form-data; name=\"payload_json\"\r\ncontent-type: application/json\r\n\r\n{payload}\r\n\
         --XX\r\ncontent-disposition: form-data; name=\"files[0]\"{rest}\r\n\r\n"
    );
    [head.as_bytes(), content, b"\r\n--XX--\r\n"].concat()
}

const VIDEO: &str = "; filename=\"libtv-1a2b.mp4\"\r\ncontent-type: video/mp4";

fn film(nonce: &str) -> Value {
    let file = json!({"id": 0, "filename": "libtv-1a2b.mp4", "description": "a fox"});
    json!({"content": "done", "nonce": nonce, "enforce_nonce": true, "attachments": [file], "allowed_mentions": {"parse": []}})
}

fn upload(discord: &Discord, payload: &Value, content: &[u8]) -> Answer {
    let line = format!("POST channels/{CHANNEL}/messages");
    call(discord, &line, &form_of(payload, VIDEO, content), FORM)
}

fn code(answer: &Answer) -> (u16, u64) {
    (answer.status, answer.json()["code"].as_u64().unwrap_or(0))
}

#[test]
fn one_request_uploads_a_file_and_sends_it() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    discord.strict(true);
    let video = media::mp4(5_000, 100_000, false);
    let answer = upload(&discord, &film("n1"), &video.to_bytes());
    let sent = answer.json();
    assert_eq!(answer.status, 200, "{sent}");
    assert_eq!(sent["nonce"], "n1");
    assert_eq!(sent["attachments"][0]["filename"], "libtv-1a2b.mp4");
    assert_eq!(sent["attachments"][0]["size"], 100_000);
    let message = discord.channel(CHANNEL).messages().remove(0);
    assert_eq!(message.attachments[0].sha256, video.sha256());
    assert_eq!(message.attachments[0].description.as_deref(), Some("a fox"));
    assert_eq!(sent["id"], message.message_id.as_str(), "ids are text");
}

#[test]
fn the_same_nonce_gives_the_first_message_whatever_the_second_says() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    let first = post(&discord, CHANNEL, &keyed("one", "n1")).json();
    let again = post(&discord, CHANNEL, &keyed("two", "n1")).json();
    assert_eq!(
        (&again["id"], &again["content"]),
        (&first["id"], &json!("one"))
    );
    assert_eq!(
        upload(&discord, &film("n1"), b"film").json()["id"],
        first["id"]
    );
    assert_eq!(discord.messages().len(), 1);
    assert_eq!(discord.channel(CHANNEL).attempts().len(), 3);
}

#[test]
fn a_nonce_that_is_not_enforced_or_too_old_sends_again() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    post(&discord, CHANNEL, &keyed("a", "n1"));
    post(&discord, CHANNEL, &json!({"content": "a", "nonce": "n1"}));
    assert_eq!(discord.messages().len(), 2, "not enforced");
    discord.set_clock_offset(Duration::from_secs(121));
    post(&discord, CHANNEL, &keyed("a", "n1"));
    assert_eq!(discord.messages().len(), 3, "after the window");
    discord.set_nonce_window(Duration::ZERO);
    post(&discord, CHANNEL, &keyed("a", "n1"));
    assert_eq!(discord.messages().len(), 4, "no window at all");
}

#[test]
fn a_message_whose_answer_was_lost_is_found_by_its_nonce() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    let route = format!("POST /api/v10/channels/{CHANNEL}/messages");
    discord.fault(route.as_str(), Fault::ResetAfterApplied, 1);
    let token = format!("Bot {DISCORD_BOT_TOKEN}");
    let body = keyed("a", "n1").to_string();
    let headers = [AGENT, JSON, ("authorization", token.as_str())];
    assert!(request(discord.http_addr(), &route, &headers, body.as_bytes()).is_err());
    let again = post(&discord, CHANNEL, &keyed("a", "n1")).json();
    assert_eq!(again["id"], discord.messages()[0].message_id.as_str());
    assert_eq!(discord.messages().len(), 1);
}

#[test]
fn a_message_that_was_deleted_meanwhile_is_unknown_to_its_nonce() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    let sent = post(&discord, CHANNEL, &keyed("a", "n1")).json();
    discord.delete_message(sent["id"].as_str().unwrap());
    assert_eq!(
        code(&post(&discord, CHANNEL, &keyed("a", "n1"))),
        (404, 10008)
    );
    assert!(discord.channel(CHANNEL).messages().is_empty());
}

#[test]
fn the_list_has_no_nonce_but_author_and_file_names() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    let question = discord.add_message(CHANNEL, USER, "a fox, please");
    upload(&discord, &film("n1"), b"film");
    say(&discord, CHANNEL, "later");
    let all = ask(
        &discord,
        &format!("GET channels/{CHANNEL}/messages?after={question}&limit=100"),
    )
    .json();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 2, "the question itself isn't among them");
    assert_eq!(all[0]["content"], "later", "the newest first");
    assert_eq!(all[1]["author"]["id"], DISCORD_BOT_ID);
    assert_eq!(all[1]["attachments"][0]["filename"], "libtv-1a2b.mp4");
    assert!(all.iter().all(|message| message.get("nonce").is_none()));
}

#[test]
fn after_gives_those_that_follow_at_once_and_before_the_newest() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    let ids: Vec<_> = (0..5)
        .map(|n| discord.add_message(CHANNEL, USER, &n.to_string()))
        .collect();
    let contents = |query: String| {
        let list = ask(
            &discord,
            &format!("GET channels/{CHANNEL}/messages?{query}"),
        )
        .json();
        let list = list.as_array().unwrap().iter();
        list.map(|message| message["content"].as_str().unwrap().to_owned())
            .collect::<String>()
    };
    assert_eq!(contents("limit=2".to_owned()), "43");
    assert_eq!(contents(format!("limit=2&after={}", ids[0])), "21");
    assert_eq!(contents(format!("limit=2&before={}", ids[3])), "21");
    assert_eq!(contents(format!("limit=3&around={}", ids[2])), "321");
    assert_eq!(contents("after=0".to_owned()), "43210");
    let wrong = ask(
        &discord,
        &format!("GET channels/{CHANNEL}/messages?limit=101"),
    );
    assert_eq!(code(&wrong), (400, 50035));
}

#[test]
fn who_may_not_read_the_history_sees_an_empty_list() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    let sent = say(&discord, CHANNEL, "a").json();
    discord.deny(CHANNEL, Permission::ReadMessageHistory);
    let list = ask(&discord, &format!("GET channels/{CHANNEL}/messages"));
    assert_eq!((list.status, list.json()), (200, json!([])));
    let reply = json!({"content": "b", "message_reference": {"message_id": sent["id"]}});
    assert_eq!(code(&post(&discord, CHANNEL, &reply)), (400, 160002));
}

#[test]
fn credentials_belong_into_one_header_after_bot() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    let bot = format!("Bot {DISCORD_BOT_TOKEN}");
    let ask = |headers: &[(&str, &str)]| {
        code(&request(discord.http_addr(), "GET /api/v10/users/@me", headers, b"").unwrap())
    };
    assert_eq!(ask(&[AGENT, ("authorization", &bot)]).0, 200);
    assert_eq!(ask(&[AGENT]), (401, 0));
    assert_eq!(
        ask(&[AGENT, ("authorization", DISCORD_BOT_TOKEN)]),
        (401, 0),
        "without Bot"
    );
    assert_eq!(
        ask(&[AGENT, ("authorization", &bot), ("authorization", &bot)]),
        (401, 0),
        "twice"
    );
    assert_eq!(
        ask(&[("authorization", &bot)]),
        (403, 40333),
        "no user agent"
    );
    assert_eq!(
        ask(&[("user-agent", "curl/8"), ("authorization", &bot)]),
        (403, 40333)
    );
    discord.revoke(DISCORD_BOT_TOKEN);
    assert_eq!(ask(&[AGENT, ("authorization", &bot)]), (401, 0));
    assert_eq!(discord.invalid_requests(), 6);
    assert!(!format!("{:?}", discord.attempts()).contains(DISCORD_BOT_TOKEN));
}

#[test]
fn a_place_that_takes_no_message_says_why() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    let at = |channel: &str| code(&say(&discord, channel, "a"));
    assert_eq!(at("general"), (400, 50035));
    discord.add_voice_channel("200000000000000009");
    assert_eq!(at("200000000000000009"), (400, 50008));
    for (channel, permission, expected) in [
        ("200000000000000011", Permission::ViewChannel, (403, 50001)),
        ("200000000000000012", Permission::SendMessages, (403, 50013)),
        ("200000000000000013", Permission::AttachFiles, (200, 0)),
    ] {
        discord.deny(channel, permission);
        assert_eq!(at(channel), expected, "{permission:?}");
    }
    discord.deny(CHANNEL, Permission::AttachFiles);
    assert_eq!(
        code(&upload(&discord, &film("n"), b"film")),
        (403, 50013),
        "but no file"
    );
    discord.refuse(CHANNEL, Some(200_000));
    assert_eq!(at(CHANNEL), (400, 200_000));
    discord.delete_channel(CHANNEL);
    assert_eq!(at(CHANNEL), (404, 10003));
    discord.add_channel("200000000000000021");
    assert_eq!(at("200000000000000021").0, 200);
    assert_eq!(
        at("200000000000000022"),
        (404, 10003),
        "only named ones are known now"
    );
}

#[test]
fn a_thread_is_a_channel_with_a_permission_of_its_own() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    discord.add_thread(THREAD, CHANNEL);
    discord.deny(THREAD, Permission::SendMessages);
    let sent = say(&discord, THREAD, "a").json();
    assert_eq!(sent["channel_id"], THREAD);
    discord.archive(THREAD, false);
    let edit = format!(
        "PATCH channels/{THREAD}/messages/{}",
        sent["id"].as_str().unwrap()
    );
    let words = json!({"content": "b"}).to_string();
    assert_eq!(
        code(&call(&discord, &edit, words.as_bytes(), JSON)),
        (400, 50083)
    );
    assert_eq!(say(&discord, THREAD, "c").status, 200, "a message wakes it");
    assert_eq!(call(&discord, &edit, words.as_bytes(), JSON).status, 200);
    discord.archive(THREAD, true);
    assert_eq!(code(&say(&discord, THREAD, "d")), (400, 160005));
    discord.archive(THREAD, false);
    discord.deny(THREAD, Permission::SendMessagesInThreads);
    assert_eq!(code(&say(&discord, THREAD, "e")), (403, 50013));
}

#[test]
fn a_direct_conversation_is_opened_once_and_may_be_closed_to_the_bot() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    let open = |user: &str| {
        call(
            &discord,
            "POST users/@me/channels",
            json!({ "recipient_id": user }).to_string().as_bytes(),
            JSON,
        )
    };
    let channel = open(USER).json();
    assert_eq!(
        (&channel["type"], &channel["recipients"][0]["id"]),
        (&json!(1), &json!(USER))
    );
    assert_eq!(open(USER).json()["id"], channel["id"]);
    let id = discord.direct_channel(USER).unwrap();
    assert_eq!(say(&discord, &id, "a").status, 200);
    discord.block(USER);
    assert_eq!(code(&say(&discord, &id, "b")), (403, 50007));
    discord.make_stranger(USER);
    assert_eq!(code(&say(&discord, &id, "c")), (403, 50278));
    discord.direct_messages_too_fast(true);
    assert_eq!(code(&open("300000000000000002")), (400, 40003));
    assert_eq!(code(&open("somebody")), (400, 50035));
    discord.add_user(USER);
    assert_eq!(code(&open("300000000000000003")), (404, 10013));
}

#[test]
fn what_is_too_long_or_malformed_is_refused() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    discord.set_message_rate(100, Duration::from_secs(1));
    let at = |body: &Value| code(&post(&discord, CHANNEL, body));
    assert_eq!(
        at(&json!({"content": "猫".repeat(MAX_CONTENT_CHARS)})).0,
        200
    );
    assert_eq!(
        at(&json!({"content": "猫".repeat(MAX_CONTENT_CHARS + 1)})),
        (400, 50035)
    );
    assert_eq!(at(&json!({"content": " "})), (400, 50006));
    assert_eq!(at(&keyed("a", &"n".repeat(26))), (400, 50035));
    assert_eq!(
        at(&json!({"content": "a", "attachments": [{"id": 0}]})),
        (400, 50035),
        "no such file"
    );
    assert_eq!(
        at(&json!({"content": "a", "allowed_mentions": {"parse": ["users"], "users": [USER]}})),
        (400, 50035)
    );
    let line = format!("POST channels/{CHANNEL}/messages");
    let answer = call(&discord, &line, b"{\"content\":", JSON);
    assert_eq!(code(&answer), (400, 50109));
    let plain = call(
        &discord,
        &line,
        b"{\"content\":\"a\"}",
        ("content-type", "text/plain"),
    );
    assert_eq!(code(&plain), (400, 50035));
}

#[test]
fn files_above_the_limit_of_the_channel_are_refused() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    let large = vec![7; MAX_FILE_BYTES as usize + 1];
    assert_eq!(code(&upload(&discord, &film("a"), &large)), (413, 40005));
    discord.oversize_is_50045(true);
    assert_eq!(code(&upload(&discord, &film("a"), &large)), (400, 50045));
    discord.set_max_file_bytes(CHANNEL, 50 << 20);
    assert_eq!(upload(&discord, &film("a"), &large).status, 200);
    discord.set_max_file_bytes(CHANNEL, MAX_FILE_BYTES);
    let beyond = vec![7; 26 << 20];
    assert_eq!(
        code(&upload(&discord, &film("b"), &beyond)),
        (413, 40005),
        "the edge"
    );
    assert_eq!(discord.messages().len(), 1);
}

#[test]
fn strictly_a_form_is_what_the_documents_show() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    let line = format!("POST channels/{CHANNEL}/messages");
    let bare = form_of(&json!({"content": "a"}), "; filename=\"a.mp4\"", b"film");
    assert_eq!(
        call(&discord, &line, &bare, FORM).status,
        200,
        "clients may send a bare part"
    );
    discord.strict(true);
    assert_eq!(code(&call(&discord, &line, &bare, FORM)), (400, 50035));
    let untyped = String::from_utf8(form_of(&film("a"), VIDEO, b"film")).unwrap();
    let untyped = untyped.replace("content-type: application/json\r\n", "");
    assert_eq!(
        code(&call(&discord, &line, untyped.as_bytes(), FORM)),
        (400, 50035)
    );
    assert_eq!(upload(&discord, &film("a"), b"film").status, 200);
}

#[test]
fn words_from_outside_call_nobody_when_the_message_says_so() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    discord.grant(CHANNEL, Permission::MentionEveryone);
    let content = format!("@everyone <@{USER}>");
    say(&discord, CHANNEL, &content);
    post(
        &discord,
        CHANNEL,
        &json!({"content": content, "allowed_mentions": {"parse": []}}),
    );
    let messages = discord.channel(CHANNEL).messages();
    assert_eq!(
        messages[0].called,
        ["@everyone".to_owned(), format!("<@{USER}>")]
    );
    assert!(messages[1].called.is_empty());
}

#[test]
fn a_reply_names_its_message_or_does_without() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    let question = discord.add_message(CHANNEL, USER, "a fox, please");
    let reply = |id: &str, fails: bool| {
        let reference = json!({"message_id": id, "fail_if_not_exists": fails});
        post(
            &discord,
            CHANNEL,
            &json!({"content": "here", "message_reference": reference, "allowed_mentions": {"parse": []}}),
        )
    };
    let sent = reply(&question, true).json();
    assert_eq!(sent["message_reference"]["message_id"], question);
    assert_eq!(code(&reply("200000000000000099", true)), (400, 50035));
    let sent = reply("200000000000000099", false);
    assert_eq!(
        (sent.status, sent.json().get("message_reference")),
        (200, None)
    );
    assert!(
        discord
            .messages()
            .iter()
            .all(|message| message.called.is_empty())
    );
}

#[test]
fn an_edit_keeps_the_files_it_names_and_adds_new_ones() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    let sent = upload(&discord, &film("n"), b"film").json();
    let line = format!(
        "PATCH channels/{CHANNEL}/messages/{}",
        sent["id"].as_str().unwrap()
    );
    let keeping = json!({"content": "both", "attachments": [{"id": sent["attachments"][0]["id"]}, {"id": 0, "filename": "b.mp4"}]});
    let both = call(&discord, &line, &form_of(&keeping, VIDEO, b"more"), FORM).json();
    assert_eq!(
        (
            both["attachments"].as_array().unwrap().len(),
            &both["content"]
        ),
        (2, &json!("both"))
    );
    let none = call(
        &discord,
        &line,
        json!({"attachments": []}).to_string().as_bytes(),
        JSON,
    )
    .json();
    assert_eq!(none["attachments"], json!([]));
    let question = discord.add_message(CHANNEL, USER, "a");
    let foreign = format!("PATCH channels/{CHANNEL}/messages/{question}");
    assert_eq!(
        code(&call(&discord, &foreign, b"{\"content\":\"b\"}", JSON)),
        (403, 50005)
    );
    let deleted = ask(&discord, &line.replace("PATCH", "DELETE"));
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    assert_eq!(
        code(&ask(&discord, &line.replace("PATCH", "GET"))),
        (404, 10008)
    );
}

#[test]
fn too_many_messages_are_told_when_to_come_again() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    discord.stop_clock();
    let statuses: Vec<_> = (0..5).map(|_| say(&discord, CHANNEL, "a")).collect();
    let left: Vec<_> = statuses
        .iter()
        .filter_map(|answer| answer.header("x-ratelimit-remaining"))
        .collect();
    assert_eq!(left, ["4", "3", "2", "1", "0"]);
    assert!(statuses[0].header("x-ratelimit-bucket") == statuses[4].header("x-ratelimit-bucket"));
    let sixth = say(&discord, CHANNEL, "a");
    assert_eq!(
        (
            sixth.status,
            sixth.header("retry-after"),
            sixth.header("x-ratelimit-scope")
        ),
        (429, Some("5"), Some("user"))
    );
    assert_eq!(
        (&sixth.json()["retry_after"], &sixth.json()["global"]),
        (&json!(5.0), &json!(false))
    );
    assert_eq!(
        say(&discord, "200000000000000031", "a").status,
        200,
        "another channel"
    );
    discord.set_clock_offset(Duration::from_secs(5));
    assert_eq!(say(&discord, CHANNEL, "a").status, 200);
}

#[test]
fn slow_mode_lets_one_message_pass() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    discord.stop_clock();
    discord.set_slow_mode(CHANNEL, Duration::from_secs(30));
    assert_eq!(say(&discord, CHANNEL, "a").status, 200);
    let soon = say(&discord, CHANNEL, "b");
    assert_eq!(
        (code(&soon), &soon.json()["retry_after"]),
        ((429, 20016), &json!(30.0))
    );
    discord.set_clock_offset(Duration::from_secs(30));
    assert_eq!(say(&discord, CHANNEL, "b").status, 200);
}

#[test]
fn each_bot_has_its_own_nonces() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    discord.add_bot(Bot::new("other", "100000000000000002"));
    post(&discord, CHANNEL, &keyed("a", "n1"));
    let line = format!("POST /api/v10/channels/{CHANNEL}/messages");
    let headers = [AGENT, JSON, ("authorization", "Bot other")];
    let other = request(
        discord.http_addr(),
        &line,
        &headers,
        keyed("b", "n1").to_string().as_bytes(),
    )
    .unwrap();
    assert_eq!(other.json()["content"], "b");
    assert_eq!(discord.messages().len(), 2);
}

#[tokio::test]
async fn waiting_ends_when_the_messages_stand_there() {
    let world = World::builder().start().unwrap();
    let discord = world.discord();
    let short = Duration::from_millis(10);
    let waited = discord.wait_for_messages(CHANNEL, 1, short).await;
    assert!(waited.unwrap_err().to_string().contains("0 of 1 messages"));
    say(&discord, CHANNEL, "a");
    assert_eq!(
        discord.wait_for_messages(CHANNEL, 1, short).await.unwrap()[0].content,
        "a"
    );
}
