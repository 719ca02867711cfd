//! Jobs as a submit leaves them, for either store.

use std::time::{SystemTime, UNIX_EPOCH};

use libtv_video_core::session::{Asked, Progress, Route, folder_name};
use libtv_video_core::store::record;
use libtv_video_core::upstream::{Baseline, ServiceId};

/// One job's records.
pub struct Stored {
    pub key: String,
    pub asked: Vec<u8>,
    pub progress: Vec<u8>,
}

/// Of this session, due at that time.
pub fn stored(session_id: &str, due_at_ms: u64) -> Stored {
    let key = folder_name(session_id);
    let asked = Asked {
        session_id: session_id.to_owned(),
        project_uuid: "00000000-0000-4000-8000-000000000000".to_owned(),
        turn: 1,
        nonce: key.clone(),
        text: "a red fox runs through snow, video ratio 16:9".to_owned(),
        given: None,
        service: ServiceId::of(&libtv_video_core::upstream::nexu::NEXU),
        route: Route {
            channel: fakes::chats::CHANNEL.to_owned(),
            chat: "oc_load".to_owned(),
            ..Route::default()
        },
        baseline: Baseline::default(),
        submitted_at_ms: now_ms(),
    };
    let progress = Progress::begun(due_at_ms);
    Stored {
        key,
        asked: record::encode("asked", &asked),
        progress: record::encode("progress", &progress),
    }
}

pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}
