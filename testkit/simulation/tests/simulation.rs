//! The simulated world finds nothing in the core, finds what is planted, and repeats itself. Here is what takes
//! seconds without optimisation; `.ci/run simulate` and `simulate --figures` do the same with more, and with everything.

use simulation::{
    Cast, Channel, EffectKind, Extent, Kind, Only, Options, Plant, Report, Scenario, Service,
    Stage, Tally, Trouble,
};

const THREADS: u64 = 2;
/// More is tried where the core is optimised, which `.ci/run simulate` does.
const IS_OPTIMISED: bool = !cfg!(debug_assertions);
const CALM_SEEDS: u64 = if IS_OPTIMISED { 10 } else { 1 };
const RANDOM_RUNS: u64 = if IS_OPTIMISED { 1_500 } else { 300 };
const FORTY_MINUTES_MS: i64 = 40 * 60 * 1000;

fn assert_clean(tally: &Tally) {
    if let Some(finding) = &tally.first {
        panic!("{}", simulation::told(finding));
    }
}

/// A stage in which nothing goes wrong but what belongs to it.
fn undisturbed(stage: Stage, seed: u64) -> Report {
    let report = simulation::run(Options {
        seed,
        stage,
        trouble: Trouble::None,
        plant: None,
        keep_trace: false,
    });
    let broken = &report.violations;
    assert!(broken.is_empty(), "{} {seed}: {broken:?}", stage.name());
    report
}

#[test]
fn where_nothing_goes_wrong_no_promise_is_broken_and_nothing_is_uncertain() {
    for stage in Only::default().stages() {
        for seed in 0..CALM_SEEDS {
            let report = undisturbed(stage, seed);
            // Refused while two processes try at once: neither knows of the other's attempt.
            if !matches!(
                stage.scenario,
                Scenario::BotComesLate | Scenario::TwoRefused
            ) {
                assert!(!report.shown.is_empty(), "{}", stage.name());
                assert_eq!(report.uncertain, 0, "{} {seed}", stage.name());
            }
        }
    }
}

#[test]
fn a_task_whose_answer_was_lost_is_told_as_what_the_list_proves_of_it() {
    for (scenario, films, told) in [
        (Scenario::UnknownSubmit, 2, None),
        (Scenario::FoundLate, 1, None),
        (Scenario::FoundTwice, 0, Some("isn't known")),
        (Scenario::Absent, 0, Some("may be asked for once more")),
        (Scenario::Expired, 0, Some("didn't come to it")),
        (Scenario::ModeratedLate, 0, Some("withheld")),
        (Scenario::LinkDead, 0, Some("the link is dead by now")),
    ] {
        let mut cast = Cast::made_by(Service::Ark);
        if scenario == Scenario::LinkDead {
            cast.channel = Channel::Discord;
        }
        let shown = undisturbed(Stage { cast, scenario }, 1).shown;
        let is_film = |one: &&String| one.starts_with("https://");
        assert_eq!(shown.iter().filter(is_film).count(), films, "{shown:?}");
        let words = shown.iter().filter(|one| !is_film(one));
        let words: Vec<&String> = words.collect();
        assert_eq!(words.len(), usize::from(told.is_some()), "{shown:?}");
        let says = |part: &str| words.iter().any(|one| one.contains(part));
        assert!(told.is_none_or(says), "{scenario:?}: {words:?}");
    }
}

#[test]
fn a_list_that_is_down_proves_nothing_and_is_asked_for_a_while() {
    let cast = Cast::made_by(Service::Ark);
    let scenario = Scenario::ListDown;
    let shown = |seed| undisturbed(Stage { cast, scenario }, seed).shown;
    let mut ends: Vec<bool> = (0..8)
        .map(|seed| {
            let shown = shown(seed);
            let is_unknown = shown[0].contains("isn't known");
            assert_eq!(shown.len(), 1, "{shown:?}");
            assert!(is_unknown || shown[0].starts_with("https://"), "{shown:?}");
            is_unknown
        })
        .collect();
    ends.sort_unstable();
    ends.dedup();
    // Up again in time it shows the task.
    assert_eq!(ends, [false, true]);
}

#[test]
fn what_a_chat_takes_no_more_is_sent_when_its_person_writes_again() {
    let cast = Cast::shown_by(Channel::WeChat);
    let shown = |scenario| undisturbed(Stage { cast, scenario }, 1).shown.len();
    // Ten, and the others once somebody asks what became of them: they were given up by then.
    assert_eq!(shown(Scenario::Full), 12);
    // As many, and the film that they asked for meanwhile.
    assert_eq!(shown(Scenario::WritesAgain), 13);
}

#[test]
fn random_faults_and_crashes_break_no_promise() {
    let mut all = Tally::default();
    for (_, tally) in simulation::random(0, RANDOM_RUNS, Only::default(), THREADS) {
        // Each cast has a share of them.
        assert!(tally.runs > RANDOM_RUNS / 200 && tally.shown > 0);
        all.join(tally);
    }
    assert_clean(&all);
    assert!(all.crashes > RANDOM_RUNS / 12 && all.shown > RANDOM_RUNS / 2);
}

#[test]
fn a_power_failure_at_any_effect_breaks_no_promise() {
    for scenario in [Scenario::Legacy, Scenario::Video] {
        assert_clean(
            &simulation::crashes(Stage::first(scenario), Extent::Few, false, THREADS).once,
        );
    }
}

#[test]
fn an_effect_or_a_step_that_is_repeated_breaks_no_promise() {
    assert_clean(&simulation::repeated(
        Stage::first(Scenario::Video),
        Extent::Few,
        THREADS,
    ));
}

#[test]
fn an_effect_that_fails_in_any_way_breaks_no_promise() {
    assert_clean(&simulation::failing(
        Stage::first(Scenario::Video),
        Extent::Few,
        THREADS,
    ));
}

#[test]
fn a_chat_that_says_too_fast_and_no_time_to_wait_is_asked_less_and_less_often() {
    let run = |points| {
        simulation::run(Options {
            seed: 1,
            stage: Stage::first(Scenario::NoScope),
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
        let options = simulation::random_options(seed, Only::default(), None);
        let again = simulation::run(options.clone());
        assert_eq!(simulation::run(options).trace_hash, again.trace_hash);
    }
}

/// Each takes hundreds of seeds or thousands, which is what an optimised program is for: `.ci/run simulate` finds them too.
const RARE: [Plant; 2] = [Plant::TryUnmarked, Plant::LineForgotten];

#[test]
fn every_planted_bug_but_the_rare_ones_is_found_within_a_hundred_seeds() {
    for plant in Plant::ALL.into_iter().filter(|plant| !RARE.contains(plant)) {
        let found = simulation::planted(plant, 100);
        assert!(found.is_some(), "{plant:?} was not found");
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
