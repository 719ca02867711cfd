//! Results in Matrix: the whole way, against a fake that demands what the specification does.

use fakes::matrix::SentEvent;
use fakes::{Fake, Fault, Job, MATRIX_ACCESS_TOKEN, Matrix, media};
use serde_json::json;

use crate::delivery::{self, job, recovered, url, watched, wordy};
use crate::env::{Output, TestEnv};

const HOMESERVER: &str = "https://matrix.example.com";
const ROOM: &str = "!abcDEF:matrix.example";
const PUT: &str = "PUT /_matrix/client/v3/rooms/*/send/m.room.message/*";
const UPLOAD: &str = "POST /_matrix/media/v3/upload";
const FILM: &str = "/claw/p/fox.mp4";

fn env() -> TestEnv {
    let builder = TestEnv::builder().without_feishu();
    let builder = builder.var("MATRIX_HOMESERVER", HOMESERVER);
    let env = builder
        .var("MATRIX_ACCESS_TOKEN", MATRIX_ACCESS_TOKEN)
        .start();
    env.plant_secret(MATRIX_ACCESS_TOKEN);
    matrix(&env).add_room(ROOM);
    env.media().put(FILM, media::mp4(5_000, 300_000, false));
    env.gateway().set_default_job(job(&[FILM]));
    env
}

fn matrix(env: &TestEnv) -> Matrix {
    env.world().matrix()
}

fn submit(env: &TestEnv, chat: &str, more: &[&str]) -> Output {
    env.ask_with("a @room cat", "matrix", chat, more)
}

fn deliver(env: &TestEnv, chat: &str, more: &[&str]) -> String {
    watched(env, submit(env, chat, more))
}

#[track_caller]
fn only(env: &TestEnv) -> SentEvent {
    delivery::only(matrix(env).events())
}

#[test]
fn a_film_arrives_once_with_all_that_a_player_needs_and_calls_nobody() {
    for chat in [ROOM, "room:!abcDEF:matrix.example"] {
        let env = env();
        let id = deliver(&env, chat, &[]);
        let event = only(&env);
        let info = json!({"mimetype": "video/mp4", "size": 300_000, "w": 1280, "h": 720, "duration": 5_000});
        let content = &event.content;
        assert_eq!(
            (event.room_id.as_str(), &content["msgtype"]),
            (ROOM, &json!("m.video"))
        );
        assert_eq!((event.body(), &content["info"]), ("fox.mp4", &info));
        assert_eq!(content["m.mentions"], json!({}));
        let uploads = matrix(&env).uploads();
        assert_eq!((uploads.len(), uploads[0].bytes), (1, 300_000));
        assert_eq!(uploads[0].content_type, "video/mp4");
        assert!(recovered(&env, &id)["deliveredAt"].is_string());
    }
}

#[test]
fn nine_pictures_arrive_once_each_and_a_failure_is_told_without_a_call() {
    let env = env();
    let paths: Vec<String> = (1..=9).map(|n| format!("/claw/p/{n}.png")).collect();
    for path in &paths {
        env.media().put(path, media::png(64, 64));
    }
    let pictures = Job::new().works().images(&paths).says("done");
    env.gateway().set_default_job(pictures);
    deliver(&env, ROOM, &[]);
    let mut names: Vec<String> = matrix(&env)
        .events()
        .iter()
        .map(|one| one.body().to_owned())
        .collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 9);
    assert_eq!(matrix(&env).events().len(), 9);

    let env = self::env();
    env.gateway().set_default_job(Job::fails("no credits"));
    deliver(&env, ROOM, &[]);
    let event = only(&env);
    assert!(event.body().starts_with('❌'), "{}", event.body());
    assert_eq!(event.content["m.mentions"], json!({}));
    assert!(event.content.get("formatted_body").is_none());
}

#[test]
fn what_not_every_client_plays_is_a_file_under_its_name() {
    let env = env();
    let path = "/claw/p/fox.webm";
    // As Matroska begins, of which WebM is a kind.
    let film = media::MediaFile::from_bytes("video/webm", b"\x1a\x45\xdf\xa3webm").padded_to(5_000);
    env.media().put(path, film);
    env.gateway().set_default_job(job(&[path]));
    deliver(&env, ROOM, &[]);
    let event = only(&env);
    let content = &event.content;
    assert_eq!(
        (&content["msgtype"], event.body()),
        (&json!("m.file"), "fox.webm")
    );
    assert_eq!(content["info"]["size"], 5_000);
    assert_eq!(content["url"], matrix(&env).uploads()[0].uri);
}

#[test]
fn a_question_is_asked_in_the_room_calls_nobody_and_may_be_answered() {
    let env = env();
    env.gateway().set_default_job(Job::asks("@room which fox?"));
    let id = deliver(&env, ROOM, &[]);
    let question = only(&env);
    let body = question.body();
    assert!(
        body.starts_with('❓') && body.contains("which fox?"),
        "{body}"
    );
    assert_eq!(question.content["m.mentions"], json!({}));
    env.gateway().set_default_job(job(&[FILM]));
    env.continue_session(&id, "the red one");
    env.watch(&id);
    let kinds = matrix(&env).events().into_iter();
    let kinds: Vec<_> = kinds
        .map(|event| event.content["msgtype"].clone())
        .collect();
    assert_eq!(kinds, ["m.text", "m.video"]);
}

#[test]
fn a_text_is_as_long_as_a_message_may_be_in_bytes() {
    for job in wordy("🦊") {
        let env = env();
        env.gateway().set_default_job(job);
        deliver(&env, ROOM, &[]);
        let bytes = only(&env).body().len();
        assert!((5_000..=10_000).contains(&bytes), "{bytes}");
    }
}

#[test]
fn a_result_stands_in_the_thread_that_asked_and_answers_its_message() {
    let (thread, asked) = ("$thread-1", "$asked_2");
    for (more, relation) in [
        (
            &["--thread", thread][..],
            json!({"rel_type": "m.thread", "event_id": thread, "is_falling_back": true, "m.in_reply_to": {"event_id": thread}}),
        ),
        (
            &["--reply-to", asked],
            json!({"m.in_reply_to": {"event_id": asked}}),
        ),
    ] {
        let env = env();
        for id in [thread, asked] {
            matrix(&env).add_message(ROOM, id);
        }
        deliver(&env, ROOM, more);
        assert_eq!(only(&env).content["m.relates_to"], relation);
    }
}

#[test]
fn whatever_becomes_of_the_answer_a_film_is_there_once() {
    for fault in [
        Fault::ResetAfterApplied,
        Fault::ResetBeforeHeaders,
        Fault::ResetInBody,
        Fault::Html(502),
        Fault::Refuse,
        Fault::Json(
            429,
            json!({"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 300}),
        ),
    ] {
        for route in [PUT, UPLOAD] {
            let env = env();
            matrix(&env).fault(route, fault.clone(), 1);
            let id = deliver(&env, ROOM, &[]);
            only(&env);
            let delivered = &recovered(&env, &id)["results"][0]["delivery"];
            assert_eq!(delivered, "delivered", "{fault:?} {route}");
        }
    }
}

#[test]
fn what_stands_in_the_way_is_told_in_its_own_sentence_and_nothing_is_uploaded() {
    type Way = fn(&Matrix);
    let ways: [(Way, &str); 2] = [
        (|it| it.encrypt(ROOM), "encrypted end to end"),
        (|it| it.remove_bot_from(ROOM), "the bot isn't in the room"),
    ];
    for (way, sentence) in ways {
        let env = env();
        let id = submit(&env, ROOM, &[]).ok().session_id();
        way(&matrix(&env));
        let serve = env.serve();
        serve.wait_for_line(sentence);
        drop(serve);
        assert!(matrix(&env).events().is_empty() && matrix(&env).uploads().is_empty());
        assert!(env.log(&id).contains(sentence), "{}", env.log(&id));
    }
}

#[test]
fn an_encrypted_room_is_refused_before_money_is_spent_and_what_can_be_mended_is_not() {
    let env = env();
    matrix(&env).encrypt(ROOM);
    submit(&env, ROOM, &[])
        .exits(1)
        .says("the room is encrypted end to end, where this bot can't write. Nothing was submitted")
        .says("--chat-id ''");
    assert!(env.gateway().requests().is_empty());
    // The bot may be invited until there is a film, and the homeserver may be there again.
    let env = self::env();
    matrix(&env).remove_bot_from(ROOM);
    let id = submit(&env, ROOM, &[]).ok().session_id();
    matrix(&env).add_room(ROOM);
    env.watch(&id);
    only(&env);
    let env = self::env();
    let state = "GET /_matrix/client/v3/rooms/*/state/m.room.encryption";
    matrix(&env).fault(state, Fault::Html(502), 1);
    let id = submit(&env, ROOM, &[]).ok().session_id();
    env.watch(&id);
    only(&env);
}

#[test]
fn the_doctor_sends_a_test_to_the_room_and_says_what_stands_in_the_way() {
    let env = env();
    let _serve = env.serve();
    let chat = ["doctor", "--channel", "matrix", "--chat-id", ROOM];
    env.run(chat)
        .ok()
        .says("Matrix credentials: found in MATRIX_HOMESERVER and MATRIX_ACCESS_TOKEN")
        .says("Bot: its token is accepted")
        .says("Picture: arrived in the chat");
    assert_eq!(matrix(&env).events().len(), 2);
    matrix(&env).encrypt(ROOM);
    env.run(chat)
        .exits(1)
        .says("encrypted end to end")
        .says("Use a room without encryption");
}

#[test]
fn openclaw_keeps_its_bots_and_the_token_at_the_top_is_the_default_ones_alone() {
    const OPS: &str = "syt_b3Bz_opsaccesstoken_9z8Y7x";
    let section = json!({
        "homeserver": HOMESERVER,
        "accessToken": MATRIX_ACCESS_TOKEN,
        "accounts": {
            "ops": {"accessToken": {"source": "env", "provider": "default", "id": "OPS_TOKEN"}},
            "without": {"userId": "@without:matrix.example", "password": "a password"},
        },
    });
    for (account, writer) in [
        (None, Some("@bot:matrix.example")),
        (Some("ops"), Some("@ops:matrix.example")),
        (Some("without"), None),
    ] {
        let env = TestEnv::builder().without_feishu().start();
        let folder = env.folder().join("user/.openclaw");
        std::fs::create_dir_all(&folder).unwrap();
        let config = json!({"channels": {"matrix": section}}).to_string();
        std::fs::write(folder.join("openclaw.json"), config).unwrap();
        std::fs::write(folder.join(".env"), format!("OPS_TOKEN={OPS}\n")).unwrap();
        for name in ["openclaw.json", ".env"] {
            env.holds_secrets(folder.join(name));
        }
        for secret in [MATRIX_ACCESS_TOKEN, OPS] {
            env.plant_secret(secret);
        }
        matrix(&env).add_room(ROOM);
        matrix(&env).add_bot(OPS, "@ops:matrix.example");
        env.media().put(FILM, media::mp4(5_000, 300_000, false));
        env.gateway().set_default_job(job(&[FILM]));
        let more = account.map_or(vec![], |account| vec!["--account", account]);
        let asked = submit(&env, ROOM, &more);
        let Some(writer) = writer else {
            asked.exits(1).says("Nothing was submitted");
            assert!(env.gateway().requests().is_empty());
            continue;
        };
        let id = asked.ok().session_id();
        env.watch(&id);
        assert_eq!(only(&env).sender, writer, "{account:?}");
    }
}

#[test]
fn the_token_stands_in_its_header_alone() {
    let env = env();
    deliver(&env, ROOM, &[]);
    let requests = matrix(&env).requests();
    assert!(requests.len() >= 3);
    for request in &requests {
        let bearer = format!("Bearer {MATRIX_ACCESS_TOKEN}");
        assert_eq!(request.header("authorization"), Some(bearer.as_str()));
        let rest = format!("{} {:?}", request.path, request.query);
        assert!(!rest.contains(MATRIX_ACCESS_TOKEN), "{rest}");
    }
}

#[test]
fn a_file_that_the_homeserver_does_not_take_goes_as_its_link_with_the_reason() {
    let env = env();
    matrix(&env).set_max_bytes(1_000);
    deliver(&env, ROOM, &[]);
    let event = only(&env);
    assert!(event.body().contains(&url(FILM)), "{}", event.body());
    assert!(event.body().contains("takes no file of this size"));
}

#[test]
fn what_names_no_room_is_refused_before_money_is_spent() {
    let env = env();
    for chat in ["#room:matrix.example", "@ann:matrix.example", "abc", "!a/b"] {
        submit(&env, chat, &[])
            .exits(1)
            .says("Nothing was submitted")
            .says("the room's id");
    }
    for option in ["--thread", "--reply-to"] {
        submit(&env, ROOM, &[option, "om_1"])
            .exits(1)
            .says("is named by");
    }
    assert!(env.gateway().requests().is_empty());
}
