//! The typed exports of the real component, as embedders call them: what each answers, and that no id, however odd, is more
//! than an error.

use fakes::Fake;
use host_harness::{
    CallError, Cancellation, DeliveryState, Harness, Health, Output, Polling, ProblemKind, Role,
    SessionState, object_of,
};

use crate::env::{TestEnv, block_on};

/// Ids that name nothing: empty, of another folder, of a terminal, of a shell, with an end in them, without one.
fn odd_ids() -> Vec<String> {
    let long = "x".repeat(100_000);
    let odd = [
        "",
        "../../libtv",
        "\u{1b}]52;c;",
        "a$(id)",
        "a\nb\0c",
        "猫 🐈",
        &long,
    ];
    odd.map(str::to_owned).into()
}

fn done() -> (TestEnv, Harness, String) {
    let env = TestEnv::new();
    let id = env.submit("a red fox runs through snow");
    env.watch(&id).ok();
    let harness = env.harness();
    (env, harness, id)
}

#[test]
fn what_is_known_of_a_finished_job_is_one_record_wherever_it_is_asked_for() {
    let (env, harness, id) = done();
    let asked = env.gateway().requests().len();
    let status = |id: Option<String>, ended| {
        let harness = harness.clone();
        block_on(async move {
            harness
                .status(id.as_deref(), ended, Output::discard())
                .await
        })
    };
    let overview = status(None, None).unwrap();
    let session = &overview.sessions[0];
    assert_eq!(
        (&session.session_id, session.state),
        (&id, SessionState::Completed)
    );
    assert_eq!(
        (session.channel.as_deref(), session.next_poll_at_ms),
        (Some("feishu"), None)
    );
    let turn = session.latest().unwrap();
    assert_eq!(
        (turn.number, turn.text.as_str()),
        (1, "a red fox runs through snow")
    );
    assert_eq!(turn.results[0].delivery, Some(DeliveryState::Delivered));
    assert_eq!(turn.results[0].message_id, session.deliveries[0].message_id);
    assert!(turn.submitted_at_ms > 0 && turn.delivered_at_ms.is_some());
    // By a prefix, too; ended ones only as many as are wanted; and nobody was asked.
    assert_eq!(
        &status(Some(id[..8].to_owned()), None).unwrap().sessions[0],
        session
    );
    assert_eq!(status(None, Some(0)).unwrap().sessions, []);
    assert_eq!(env.gateway().requests().len(), asked);
    let recovered = block_on(harness.recover(Some(&id))).unwrap();
    assert_eq!(&recovered.sessions[0], session);
}

#[test]
fn a_transcript_has_the_messages_and_what_the_service_gave_of_them() {
    let (env, harness, id) = done();
    let transcript = block_on(harness.query(&id, None, None)).unwrap();
    assert_eq!(transcript.state, SessionState::Completed);
    assert_eq!(transcript.messages[0].role, Role::User);
    assert!(transcript.messages[0].text.starts_with("a red fox"));
    assert_eq!(transcript.result_urls.len(), 1);
    assert!(transcript.project_url.is_some());
    // Made objects of, they are what the command prints.
    let objects: Vec<_> = transcript
        .messages
        .iter()
        .map(|one| object_of(&one.fields))
        .collect();
    let printed = env.run(["query-session", &id]).ok().json();
    assert_eq!(serde_json::to_value(objects).unwrap(), printed["messages"]);
}

#[test]
fn a_configuration_and_a_diagnosis_say_what_is_good_and_what_is_not() {
    let env = TestEnv::new();
    let harness = env.harness();
    let configuration = block_on(harness.check()).unwrap();
    assert!(configuration.verified && configuration.problem.is_none());
    assert_eq!(configuration.service, "nexu_gateway");
    assert_eq!(
        (configuration.accounts.len(), configuration.polling),
        (1, Polling::Absent)
    );
    let (findings, _) = block_on(harness.doctor(None, Output::discard()));
    let findings = findings.unwrap();
    let of = |link: &str| {
        findings
            .iter()
            .find(|finding| finding.link == link)
            .unwrap()
    };
    assert_eq!(of("Key").health, Health::Good);
    assert_eq!(of("Harness").health, Health::Broken);
    assert!(of("Harness").advice.is_some());
}

#[test]
fn a_service_that_cannot_cancel_says_so_and_the_job_goes_on() {
    let (_env, harness, id) = done();
    match block_on(harness.cancel(&id)).unwrap() {
        Cancellation::NotSupported(sentence) => {
            assert!(sentence.contains("no way to cancel"), "{sentence}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_odd_id_is_an_error_and_no_trap() {
    let env = TestEnv::new();
    let harness = env.harness();
    let refused = |error: CallError, id: &str| match error {
        CallError::Problem(problem) => {
            assert_eq!(problem.kind, ProblemKind::Permanent, "{id:?}: {problem:?}");
            assert!(!problem.message.contains('\u{1b}'), "{:?}", problem.message);
        }
        other => panic!("{id:?}: {other:?}"),
    };
    block_on(async {
        for id in odd_ids() {
            refused(harness.query(&id, None, None).await.unwrap_err(), &id);
            let status = harness.status(Some(&id), None, Output::discard()).await;
            refused(status.unwrap_err(), &id);
            refused(harness.recover(Some(&id)).await.unwrap_err(), &id);
            refused(harness.cancel(&id).await.unwrap_err(), &id);
        }
        // As many entries as nobody has.
        let many = vec!["x".repeat(200); 20_000];
        assert_eq!(harness.due_entries(&many).await.unwrap().len(), many.len());
    });
}
