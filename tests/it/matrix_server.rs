//! Results in Matrix at a real homeserver: `tests/matrix/run` starts one, and says in `LIBTV_MATRIX` what is there. Without one these
//! tests say so and check nothing; what they check is in matrix.rs against the fake as well.

mod lossy;

use std::io::{Read, Write};
use std::net::TcpStream;

use fakes::{Fake, Job, media};
use host_harness::Submit;
use lossy::Lossy;
use serde_json::{Value, json};

use crate::delivery::{job, only, recovered, url};
use crate::env::{Output, TestEnv, block_on};
use crate::progress::{MINUTE_MS, poll_for, with_clock};

/// What `tests/matrix/prepare.py` made.
struct Server {
    names: Value,
}

impl Server {
    fn of_this_run() -> Option<Self> {
        let Some(path) = std::env::var_os("LIBTV_MATRIX") else {
            eprintln!("skipped: LIBTV_MATRIX names no homeserver; tests/matrix/run starts one");
            return None;
        };
        let names = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        Some(Self { names })
    }

    fn text(&self, pointer: &str) -> &str {
        self.names.pointer(pointer).unwrap().as_str().unwrap()
    }

    /// An installation whose homeserver is at `address`, and whose service makes films of this name.
    fn env(&self, address: &str, film: &str, bytes: u64) -> TestEnv {
        let token = self.text("/token");
        let builder = TestEnv::builder().without_feishu();
        let builder = builder.var("MATRIX_HOMESERVER", address);
        let env = builder.var("MATRIX_ACCESS_TOKEN", token).start();
        env.plant_secret(token);
        env.media().put(film, media::mp4(5_000, bytes, false));
        env.gateway().set_default_job(job(&[film]));
        env
    }

    /// What the bot gets from here. The response is read to the end of its connection.
    fn get(&self, path: &str) -> Vec<u8> {
        let host = self.text("/address").trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).unwrap();
        let token = self.text("/token");
        write!(
            stream,
            "GET {path} HTTP/1.0\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
        .unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        let head = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        assert!(
            all.starts_with(b"HTTP/1.0 200") || all.starts_with(b"HTTP/1.1 200"),
            "{path}"
        );
        all.split_off(head + 4)
    }

    /// The bot's messages in a room whose words hold these.
    fn shown(&self, room: &str, words: &str) -> Vec<Value> {
        let path = format!("/_matrix/client/v3/rooms/{room}/messages?dir=b&limit=200");
        let said: Value = serde_json::from_slice(&self.get(&path)).unwrap();
        let mut events = said["chunk"].as_array().unwrap().clone();
        events.retain(|event| {
            let body = event["content"]["body"].as_str().unwrap_or_default();
            let is_message = event["type"] == "m.room.message";
            is_message && event["sender"] == self.text("/bot") && body.contains(words)
        });
        events
    }
}

fn submit(env: &TestEnv, chat: &str, more: &[&str]) -> Output {
    env.ask_with("a @room cat", "matrix", chat, more)
}

#[test]
fn a_film_stands_in_its_thread_and_its_bytes_are_there() {
    let Some(server) = Server::of_this_run() else {
        return;
    };
    let env = server.env(server.text("/address"), "/claw/p/threaded.mp4", 300_000);
    let (room, thread) = (server.text("/rooms/0"), server.text("/message"));
    let id = submit(&env, room, &["--thread", thread]).ok().session_id();
    env.watch(&id);
    let content = only(server.shown(room, "threaded.mp4"))["content"].take();
    let info =
        json!({"mimetype": "video/mp4", "size": 300_000, "w": 1280, "h": 720, "duration": 5_000});
    assert_eq!(
        (&content["msgtype"], &content["info"]),
        (&json!("m.video"), &info)
    );
    assert_eq!(content["m.mentions"], json!({}));
    assert_eq!(content["m.relates_to"]["event_id"], thread);
    let media = content["url"]
        .as_str()
        .unwrap()
        .strip_prefix("mxc://")
        .unwrap();
    let film = server.get(&format!("/_matrix/client/v1/media/download/{media}"));
    assert_eq!(film.len(), 300_000);
}

#[test]
fn pictures_arrive_once_each_in_a_room_whose_id_names_no_server() {
    let Some(server) = Server::of_this_run() else {
        return;
    };
    let env = server.env(server.text("/address"), "/claw/p/unused.mp4", 1_000);
    let paths: Vec<String> = (1..=9)
        .map(|n| format!("/claw/p/picture-{n}.png"))
        .collect();
    for path in &paths {
        env.media().put(path, media::png(64, 64));
    }
    let pictures = Job::new().works().images(&paths).says("done");
    env.gateway().set_default_job(pictures);
    let room = server.text("/rooms/1");
    assert!(!room.contains(':'), "{room}");
    let id = submit(&env, room, &[]).ok().session_id();
    env.watch(&id);
    for n in 1..=9 {
        only(server.shown(room, &format!("picture-{n}.png")));
    }
}

#[test]
fn a_line_that_tells_how_far_a_job_is_is_changed_in_its_place() {
    let Some(server) = Server::of_this_run() else {
        return;
    };
    let env = server.env(server.text("/address"), "/claw/p/unused.mp4", 1_000);
    env.gateway().set_default_job(Job::never());
    let (harness, clock) = with_clock(&env);
    let request = Submit::message("a slow cat").to("matrix", server.text("/rooms/0"));
    let id = block_on(harness.submit(request)).unwrap().session_id;
    poll_for(&harness, &clock, &id, 4 * MINUTE_MS);
    let (changes, lines): (Vec<_>, Vec<_>) = server
        .shown(server.text("/rooms/0"), "“a slow cat”")
        .into_iter()
        .partition(|event| event["content"]["m.relates_to"]["rel_type"] == "m.replace");
    let line = only(lines);
    assert_eq!(changes.len(), 3);
    // What the server itself takes for the newest words of the line.
    let newest = &line["unsigned"]["m.relations"]["m.replace"]["content"]["m.new_content"];
    let body = newest["body"].as_str().unwrap();
    assert!(body.ends_with(" · 4 min"), "{body}");
}

#[test]
fn a_harness_that_is_killed_before_it_heard_of_its_message_shows_it_once() {
    let Some(server) = Server::of_this_run() else {
        return;
    };
    let lossy = Lossy::before(server.text("/address"), "/send/m.room.message/");
    let env = server.env(&lossy.address(), "/claw/p/killed.mp4", 300_000);
    let room = server.text("/rooms/0");
    let id = submit(&env, room, &[]).ok().session_id();
    let serve = env.serve_unchecked();
    lossy.wait_until_held();
    let first = only(server.shown(room, "killed.mp4"));
    serve.kill();
    lossy.let_through();
    env.watch(&id);
    let second = only(server.shown(room, "killed.mp4"));
    assert_eq!(first["event_id"], second["event_id"]);
    assert!(second["unsigned"]["transaction_id"].is_string(), "{second}");
    let delivered = &recovered(&env, &id)["results"][0]["delivery"];
    assert_eq!(delivered, "delivered");
    assert_eq!(lossy.seen(), 2);
}

#[test]
fn an_encrypted_room_is_refused_before_anything_is_paid_for() {
    let Some(server) = Server::of_this_run() else {
        return;
    };
    let env = server.env(server.text("/address"), "/claw/p/encrypted.mp4", 1_000);
    submit(&env, server.text("/encrypted"), &[])
        .exits(1)
        .says("encrypted end to end")
        .says("Nothing was submitted");
    assert!(env.gateway().requests().is_empty());
    assert!(server.shown(server.text("/encrypted"), "").is_empty());
}

#[test]
fn a_room_that_the_bot_is_not_in_is_told() {
    let Some(server) = Server::of_this_run() else {
        return;
    };
    let env = server.env(server.text("/address"), "/claw/p/foreign.mp4", 1_000);
    let id = submit(&env, server.text("/foreign"), &[]).ok().session_id();
    let serve = env.serve();
    serve.wait_for_line("the bot isn't in the room");
    drop(serve);
    assert!(env.log(&id).contains("the bot isn't in the room"));
}

#[test]
fn a_film_that_is_too_large_for_it_goes_as_its_link_with_the_reason() {
    let Some(server) = Server::of_this_run() else {
        return;
    };
    let film = "/claw/p/too-large.mp4";
    let bytes = server.names["max_bytes"].as_u64().unwrap() + 1;
    let env = server.env(server.text("/address"), film, bytes);
    let room = server.text("/rooms/0");
    let id = submit(&env, room, &[]).ok().session_id();
    env.watch(&id);
    let content = only(server.shown(room, &url(film)))["content"].take();
    let body = content["body"].as_str().unwrap();
    assert!(body.contains("takes no file of this size"), "{body}");
}
