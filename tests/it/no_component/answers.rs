//! What a component could answer: too much, about somebody else, or not be one of ours at all.

use host_harness::{CallError, LimitHit, limits};

use host_harness::EventKind;

use super::{GOOD, attack, fill, is_served};
use crate::env::block_on;

#[test]
pub fn answers_with_more_than_it_has() {
    attack!(answers_with_more_than_it_has)
        .end()
        .stopped_at(LimitHit::Answer(limits::ANSWER_BYTES));
}

#[test]
pub fn answers_for_another_session() {
    attack!(answers_for_another_session)
        .end()
        .trapped("another session");
}

#[test]
pub fn lists_a_million_sessions() {
    let attack = attack!(lists_a_million_sessions).in_every_call();
    block_on(async {
        let harness = attack.harness();
        let listed = harness.due().await;
        assert!(
            matches!(listed, Err(CallError::Limit(LimitHit::Answer(_)))),
            "{listed:?}"
        );
        is_served(&harness.poll(GOOD).await);
    });
}

#[test]
pub fn imports_what_nobody_grants() {
    attack!(imports_what_nobody_grants).is_not_loaded("start-process");
}

#[test]
pub fn is_of_another_world() {
    attack!(is_of_another_world).is_not_loaded("no export");
}

#[test]
pub fn names_sessions_without_end() {
    let attack = attack!(names_sessions_without_end).in_every_call();
    let told = attack.on_the_timer_until(&[attack.name, GOOD], |lines| {
        let has = |text: &str| lines.iter().any(|line| line.contains(text));
        has("good: completed") && has("bytes for a session's id")
    });
    for event in told {
        let line = event.to_string();
        assert!(line.len() < 1_000, "{} bytes", line.len());
    }
}

#[test]
pub fn has_more_sessions_than_the_timer_takes() {
    let attack = attack!(has_more_sessions_than_the_timer_takes).in_every_call();
    let active = attack.harness().home().active();
    // With the honest one, two more than it takes.
    fill(
        &active,
        (0..=limits::MAX_SESSIONS).map(|number| format!("s{number}")),
    );
    let told = attack.on_the_timer_until(&[GOOD], |lines| {
        let has = |text: &str| lines.iter().any(|line| line.contains(text));
        has("left out: more than") && has("started: polling")
    });
    let taken = told.iter().find_map(|event| match event.kind {
        EventKind::Started { sessions, .. } => Some(sessions),
        _ => None,
    });
    assert_eq!(taken, Some(limits::MAX_SESSIONS));
}
