//! A harness with a thousand jobs that wait: its memory beside a thousand Python processes, its work between two polls.

use std::process::Command;
use std::time::Duration;

use crate::Failed;
use crate::lab::{CHAT, Lab};
use crate::line::{Compare, Goal, Line};
use crate::process::Running;
use crate::programs::Programs;
use crate::rows::Size;
use crate::rows::rate;
use crate::sessions;

/// Jobs.
const JOBS: usize = 1_000;
/// Python processes that are measured; a thousand would take 25 GB.
const WAITERS: usize = 50;

/// Memory.
pub fn memory(programs: &Programs, size: Size) -> Result<Vec<Line>, Failed> {
    let (jobs, waiters) = (size.of(JOBS, 20), size.of(WAITERS, 2));
    let mut lab = Lab::new(programs)?;
    lab.slow_polls(20);
    lab.set("LIBTV_POLL_INTERVAL_SECONDS", "2");
    let ids = rate::submitted(&lab, jobs)?;
    let waiting = python_waiters(&lab, &ids[..waiters])?;
    let shares: Result<Vec<f64>, Failed> = waiting.iter().map(Running::share_mb).collect();
    let all_mb = shares?.iter().sum::<f64>() / waiters as f64 * jobs as f64;
    drop(waiting);
    let mut ours = Vec::new();
    for _ in 0..size.of(3, 1) {
        for id in &ids {
            sessions::store(&lab.state(), id, sessions::now_ms())?;
        }
        let serving = lab.serve([])?;
        rate::until_polled_twice(&lab, jobs)?;
        ours.push(serving.peak_mb()?);
    }
    let theirs = vec![all_mb; ours.len()];
    let note = format!(
        "ours is the process's peak of resident memory; theirs the share of memory (Pss) of {waiters} processes, multiplied to {jobs}"
    );
    let beside = Line::alone(
        format!("memory with {jobs} waiting jobs"),
        "MB",
        ours.clone(),
        Goal::AtLeast(500.0),
    )
    .against("Python", theirs, Compare::TheirsByOurs)
    .note(note);
    let own = Line::alone(
        format!("memory with {jobs} waiting jobs, alone"),
        "MB",
        ours,
        Goal::OwnBelow(64.0),
    );
    Ok(vec![beside, own])
}

/// Starts one process for each session, and waits until each has asked once.
fn python_waiters(lab: &Lab, ids: &[String]) -> Result<Vec<Running>, Failed> {
    let mut waiting = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        let log = lab.folder().join(format!("waiter-{index}.log"));
        let mut command: Command = lab.waiter(["wait", id, CHAT]);
        waiting.push(Running::start(&mut command, &log)?);
    }
    for waiter in &mut waiting {
        waiter.wait_for("started", Duration::from_secs(60))?;
    }
    Ok(waiting)
}

/// What a harness does while nobody is due.
pub fn idle(programs: &Programs, size: Size) -> Result<Vec<Line>, Failed> {
    let jobs = size.of(JOBS, 20);
    let lab = Lab::new(programs)?;
    sessions::store_waiting(&lab.state(), jobs)?;
    let serving = lab.serve([])?;
    std::thread::sleep(Duration::from_secs(1));
    let window = Duration::from_millis(size.of(2_000, 200));
    let mut shares = Vec::new();
    for _ in 0..size.of(3, 1) {
        let before = serving.cpu_ms()?;
        std::thread::sleep(window);
        let used = serving.cpu_ms()? - before;
        shares.push(used / (window.as_secs_f64() * 1e3) * 100.0);
    }
    let line = Line::alone(
        format!("idle harness with {jobs} jobs, share of a core"),
        "%",
        shares,
        Goal::OwnBelow(1.0),
    );
    Ok(vec![line])
}
