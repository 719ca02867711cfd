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
            r#"{{"id":"i","turn":1,"order":2,"purpose":{purpose},"state":"link_only","uuid":"u","message":{{"msg_type":"text","content":"c"}},"first_sent_at_ms":7,"failures":1,"next_try_at_ms":8,"message_id":"om","ended_at_ms":9,"trouble":"t","links":null}}"#
        );
        assert_eq!(again::<Delivery>(&delivery), Some(delivery));
    }
}

#[test]
fn a_rare_member_is_left_out_when_it_says_nothing() {
    let delivery = |waits: &str| {
        format!(
            r#"{{"id":"i","turn":1,"order":2,"purpose":"question","state":"pending","uuid":"u","message":null,"first_sent_at_ms":null,"failures":0,{waits}"next_try_at_ms":8,"message_id":null,"ended_at_ms":null,"trouble":null,"links":null}}"#
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
