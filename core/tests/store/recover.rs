//! Submits of unknown outcome are told until a person says that they may be forgotten.

use libtv_video_core::io::Io;
use libtv_video_core::store::record;
use libtv_video_core::store::submits::{self, Submit};
use libtv_video_core::upstream::ServiceId;
use libtv_video_core::{commands, skill};
use serde_json::Value;

use crate::folder::{Folder, NOW_MS, settings};
use crate::samples;

const INTENT: &str = "submits/ffeeddccbbaa99887766554433221100";

fn with_unknown_submit() -> Folder {
    let submit = Submit {
        session_id: String::new(),
        service: ServiceId::of(&libtv_video_core::upstream::nexu::NEXU),
        started_at_ms: NOW_MS,
        told: false,
        ..samples::submit()
    };
    let mut state = Folder::default();
    state
        .0
        .insert(INTENT.to_owned(), record::encode("submit", &submit));
    state
}

#[test]
fn a_submit_of_unknown_outcome_is_told_by_every_command_until_a_person_forgets_it() {
    let mut state = with_unknown_submit();
    let run = |state: &mut Folder, arguments: &[&str]| {
        let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
        let (_, printed) = state.run(|io| commands::main(io, &settings(), arguments));
        printed
    };
    for _ in 0..4 {
        let printed = run(&mut state, &["recover", "--json"]);
        let reply: Value = serde_json::from_str(printed.last().unwrap()).unwrap();
        let unknown = &reply["unknownSubmits"];
        assert_eq!(
            (&unknown[0]["id"], &unknown[1]),
            (&"ffeeddcc".into(), &Value::Null)
        );
        let printed = run(&mut state, &["status", "--json"]);
        assert!(printed.last().unwrap().contains("ffeeddcc"), "{printed:?}");
    }
    let forget = |io: &Io, id: &str| submits::forget(io, id);
    for (id, words) in [
        ("ffee", "is called ffee"),
        ("00112233", "is called 00112233"),
    ] {
        let (refused, _) = state.run(|io| forget(io, id));
        let message = refused.unwrap_err().failure().message.clone();
        assert!(message.contains(words), "{message}");
    }
    let (forgotten, _) = state.run(|io| forget(io, "ffeeddcc"));
    assert_eq!(forgotten.unwrap().text, "a cat");
    assert_eq!(state.0.get(INTENT), None);
}

/// Nobody says whether the caller of the typed function got the answer.
#[test]
fn the_typed_function_tells_of_a_submit_of_unknown_outcome_every_time() {
    let mut state = with_unknown_submit();
    for _ in 0..4 {
        let (overview, _) = state.run(|io| skill::recover(io, &settings(), None));
        assert_eq!(overview.unwrap().unknown_submits.len(), 1);
    }
}

/// It is named, and stays: nobody knows whether it was charged.
#[test]
fn an_intent_that_cannot_be_read_is_told_like_one_of_unknown_outcome() {
    let mut state = Folder::default();
    state
        .0
        .insert(INTENT.to_owned(), b"libtv-video 1 submit 9".to_vec());
    let (overview, _) = state.run(|io| skill::recover(io, &settings(), None));
    let reason = overview.unwrap().unknown_submits.remove(0).reason.unwrap();
    assert!(reason.contains("damaged"), "{reason}");
    assert!(state.0.contains_key(INTENT));
}
