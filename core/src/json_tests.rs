use super::{Stored, parse, text};
use crate::session::{Asked, Delivery, Progress};
use crate::store::{Pulse, submits::Submit};

const URL: &str = "https://libtv-res.liblib.art/claw/a.mp4";

/// Reads a record as it stands in a file and writes it again.
fn again<T: Stored>(json: &str) -> Option<String> {
    Some(text(&T::from_json(&parse(json.as_bytes())?)?.to_json()))
}

#[test]
fn every_record_is_written_as_it_is_read() {
    let asked = r#"{"session_id":"s-1","project_uuid":"","turn":2,"nonce":"n","text":"a \"cat\"","mode":"nexu_gateway","route":{"channel":"feishu","chat_id":"ou_1"},"baseline":{"last_seq":null,"count":3},"submitted_at_ms":1700000000000}"#;
    let progress = format!(
        r#"{{"state":"awaiting_user","results":["{URL}"],"polls":1,"quiet_polls":0,"failures":0,"seen":4,"next_poll_at_ms":5,"ended_at_ms":null,"delivered_at_ms":6,"trouble":null,"question":"which?"}}"#
    );
    let pulse = r#"{"polls":1,"quiet_polls":2,"next_poll_at_ms":3}"#;
    let submit = r#"{"nonce":"n","text":"t","session_id":"","mode":"libtv_direct","started_at_ms":1,"unknown":null,"told":true}"#;
    assert_eq!(again::<Asked>(asked).as_deref(), Some(asked));
    assert_eq!(again::<Progress>(&progress), Some(progress));
    assert_eq!(again::<Pulse>(pulse).as_deref(), Some(pulse));
    assert_eq!(again::<Submit>(submit).as_deref(), Some(submit));
}

#[test]
fn every_purpose_of_a_delivery_is_written_as_it_is_read() {
    for purpose in [
        format!(r#"{{"result":"{URL}"}}"#),
        r#"{"links":["a","b"]}"#.to_owned(),
        r#""question""#.to_owned(),
        r#""failure""#.to_owned(),
        r#""timeout""#.to_owned(),
    ] {
        let delivery = format!(
            r#"{{"id":"i","turn":1,"order":2,"purpose":{purpose},"state":"link_only","key":"u","message":{{"shape":"text","form":1,"body":"c"}},"first_sent_at_ms":7,"failures":1,"next_try_at_ms":8,"message_id":"om","ended_at_ms":9,"trouble":"t","links":null}}"#
        );
        assert_eq!(again::<Delivery>(&delivery), Some(delivery));
    }
}

#[test]
fn a_rare_member_is_left_out_when_it_says_nothing() {
    let delivery = |waits: &str| {
        format!(
            r#"{{"id":"i","turn":1,"order":2,"purpose":"question","state":"pending","key":"u","message":null,"first_sent_at_ms":null,"failures":0,{waits}"next_try_at_ms":8,"message_id":null,"ended_at_ms":null,"trouble":null,"links":null}}"#
        )
    };
    let (plain, waited) = (delivery(""), delivery(r#""waits":3,"#));
    assert_eq!(again::<Delivery>(&plain).as_deref(), Some(&*plain));
    assert_eq!(again::<Delivery>(&waited).as_deref(), Some(&*waited));
    assert_eq!(again::<Delivery>(&delivery(r#""waits":0,"#)), Some(plain));
}

#[test]
fn a_member_that_came_later_may_be_missing_and_an_unknown_one_is_passed_over() {
    let submit = r#"{"nonce":"n","text":"t","session_id":"","mode":"libtv_direct","started_at_ms":1,"unknown":null,"later":7}"#;
    let read = again::<Submit>(submit);
    assert!(read.is_some_and(|written| written.ends_with(r#""told":false}"#)));
}

#[test]
fn what_no_record_holds_is_refused() {
    for pulse in [
        "{}",
        "[1,2,3]",
        r#"{"polls":-1,"quiet_polls":2,"next_poll_at_ms":3}"#,
        r#"{"polls":1.5,"quiet_polls":2,"next_poll_at_ms":3}"#,
        r#"{"polls":4294967296,"quiet_polls":2,"next_poll_at_ms":3}"#,
        r#"{"polls":"1","quiet_polls":2,"next_poll_at_ms":3}"#,
        r#"{"polls":1,"quiet_polls":2}"#,
    ] {
        assert_eq!(again::<Pulse>(pulse), None, "{pulse}");
    }
    for state in [r#""Completed""#, r#""""#, "1", "null"] {
        let read =
            parse(state.as_bytes()).and_then(|value| crate::session::State::from_json(&value));
        assert_eq!(read, None, "{state}");
    }
}

#[test]
fn what_is_almost_json_is_read_and_loses_nothing_beside_it() {
    let link = "https://libtv-res.liblib.art/claw/a.mp4";
    let mut gbk = b"{\"a\": \"\xb1\xa7\xc7\xb8\x95\\\", \"url\": \"".to_vec();
    gbk.extend_from_slice(link.as_bytes());
    gbk.extend_from_slice(b"\"}");
    let utf16: Vec<u8> = format!("\u{feff}{{\"url\": \"{link}\"}}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut bodies = vec![gbk, utf16];
    for beside in [
        r#""half \ud83d""#,
        r#""other half \udc31 and \ud83d\ud83d\udc31""#,
        r#""\ud83"#,
        r#""\x""#,
        "NaN",
        "-Infinity",
        "[Infinity, 1e999, 5e0]",
        "\"a\tb\"",
    ] {
        let beside = if beside == r#""\ud83"# {
            r#""\ud83""#
        } else {
            beside
        };
        bodies.push(format!("{{\"a\": {beside}, \"url\": \"{link}\"}}").into_bytes());
        bodies.push(format!("\u{feff}{{\"url\": \"{link}\", \"a\": {beside}}}").into_bytes());
    }
    bodies.push(
        format!("{{\"a\": \"cut \u{732b}\", \"url\": \"{link}\"}}")
            .replace('\u{732b}', "X")
            .into_bytes(),
    );
    for body in bodies {
        let shown = String::from_utf8_lossy(&body).into_owned();
        let read = super::foreign(&body).unwrap_or_else(|| panic!("{shown}"));
        assert_eq!(read["url"], link, "{shown}");
    }
    for none in ["", "<html>", "{\"a\": ", "{[garbage"] {
        assert_eq!(super::foreign(none.as_bytes()), None, "{none}");
    }
}
