//! Polls: ten thousand jobs kept to their interval, and how many polls a second are possible at all, beside the native
//! rival on the same two cores and the same fake.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

use fakes::{Fake, Job};

use crate::Failed;
use crate::lab::{self, CHAT, Lab, STARTED_WITHIN};
use crate::line::{Compare, Goal, Line};
use crate::process::Running;
use crate::programs::Programs;
use crate::rows::Size;
use crate::sessions;
use crate::stats::percentile;

/// Of each answer.
const LATENCY_MS: u64 = 200;
/// Between an answer and the next question.
const INTERVAL_MS: u64 = 8_000;
/// Requests at once, for both: 10 000 jobs every 8.2 s with 0.2 s each are 244.
const PARALLEL: &str = "512";
/// Two or three polls of each job: a hundredth of the usual rate would do.
const WARM_WITHIN: Duration = Duration::from_secs(300);
const POLLS: &str = "GET /libtv/v1/session/*";

/// Sessions that the fake knows, submitted by hand: no job ever ends.
///
/// # Errors
/// When the fake says no.
pub fn submitted(lab: &Lab, count: usize) -> Result<Vec<String>, Failed> {
    let gateway = lab.world.gateway();
    gateway.set_default_job(Job::never());
    fs::create_dir_all(lab.state().join("active"))?;
    let begun = gateway.sessions().len();
    let submits = (0..count).map(|_| format!(r#"{{"message":"a fox, {CHAT}"}}"#));
    crate::native::submit_all(gateway.http_addr(), submits)?;
    Ok(gateway.sessions().split_off(begun))
}

/// Both.
pub fn jobs(programs: &Programs, size: Size) -> Result<Vec<Line>, Failed> {
    let mut lines = vec![lateness(programs, size)?];
    lines.push(most(programs, size)?);
    Ok(lines)
}

/// How late polls come when ten thousand jobs want one every eight seconds.
fn lateness(programs: &Programs, size: Size) -> Result<Line, Failed> {
    let jobs = size.of(10_000, 40);
    let mut lab = Lab::new(programs)?;
    let interval_ms = size.of(INTERVAL_MS, 200);
    lab.set(
        "LIBTV_POLL_INTERVAL_SECONDS",
        format!("{}", interval_ms as f64 / 1e3),
    );
    lab.slow_polls(LATENCY_MS);
    let ids = submitted(&lab, jobs)?;
    // The first polls are spread over one interval, as submits over a day would be.
    let begin_ms = sessions::now_ms() + size.of(3_000, 0);
    for (index, id) in ids.iter().enumerate() {
        let due_ms = begin_ms + interval_ms * index as u64 / jobs as u64;
        sessions::store(&lab.state(), id, due_ms)?;
    }
    let before = lab.world.gateway().request_count();
    let serving = lab.serve(["--max-parallel", PARALLEL])?;
    // One round to begin with, one that counts, and what is late; longer where a disk is so slow that nothing would count.
    let round = interval_ms + LATENCY_MS;
    let begun = Instant::now();
    std::thread::sleep(Duration::from_millis(size.of(3_000, 0) + round * 3));
    until_polls(&lab, before + jobs * 5 / 2)?;
    let seconds = begun.elapsed().as_secs_f64();
    let peak_mb = serving.peak_mb()?;
    drop(serving);
    let polls = lab.world.gateway().requests_to(POLLS);
    let late_ms = late(
        &polls
            .iter()
            .map(|poll| (poll.path.as_str(), poll.at_ms))
            .collect::<Vec<_>>(),
        round,
    );
    let share = late_ms.len() as f64 / jobs as f64;
    let note = format!(
        "{} polls in {seconds:.0} s, each answered after {LATENCY_MS} ms over TLS; {share:.1} rounds counted; median lateness {:.0} ms; {peak_mb:.0} MB at most",
        polls.len(),
        percentile(&late_ms, 0.5)
    );
    let line = Line::alone(
        format!(
            "{jobs} jobs every {} s: lateness, p99",
            interval_ms as f64 / 1e3
        ),
        "ms",
        vec![percentile(&late_ms, 0.99)],
        Goal::OwnBelow(1_000.0),
    );
    Ok(line.note(note))
}

/// How much longer than `round_ms` it took from each poll to the next of the same session, the first round left out.
fn late(polls: &[(&str, u64)], round_ms: u64) -> Vec<f64> {
    let mut last: HashMap<&str, (u64, u32)> = HashMap::new();
    let mut late_ms = Vec::new();
    for (path, at_ms) in polls {
        let entry = last.entry(path).or_insert((*at_ms, 0));
        if entry.1 > 1 && *at_ms > entry.0 {
            late_ms.push((*at_ms - entry.0) as f64 - round_ms as f64);
        }
        *entry = (*at_ms, entry.1 + 1);
    }
    late_ms
}

/// Polls a second when every job is always due.
fn most(programs: &Programs, size: Size) -> Result<Line, Failed> {
    let jobs = size.of(1_000, 40);
    let mut lab = Lab::new(programs)?;
    lab.set("LIBTV_POLL_INTERVAL_SECONDS", "0.001");
    lab.slow_polls(LATENCY_MS);
    let ids = submitted(&lab, jobs)?;
    let list = lab.folder().join("ids");
    fs::write(&list, ids.join("\n"))?;
    let list = list.to_string_lossy().into_owned();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..size.of(3, 1) {
        for id in &ids {
            sessions::store(&lab.state(), id, 0)?;
        }
        let serving = lab.serve(["--max-parallel", PARALLEL])?;
        ours.push(polls_a_second(&lab, jobs, size)?);
        drop(serving);
        let mut command = lab.native(["poll", &list, "1", PARALLEL])?;
        let mut native = Running::start(&mut command, &lab.folder().join("native.log"))?;
        native.wait_for("started", STARTED_WITHIN)?;
        theirs.push(polls_a_second(&lab, jobs, size)?);
    }
    let note = format!(
        "{PARALLEL} requests at once, each answered after {LATENCY_MS} ms; the native client keeps nothing on disk"
    );
    let line = Line::alone("polls a second", "/s", ours, Goal::AtLeast(0.8));
    Ok(line
        .against("native", theirs, Compare::OursByTheirs)
        .note(note)
        .closed_by("what a poll does beside its request: a fresh instance, three files of its session, a line of the record; the rival parses an answer and keeps nothing"))
}

/// Once each job was polled twice: the first poll of a session writes its first records, later ones are all alike.
fn polls_a_second(lab: &Lab, jobs: usize, size: Size) -> Result<f64, Failed> {
    until_polled_twice(lab, jobs)?;
    let gateway = lab.world.gateway();
    let before = gateway.request_count();
    let begun = Instant::now();
    std::thread::sleep(Duration::from_millis(size.of(2_000, 300)));
    Ok((gateway.request_count() - before) as f64 / begun.elapsed().as_secs_f64())
}

/// Waits until so many jobs were polled twice each.
///
/// # Errors
/// When that takes too long.
pub fn until_polled_twice(lab: &Lab, jobs: usize) -> Result<(), Failed> {
    until_polls(lab, lab.world.gateway().request_count() + 2 * jobs)
}

/// Waits until the fake was asked so often in all.
fn until_polls(lab: &Lab, count: usize) -> Result<(), Failed> {
    let gateway = lab.world.gateway();
    lab::block_on(gateway.wait_until(WARM_WITHIN, |gateway| gateway.request_count() >= count))??;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::late;

    #[test]
    fn lateness_is_what_comes_on_top_of_the_round_after_the_first() {
        let polls = [("a", 0), ("b", 5), ("a", 100), ("b", 107), ("a", 203)];
        assert_eq!(late(&polls, 100), [3.0]);
    }
}
