//! What a component could do in a call that is for something else.

use fakes::Fake;
use host_harness::http::RefusalReason;
use host_harness::{CallError, ProblemKind, Submit};

use super::{GOOD, attack, is_served};
use crate::env::block_on;

#[test]
pub fn submits_from_a_poll() {
    attack!(submits_from_a_poll)
        .end()
        .refused(RefusalReason::Call);
}

#[test]
pub fn uploads_from_a_poll() {
    attack!(uploads_from_a_poll)
        .end()
        .refused(RefusalReason::Call);
}

/// What its function said of the attack.
#[track_caller]
pub fn said<T: std::fmt::Debug>(answer: Result<T, CallError>) -> String {
    match answer {
        Err(CallError::Problem(problem)) if problem.kind == ProblemKind::Permanent => {
            problem.message
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
pub fn asks_the_network_from_a_look() {
    let attack = attack!(asks_the_network_from_a_look).in_every_call();
    block_on(async {
        let harness = attack.harness();
        assert_eq!(said(harness.due().await), "HttpRequestDenied");
        assert!(attack.env.gateway().requests().is_empty());
        is_served(&harness.poll(GOOD).await);
    });
}

/// The lid of the whole day, also where the component is called again and again, and tries to have it forgotten.
#[test]
pub fn spends_without_end() {
    let attack = attack!(spends_without_end).in_every_call();
    let limits = r#""limits":{"jobsPerDay":3}"#;
    let config = format!(r#"{{"apiKey":"{}",{limits}}}"#, fakes::GATEWAY_KEY);
    std::fs::write(attack.env.config_path(), config).unwrap();
    block_on(async {
        for submit in 0..5 {
            // A harness of its own each time, as of another process.
            let harness = attack.harness();
            let answer = said(harness.submit(Submit::message("a cat")).await);
            let passed = answer.matches("200").count();
            let limited = answer.matches("InternalError").count();
            assert_eq!(
                (passed, limited),
                [(2, 0), (1, 1), (0, 2)][submit.min(2)],
                "{answer}"
            );
        }
        assert_eq!(attack.env.gateway().requests().len(), 3);
        let jobs = attack.harness().jobs_left(None).await;
        assert_eq!((jobs.per_day, jobs.left), (Some(3), Some(0)), "{jobs:?}");
        is_served(&attack.harness().poll(GOOD).await);
    });
}

#[test]
pub fn submits_three_times() {
    let attack = attack!(submits_three_times).in_every_call();
    block_on(async {
        let harness = attack.harness();
        let answer = harness.submit(Submit::message("a cat")).await;
        assert_eq!(said(answer), "200 200 HttpRequestDenied");
        assert_eq!(attack.env.gateway().requests().len(), 2);
        is_served(&harness.poll(GOOD).await);
    });
}
