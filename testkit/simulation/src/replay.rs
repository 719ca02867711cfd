//! A run that broke a promise, told so that anyone can have it again.

use super::plant::Plant;
use super::report::Options;
use super::run::run;
use super::search::{Finding, random_options};
use super::stage::{Only, Stage};
use super::trouble::Trouble;

/// The last events that are shown of a run with a broken promise.
const SHOWN_EVENTS: usize = 60;

/// The command that repeats a run.
#[must_use]
pub fn command(options: &Options) -> String {
    let Stage { cast, scenario } = options.stage;
    let mut line = format!(
        "cargo run --release -p simulation --bin simulate -- --seed {} --service {} --channel {} --scenario {}",
        options.seed,
        cast.service.name(),
        cast.channel.name(),
        scenario.name()
    );
    if let Trouble::At(points) = &options.trouble {
        line.push_str(" --calm");
        for point in points {
            line.push_str(&format!(" --at {point}"));
        }
    }
    if let Some(plant) = options.plant {
        line.push_str(&format!(" --plant {}", plant.name()));
    }
    line + " --trace"
}

/// The run that a command's arguments stand for.
#[must_use]
pub fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
    let (mut seed, mut plant) = (None, None);
    let mut only = Only::default();
    let (mut points, mut calm, mut keep_trace) = (Vec::new(), false, false);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seed" => seed = Some(arguments.next()?.parse().ok()?),
            "--scenario" | "--service" | "--channel" => only.read(&argument, &arguments.next()?)?,
            "--plant" => plant = Some(Plant::named(&arguments.next()?)?),
            "--at" => points.push(arguments.next()?.parse().ok()?),
            "--calm" => calm = true,
            "--trace" => keep_trace = true,
            _ => return None,
        }
    }
    // A combination that nobody plays is a slip.
    only.pick(0)?;
    let mut options = Options {
        keep_trace,
        ..random_options(seed?, only, plant)
    };
    if calm || !points.is_empty() {
        options.trouble = Trouble::At(points);
    }
    Some(options)
}

/// The end of its events, the promises that it broke, and the command.
#[must_use]
pub fn told(finding: &Finding) -> String {
    let options = Options {
        keep_trace: true,
        ..finding.options.clone()
    };
    let report = run(options);
    // Of its end: what broke the promise stands there, and the command gives the rest.
    let skipped = report.trace.len().saturating_sub(SHOWN_EVENTS);
    let mut lines: Vec<String> = report.trace.into_iter().skip(skipped).collect();
    for violation in &finding.report.violations {
        lines.push(format!(
            "VIOLATION {:?}: {}",
            violation.kind, violation.words
        ));
    }
    lines.push(format!("seed {}", finding.options.seed));
    lines.push(command(&finding.options));
    lines.join("\n")
}
