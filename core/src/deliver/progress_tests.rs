use super::*;
use crate::session::{Asked, Progress, Route};
use crate::upstream::{Baseline, ServiceId};

const BEGUN_MS: u64 = 1_800_000_000_000;

fn turn(state: State) -> Turn {
    Turn {
        asked: Asked {
            session_id: "s".to_owned(),
            project_uuid: String::new(),
            turn: 1,
            nonce: "n".to_owned(),
            text: "a cat".to_owned(),
            service: ServiceId::all().next().unwrap(),
            route: Route::default(),
            baseline: Baseline::default(),
            submitted_at_ms: BEGUN_MS,
            given: None,
        },
        progress: Progress {
            state,
            ..Progress::begun(BEGUN_MS)
        },
    }
}

fn shown(changed_at_ms: u64) -> Line {
    Line {
        message_id: Some("m".to_owned()),
        ..Line::begun(changed_at_ms)
    }
}

#[test]
fn a_job_has_a_line_once_it_takes_a_minute_and_only_while_it_runs() {
    let at = |state, age_ms: u64| due(&turn(state), None, true, BEGUN_MS + age_ms);
    for state in [State::Submitted, State::Generating] {
        assert_eq!(at(state, AFTER_MS - 1), Due::Nothing);
        assert_eq!(at(state, AFTER_MS), Due::Post);
    }
    for state in [
        State::AwaitingUser,
        State::Completed,
        State::Failed,
        State::Timeout,
    ] {
        assert_eq!(at(state, 10 * AFTER_MS), Due::Nothing, "{state:?}");
    }
    let older = due(&turn(State::Generating), None, false, BEGUN_MS + AFTER_MS);
    assert_eq!(older, Due::Nothing);
    // The clock was set back before the submit.
    let early = due(&turn(State::Generating), None, true, BEGUN_MS - 1);
    assert_eq!(early, Due::Nothing);
}

#[test]
fn a_line_is_changed_once_a_minute_and_for_the_last_time_when_the_job_has_ended() {
    let now_ms = BEGUN_MS + 10 * EVERY_MS;
    let at = |state, line: &Line| due(&turn(state), Some(line), true, now_ms);
    let (change, close) = (
        Due::Change { is_last: false },
        Due::Change { is_last: true },
    );
    let (fresh, old) = (shown(now_ms - EVERY_MS + 1), shown(now_ms - EVERY_MS));
    assert_eq!(at(State::Generating, &fresh), Due::Nothing);
    assert_eq!(at(State::Generating, &old), change);
    assert_eq!(at(State::AwaitingUser, &old), change);
    // By a clock that was set back for an hour.
    assert_eq!(
        at(State::Generating, &shown(now_ms + 60 * EVERY_MS)),
        change
    );
    for ended in [State::Completed, State::Failed, State::Timeout] {
        assert_eq!(at(ended, &fresh), close, "{ended:?}");
        let over = Line {
            is_over: true,
            ..old.clone()
        };
        assert_eq!(at(ended, &over), Due::Nothing);
        let failed = Line {
            failures: 1,
            ..fresh.clone()
        };
        assert_eq!(at(ended, &failed), Due::Nothing, "again in a minute");
    }
    // Nobody knows whether it was posted.
    let unknown = Line::begun(BEGUN_MS);
    assert_eq!(at(State::Generating, &unknown), Due::Nothing);
    assert_eq!(at(State::Completed, &unknown), Due::Nothing);
}

#[test]
fn a_change_that_fails_is_made_again_some_times_and_one_that_is_refused_never() {
    let line = shown(BEGUN_MS);
    let lost = Answer::Unknown("lost".to_owned());
    let mut failing = line.clone();
    for failures in 1..=MAX_FAILURES {
        assert!(!failing.is_over);
        failing = after(failing, &lost, false);
        assert_eq!(failing.failures, failures);
    }
    assert!(failing.is_over);
    let gone = Answer::Refused(Meaning::ForGood, "gone".to_owned());
    assert!(after(line.clone(), &gone, false).is_over);
    let slow = Answer::Refused(Meaning::RateLimited(1), "slow".to_owned());
    assert!(!after(line.clone(), &slow, true).is_over);
    let done = Answer::Committed(None);
    assert!(!after(line.clone(), &done, false).is_over);
    assert!(after(line, &done, true).is_over);
}

#[test]
fn a_line_says_where_the_job_stands_and_how_long_it_has_taken_in_the_users_language() {
    let mut turn = turn(State::Generating);
    let now_ms = BEGUN_MS + 3 * EVERY_MS + 59_000;
    assert_eq!(words(&turn, now_ms), "⏳ “a cat”: in the making · 3 min");
    turn.asked.text = "一只猫".to_owned();
    turn.progress.state = State::Completed;
    assert_eq!(words(&turn, now_ms), "✅ “一只猫”：已结束 · 3 分钟");
}
