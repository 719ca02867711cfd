//! What one job costs beside a hundred stored sessions and beside a hundred thousand: neither submitting nor polling
//! one, nor `recover` of one, may read all.

use fakes::Job;

use crate::Failed;
use crate::lab::{CHAT, Lab};
use crate::line::{Compare, Goal, Line};
use crate::process::Measured;
use crate::programs::Programs;
use crate::rows::Size;
use crate::sessions;

const FEW: usize = 100;
const MANY: usize = 100_000;
/// "Flat": in the noise of a process's start.
const FLAT: f64 = 1.3;

struct Costs {
    submit: Measured,
    poll: Measured,
    recover: Measured,
}

/// Both folders, in turn.
pub fn sessions(programs: &Programs, size: Size) -> Result<Vec<Line>, Failed> {
    let many = size.of(MANY, 1_000);
    let (small, large) = (filled(programs, FEW)?, filled(programs, many)?);
    let (mut few, mut more) = (Vec::new(), Vec::new());
    for _ in 0..size.of(15, 1) {
        few.push(one_job(&small)?);
        more.push(one_job(&large)?);
    }
    let line = |what: &str, unit, figure: fn(&Costs) -> f64| {
        let of = |costs: &[Costs]| costs.iter().map(figure).collect();
        Line::alone(
            format!("{what}, {many} stored sessions"),
            unit,
            of(&more),
            Goal::AtMost(FLAT),
        )
        .against("100 stored", of(&few), Compare::OursByTheirs)
    };
    Ok(vec![
        line("submit: time", "ms", |costs| costs.submit.wall_ms),
        line("submit: memory", "MB", |costs| costs.submit.peak_mb),
        line("poll and delivery: time", "ms", |costs| costs.poll.wall_ms),
        line("poll and delivery: memory", "MB", |costs| {
            costs.poll.peak_mb
        }),
        line("recover of one: time", "ms", |costs| costs.recover.wall_ms),
        line("recover of one: memory", "MB", |costs| {
            costs.recover.peak_mb
        }),
    ])
}

/// A lab with so many sessions that wait for the next hour.
fn filled(programs: &Programs, count: usize) -> Result<Lab, Failed> {
    let mut lab = Lab::new(programs)?;
    lab.set("LIBTV_POLL_INTERVAL_SECONDS", "0.001");
    let job = Job::new()
        .works()
        .videos(["/sd-gen-save-img/bench/{session}.mp4"]);
    lab.world.gateway().set_default_job(job.says("done"));
    sessions::store_waiting(&lab.state(), count)?;
    Ok(lab)
}

/// One job from its submit to its message, and a look back.
fn one_job(lab: &Lab) -> Result<Costs, Failed> {
    let (submit, id) = lab.submit(CHAT)?;
    let poll = lab.run(["wait-and-deliver", "--session-id", &id])?;
    let recover = lab.run(["recover", &id])?;
    Ok(Costs {
        submit,
        poll,
        recover,
    })
}
