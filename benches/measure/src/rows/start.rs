//! `check`, from the start of its process to its exit, beside the same in Python. It asks the gateway once, over TLS.

use crate::Failed;
use crate::lab::Lab;
use crate::line::{Compare, Goal, Line};
use crate::process::{self, Measured};
use crate::programs::Programs;
use crate::rows::Size;

/// Not its first run in this home folder.
pub fn warm(programs: &Programs, size: Size) -> Result<Vec<Line>, Failed> {
    let lab = Lab::new(programs)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..size.of(60, 2) {
        ours.push(lab.run(["check"])?);
        theirs.push(process::run(&lab.waiter(["check"]))?);
    }
    let of = |runs: &[Measured], figure: fn(&Measured) -> f64| runs.iter().map(figure).collect();
    Ok(vec![
        Line::alone(
            "check, start to exit, warm",
            "ms",
            of(&ours, |run| run.wall_ms),
            Goal::AtLeast(15.0),
        )
        .against(
            "Python",
            of(&theirs, |run| run.wall_ms),
            Compare::TheirsByOurs,
        )
        .closed_by("nothing single: a process of it that only tells its version takes a fifth of the time; the rest is spread over roots, handshake, sandbox and record"),
        Line::alone(
            "check, own time on the processor",
            "ms",
            of(&ours, |run| run.cpu_ms),
            Goal::OwnBelow(6.0),
        )
        .against(
            "Python",
            of(&theirs, |run| run.cpu_ms),
            Compare::TheirsByOurs,
        )
        .closed_by("fewer pages to map: `perf stat` counts some 550 faults, 214 of which a process that only tells its version has as well"),
        Line::alone(
            "memory of one command (check)",
            "MB",
            of(&ours, |run| run.peak_mb),
            Goal::AtMost(0.5),
        )
        .against(
            "Python",
            of(&theirs, |run| run.peak_mb),
            Compare::OursByTheirs,
        )
        .note("ours counts pages of files that are mapped and shared with every other process of it")
        .closed_by("a smaller program: 1 MB is its own, the rest are mapped pages of the program, the C library and the compiled component"),
    ])
}

/// In a home folder that nothing has run in, beside the second run there.
pub fn first(programs: &Programs, size: Size) -> Result<Vec<Line>, Failed> {
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    for _ in 0..size.of(20, 1) {
        let lab = Lab::untouched(programs)?;
        firsts.push(lab.run(["check"])?.wall_ms);
        seconds.push(lab.run(["check"])?.wall_ms);
    }
    let line = Line::alone("check, the first run ever", "ms", firsts, Goal::AtMost(1.2));
    Ok(vec![
        line.against("second run", seconds, Compare::OursByTheirs)
            .note("the code is built in: a first run makes its folders, and compiles nothing")
            .closed_by("folders that are made without waiting for the disk"),
    ])
}
