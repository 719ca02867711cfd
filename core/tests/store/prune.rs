//! Old sessions make room for new ones.

use libtv_video_core::session::folder_name;
use libtv_video_core::store::{self, KEEP_FINISHED};

use crate::folder::{Folder, NOW_MS};

#[test]
fn a_pruned_session_takes_along_what_a_crash_left_half_written() {
    let mut state = Folder::default();
    let oldest = folder_name("the oldest");
    for name in ["asked-0001", ".d-0123.89abcdef"] {
        state
            .0
            .insert(format!("sessions/{oldest}/{name}"), Vec::new());
    }
    state
        .0
        .insert(format!("finished/{:014}-{oldest}", 1), Vec::new());
    for number in 1..KEEP_FINISHED {
        let key = folder_name(&number.to_string());
        state
            .0
            .insert(format!("finished/{:014}-{key}", 1 + number), Vec::new());
    }
    let newest = folder_name("the newest");
    let (finished, _) = state.run(|io| store::finish(io, &newest, NOW_MS));
    finished.unwrap();
    assert_eq!(state.names("finished").len(), KEEP_FINISHED);
    assert_eq!(
        state.names(&format!("sessions/{oldest}")),
        Vec::<String>::new()
    );
}
