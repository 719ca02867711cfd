//! Fills a state folder with sessions that are known to the fake, or to nobody.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use libtv_video_core::session::{Asked, Progress, Route, folder_name};
use libtv_video_core::store::record;
use libtv_video_core::upstream::Baseline;
use libtv_video_core::upstream::ServiceId;

use crate::Failed;
use crate::lab::CHAT;

/// Stores a session as a submit does, due at `due_at_ms`.
///
/// # Errors
/// When the folder can't be written.
pub fn store(state: &Path, session_id: &str, due_at_ms: u64) -> Result<(), Failed> {
    let key = folder_name(session_id);
    let folder = state.join("sessions").join(&key);
    fs::create_dir_all(&folder)?;
    let asked = Asked {
        session_id: session_id.to_owned(),
        project_uuid: "00000000-0000-4000-8000-000000000000".to_owned(),
        turn: 1,
        nonce: key.clone(),
        text: "a red fox runs through snow, video ratio 16:9".to_owned(),
        service: ServiceId::of(&libtv_video_core::upstream::nexu::NEXU),
        route: Route {
            channel: "feishu".to_owned(),
            chat: CHAT.to_owned(),
            ..Route::default()
        },
        baseline: Baseline::default(),
        submitted_at_ms: now_ms(),
        given: None,
    };
    let progress = Progress::begun(due_at_ms);
    fs::write(folder.join("asked-0001"), record::encode("asked", &asked))?;
    fs::write(
        folder.join("progress-0001"),
        record::encode("progress", &progress),
    )?;
    fs::write(state.join("active").join(&key), b"")?;
    Ok(())
}

/// Stores as many that wait for the next hour, on every core: a hundred thousand are four hundred thousand files and folders.
///
/// # Errors
/// When the folder can't be written.
pub fn store_waiting(state: &Path, count: usize) -> Result<(), Failed> {
    fs::create_dir_all(state.join("active"))?;
    let due_at_ms = now_ms() + 3_600_000;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let part = |first: usize| {
        (first..count)
            .step_by(threads)
            .try_for_each(|index| store(state, &format!("stored-{index:06}"), due_at_ms))
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|first| scope.spawn(move || part(first)))
            .collect();
        parts.into_iter().try_for_each(|one| {
            one.join()
                .unwrap_or_else(|_| Err(Failed::new("sessions can't be stored")))
        })
    })
}

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}
