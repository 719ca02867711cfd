use super::{MAX_REFUSED, apply, ends_job};
use crate::session::{Asked, Progress, Route, State, Turn};
use crate::upstream::results::ResultUrl;
use crate::upstream::{
    Baseline, Error, Meaning, Observation, QUIET_POLLS, QUIET_POLLS_OF_WORDS, ServiceId,
};

fn turn(state: State, quiet_polls: u32, seen: usize) -> Turn {
    Turn {
        asked: Asked {
            session_id: "s".to_owned(),
            project_uuid: String::new(),
            turn: 1,
            nonce: "n".to_owned(),
            text: "a cat".to_owned(),
            service: ServiceId::of_earlier_records(),
            route: Route::default(),
            baseline: Baseline::default(),
            submitted_at_ms: 0,
            given: None,
        },
        progress: Progress {
            state,
            polls: 1,
            quiet_polls,
            seen,
            ..Progress::begun(0)
        },
    }
}

fn film() -> Vec<ResultUrl> {
    let found = ResultUrl::parse("https://libtv-res.liblib.art/claw/p/a.mp4");
    found.into_iter().collect()
}

fn words(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// What a turn is after it was seen so; `quiet` polls before this one brought nothing new.
fn after(seen: &Observation, state: State, quiet: u32, is_latest: bool) -> (State, Option<String>) {
    let mut turn = turn(state, quiet, seen.count);
    apply(&mut turn, seen, is_latest, 9, &mut Vec::new());
    let is_final = turn.progress.state.is_final();
    assert_eq!(turn.progress.ended_at_ms.is_some(), is_final, "{seen:?}");
    (turn.progress.state, turn.progress.trouble)
}

#[test]
fn what_is_seen_of_a_turn_decides_where_it_stands() {
    let nothing = Observation::default;
    let works = || Observation {
        answered: true,
        under_way: 1,
        ..nothing()
    };
    let said = || Observation {
        answered: true,
        last_word: true,
        ..nothing()
    };
    let failure = words("no capacity");
    let asks = Observation {
        question: words("which cat?"),
        ..works()
    };
    let done = Observation {
        results: film(),
        ..said()
    };
    let done_in_part = Observation {
        failure: failure.clone(),
        ..done.clone()
    };
    let begun = Observation {
        results: film(),
        ..works()
    };
    let failed = Observation {
        failure: failure.clone(),
        ..said()
    };
    let talks = Observation {
        answered: true,
        says: words("hello"),
        ends_in_words: true,
        ..nothing()
    };
    let settles = Observation {
        results: film(),
        answered: true,
        ..nothing()
    };
    let (quiet, all_said) = (QUIET_POLLS, QUIET_POLLS_OF_WORDS);
    for (seen, state, quiet, expected) in [
        (nothing(), State::Submitted, 9, State::Submitted),
        (works(), State::Submitted, 0, State::Generating),
        (works(), State::Generating, 99, State::Generating),
        (asks.clone(), State::Generating, 0, State::AwaitingUser),
        (asks, State::Timeout, 0, State::Timeout),
        (begun, State::Generating, 99, State::Generating),
        (done.clone(), State::Submitted, 0, State::Completed),
        (done, State::Timeout, 0, State::Completed),
        (done_in_part, State::Generating, 0, State::Completed),
        (failed, State::Generating, 0, State::Failed),
        (
            settles.clone(),
            State::Generating,
            quiet - 2,
            State::Generating,
        ),
        (settles, State::Generating, quiet - 1, State::Completed),
        (
            talks.clone(),
            State::Generating,
            all_said - 2,
            State::Generating,
        ),
        (talks, State::Generating, all_said - 1, State::Failed),
    ] {
        let (found, reason) = after(&seen, state, quiet, true);
        assert_eq!(found, expected, "{seen:?} after {quiet} quiet polls");
        if seen.failure.is_some() {
            assert_eq!(reason, failure, "{seen:?}");
        }
    }
}

#[test]
fn a_run_that_waits_for_its_turn_is_watched_whatever_was_asked_behind_it() {
    let pippit = ServiceId::of(&crate::upstream::pippit::PIPPIT);
    for (service, expected) in [
        (pippit, State::Submitted),
        (ServiceId::of_earlier_records(), State::Completed),
    ] {
        let mut turn = turn(State::Submitted, 0, 0);
        turn.asked.service = service;
        apply(
            &mut turn,
            &Observation::default(),
            false,
            9,
            &mut Vec::new(),
        );
        assert_eq!(turn.progress.state, expected);
    }
}

#[test]
fn a_turn_that_was_replaced_asks_nobody_and_ends_when_nothing_of_it_is_under_way() {
    let asks = Observation {
        question: words("which cat?"),
        answered: true,
        ..Observation::default()
    };
    let works = Observation {
        under_way: 1,
        ..asks.clone()
    };
    assert_eq!(
        after(&asks, State::Generating, 0, false).0,
        State::Completed
    );
    assert_ne!(
        after(&works, State::Generating, 0, false).0,
        State::Completed
    );
}

#[test]
fn only_the_services_own_refusal_ends_a_job() {
    let last = |meaning| {
        let mut error = Error::said(meaning, String::new());
        error.is_last_word = true;
        error
    };
    let of_ours = |meaning| Error::unasked(meaning, String::new());
    let said = |meaning| Error::said(meaning, String::new());
    for (error, at_once, kept_to) in [
        (last(Meaning::Moderated), true, true),
        (last(Meaning::Quota), true, true),
        (said(Meaning::Quota), false, true),
        (said(Meaning::Refused), false, true),
        (said(Meaning::NotFound), false, true),
        (of_ours(Meaning::Refused), false, false),
        (said(Meaning::Passing), false, false),
        (said(Meaning::RateLimited), false, false),
        (said(Meaning::KeyRefused), false, false),
        (of_ours(Meaning::NotPermitted), false, false),
        (of_ours(Meaning::Setting), false, false),
    ] {
        assert_eq!(ends_job(&error, 1), at_once, "{error:?}");
        assert_eq!(ends_job(&error, MAX_REFUSED), kept_to, "{error:?}");
    }
}
