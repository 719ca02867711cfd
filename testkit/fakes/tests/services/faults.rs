//! Every fault, seen from the client's side.

use crate::client::{Answer, send};
use fakes::{ALWAYS, Body, Fake, Fault, GATEWAY_KEY, LibTv, Route, World};
use std::io;
use std::time::{Duration, Instant};

fn submit(gateway: &LibTv) -> io::Result<Answer> {
    let key = ("x-api-key", GATEWAY_KEY);
    send(
        gateway.http_addr(),
        "POST /libtv/v1/session",
        &[key],
        br#"{"message":"a cat"}"#,
    )
}

#[test]
fn a_reset_before_the_headers_changes_nothing() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    gateway.fault("POST /libtv/v1/session", Fault::ResetBeforeHeaders, 1);
    assert_eq!(
        submit(&gateway).err().map(|error| error.kind()),
        Some(io::ErrorKind::ConnectionReset)
    );
    assert_eq!(gateway.submits(), []);
    assert_eq!(submit(&gateway).unwrap().status, 200);
    let requests = gateway.requests();
    assert_eq!(
        (requests[0].fault.as_deref(), requests[0].status),
        (Some("ResetBeforeHeaders"), None)
    );
    assert_eq!(
        (requests[1].fault.as_deref(), requests[1].status),
        (None, Some(200))
    );
}

#[test]
fn a_reset_after_it_was_applied_leaves_the_submit_charged() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    gateway.fault("POST /libtv/v1/session", Fault::ResetAfterApplied, 1);
    assert!(submit(&gateway).is_err());
    assert_eq!(gateway.submits().len(), 1);
    assert_eq!(gateway.submits()[0].text, "a cat");
}

#[test]
fn a_body_cut_off_is_shorter_than_announced() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    gateway.fault("*", Fault::TruncatedBody, 1);
    let answer = submit(&gateway).unwrap();
    assert_eq!((answer.status, answer.is_whole()), (200, false));
    assert!(!answer.body.is_empty());
    assert!(submit(&gateway).unwrap().is_whole());
}

#[test]
fn a_reset_in_the_body_is_no_orderly_end() {
    let world = World::builder().start().unwrap();
    let media = world.media();
    media.put("/claw/a.mp4", fakes::media::mp4(1000, 4_000_000, true));
    media.fault("/claw/**", Fault::ResetInBody, 1);
    assert!(send(media.http_addr(), "GET /claw/a.mp4", &[], b"").is_err());
    assert!(
        send(media.http_addr(), "GET /claw/a.mp4", &[], b"")
            .unwrap()
            .is_whole()
    );
}

#[test]
fn refusing_any_route_hangs_up_before_reading() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    gateway.fault(Route::any(), Fault::Refuse, 2);
    assert!(submit(&gateway).is_err());
    assert!(submit(&gateway).is_err());
    assert_eq!(submit(&gateway).unwrap().status, 200);
    assert_eq!(
        (gateway.refused_connections(), gateway.requests().len()),
        (2, 1)
    );
}

#[test]
fn refusing_one_route_leaves_the_others() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    gateway.fault("POST /libtv/v1/session", Fault::Refuse, ALWAYS);
    assert!(submit(&gateway).is_err());
    let status = send(
        gateway.http_addr(),
        "GET /api/v1/key/status",
        &[("x-api-key", GATEWAY_KEY)],
        b"",
    );
    assert_eq!(status.unwrap().status, 200);
    assert!(matches!(gateway.requests()[0].body, Body::None));
    gateway.clear_faults();
    assert_eq!(submit(&gateway).unwrap().status, 200);
}

#[test]
fn canned_answers_come_as_scripted_and_change_nothing() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    let faults = [
        (Fault::Html(502), 502, "<html>"),
        (
            Fault::Json(500, serde_json::json!({"code": 2200})),
            500,
            "{\"code\":2200}",
        ),
        (
            Fault::Status(
                307,
                vec![("location".into(), "http://127.0.0.1:9/".into())],
                "moved".into(),
            ),
            307,
            "moved",
        ),
        (Fault::ErrorString("no".into()), 200, "{\"error\":\"no\"}"),
        (Fault::rate_limited("retry-after", "7"), 429, "{"),
        (Fault::Redirect("https://evil.example/".into()), 302, ""),
        (Fault::Html(444), 444, "<html>"),
    ];
    for (fault, status, body) in faults {
        gateway.fault("POST /libtv/v1/session", fault, 1);
        let answer = submit(&gateway).unwrap();
        assert_eq!(answer.status, status);
        assert!(String::from_utf8_lossy(&answer.body).starts_with(body));
        match status {
            429 => assert_eq!(answer.header("retry-after"), Some("7")),
            302 => assert_eq!(answer.header("location"), Some("https://evil.example/")),
            _ => {}
        }
    }
    gateway.fault("*", Fault::GarbageOk, 1);
    let garbage = submit(&gateway).unwrap();
    assert!(
        garbage.status == 200
            && serde_json::from_slice::<serde_json::Value>(&garbage.body).is_err()
    );
    assert_eq!(gateway.submits(), []);
}

#[test]
fn a_fault_can_wait_for_the_third_request() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    gateway.fault_after("POST /libtv/v1/session", 2, Fault::Html(503), 1);
    let statuses: Vec<_> = (0..4).map(|_| submit(&gateway).unwrap().status).collect();
    assert_eq!(statuses, [200, 200, 503, 200]);
}

#[test]
fn latency_delays_and_then_answers() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    gateway.fault("*", Fault::Latency(150), 1);
    let began = Instant::now();
    assert_eq!(submit(&gateway).unwrap().status, 200);
    assert!(began.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn waiting_ends_with_the_condition_or_says_what_was_there() {
    let world = World::builder().start().unwrap();
    let gateway = world.gateway();
    let asked = gateway.clone();
    let client = std::thread::spawn(move || submit(&asked).unwrap().status);
    gateway
        .wait_until(Duration::from_secs(10), |gateway| {
            gateway.submits().len() == 1
        })
        .await
        .unwrap();
    assert_eq!(client.join().unwrap(), 200);
    let late = gateway
        .wait_until(Duration::from_millis(10), |gateway| {
            gateway.submits().len() == 2
        })
        .await;
    assert!(
        late.unwrap_err()
            .to_string()
            .contains("1 requests came to seedance.nexu.io")
    );
}

#[test]
fn a_request_that_gets_no_answer_is_told_to_the_test_and_ends_with_its_client() {
    for (fault, charged) in [(Fault::SilentBefore, 0), (Fault::SilentAfterApplied, 1)] {
        let world = World::builder().start().unwrap();
        let gateway = world.gateway();
        gateway.fault("POST /libtv/v1/session", fault, 1);
        let mut client = std::net::TcpStream::connect(gateway.http_addr()).unwrap();
        let head = format!(
            "POST /libtv/v1/session HTTP/1.1\r\nhost: test\r\nx-api-key: {GATEWAY_KEY}\r\n"
        );
        let body = "content-length: 19\r\n\r\n{\"message\":\"a cat\"}";
        io::Write::write_all(&mut client, (head + body).as_bytes()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let held = gateway.wait_until(Duration::from_secs(20), |gateway| {
            gateway.held_requests() == 1
        });
        runtime.block_on(held).unwrap();
        assert_eq!(gateway.submits().len(), charged);
        assert_eq!(gateway.requests()[0].status, None);
        drop(client);
        assert_eq!(submit(&gateway).unwrap().status, 200);
        assert_eq!(gateway.held_requests(), 1);
    }
}
