//! `check`, from the start of its process to its exit, beside the same in Python. It asks the gateway once, over TLS.

use crate::Failed;
use crate::lab::{Lab, Programs};
use crate::line::{Compare, Goal, Line};
use crate::process::{self, Measured};
use crate::rows::Size;

/// With the compiled code in its cache.
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
        ),
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
        ),
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
        ),
    ])
}

/// With an empty cache each time.
pub fn first(programs: &Programs, size: Size) -> Result<Vec<Line>, Failed> {
    let mut lab = Lab::new(programs)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for run in 0..size.of(10, 1) {
        lab.set("LIBTV_CACHE_DIR", lab.folder().join(format!("cache-{run}")));
        ours.push(lab.run(["check"])?.wall_ms);
        theirs.push(process::run(&lab.waiter(["check"]))?.wall_ms);
    }
    let line = Line::alone("check, the first run ever", "ms", ours, Goal::AtMost(3.0)).against(
        "Python",
        theirs,
        Compare::OursByTheirs,
    );
    Ok(vec![line.note(
        "compiles the component; `libtv-video precompile` does it beforehand",
    )])
}
