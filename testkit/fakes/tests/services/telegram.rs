//! Telegram's bot API, asked as a careful client would, and as a careless one.

use crate::client::{Answer, FORM, send as request};
use fakes::telegram::{
    Bot, Kind, MAX_CAPTION_UNITS, MAX_FILE_BYTES, MAX_PHOTO_BYTES, MAX_TEXT_UNITS,
};
use fakes::{Fake, Fault, TELEGRAM_BOT_TOKEN, Telegram, World, media};
use serde_json::{Value, json};
use std::time::Duration;

const PERSON: i64 = 4_200_001;
const GROUP: i64 = -500_001;
const SUPERGROUP: i64 = -1_001_234_567_890;
const JSON: (&str, &str) = ("content-type", "application/json");

fn path(method: &str) -> String {
    format!("POST /bot{TELEGRAM_BOT_TOKEN}/{method}")
}

fn ask(telegram: &Telegram, method: &str, body: &Value) -> Value {
    let answer = request(
        telegram.http_addr(),
        &path(method),
        &[JSON],
        body.to_string().as_bytes(),
    )
    .unwrap();
    let json = answer.json();
    if json["ok"] == false {
        assert_eq!(json["error_code"], answer.status, "the number stands twice");
    }
    json
}

fn say(telegram: &Telegram, chat: i64, text: &str) -> Value {
    ask(
        telegram,
        "sendMessage",
        &json!({"chat_id": chat, "text": text}),
    )
}

/// A form with files, each with its part's name and file name.
fn form(files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file_name, content) in files {
        let head = format!(
            "--XX\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\ncontent-type: video/mp4\r\n\r\n"
        );
        body.extend([head.as_bytes(), content, b"\r\n"].concat());
    }
    body.extend(b"--XX--\r\n");
    body
}

fn upload(telegram: &Telegram, method_and_query: &str, files: &[(&str, &str, &[u8])]) -> Answer {
    request(
        telegram.http_addr(),
        &path(method_and_query),
        &[FORM],
        &form(files),
    )
    .unwrap()
}

const FACTS: &str = "duration=5&width=1280&height=720&supports_streaming=true";

fn film(telegram: &Telegram, chat: i64, content: &[u8]) -> Value {
    let query = format!("sendVideo?chat_id={chat}&{FACTS}&caption=a%20fox");
    upload(telegram, &query, &[("video", "libtv-1a2b.mp4", content)]).json()
}

/// A film in whose beginning stands that it has a sound track.
fn with_sound() -> Vec<u8> {
    [media::mp4(5_000, 4_000, false).to_bytes(), b"soun".to_vec()].concat()
}

#[test]
fn a_film_is_sent_by_one_request_with_its_recipient_in_the_query() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    telegram.strict(true);
    let content = with_sound();
    let answer = film(&telegram, PERSON, &content);
    let video = &answer["result"]["video"];
    assert_eq!(
        (&video["width"], &video["duration"], &video["file_size"]),
        (&json!(1280), &json!(5), &json!(content.len()))
    );
    assert_eq!(
        answer["result"]["chat"],
        json!({"id": PERSON, "type": "private", "first_name": "Somebody"})
    );
    let message = telegram.chat(PERSON).messages().remove(0);
    let file = message.file.unwrap();
    assert_eq!(
        (message.kind, message.text.as_str()),
        (Kind::Video, "a fox")
    );
    assert_eq!(
        (file.duration_s, file.width_px, file.supports_streaming),
        (Some(5), Some(1280), true)
    );
}

#[test]
fn what_is_sent_again_stands_there_twice() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    let route = format!("/bot{TELEGRAM_BOT_TOKEN}/sendVideo");
    telegram.fault(route.as_str(), Fault::ResetAfterApplied, 1);
    let query = format!("sendVideo?chat_id={PERSON}&{FACTS}");
    let body = form(&[("video", "a.mp4", b"film")]);
    assert!(request(telegram.http_addr(), &path(&query), &[FORM], &body).is_err());
    assert_eq!(film(&telegram, PERSON, b"film")["ok"], true);
    assert_eq!(telegram.chat(PERSON).messages().len(), 2, "there is no key");
}

#[test]
fn a_placeholder_becomes_the_film_however_often_it_is_tried() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    let id = say(&telegram, PERSON, "in the making")["result"]["message_id"].clone();
    let media = r#"{"type":"video","media":"attach://v","caption":"a fox","width":1280,"height":720,"duration":5}"#;
    let encoded: String = media.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let edit = || {
        let query = format!("editMessageMedia?chat_id={PERSON}&message_id={id}&media={encoded}");
        upload(&telegram, &query, &[("v", "a.mp4", &with_sound())]).json()
    };
    assert_eq!(edit()["result"]["video"]["duration"], 5);
    let again = edit();
    assert_eq!(again["error_code"], 400);
    assert!(
        again["description"]
            .as_str()
            .unwrap()
            .starts_with("Bad Request: message is not modified")
    );
    telegram.every_upload_is_new(true);
    assert_eq!(edit()["ok"], true, "or it is done again");
    let messages = telegram.chat(PERSON).messages();
    assert_eq!(
        (messages.len(), messages[0].kind, messages[0].edits),
        (1, Kind::Video, 2)
    );
}

#[test]
fn a_film_without_sound_comes_back_as_an_animation() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    let silent = media::mp4(5_000, 20_000, false).to_bytes();
    let result = film(&telegram, PERSON, &silent)["result"].clone();
    assert!(result.get("video").is_none());
    assert_eq!(result["animation"]["duration"], 5);
    let unknown = media::mp4(5_000, 200_000, true).to_bytes();
    assert!(
        film(&telegram, PERSON, &unknown)["result"]
            .get("video")
            .is_some(),
        "nobody looks to the end"
    );
    let group = r#"[{"type":"video","media":"attach://a"},{"type":"video","media":"attach://b"}]"#;
    let encoded: String = group.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let query = format!("sendMediaGroup?chat_id={PERSON}&media={encoded}");
    let together = |content: &[u8]| {
        upload(
            &telegram,
            &query,
            &[("a", "a.mp4", content), ("b", "b.mp4", content)],
        )
        .json()
    };
    assert_eq!(together(&silent)["error_code"], 400);
    let sent = together(&with_sound());
    assert_eq!(
        sent["result"][0]["media_group_id"],
        sent["result"][1]["media_group_id"]
    );
    assert_eq!(telegram.chat(PERSON).messages().len(), 4);
}

#[test]
fn the_token_is_a_part_of_the_path() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    let ask = |line: &str, headers: &[(&str, &str)]| {
        request(telegram.http_addr(), line, headers, b"").unwrap()
    };
    assert_eq!(
        ask(&format!("GET /bot{TELEGRAM_BOT_TOKEN}/getMe"), &[]).json()["result"]["is_bot"],
        true
    );
    let wrong = ask(
        "GET /bot110201543:AAwrong/getMe",
        &[("authorization", TELEGRAM_BOT_TOKEN)],
    );
    assert_eq!(
        wrong.json(),
        json!({"ok": false, "error_code": 401, "description": "Unauthorized"})
    );
    assert_eq!(ask("GET /getMe", &[]).status, 404);
    assert_eq!(
        ask(&format!("GET /{TELEGRAM_BOT_TOKEN}/getMe"), &[]).status,
        404
    );
    assert_eq!(
        ask(&format!("GET /bot{TELEGRAM_BOT_TOKEN}/sendNothing"), &[]).status,
        404
    );
    telegram.add_bot(Bot::new("42:other"));
    assert_eq!(
        ask("GET /bot42:other/getMe", &[]).json()["result"]["id"],
        42
    );
    telegram.revoke(TELEGRAM_BOT_TOKEN);
    assert_eq!(
        ask(&format!("GET /bot{TELEGRAM_BOT_TOKEN}/getMe"), &[]).status,
        401
    );
}

#[test]
fn of_two_recipients_the_one_in_the_query_counts_and_strictly_there_is_one() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    let send = || {
        let line = format!("sendMessage?chat_id={PERSON}&text=a");
        let body = json!({"chat_id": GROUP}).to_string();
        request(telegram.http_addr(), &path(&line), &[JSON], body.as_bytes())
            .unwrap()
            .json()
    };
    assert_eq!(send()["result"]["chat"]["id"], PERSON);
    telegram.strict(true);
    assert_eq!(send()["error_code"], 400);
    let bare = upload(
        &telegram,
        &format!("sendVideo?chat_id={PERSON}"),
        &[("video", "a.mp4", b"film")],
    );
    assert_eq!(bare.status, 400, "a video without its facts");
}

#[test]
fn a_group_that_became_another_chat_says_which() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    telegram.migrate(GROUP, SUPERGROUP);
    let refused = say(&telegram, GROUP, "a");
    assert_eq!(
        refused["description"],
        "Bad Request: group chat was upgraded to a supergroup chat"
    );
    assert_eq!(refused["parameters"]["migrate_to_chat_id"], SUPERGROUP);
    assert_eq!(
        say(&telegram, SUPERGROUP, "a")["result"]["chat"]["type"],
        "supergroup"
    );
    assert!(telegram.chat(GROUP).messages().is_empty());
}

#[test]
fn topics_are_known_by_their_number() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    let into = |topic: i64| {
        ask(
            &telegram,
            "sendMessage",
            &json!({"chat_id": SUPERGROUP, "text": "a", "message_thread_id": topic}),
        )
    };
    assert_eq!(
        into(7)["description"],
        "Bad Request: message thread not found"
    );
    telegram.add_topic(SUPERGROUP, 7, false);
    telegram.add_topic(SUPERGROUP, 8, true);
    assert_eq!(into(7)["result"]["message_thread_id"], 7);
    assert_eq!(into(8)["description"], "Bad Request: TOPIC_CLOSED");
    assert_eq!(telegram.messages()[0].topic, Some(7));
    let chat = ask(&telegram, "getChat", &json!({"chat_id": SUPERGROUP}));
    assert_eq!(chat["result"]["is_forum"], true);
}

#[test]
fn a_chat_that_takes_nothing_says_why() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    let at = |chat: i64| {
        let answer = say(&telegram, chat, "a");
        (
            answer["error_code"].as_u64().unwrap_or(0),
            answer["description"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    };
    telegram.block(PERSON);
    assert_eq!(
        at(PERSON),
        (403, "Forbidden: bot was blocked by the user".to_owned())
    );
    telegram.kick(SUPERGROUP);
    assert_eq!(
        at(SUPERGROUP),
        (
            403,
            "Forbidden: bot was kicked from the supergroup chat".to_owned()
        )
    );
    telegram.deny(GROUP, Kind::Video);
    assert_eq!(at(GROUP).0, 0);
    let denied = film(&telegram, GROUP, &with_sound());
    assert_eq!(
        denied["description"],
        "Bad Request: not enough rights to send videos to the chat"
    );
    telegram.add_chat(GROUP);
    assert_eq!(at(77), (400, "Bad Request: chat not found".to_owned()));
    let named = ask(
        &telegram,
        "sendMessage",
        &json!({"chat_id": "@somebody", "text": "a"}),
    );
    assert_eq!(named["description"], "Bad Request: chat not found");
    assert_eq!(telegram.chat(77).attempts()[0].code, 400);
}

#[test]
fn what_is_too_large_is_refused_at_the_edge_or_behind_it() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    let large = vec![7; MAX_FILE_BYTES as usize + (2 << 20)];
    let query = format!("sendDocument?chat_id={PERSON}");
    let edge = upload(&telegram, &query, &[("document", "a.mp4", &large)]);
    assert_eq!(
        (edge.status, edge.header("content-type")),
        (413, Some("text/html"))
    );
    telegram.oversize_is_json(true);
    assert_eq!(
        upload(&telegram, &query, &[("document", "a.mp4", &large)]).json()["error_code"],
        413
    );
    let within = &large[..MAX_FILE_BYTES as usize];
    assert_eq!(
        upload(&telegram, &query, &[("document", "a.mp4", within)]).status,
        200
    );
    let photo = |bytes: Vec<u8>| {
        upload(
            &telegram,
            &format!("sendPhoto?chat_id={PERSON}"),
            &[("photo", "a.png", &bytes)],
        )
        .json()
    };
    assert_eq!(
        photo(media::png(8, 8).to_bytes())["result"]["photo"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let heavy = media::png(8, 8).padded_to(MAX_PHOTO_BYTES + 1).to_bytes();
    assert_eq!(photo(heavy)["description"], "Bad Request: file is too big");
    for (width, height) in [(9_000, 1_001), (2_100, 100)] {
        assert_eq!(
            photo(media::png(width, height).to_bytes())["description"],
            "Bad Request: PHOTO_INVALID_DIMENSIONS"
        );
    }
    assert_eq!(
        photo(b"text".to_vec())["description"],
        "Bad Request: IMAGE_PROCESS_FAILED"
    );
}

#[test]
fn a_file_that_was_sent_can_be_sent_again_by_its_id() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    let first = film(&telegram, PERSON, &with_sound());
    let id = &first["result"]["video"]["file_id"];
    let again = ask(
        &telegram,
        "sendVideo",
        &json!({"chat_id": GROUP, "video": id}),
    );
    assert_eq!(&again["result"]["video"]["file_id"], id);
    let wrong = ask(
        &telegram,
        "sendVideo",
        &json!({"chat_id": GROUP, "video": "none"}),
    );
    assert_eq!(
        wrong["description"],
        "Bad Request: wrong file identifier/HTTP URL specified"
    );
    assert_eq!(
        ask(&telegram, "sendVideo", &json!({"chat_id": GROUP}))["error_code"],
        400
    );
}

#[test]
fn a_thumbnail_that_is_no_small_jpeg_is_left_out() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    let query = format!("sendVideo?chat_id={PERSON}&{FACTS}");
    for (thumbnail, taken) in [
        (media::jpeg(320, 180), true),
        (media::jpeg(640, 360), false),
        (media::png(8, 8), false),
    ] {
        let thumbnail = thumbnail.to_bytes();
        upload(
            &telegram,
            &query,
            &[
                ("video", "a.mp4", &with_sound()),
                ("thumbnail", "a.jpg", &thumbnail),
            ],
        );
        let file = telegram.messages().pop().unwrap().file.unwrap();
        assert_eq!(
            file.thumbnail_bytes,
            taken.then_some(thumbnail.len() as u64)
        );
    }
}

#[test]
fn texts_have_a_length_and_call_people_without_markup() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    let error = |body: &Value| ask(&telegram, "sendMessage", body)["description"].clone();
    assert_eq!(
        error(&json!({"chat_id": PERSON, "text": "x".repeat(MAX_TEXT_UNITS)})),
        Value::Null
    );
    assert_eq!(
        error(&json!({"chat_id": PERSON, "text": "🦊".repeat(MAX_TEXT_UNITS / 2 + 1)})),
        "Bad Request: message is too long"
    );
    assert_eq!(
        error(&json!({"chat_id": PERSON, "text": " "})),
        "Bad Request: message text is empty"
    );
    let query = format!(
        "sendVideo?chat_id={PERSON}&caption={}",
        "x".repeat(MAX_CAPTION_UNITS + 1)
    );
    let long = upload(&telegram, &query, &[("video", "a.mp4", b"film")]).json();
    assert_eq!(
        long["description"],
        "Bad Request: message caption is too long"
    );
    say(&telegram, GROUP, "@somebody, me@example.org");
    let message = telegram.chat(GROUP).messages().remove(0);
    assert_eq!(
        (message.called, message.parse_mode),
        (vec!["@somebody".to_owned()], None)
    );
}

#[test]
fn own_messages_can_be_changed_and_taken_away() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    let id = say(&telegram, PERSON, "a")["result"]["message_id"].clone();
    let edit = |id: &Value, text: &str| {
        ask(
            &telegram,
            "editMessageText",
            &json!({"chat_id": PERSON, "message_id": id, "text": text}),
        )
    };
    assert_eq!(edit(&id, "b")["result"]["text"], "b");
    assert!(
        edit(&id, "b")["description"]
            .as_str()
            .unwrap()
            .contains("not modified")
    );
    assert_eq!(
        edit(&json!(99), "c")["description"],
        "Bad Request: message to edit not found"
    );
    let foreign = telegram.add_message(PERSON, "mine");
    assert_eq!(
        edit(&json!(foreign), "c")["description"],
        "Bad Request: message can't be edited"
    );
    let delete = || {
        ask(
            &telegram,
            "deleteMessage",
            &json!({"chat_id": PERSON, "message_id": id}),
        )
    };
    assert_eq!(delete()["result"], true);
    assert_eq!(
        delete()["description"],
        "Bad Request: message to delete not found"
    );
    assert!(telegram.chat(PERSON).messages().is_empty());
}

#[test]
fn a_reply_names_its_message_or_does_without() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    let question = telegram.add_message(PERSON, "a fox, please");
    let reply = |id: i64, anyway: bool| {
        let parameters = json!({"message_id": id, "allow_sending_without_reply": anyway});
        ask(
            &telegram,
            "sendMessage",
            &json!({"chat_id": PERSON, "text": "here", "reply_parameters": parameters}),
        )
    };
    assert_eq!(reply(question, false)["ok"], true);
    assert_eq!(
        reply(99, false)["description"],
        "Bad Request: message to be replied not found"
    );
    assert_eq!(reply(99, true)["ok"], true);
    let replies: Vec<_> = telegram
        .messages()
        .into_iter()
        .map(|message| message.reply_to)
        .collect();
    assert_eq!(replies, [Some(question), None]);
}

#[test]
fn too_many_messages_are_told_when_to_come_again() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    telegram.stop_clock();
    (0..5).for_each(|_| drop(say(&telegram, PERSON, "a")));
    let body = json!({"chat_id": PERSON, "text": "a"}).to_string();
    let sixth = request(
        telegram.http_addr(),
        &path("sendMessage"),
        &[JSON],
        body.as_bytes(),
    )
    .unwrap();
    assert_eq!(
        (sixth.status, sixth.header("retry-after")),
        (429, Some("5"))
    );
    assert_eq!(sixth.json()["parameters"]["retry_after"], 5);
    assert_eq!(
        sixth.json()["description"],
        "Too Many Requests: retry after 5"
    );
    telegram.set_chat_rate(100, Duration::from_secs(1));
    (0..20).for_each(|_| drop(say(&telegram, GROUP, "a")));
    assert_eq!(
        say(&telegram, GROUP, "a")["parameters"]["retry_after"],
        60,
        "twenty a minute"
    );
    telegram.set_clock_offset(Duration::from_secs(60));
    assert_eq!(say(&telegram, GROUP, "a")["ok"], true);
}

#[tokio::test]
async fn waiting_ends_when_the_messages_stand_there() {
    let world = World::builder().start().unwrap();
    let telegram = world.telegram();
    let short = Duration::from_millis(10);
    assert!(telegram.wait_for_messages(PERSON, 1, short).await.is_err());
    say(&telegram, PERSON, "a");
    assert_eq!(
        telegram.wait_for_messages(PERSON, 1, short).await.unwrap()[0].text,
        "a"
    );
}
