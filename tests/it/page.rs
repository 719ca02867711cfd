//! `serve --ui`: who may see the page, what it is told, and that all it can change is to cancel a job. How it looks is the browser's
//! matter: `host-harness/dashboard/browser-check`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use fakes::Fake;
use serde_json::{Value, json};

use crate::env::{Serving, TIMEOUT, TestEnv};

/// A page beside a timer.
struct Shown {
    address: String,
    token: String,
    _serve: Serving,
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

impl Shown {
    fn by(env: &TestEnv) -> Self {
        let serve = env.serve_with(["serve", "--ui", "127.0.0.1:0"]);
        serve.wait_for_line("started: polling");
        let hint = serve.wait_for_hint("The page: ");
        let url = hint.split_once("http://").unwrap().1.trim().to_owned();
        let (address, token) = url.split_once('/').unwrap();
        Self {
            address: address.to_owned(),
            token: token.trim_end_matches('/').to_owned(),
            _serve: serve,
        }
    }

    fn open(&self, method: &str, target: &str, headers: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        let request = format!("{method} {target} HTTP/1.1\r\n{headers}connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    fn ask(&self, method: &str, target: &str, headers: &str) -> Answer {
        let mut bytes = Vec::new();
        self.open(method, target, headers)
            .read_to_end(&mut bytes)
            .unwrap();
        let split = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        let head = String::from_utf8(bytes[..split].to_vec()).unwrap();
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            body: bytes[split + 4..].to_vec(),
            head,
        }
    }

    fn host(&self) -> String {
        format!("host: {}\r\n", self.address)
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", &format!("/{}/{path}", self.token), &self.host())
    }
}

#[test]
fn whoever_has_the_address_sees_the_jobs_and_nobody_else_sees_anything() {
    let env = TestEnv::new();
    let page = Shown::by(&env);
    let shown = page.get("");
    assert_eq!(shown.status, 200);
    assert!(String::from_utf8_lossy(&shown.body).contains("<title>libtv-video</title>"));
    let token = &page.token;
    assert_eq!(token.len(), 32);
    for path in [
        "/".to_owned(),
        "/api/status".to_owned(),
        format!("/{}0/", &token[1..]),
        format!("/{token}"),
    ] {
        assert_eq!(page.ask("GET", &path, &page.host()).status, 404, "{path}");
    }
    let own = format!("/{token}/api/status");
    assert_eq!(
        page.ask("GET", &own, "host: rebound.example\r\n").status,
        421
    );
    let foreign = format!("{}origin: https://elsewhere.example\r\n", page.host());
    assert_eq!(page.ask("GET", &own, &foreign).status, 403);
    for method in ["POST", "PUT", "DELETE"] {
        assert_eq!(page.ask(method, &own, &page.host()).status, 405, "{method}");
    }
}

#[test]
fn the_page_loads_nothing_from_elsewhere_and_tells_its_address_to_nobody() {
    let env = TestEnv::new();
    let page = Shown::by(&env);
    for path in [
        "",
        "page.js",
        "page.css",
        "api/status",
        "api/egress",
        "nothing",
    ] {
        let answer = page.get(path);
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("http"),
            "{path}: {policy}"
        );
        assert_eq!(
            answer.header("referrer-policy"),
            Some("no-referrer"),
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{path}");
    }
}

#[test]
fn a_job_is_told_with_its_result_and_with_what_left_the_sandbox() {
    let env = TestEnv::new();
    let page = Shown::by(&env);
    let mut feed =
        BufReader::new(page.open("GET", &format!("/{}/api/events", page.token), &page.host()));
    let id = env.submit("a cat");
    env.wait_for_messages(crate::env::CHAT, 1);
    let mut line = String::new();
    while !line.contains("\"delivered\":1") {
        line.clear();
        assert!(feed.read_line(&mut line).unwrap() > 0, "the feed ended");
    }
    assert!(line.starts_with("data: {") && line.contains(&id), "{line}");

    let status = page.get("api/status").json();
    let session = &status["sessions"][0];
    assert_eq!(session["sessionId"], id.as_str());
    let result = session["turns"][0]["results"][0].as_str().unwrap();
    let stored = env.media().requests().len();
    let film = page.get(&format!(
        "media?url={}",
        result.replace(':', "%3A").replace('/', "%2F")
    ));
    assert_eq!(
        (film.status, film.header("content-type")),
        (200, Some("video/mp4"))
    );
    assert_eq!(
        film.body.len().to_string(),
        film.header("content-length").unwrap()
    );
    assert_eq!(env.media().requests().len(), stored + 1);

    let record = page.get(&format!("api/egress?session={id}")).json();
    assert!(
        !record.to_string().contains("open-result"),
        "shown for no session, it is recorded for none"
    );
    let calls = record["calls"].as_array().unwrap();
    assert!(
        !calls.is_empty() && calls.iter().all(|call| call["session"] == id.as_str()),
        "{record}"
    );
    let asked: Vec<String> = calls
        .iter()
        .flat_map(|call| call["egress"].as_array().unwrap())
        .map(|egress| {
            format!(
                "{}{}",
                egress["origin"].as_str().unwrap(),
                egress["path"].as_str().unwrap()
            )
        })
        .collect();
    assert!(
        asked.contains(&"https://open.feishu.cn/open-apis/im/v1/messages".to_owned()),
        "{asked:?}"
    );
}

/// The record's lines of results that the page showed for `session`, once there are `count` of them.
fn shown_for(page: &Shown, session: &str, count: usize) -> Vec<Value> {
    let deadline = std::time::Instant::now() + TIMEOUT;
    loop {
        let record = page.get(&format!("api/egress?session={session}")).json();
        let calls = record["calls"].as_array().unwrap().iter();
        let shown: Vec<Value> = calls
            .filter(|call| call["call"] == "open-result")
            .cloned()
            .collect();
        // A line is written a moment after the last byte.
        if shown.len() >= count {
            return shown;
        }
        assert!(std::time::Instant::now() < deadline, "{record}");
    }
}

#[test]
fn what_the_page_fetches_for_itself_is_recorded_as_the_harnesss_own() {
    let env = TestEnv::new();
    let page = Shown::by(&env);
    let id = env.submit("a cat");
    env.wait_for_messages(crate::env::CHAT, 1);
    let status = page.get("api/status").json();
    let result = status["sessions"][0]["turns"][0]["results"][0]
        .as_str()
        .unwrap();
    let film = page.get(&format!("media?url={result}&session={id}"));
    let shown = shown_for(&page, &id, 1);
    assert_eq!(shown[0]["outcome"], "ok");
    assert!(shown[0].get("component").is_none(), "none ran");
    let egress = &shown[0]["egress"][0];
    assert_eq!(
        (&egress["by"], &egress["method"], &egress["path"]),
        (
            &json!("harness"),
            &json!("GET"),
            &json!("/sd-gen-save-img/…")
        )
    );
    assert_eq!(egress["received_bytes"], film.body.len());
    assert_eq!(egress["answers"], json!({"200": 1}));
    assert!(!shown[0].to_string().contains(result), "a link is recorded");

    let elsewhere = "https://evil.example/claw/x.png";
    page.get(&format!("media?url={elsewhere}&session={id}"));
    let shown = shown_for(&page, &id, 2);
    assert_eq!(shown[1]["outcome"], "refused");
    assert_eq!(shown[1]["refused"][0]["reason"], "host");
    let told = env.run(["audit", "--session", &id]).ok();
    told.says("open-result").says("by the harness");
    env.run(["audit", "--verify"]).ok();
}

#[test]
fn through_the_page_nothing_but_results_can_be_fetched() {
    let env = TestEnv::new();
    let page = Shown::by(&env);
    for url in [
        "https://open.feishu.cn/open-apis/im/v1/messages",
        "https://seedance.nexu.io/api/v1/key/status",
        "https://libtv-res.liblib.art/other/x.mp4",
        "http://127.0.0.1:1/claw/x.png",
        "file:///etc/passwd",
        "https://libtv-res.liblib.art@evil.example/claw/x.png",
    ] {
        let answer = page.get(&format!("media?url={url}"));
        assert_eq!(answer.status, 502, "{url}: {}", answer.head);
    }
    assert!(env.gateway().requests().is_empty() && env.media().requests().is_empty());
    assert!(env.feishu().requests().is_empty());
}

#[test]
fn the_page_is_for_this_machine_alone() {
    let env = TestEnv::new();
    let out = env.run(["serve", "--ui", "0.0.0.0:0"]).exits(1);
    out.says("❌ The page can't be shown at 0.0.0.0:0")
        .says("127.0.0.1:PORT");
}

#[test]
fn connections_that_show_no_token_do_not_keep_the_user_away() {
    let env = TestEnv::new();
    let shown = Shown::by(&env);
    // More than there is place for; each has begun a request and stays.
    let held: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect(&shown.address).unwrap();
            // Whoever had to make place is told by a closed connection.
            let _ = stream.write_all(b"G");
            stream
        })
        .collect();
    let host = format!("host: {}\r\n", shown.address);
    let answer = shown.ask("GET", &format!("/{}/", shown.token), &host);
    assert_eq!(answer.status, 200);
    drop(held);
}

#[test]
fn a_job_whose_service_can_is_cancelled_from_the_page_and_by_no_other_page() {
    let env = TestEnv::builder().config(None).start();
    let key = ["setup", "--service", "ark", "--api-key", "-"];
    env.run_with_input(key, fakes::ARK_KEY).ok();
    env.ark().set_default_clip(fakes::Clip::queued());
    let id = env.submit("a cat");
    let page = Shown::by(&env);
    let shown = page.get("api/status").json();
    let job = &shown["sessions"][0];
    assert_eq!(
        (&job["service"], &job["cancellable"]),
        (&json!("ark"), &json!(true))
    );
    // What may still begin today stands beside the jobs.
    assert_eq!(shown["jobs"]["left"], 99);
    let path = format!("/{}/api/cancel?session={id}", page.token);
    let from = |origin: &str| {
        format!(
            "{}origin: http://{origin}\r\ncontent-length: 0\r\n",
            page.host()
        )
    };
    assert_eq!(page.ask("GET", &path, &page.host()).status, 405);
    assert_eq!(page.ask("POST", &path, &page.host()).status, 403);
    assert_eq!(
        page.ask("POST", &path, &from("elsewhere.example")).status,
        403
    );
    assert_eq!(env.ark().status(&id), Some("queued"));
    let said = page.ask("POST", &path, &from(&page.address)).json();
    assert_eq!(said, json!({"cancelled": true, "reason": null}));
    assert_eq!(env.ark().status(&id), Some("cancelled"));
    // A poll that asked before may store what it saw; the next one finds the job stopped.
    let begun = Instant::now();
    while page.get("api/status").json()["sessions"][0]["cancellable"] != json!(false) {
        assert!(begun.elapsed() < TIMEOUT, "it stays as one that goes on");
    }
    let again = page.ask("POST", &path, &from(&page.address)).json();
    assert_eq!(again["cancelled"], json!(false));
}
