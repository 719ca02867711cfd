//! `simulate`: looks for lost, repeated and never-ending work in a simulated world. Exit code 1 when it
//! finds any, or doesn't find a planted bug.

use std::process::ExitCode;

use simulation::{Cast, Extent, Only, Options, Plant, Stage, Tally};

const USAGE: &str = "simulate --figures [--runs N]     all of the below, with 100000 seeds or so many
simulate --runs N [--from SEED]   random seeds
simulate --crashes [--again]      the power fails at every effect; and again during the recovery
simulate --repeated               every effect twice, and every step repeated
simulate --failing                every effect fails in every way
simulate --planted                every planted bug is looked for
simulate --seed SEED [--calm] [--at EFFECT:MISHAP[:MS]]… [--plant NAME] [--trace]   one run
With --service, --channel or --scenario NAME only those; with --threads N on so many. A stage of more than 800 effects is tried at a
spread of them, and at each where its scenario is named, which takes hours for the longest (`late` polls for a day). In `late`, `full`
and `two-refused` the power fails again during the recovery only when they are named";

/// Within so many seeds a planted bug has to be found.
// A bug that takes more isn't looked for by what runs on every change.
const MOST_SEEDS: u64 = 10_000;
/// Random seeds of the figures, unless told otherwise.
const FIGURE_RUNS: u64 = 100_000;

#[derive(Default)]
struct Wanted {
    figures: bool,
    crashes: bool,
    again: bool,
    repeated: bool,
    failing: bool,
    planted: bool,
    runs: Option<u64>,
    from: u64,
    only: Only,
    threads: Option<u64>,
}

fn main() -> ExitCode {
    let arguments = || std::env::args().skip(1);
    let good = if let Some(options) = simulation::parse(arguments()) {
        one(options)
    } else if let Some(wanted) = parse(arguments()) {
        many(&wanted)
    } else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    ExitCode::from(u8::from(!good))
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Wanted> {
    let mut wanted = Wanted::default();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--figures" => wanted.figures = true,
            "--crashes" => wanted.crashes = true,
            "--again" => wanted.again = true,
            "--repeated" => wanted.repeated = true,
            "--failing" => wanted.failing = true,
            "--planted" => wanted.planted = true,
            "--runs" => wanted.runs = Some(arguments.next()?.parse().ok()?),
            "--from" => wanted.from = arguments.next()?.parse().ok()?,
            "--threads" => wanted.threads = Some(arguments.next()?.parse().ok()?),
            "--scenario" | "--service" | "--channel" => {
                wanted.only.read(&argument, &arguments.next()?)?;
            }
            _ => return None,
        }
    }
    // A combination that nobody plays is a slip.
    wanted.only.pick(0)?;
    let asked = wanted.runs.is_some() || wanted.figures || wanted.crashes;
    (asked || wanted.repeated || wanted.failing || wanted.planted).then_some(wanted)
}

/// One run, told.
fn one(options: Options) -> bool {
    let report = simulation::run(options);
    report.trace.iter().for_each(|line| println!("{line}"));
    println!("trace {:016x}", report.trace_hash);
    for violation in &report.violations {
        println!("VIOLATION {:?}: {}", violation.kind, violation.words);
    }
    report.violations.is_empty()
}

/// Lines of the table.
type Row = (String, Tally);

fn many(wanted: &Wanted) -> bool {
    let available = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let threads = wanted.threads.unwrap_or(available);
    let mut rows: Vec<Row> = Vec::new();
    if wanted.crashes || wanted.figures {
        crashes(wanted, threads, &mut rows);
    }
    for (asked, name, search) in [
        (
            wanted.repeated,
            "every effect and every step repeated",
            simulation::repeated as fn(Stage, Extent, u64) -> Tally,
        ),
        (
            wanted.failing,
            "every effect fails in every way",
            simulation::failing,
        ),
    ] {
        if asked || wanted.figures {
            let mut all = Tally::default();
            for stage in wanted.only.stages() {
                let found = search(stage, wanted.extent(), threads);
                progress(stage, name, &found);
                all.join(found);
            }
            rows.push((name.to_owned(), all));
        }
    }
    if let Some(runs) = wanted.runs.or(wanted.figures.then_some(FIGURE_RUNS)) {
        for (cast, tally) in simulation::random(wanted.from, runs, wanted.only, threads) {
            let Cast { service, channel } = cast;
            rows.push((
                format!("seeds: {} {}", service.name(), channel.name()),
                tally,
            ));
        }
    }
    table(&rows);
    for finding in rows.iter().filter_map(|(_, tally)| tally.first.as_ref()) {
        println!("\n{}", simulation::told(finding));
    }
    // With the figures too: figures of a simulation that finds no planted bug would say nothing.
    let found = !(wanted.planted || wanted.figures) || planted();
    found && rows.iter().all(|(_, tally)| tally.violations == 0)
}

fn crashes(wanted: &Wanted, threads: u64, rows: &mut Vec<Row>) {
    let again = wanted.again || wanted.figures;
    let mut all = simulation::Crashes::default();
    for stage in wanted.only.stages() {
        // A tangled one takes hours: it is tried again when somebody names it.
        let again = again && (!stage.scenario.is_tangled() || wanted.only.scenario.is_some());
        let found = simulation::crashes(stage, wanted.extent(), again, threads);
        progress(stage, "power fails once", &found.once);
        progress(stage, "and again", &found.again);
        all.join(found);
    }
    rows.push(("the power fails at every effect".to_owned(), all.once));
    if again {
        rows.push(("and again during the recovery".to_owned(), all.again));
    }
}

impl Wanted {
    /// Everything at each of thousands of effects takes hours: such a stage has to be named.
    fn extent(&self) -> Extent {
        match self.only.scenario {
            Some(_) => Extent::Whole,
            None => Extent::Spread,
        }
    }
}

fn progress(stage: Stage, what: &str, tally: &Tally) {
    if tally.runs > 0 {
        eprintln!(
            "{:<30} {what}: {} runs, {} broke a promise, settled within {} polls",
            stage.name(),
            tally.runs,
            tally.violations,
            tally.polls_to_settle
        );
    }
}

fn table(rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    println!(
        "| what goes wrong | runs | messages | lost | duplicate | repeated submits | uncertain, told | polls to settle |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    for (name, tally) in rows {
        println!(
            "| {name} | {} | {} | {} | {} | {} | {} | {} |",
            tally.runs,
            tally.shown,
            tally.lost,
            tally.duplicates,
            tally.repeated_submits,
            tally.uncertain,
            tally.polls_to_settle
        );
    }
    println!("commit {}", commit());
}

/// Looks for each planted bug.
fn planted() -> bool {
    let (mut worst, mut found) = (0, 0);
    for plant in Plant::ALL {
        match simulation::planted(plant, MOST_SEEDS) {
            Some((seeds, finding)) => {
                (worst, found) = (seeds.max(worst), found + 1);
                let violation = &finding.report.violations[0];
                eprintln!(
                    // To standard error, like all progress: the table alone goes to standard output, to be
                    // kept.
                    "{:<20} after {seeds} seeds: {}",
                    plant.name(),
                    violation.words
                );
            }
            None => println!("{} was not found in {MOST_SEEDS} seeds", plant.name()),
        }
    }
    let all = Plant::ALL.len();
    println!("planted bugs found: {found} of {all}, at worst after {worst} seeds");
    found == all
}

/// What was tried, as far as git knows.
fn commit() -> String {
    let git = std::process::Command::new("git")
        .args(["describe", "--always", "--dirty"])
        .output();
    let text = git.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok()
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}
