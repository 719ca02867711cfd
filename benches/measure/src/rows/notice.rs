//! From a submit by another process to the harness's timer.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use crate::Failed;
use crate::lab::{CHAT, Lab};
use crate::line::{Goal, Line};
use crate::programs::Programs;
use crate::rows::Size;
use crate::sessions;

/// Sessions that wait beside the new one.
const OTHERS: usize = 1_000;

/// From the entry in `active` (the last thing a submit writes) to the harness's event.
pub fn submits(programs: &Programs, size: Size) -> Result<Vec<Line>, Failed> {
    let lab = Lab::new(programs)?;
    let others = size.of(OTHERS, 10);
    sessions::store_waiting(&lab.state(), others)?;
    let mut serving = lab.serve([])?;
    let mut ms = Vec::new();
    for _ in 0..size.of(20, 2) {
        let (_, id) = lab.submit(CHAT)?;
        let entry = lab
            .state()
            .join("active")
            .join(libtv_video_core::session::folder_name(&id));
        let stored = std::fs::metadata(entry)?.modified()?;
        let stored_ms = stored
            .duration_since(UNIX_EPOCH)
            .map_err(|error| Failed::new(error.to_string()))?
            .as_secs_f64()
            * 1e3;
        let noticed = format!(r#""event":"session_noticed","session_id":"{id}""#);
        serving.wait_for(&noticed, Duration::from_secs(10))?;
        ms.push(noticed_ms(&serving.log, &noticed)? - stored_ms);
    }
    let line = Line::alone(
        format!("submit by another process to the timer, beside {others} jobs"),
        "ms",
        ms,
        Goal::OwnBelow(100.0),
    );
    Ok(vec![line])
}

fn noticed_ms(log: &std::path::Path, noticed: &str) -> Result<f64, Failed> {
    let text = std::fs::read_to_string(log)?;
    let line = text.lines().find(|line| line.contains(noticed));
    let event: Value = serde_json::from_str(line.unwrap_or_default())?;
    event["at_ms"]
        .as_f64()
        .ok_or_else(|| Failed::new("an event without a time"))
}
