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
fn said<T: std::fmt::Debug>(answer: Result<T, CallError>) -> String {
    match answer {
        Err(CallError::Problem(problem)) if problem.kind == ProblemKind::Permanent => {
            problem.message
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
pub fn asks_the_network_from_a_look() {
    let attack = attack!(asks_the_network_from_a_look);
    block_on(async {
        let harness = attack.harness();
        assert_eq!(said(harness.due().await), "HttpRequestDenied");
        assert!(attack.env.gateway().requests().is_empty());
        is_served(&harness.poll(GOOD).await);
    });
}

#[test]
pub fn submits_three_times() {
    let attack = attack!(submits_three_times);
    block_on(async {
        let harness = attack.harness();
        let answer = harness.submit(Submit::message("a cat")).await;
        assert_eq!(said(answer), "200 200 HttpRequestDenied");
        assert_eq!(attack.env.gateway().requests().len(), 2);
        is_served(&harness.poll(GOOD).await);
    });
}
