//! From a result that is ready to the message in the chat, and the throughput on the way there.

use std::time::Duration;

use fakes::{Fake, Job, When, media};

use crate::Failed;
use crate::lab::{self, CHAT, Lab};
use crate::line::{Compare, Goal, Line};
use crate::process::{self, Measured, Running};
use crate::programs::Programs;
use crate::rows::Size;
use crate::stats::Spread;

/// No delivery here takes a second.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two polls, for both: short, since what the poll interval costs is not counted.
const INTERVAL_MS: &str = "100";
const VIDEO: &str = "/sd-gen-save-img/bench/film.mp4";

/// Deliveries, each from the question that is answered with the result to the message, by the fakes' clock.
#[derive(Default)]
struct Deliveries {
    ours_ms: Vec<f64>,
    native_ms: Vec<f64>,
    /// Of the harness's process.
    peak_mb: Vec<f64>,
}

/// Beyond the poll interval, for a video of 4 MB.
pub fn latency(programs: &Programs, size: Size) -> Result<Vec<Line>, Failed> {
    let done = pairs(programs, 4 << 20, size.of(25, 1))?;
    let line = Line::alone(
        "ready upstream to message in the chat, 4 MB",
        "ms",
        done.ours_ms,
        Goal::AtMost(20.0),
    )
    .against("native", done.native_ms, Compare::Difference)
    .note("from the poll that sees the result; ours also asks for the video's length and brings a cover into the chat, theirs doesn't");
    Ok(vec![line])
}

/// Of a video as large as Feishu takes it.
pub fn relay(programs: &Programs, size: Size) -> Result<Vec<Line>, Failed> {
    let bytes = size.of(30 << 20, 1 << 20);
    let done = pairs(programs, bytes, size.of(12, 1))?;
    let rate = |ms: &[f64]| {
        ms.iter()
            .map(|ms| bytes as f64 / 1e3 / ms.max(1.0))
            .collect()
    };
    Ok(vec![
        Line::alone(
            "media store to Feishu, 30 MB video",
            "MB/s",
            rate(&done.ours_ms),
            Goal::AtLeast(0.8),
        )
        .against("native", rate(&done.native_ms), Compare::OursByTheirs),
        Line::alone(
            "… memory of the whole process, relay",
            "MB",
            done.peak_mb,
            Goal::OwnBelow(32.0),
        ),
    ])
}

/// Deliveries of such a video by the harness and by the native rival, in turn.
fn pairs(programs: &Programs, bytes: u64, runs: usize) -> Result<Deliveries, Failed> {
    let mut lab = Lab::new(programs)?;
    lab.set("LIBTV_POLL_INTERVAL_SECONDS", "0.1");
    let store = lab.world.media();
    store.put(VIDEO, media::mp4(60_000, bytes, false));
    lab.world.gateway().set_default_job(
        Job::new()
            .works()
            .at(When::Advanced)
            .videos([VIDEO])
            .says("done"),
    );
    let mut done = Deliveries::default();
    for run in 0..=runs {
        let ((ours_ms, peak_mb), native_ms) = (by_harness(&lab, run)?, by_native(&lab, run)?);
        // The first pair warms caches that a service has warm.
        if run > 0 {
            done.ours_ms.push(ours_ms);
            done.native_ms.push(native_ms);
            done.peak_mb.push(peak_mb);
        }
    }
    Ok(done)
}

/// Milliseconds, and the peak of the harness's memory.
fn by_harness(lab: &Lab, run: usize) -> Result<(f64, f64), Failed> {
    let chat = format!("{CHAT}_ours_{run}");
    lab.world.feishu().add_chat(&chat);
    let serving = lab.serve([])?;
    let (_, id) = lab.submit(&chat)?;
    let ms = deliver(lab, &id, &chat)?;
    Ok((ms, serving.peak_mb()?))
}

fn by_native(lab: &Lab, run: usize) -> Result<f64, Failed> {
    let chat = format!("{CHAT}_native_{run}");
    lab.world.feishu().add_chat(&chat);
    let id = submit_by_hand(lab)?;
    let log = lab.folder().join("native.log");
    let mut command = lab.native(["deliver", &id, &chat, INTERVAL_MS])?;
    let mut native = Running::start(&mut command, &log)?;
    native.wait_for("started", PATIENCE)?;
    deliver(lab, &id, &chat)
}

/// Lets the result appear once the session is being polled; waits for its message.
fn deliver(lab: &Lab, id: &str, chat: &str) -> Result<f64, Failed> {
    let (gateway, feishu) = (lab.world.gateway(), lab.world.feishu());
    let route = format!("GET /libtv/v1/session/{id}");
    lab::block_on(gateway.wait_until(PATIENCE, |gateway| gateway.polls(id) >= 2))??;
    gateway.advance(id);
    let advanced = gateway.requests_to(route.as_str()).len();
    let sent = lab::block_on(feishu.wait_for_messages(chat, 1, PATIENCE))??;
    let polls = gateway.requests_to(route.as_str());
    // The question that was on its way when the result appeared may have been answered with it or without.
    let poll = polls
        .get(advanced)
        .or(polls.last())
        .ok_or_else(|| Failed::new("no poll"))?;
    Ok((sent[0].at_ms.saturating_sub(poll.at_ms)) as f64)
}

fn submit_by_hand(lab: &Lab) -> Result<String, Failed> {
    let gateway = lab.world.gateway();
    crate::native::submit_all(gateway.http_addr(), [r#"{"message":"a fox"}"#.to_owned()])?;
    gateway
        .sessions()
        .pop()
        .ok_or_else(|| Failed::new("no session"))
}

/// A local file to LibTV.
pub fn upload(programs: &Programs, size: Size) -> Result<Vec<Line>, Failed> {
    let lab = Lab::new(programs)?;
    let bytes: u64 = size.of(200 << 20, 1 << 20);
    let path = lab.folder().join("film.mp4");
    media::mp4(60_000, bytes, false).write_to(&path)?;
    let file = path.to_string_lossy().into_owned();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for run in 0..=size.of(8, 1) {
        let pair = (
            lab.run(["upload", "--file", &file])?,
            process::run(&lab.native(["upload", &file])?)?,
        );
        if run > 0 {
            ours.push(pair.0);
            theirs.push(pair.1);
        }
    }
    let rate = |runs: &[Measured]| -> Vec<f64> {
        runs.iter()
            .map(|run| bytes as f64 / 1e3 / run.wall_ms)
            .collect()
    };
    let peak = |runs: &[Measured]| -> Vec<f64> { runs.iter().map(|run| run.peak_mb).collect() };
    let start_ms = Spread::of(&ours.iter().map(|run| run.wall_ms).collect::<Vec<_>>());
    let note = start_ms.map_or_else(String::new, |spread| {
        format!(
            "start and exit of both processes included, {:.0} ms in all",
            spread.median
        )
    });
    Ok(vec![
        Line::alone(
            "upload of a 200 MB file",
            "MB/s",
            rate(&ours),
            Goal::AtLeast(0.8),
        )
        .against("native", rate(&theirs), Compare::OursByTheirs)
        .note(note),
        Line::alone(
            "… memory of the whole process, upload",
            "MB",
            peak(&ours),
            Goal::OwnBelow(32.0),
        )
        .against("native", peak(&theirs), Compare::OursByTheirs),
    ])
}
