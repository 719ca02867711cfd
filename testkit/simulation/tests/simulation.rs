//! The simulated world finds nothing in the core, finds what is planted, and repeats itself. Here is what takes
//! seconds; `simulate --figures` does the same with everything.

use simulation::{EffectKind, Kind, Options, Plant, Scenario, Tally, Trouble};

const THREADS: u64 = 2;
const FORTY_MINUTES_MS: i64 = 40 * 60 * 1000;

fn assert_clean(tally: &Tally) {
    if let Some(finding) = &tally.first {
        panic!("{}", simulation::told(finding));
    }
}

#[test]
fn random_faults_and_crashes_break_no_promise() {
    let tally = simulation::random(0, 600, None, THREADS);
    assert_clean(&tally);
    assert!(tally.crashes > 50 && tally.shown > 300);
}

#[test]
fn a_power_failure_at_any_effect_breaks_no_promise() {
    for scenario in [Scenario::Legacy, Scenario::Video, Scenario::SignedLinks] {
        assert_clean(&simulation::crashes(scenario, false, THREADS).once);
    }
}

#[test]
fn an_effect_or_a_step_that_is_repeated_breaks_no_promise() {
    assert_clean(&simulation::repeated(Scenario::Video, THREADS));
}

#[test]
fn an_effect_that_fails_in_any_way_breaks_no_promise() {
    assert_clean(&simulation::failing(Scenario::Video, THREADS));
}

#[test]
fn a_chat_that_says_too_fast_and_no_time_to_wait_is_asked_less_and_less_often() {
    let run = |points| {
        simulation::run(Options {
            seed: 1,
            scenario: Scenario::NoScope,
            trouble: Trouble::At(points),
            plant: None,
            keep_trace: false,
        })
    };
    let calm = run(Vec::new()).effects;
    let is_request =
        |(_, performed): &(usize, &simulation::Performed)| performed.kind == EffectKind::Request;
    // The last poll and the last message are among them.
    let last_requests = calm.iter().enumerate().rev().filter(is_request).take(4);
    for (effect, _) in last_requests {
        for fault in ["429-date", "429-fraction", "429-nonsense"] {
            let point = format!("{effect}:{fault}:{FORTY_MINUTES_MS}");
            let point = point.parse().expect("a point");
            let report = run(vec![point]);
            assert!(report.violations.is_empty(), "{point}");
            assert!(
                report.effects.len() < 4 * calm.len(),
                "{point}: {} effects",
                report.effects.len()
            );
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in 0..40 {
        let options = simulation::random_options(seed, None, None);
        let again = simulation::run(options.clone());
        assert_eq!(simulation::run(options).trace_hash, again.trace_hash);
    }
}

#[test]
fn every_planted_bug_is_found_within_ten_thousand_seeds() {
    for plant in Plant::ALL {
        assert!(
            simulation::planted(plant, 10_000).is_some(),
            "{plant:?} was not found"
        );
    }
}

#[test]
fn the_lock_that_is_skipped_shows_a_result_twice() {
    let (_, finding) = simulation::planted(Plant::LockSkipped, 10_000).expect("found");
    let kinds: Vec<Kind> = finding
        .report
        .violations
        .iter()
        .map(|found| found.kind)
        .collect();
    assert!(kinds.contains(&Kind::Duplicate), "{kinds:?}");
}

#[test]
fn the_command_that_is_told_repeats_the_run() {
    let (_, finding) = simulation::planted(Plant::NoSync, 10_000).expect("found");
    let points = [
        ("torn", 75 * 60 * 1000),
        ("429-fraction", 0),
        ("clock", -60_000),
    ];
    let points = points.map(|(name, ms)| format!("{}:{name}:{ms}", 40 + name.len()));
    let scripted = Options {
        trouble: Trouble::At(
            points
                .iter()
                .map(|point| point.parse().expect("a point"))
                .collect(),
        ),
        ..finding.options.clone()
    };
    for options in [finding.options, scripted] {
        let words = simulation::command(&options);
        let arguments = words.split(' ').skip_while(|word| *word != "--").skip(1);
        let again = simulation::parse(arguments.map(str::to_owned)).expect("arguments");
        assert_eq!(
            Options {
                keep_trace: false,
                ..again.clone()
            },
            options
        );
        assert_eq!(
            simulation::run(again).trace_hash,
            simulation::run(options).trace_hash
        );
    }
}
