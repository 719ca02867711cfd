//! Submits of unknown outcome are told before they are forgotten.

use libtv_video_core::config::Mode;
use libtv_video_core::store::record;
use libtv_video_core::store::submits::Submit;
use libtv_video_core::{commands, skill};
use serde_json::Value;

use crate::folder::{Folder, NOW_MS, settings};

const INTENT: &str = "submits/ffeeddccbbaa99887766554433221100";

fn with_unknown_submit() -> Folder {
    let submit = Submit {
        nonce: "ffeeddccbbaa99887766554433221100".to_owned(),
        text: "a cat".to_owned(),
        session_id: String::new(),
        mode: Mode::Gateway,
        started_at_ms: NOW_MS,
        unknown: Some("connection reset".to_owned()),
        told: false,
    };
    let mut state = Folder::default();
    state
        .0
        .insert(INTENT.to_owned(), record::encode("submit", &submit));
    state
}

#[test]
fn the_command_forgets_a_submit_once_it_is_printed() {
    let mut state = with_unknown_submit();
    let recover = |state: &mut Folder| {
        let arguments = ["recover", "--json"].map(str::to_owned).to_vec();
        let (_, printed) = state.run(async |io| commands::main(io, &settings(), arguments).await);
        let reply: Value = serde_json::from_str(printed.last().unwrap()).unwrap();
        reply["unknownSubmits"].as_array().unwrap().len()
    };
    assert_eq!(recover(&mut state), 1);
    assert_eq!(state.0.get(INTENT), None);
    assert_eq!(recover(&mut state), 0);
}

/// Nobody says whether the caller of the typed function got the answer.
#[test]
fn the_typed_function_forgets_a_submit_when_it_tells_it_again() {
    let mut state = with_unknown_submit();
    let recover = |state: &mut Folder| {
        let (reply, _) = state.run(async |io| skill::recover(io, &settings()).await);
        let reply: Value = serde_json::from_str(&reply.unwrap()).unwrap();
        reply["unknownSubmits"].as_array().unwrap().len()
    };
    assert_eq!(
        [
            recover(&mut state),
            recover(&mut state),
            recover(&mut state)
        ],
        [1, 1, 0]
    );
}
