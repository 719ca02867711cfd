//! The typed exports of the real component, as embedders call them: what each answers, and that no id, however odd, is more
//! than an error.

use fakes::Fake;
use host_harness::{
    CallError, Cancellation, DeliveryState, Harness, Health, Medium, Output, Polling, ProblemKind,
    Role, SessionState, Submit, WantedResults, object_of,
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
    let configuration = block_on(harness.check(None)).unwrap();
    assert!(configuration.verified && configuration.problem.is_none());
    assert_eq!(configuration.service, "nexu_gateway");
    assert_eq!(
        (configuration.accounts.len(), configuration.polling),
        (1, Polling::Absent)
    );
    let (findings, _) = block_on(harness.doctor(None, None, Output::discard()));
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

/// A file that a service takes for a picture.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";

#[test]
fn a_file_goes_to_the_service_and_results_come_into_a_folder_as_typed_calls() {
    let (env, harness, id) = done();
    let picture = env.folder().join("a cat.png");
    std::fs::write(&picture, PICTURE).unwrap();
    let uploaded = block_on(harness.upload(&picture, None)).unwrap();
    assert!(
        uploaded
            .url
            .starts_with("https://libtv-res.liblib.art/claw/")
    );
    let message = |error: CallError| match error {
        CallError::Problem(problem) => problem.message,
        other => panic!("{other:?}"),
    };
    let missing = block_on(harness.upload("/no/such/cat.png".as_ref(), None));
    assert_eq!(
        message(missing.unwrap_err()),
        "File not found: /no/such/cat.png"
    );

    let out = env.folder().join("out");
    let download = |results| block_on(harness.download(results, Some(&out), Some("cat")));
    let downloaded = download(WantedResults::Session(id.clone())).unwrap();
    let there = out.join("cat_01.mp4");
    assert_eq!(downloaded.files, [there.to_str().unwrap()]);
    assert_eq!((downloaded.total, downloaded.missed.len()), (1, 0));
    assert_eq!(downloaded.folder, out.to_str().unwrap());
    // The same once more is as good, and what the command prints.
    assert_eq!(
        download(WantedResults::Session(id.clone())).unwrap(),
        downloaded
    );
    let dir = out.to_str().unwrap();
    let line = [
        "download-results",
        &id,
        "--output-dir",
        dir,
        "--prefix",
        "cat",
    ];
    let printed = env.run(line).ok().json();
    assert_eq!(serde_json::to_value(&downloaded).unwrap(), printed);
    // Of other content it stays, and nothing else has happened.
    std::fs::write(&there, "mine").unwrap();
    let kept = download(WantedResults::Session(id.clone())).unwrap();
    assert_eq!((kept.files.len(), kept.missed.len()), (0, 1));
    assert!(kept.missed[0].reason.contains("exists already"), "{kept:?}");
    assert_eq!(std::fs::read(&there).unwrap(), b"mine");
    let none = download(WantedResults::Urls(Vec::new())).unwrap();
    assert_eq!((none.total, none.files.len()), (0, 0));
    let wrong = download(WantedResults::Urls(vec!["https://x.example/a".to_owned()]));
    assert!(message(wrong.unwrap_err()).starts_with("Not a result URL"));
}

#[test]
fn a_request_says_what_is_asked_for_in_its_fields_and_its_words_stay_as_they_are() {
    let env = TestEnv::new();
    let harness = env.harness();
    let asked = |submit: Submit| block_on(harness.submit(submit));
    asked(Submit::message("a red fox").with_ratio("9:16").to_nowhere()).unwrap();
    let picture = Submit::message("a red fox, painted").of_kind(Medium::Image);
    let submission = asked(picture.to("feishu", crate::env::CHAT)).unwrap();
    assert_eq!(submission.channel.as_deref(), Some("feishu"));
    assert!(
        submission.note.contains("a picture takes"),
        "{}",
        submission.note
    );
    let words: Vec<String> = env
        .gateway()
        .submits()
        .iter()
        .map(|one| one.text.clone())
        .collect();
    assert_eq!(words, ["a red fox, video ratio 9:16", "a red fox, painted"]);
    for (wrong, told) in [
        (
            Submit::message("a").with_ratio("wide"),
            "Invalid video ratio format",
        ),
        (
            Submit::message("a").by_service("libtv_direct"),
            "for another service",
        ),
        (
            Submit::message("a").to("fieshu", ""),
            "Unknown channel: fieshu",
        ),
        (
            Submit::message("a").with_account("a\nb"),
            "--account can't be used",
        ),
        (
            Submit::message("a").in_thread("omt_1"),
            "--thread can't be used",
        ),
    ] {
        match asked(wrong) {
            Err(CallError::Problem(problem)) => {
                assert!(problem.message.contains(told), "{}", problem.message);
            }
            other => panic!("{told}: {other:?}"),
        }
    }
    assert_eq!(env.gateway().submits().len(), 2);
}

#[test]
fn cancel_prints_why_a_job_goes_on_and_knows_its_id_by_a_prefix() {
    let env = TestEnv::new();
    let id = env.submit("a red fox runs through snow");
    let requests = env.gateway().requests().len();
    env.run(["cancel", &id[..8]])
        .exits(1)
        .says("❌ Gateway has no way to cancel a job: it goes on, and its result arrives.");
    let reply = env.run(["cancel", &id, "--json"]).exits(1).json();
    assert_eq!(reply["cancelled"], false);
    env.run(["cancel", "nobody-knows-it"])
        .exits(1)
        .says("❌ Unknown LibTV session");
    // Nothing was asked for what is known here, and the job goes on.
    assert_eq!(env.gateway().requests().len(), requests);
    env.watch(&id).ok();
    env.run(["cancel", &id]).exits(1);
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
            let results = WantedResults::Session(id.clone());
            let folder = env.folder().join("out");
            let downloaded = harness.download(results, Some(&folder), None).await;
            refused(downloaded.unwrap_err(), &id);
        }
        // As many entries as nobody has.
        let many = vec!["x".repeat(200); 20_000];
        assert_eq!(harness.due_entries(&many).await.unwrap().len(), many.len());
    });
}
