//! `libtv-sessions.json` as the predecessor wrote it, kept: what each of its sessions becomes.

use libtv_video_core::session::{DeliveryState, Session, State, folder_name};
use libtv_video_core::store::{self, legacy};
use libtv_video_core::time;
use libtv_video_core::upstream::ServiceId;

use crate::folder::Folder;

const KEPT: &[u8] = include_bytes!("legacy/libtv-sessions.json");
/// The machine that wrote it stood in China.
const UTC_OFFSET_SECONDS: i32 = 8 * 3600;

fn session(state: &mut Folder, number: u32) -> Session {
    let key = folder_name(&format!("9f1c2d3e-{number:04}-4a5b-8c6d-{number:012}"));
    let (loaded, _) = state.run(|io| store::load(io, &key));
    loaded.unwrap().unwrap().session
}

#[test]
fn every_session_of_the_predecessor_keeps_its_meaning() {
    let mut state = Folder::default();
    state
        .0
        .insert("legacy-sessions.json".to_owned(), KEPT.to_vec());
    let (told, _) = state.run(|io| legacy::take_over(io, UTC_OFFSET_SECONDS).unwrap());
    assert_eq!(
        told.as_deref(),
        Some("5 sessions of an earlier installation were taken over.")
    );
    assert_eq!(
        state.0["legacy-sessions.json"], KEPT,
        "the copy is kept as it is"
    );
    assert_eq!(state.names("active").len(), 5);

    let delivered = session(&mut state, 1);
    let turn = delivered.latest().unwrap();
    assert_eq!(turn.asked.text, "一只猫在雪地里奔跑, video ratio 16:9");
    assert_eq!(turn.asked.project_uuid, "5a0b1c2d3e4f5061728394a5b6c7d8e9");
    assert_eq!(
        turn.asked.service,
        ServiceId::of(&libtv_video_core::upstream::nexu::NEXU)
    );
    // A time without a zone is local.
    assert_eq!(
        Some(turn.asked.submitted_at_ms / 1000),
        time::parse("2026-03-01T02:00:00Z", 0).map(|ms| ms / 1000)
    );
    assert_eq!(turn.progress.state, State::Completed);
    assert_eq!(
        turn.progress.delivered_at_ms,
        time::parse("2026-03-01T02:09:31Z", 0)
    );
    assert_eq!(turn.progress.results.len(), 2);
    assert_eq!(delivered.deliveries.len(), 2);
    assert!(
        delivered
            .deliveries
            .iter()
            .all(|d| d.state == DeliveryState::Delivered)
    );

    let waiting = session(&mut state, 2);
    let turn = waiting.latest().unwrap();
    assert_eq!(
        (turn.asked.service, turn.progress.state),
        (
            ServiceId::of(&libtv_video_core::upstream::libtv::LIBTV),
            State::Submitted
        )
    );
    assert_eq!(turn.asked.route.channel, "feishu");
    assert_eq!(turn.asked.route.chat, "ou_7d8a6e6df7621556ce0d21922b676706");
    assert_eq!(
        Some(turn.asked.submitted_at_ms),
        time::parse("2026-03-01T04:00:00Z", 0)
    );

    let failed = session(&mut state, 3);
    let turn = failed.latest().unwrap();
    assert_eq!(turn.progress.state, State::Failed);
    assert_eq!(turn.progress.trouble.as_deref(), Some("审核不合规"));
    assert!(!turn.asked.route.is_complete());

    // It came after three minutes, and was told to nobody.
    let given_up = session(&mut state, 4);
    assert_eq!(given_up.latest().unwrap().progress.state, State::Submitted);

    let unsent = session(&mut state, 5);
    let turn = unsent.latest().unwrap();
    assert_eq!(
        turn.progress.results.len(),
        1,
        "a file:// address is no result"
    );
    assert_eq!(
        (turn.progress.delivered_at_ms, unsent.deliveries.len()),
        (None, 0)
    );
}
