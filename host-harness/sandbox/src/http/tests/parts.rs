use contract::services::{Body as Kinds, FEISHU, IdKind, Recipient, Route, Shape};
use http::{Method, Request};

use super::super::full;
use super::super::messages::{Admitted, Asking, admit};
use super::super::pieces::Pieces;
use super::super::recipients::Recipients;
use super::super::refusal::RefusalReason;
use super::*;
use crate::limits::Limits;

/// A platform that takes a film and its message in one request.
const SENDS: Route = Route {
    path: "/channels/{}/messages",
    body: Kinds::Parts {
        json: Some(Part {
            name: "payload_json",
            max_bytes: 200,
        }),
        files: &[
            Part {
                name: "files[0]",
                max_bytes: 1_000,
            },
            Part {
                name: "files[1]",
                max_bytes: 10,
            },
        ],
    },
    commits: true,
    recipient: Some(Recipient::Path {
        kind: IdKind::Always("room"),
    }),
    members: &[
        Member::needed("content", Shape::Words),
        Member::needed("mentions", Shape::Always(r#"{"parse":[]}"#)),
    ],
    ..FEISHU.routes[1]
};
/// One that takes what it has to know in the query, and files alone.
const FILES: Route = Route {
    path: "/sendVideo",
    body: Kinds::Parts {
        json: None,
        files: &[Part {
            name: "video",
            max_bytes: 1_000,
        }],
    },
    recipient: Some(Recipient::Query {
        name: "chat",
        kind: IdKind::Always("room"),
    }),
    members: &[],
    ..SENDS
};

const JSON: &str = r#"{"content":"hi","mentions":{"parse":[]}}"#;

struct Room;

impl Recipients for Room {
    fn is_named(&self, kind: &str, id: &str) -> bool {
        (kind, id) == ("room", "42")
    }

    fn has_message(&self, _: &str) -> bool {
        false
    }

    fn note_message(&self, _: String) {}

    fn note_derived(&self, _: (&str, &str), _: &str, _: String) {}
}

/// The part with the JSON, and what ends it.
fn payload(json: &str) -> String {
    format!(
        "--b\r\nContent-Disposition: form-data; name=\"payload_json\"\r\nContent-Type: application/json\r\n\r\n{json}\r\n"
    )
}

/// A part with a file, and what ends it.
fn file(name: &str, bytes: &str) -> String {
    format!(
        "--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"film 1.mp4\"\r\nContent-Type: video/mp4\r\n\r\n{bytes}\r\n"
    )
}

/// What leaves of a form that comes in pieces of so many bytes; the refusal's name where it isn't let out, or not to its end.
async fn sent(
    route: &'static Route,
    target: &str,
    form: &str,
    piece: usize,
) -> Result<String, &'static str> {
    let meter = Arc::new(CallMeter::new(&Limits::default()));
    let pieces = form.as_bytes().chunks(piece).map(Bytes::copy_from_slice);
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("https://c{target}"))
        .header("content-type", "multipart/form-data; boundary=b")
        .header("content-length", form.len())
        .body(Pieces::of(pieces).boxed_unsync())
        .unwrap();
    let Admitted { request, .. } = admit(request, Asking::of(route, &Room), &meter)
        .await
        .map_err(|refusal| refusal.reason.name())?;
    let length = request.headers()["content-length"]
        .to_str()
        .unwrap()
        .to_owned();
    let Ok(body) = request.into_body().collect().await else {
        let refusal = meter.refusals().pop().expect("it is noted");
        return Err(refusal.reason.name());
    };
    let text = String::from_utf8(body.to_bytes().to_vec()).unwrap();
    assert_eq!(length, text.len().to_string());
    Ok(text)
}

const ROOM: &str = "/channels/42/messages";

#[tokio::test]
async fn a_form_passes_with_its_json_written_anew_in_whatever_pieces_it_comes() {
    let spaced = JSON.replace(':', " : ").replace("hi", "h\\u0069 <at>");
    let anew = JSON.replace("hi", "hi \u{ff1c}at>");
    let files = file("files[1]", "") + &file("files[0]", "\r\n--\r\n-b--c \r\n\r\n");
    for end in ["--b--\r\n", "--b--"] {
        let form = payload(&spaced) + &files + end;
        for piece in (1..40).chain([form.len()]) {
            let sent = sent(&SENDS, ROOM, &form, piece).await;
            assert_eq!(sent, Ok(payload(&anew) + &files + end), "pieces of {piece}");
        }
    }
    let bare = payload(JSON) + "--b--\r\n";
    assert_eq!(sent(&SENDS, ROOM, &bare, 7).await, Ok(bare.clone()));
    let alone = file("video", "xyz") + "--b--\r\n";
    assert_eq!(
        sent(&FILES, "/sendVideo?chat=42", &alone, 7).await,
        Ok(alone.clone())
    );
}

#[tokio::test]
async fn a_form_is_for_a_named_recipient_alone() {
    let form = payload(JSON) + &file("files[0]", "x") + "--b--\r\n";
    let other = "/channels/43/messages";
    assert_eq!(sent(&SENDS, other, &form, 50).await, Err("recipient"));
    let alone = file("video", "xyz") + "--b--\r\n";
    for (target, reason) in [
        ("/sendVideo?chat=43", "recipient"),
        ("/sendVideo", "message"),
    ] {
        assert_eq!(sent(&FILES, target, &alone, 50).await, Err(reason));
    }
}

#[tokio::test]
async fn nothing_hides_in_a_form_beside_what_its_route_names() {
    let film = file("files[0]", "film");
    let end = "--b--\r\n";
    let with = |json: &str| payload(json) + &film + end;
    let field = "--b\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\n@everyone\r\n";
    for form in [
        // Another message beside the one that was read.
        payload(JSON) + &payload(JSON) + end,
        payload(JSON) + &film + &payload(JSON) + end,
        payload(JSON) + &film + field + end,
        field.to_owned() + &payload(JSON) + &film + end,
        // A file twice, one that isn't named, none of this kind.
        payload(JSON) + &film + &film + end,
        payload(JSON) + &file("files[2]", "x") + end,
        payload(JSON) + &file("payload_json", JSON) + end,
        // Behind the end and before the beginning.
        with(JSON) + &payload(JSON),
        with(JSON) + "x",
        with(JSON) + "\r\n",
        format!("x\r\n{}", with(JSON)),
        format!("\r\n{}", with(JSON)),
        // What another reader takes for a boundary.
        payload(JSON)
            + &file(
                "files[0]",
                "film\n--b\nContent-Disposition: form-data; name=\"content\"\n\nx",
            )
            + end,
        payload(JSON) + &file("files[0]", "film--b") + end,
        payload(JSON) + &file("files[0]", "--b") + end,
        payload(&JSON.replace("hi", "--b")) + &film + end,
        payload(&JSON.replace("hi", "\\u002d-b")) + &film + end,
        with(JSON).replace("\r\n--b\r\n", "\r\n--b \r\n"),
        with(JSON).replace("\r\n--b\r\n", "\r\n--bb\r\n"),
        with(JSON).replace("\r\n", "\n"),
        // Other heads.
        with(JSON).replace("application/json", "text/plain"),
        with(JSON).replace("payload_json\"", "payload_json\"; filename=\"x\""),
        with(JSON).replace("payload_json", "Payload_json"),
        with(JSON).replace(
            "video/mp4",
            "video/mp4\r\nContent-Transfer-Encoding: base64",
        ),
        with(JSON).replace("video/mp4", "video/mp4; charset=x"),
        with(JSON).replace("film 1.mp4", "a\\\"; name=\\\"content"),
        with(JSON).replace("film 1.mp4", ""),
        with(JSON).replace("; filename", "; name=\"content\"; filename"),
        with(JSON).replace("form-data; name=\"files", "form-data;name=\"files"),
        with(JSON).replace("Content-Type: video/mp4\r\n", ""),
        with(JSON).replace("video/mp4", &"v".repeat(HEAD_BYTES)),
        // JSON that isn't the one that the route takes.
        with("{}"),
        with(&JSON.replace("[]", "[\"everyone\"]")),
        with(&JSON.replace('{', "{\"tts\":true,")),
        with(&JSON.replace("hi", &"x".repeat(200))),
        // More bytes than a part may have, and none of the ends.
        payload(JSON) + &file("files[1]", "12345678901") + end,
        payload(JSON) + &film,
        payload(JSON),
        with(JSON).replace("--b--\r\n", "--b"),
        with(JSON).replace("--b--\r\n", "--b-"),
        with(JSON).replace("--b--\r\n", "--b--\r"),
        String::new(),
    ] {
        for piece in [1, 13, 4_096] {
            let sent = sent(&SENDS, ROOM, &form, piece).await;
            assert_eq!(sent, Err("message"), "{form}");
        }
    }
}

#[tokio::test]
async fn a_form_of_files_takes_no_field_that_could_name_another_chat() {
    let film = file("video", "film");
    let chat = "--b\r\nContent-Disposition: form-data; name=\"chat\"\r\n\r\n43\r\n";
    for form in [
        chat.to_owned() + &film + "--b--\r\n",
        film.clone() + chat + "--b--\r\n",
        film.clone() + &file("chat", "43") + "--b--\r\n",
    ] {
        let sent = sent(&FILES, "/sendVideo?chat=42", &form, 9).await;
        assert_eq!(sent, Err("message"), "{form}");
    }
}

#[tokio::test]
async fn a_message_without_a_file_may_be_its_json_alone_and_nothing_else() {
    let meter = Arc::new(CallMeter::new(&Limits::default()));
    for (kind, route, good) in [
        ("application/json", &SENDS, true),
        ("text/plain", &SENDS, false),
        ("application/json", &FILES, false),
    ] {
        let request = Request::post("https://c/channels/42/messages?chat=42")
            .header("content-type", kind)
            .header("content-length", JSON.len())
            .body(full(Bytes::from(JSON)))
            .unwrap();
        let admitted = admit(request, Asking::of(route, &Room), &meter).await;
        let reason = admitted.map(|_| ()).map_err(|refusal| refusal.reason);
        let expected = good.then_some(()).ok_or(RefusalReason::Message);
        assert_eq!(reason, expected, "{kind}");
    }
}

#[tokio::test]
async fn a_length_that_is_not_announced_or_is_none_lets_no_form_out() {
    let meter = Arc::new(CallMeter::new(&Limits::default()));
    let form = payload(JSON) + "--b--\r\n";
    for length in [None, Some("1"), Some("x"), Some("-1")] {
        let mut request = Request::post("https://c/channels/42/messages")
            .header("content-type", "multipart/form-data; boundary=b");
        if let Some(length) = length {
            request = request.header("content-length", length);
        }
        let request = request.body(full(Bytes::from(form.clone()))).unwrap();
        let admitted = admit(request, Asking::of(&SENDS, &Room), &meter).await;
        let reason = admitted.err().map(|refusal| refusal.reason);
        assert_eq!(reason, Some(RefusalReason::Message), "{length:?}");
    }
}
