//! `simulate`: looks for lost, repeated and never-ending work in a simulated world. Exit code 1 when it
//! finds any.

use std::process::ExitCode;

use testkit::sim::{self, Finding, Options, Plant, Scenario, Tally, Trouble};

const USAGE: &str = "simulate --runs N [--from SEED] [--scenario NAME] [--plant NAME] [--threads N]
simulate --seed SEED [--scenario NAME] [--plant NAME] [--trace]
simulate --exhaustive [--scenario NAME] [--again N]";

/// The last events that are shown of a run with a broken promise.
const SHOWN_EVENTS: usize = 60;

#[derive(Default)]
struct Wanted {
    runs: Option<u64>,
    from: u64,
    seed: Option<u64>,
    scenario: Option<Scenario>,
    plant: Option<Plant>,
    threads: Option<u64>,
    again: u64,
    exhaustive: bool,
    trace: bool,
}

fn main() -> ExitCode {
    let Some(wanted) = parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let tally = if wanted.exhaustive {
        let scenarios = wanted
            .scenario
            .map_or_else(|| Scenario::ALL.to_vec(), |one| vec![one]);
        let mut all = Tally::default();
        for scenario in scenarios {
            let tally = sim::exhaustive(scenario, wanted.again);
            println!("{:<20} {}", scenario.name(), figures(&tally));
            all.join(tally);
        }
        all
    } else if let Some(seed) = wanted.seed {
        let options = Options {
            keep_trace: wanted.trace,
            ..sim::random_options(seed, wanted.scenario, wanted.plant)
        };
        let report = sim::run(options);
        report.trace.iter().for_each(|line| println!("{line}"));
        println!("trace {:016x}", report.trace_hash);
        sim::random(seed..=seed, wanted.scenario, wanted.plant, false)
    } else {
        many(&wanted)
    };
    println!("{}", figures(&tally));
    match &tally.first {
        Some(finding) => {
            show(finding);
            ExitCode::from(1)
        }
        None => ExitCode::SUCCESS,
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Wanted> {
    let mut wanted = Wanted::default();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--exhaustive" => wanted.exhaustive = true,
            "--trace" => wanted.trace = true,
            "--runs" => wanted.runs = Some(arguments.next()?.parse().ok()?),
            "--from" => wanted.from = arguments.next()?.parse().ok()?,
            "--seed" => wanted.seed = Some(arguments.next()?.parse().ok()?),
            "--again" => wanted.again = arguments.next()?.parse().ok()?,
            "--threads" => wanted.threads = Some(arguments.next()?.parse().ok()?),
            "--scenario" => wanted.scenario = Some(Scenario::named(&arguments.next()?)?),
            "--plant" => wanted.plant = Some(Plant::named(&arguments.next()?)?),
            _ => return None,
        }
    }
    (wanted.exhaustive || wanted.seed.is_some() || wanted.runs.is_some()).then_some(wanted)
}

/// Divides the seeds among the machine's processors.
fn many(wanted: &Wanted) -> Tally {
    let runs = wanted.runs.unwrap_or(0);
    let available = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let threads = wanted.threads.unwrap_or(available).max(1);
    let (from, scenario, plant) = (wanted.from, wanted.scenario, wanted.plant);
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                scope.spawn(move || {
                    let seeds = (from..from + runs).filter(|seed| seed % threads == worker);
                    sim::random(seeds, scenario, plant, plant.is_some())
                })
            })
            .collect();
        for worker in workers {
            match worker.join() {
                Ok(found) => tally.join(found),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    tally
}

fn figures(tally: &Tally) -> String {
    format!(
        "runs {}, crash points {}, messages {}, lost {}, duplicate {}, repeated submits {}, violations {}, polls to settle at most {}",
        tally.runs,
        tally.crashes,
        tally.shown,
        tally.lost,
        tally.duplicates,
        tally.repeated_submits,
        tally.violations,
        tally.polls_to_settle
    )
}

fn show(finding: &Finding) {
    let options = Options {
        keep_trace: true,
        ..finding.options.clone()
    };
    let report = sim::run(options);
    let skipped = report.trace.len().saturating_sub(SHOWN_EVENTS);
    for line in report.trace.iter().skip(skipped) {
        println!("{line}");
    }
    for violation in &finding.report.violations {
        println!("VIOLATION {:?}: {}", violation.kind, violation.words);
    }
    let options = &finding.options;
    let scenario = options.scenario.name();
    match &options.trouble {
        Trouble::PowerFails { at, off_ms } => {
            println!("{scenario}: the power fails at {at:?} and is off for {off_ms} ms");
            println!(
                "cargo run --release -p testkit --features simulation --bin simulate -- --exhaustive --scenario {scenario}"
            );
        }
        Trouble::None | Trouble::Random => {
            let plant = options
                .plant
                .map_or_else(String::new, |plant| format!(" --plant {}", plant.name()));
            println!(
                "cargo run --release -p testkit --features simulation --bin simulate -- --seed {} --scenario {scenario}{plant} --trace",
                options.seed
            );
        }
    }
}
