//! What whoever runs a worker sees of it, and what it does beside its steps.

use std::process::Stdio;
use std::time::Duration;

use fakes::{Fake, Fault, Job, When};

use crate::rig::Rig;

#[tokio::test(flavor = "multi_thread")]
async fn health_readiness_and_figures_are_told_on_a_local_address_and_name_no_words_and_no_key() {
    let Some(rig) = Rig::new().await else { return };
    rig.films(2);
    rig.tenant("acme", 4).await;
    let harnesses = rig.harnesses("submits");
    rig.submit(&harnesses, "acme", "a fox in the snow", "oc_figures")
        .await;
    let worker = rig.process("home", 30);
    worker.ready().await;
    rig.ended().await;
    let healthy = worker.get("/healthz").await.unwrap();
    assert!(healthy.starts_with("HTTP/1.1 200"), "{healthy}");
    let metrics = worker.metrics().await;
    assert!(
        metrics.contains("content-type: application/openmetrics-text; version=1.0.0"),
        "{metrics}"
    );
    assert!(metrics.trim_end().ends_with("# EOF"), "{metrics}");
    for name in [
        "claims_total",
        "steps_total",
        "fences_refused_total",
        "lateness_seconds_bucket{le=\"1\"}",
        "lateness_seconds_count",
        "in_flight",
        "tenant_sessions{tenant=\"acme\"} 0",
        "tenant_oldest_due_seconds{tenant=\"acme\"} 0",
        "tenant_uncertain{tenant=\"acme\"} 0",
    ] {
        assert!(
            metrics.contains(&format!("libtv_fleet_{name}")),
            "{name} in {metrics}"
        );
    }
    for hidden in ["a fox", fakes::GATEWAY_KEY, fakes::FEISHU_APP_SECRET] {
        assert!(!metrics.contains(hidden), "{hidden}");
    }
    for (path, status) in [("/", "404"), ("/metrics/x", "404")] {
        let answer = worker.get(path).await.unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
    }
    // A program that needs more than the schema has isn't ready.
    rig.database
        .rows("delete from fleet_schema where version = 2", &[])
        .await
        .unwrap();
    let answer = worker.get("/readyz").await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.contains("fleet migrate"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_end_a_worker_claims_nothing_more_and_ends_what_it_has_begun() {
    let Some(rig) = Rig::new().await else { return };
    rig.world.gateway().set_default_job(
        Job::new()
            .works()
            .at(When::Polls(1))
            .images(["/sd-gen-save-img/a.png"])
            .says("done"),
    );
    let feishu = rig.world.feishu();
    let send = "POST /open-apis/im/v1/messages";
    feishu.fault(send, Fault::Latency(1_500), fakes::ALWAYS);
    rig.tenant("acme", 4).await;
    let harnesses = rig.harnesses("submits");
    rig.submit(&harnesses, "acme", "the last one", "oc_last")
        .await;
    let mut worker = rig.process("home", 30);
    let sending = feishu.wait_until(Duration::from_secs(60), |feishu| {
        !feishu.requests_to(send).is_empty()
    });
    sending.await.unwrap();
    worker.signal("TERM");
    rig.submit(&harnesses, "acme", "one for the next", "oc_next")
        .await;
    assert!(worker.wait(), "it ends well");
    // What it was sending it has noted as sent: nobody sends it again.
    assert_eq!((rig.shown("oc_last"), rig.shown("oc_next")), (1, 0));
    let leased = "select count(*) from session where token is not null";
    let row = rig.database.one(leased, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0, "it lets everything go");
    let _next = rig.process("next", 30);
    rig.ended().await;
    assert_eq!((rig.shown("oc_last"), rig.shown("oc_next")), (1, 1));
    assert_eq!(feishu.attempts().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intent_that_a_dead_submit_has_left_is_found_and_its_session_goes_on() {
    let Some(rig) = Rig::new().await else { return };
    rig.films(2);
    rig.tenant("acme", 4).await;
    // The service has it, and whoever submitted dies before it is told so.
    let gateway = rig.world.gateway();
    gateway.fault("POST /libtv/v1/session", Fault::SilentAfterApplied, 1);
    let mut submit = rig
        .program(&rig.url, "submit")
        .args([
            "submit",
            "--tenant",
            "acme",
            "--channel",
            "feishu",
            "--chat-id",
            "oc_dead",
            "a fox",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let held = gateway.wait_until(Duration::from_secs(60), |gateway| {
        gateway.held_requests() > 0
    });
    held.await.unwrap();
    submit.kill().unwrap();
    submit.wait().unwrap();
    let statement = "select count(*) from record where path like 'submits/%'";
    let row = rig.database.one(statement, &[]).await.unwrap();
    assert!(row.get::<_, i64>(0) > 0, "its intent is stored");
    // Nobody waits for a minute here: the look is due now.
    rig.database
        .rows("update tenant set sweep_at = now()", &[])
        .await
        .unwrap();
    let (stop, running) = rig.worker(&rig.url, Duration::from_secs(30));
    rig.wait(
        "the intent's entry",
        "select count(*) > 0 from session where key like 'submit-%'",
    )
    .await;
    stop.stop();
    running.await.unwrap();
    assert_eq!(gateway.submits().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_is_removed_and_what_goes_on_is_kept() {
    let Some(rig) = Rig::new().await else { return };
    rig.tenant("acme", 4).await;
    let old = "
        insert into record (tenant, scope, path, bytes)
            select 'acme', 'a-' || n, 'finished/' || lpad(n::text, 14, '0') || '-a-' || n, ''::bytea from generate_series(1, 520) as n
            union all select 'acme', 'a-' || n, 'sessions/a-' || n || '/progress-0001', ''::bytea from generate_series(1, 520) as n;
        insert into session (tenant, key, due_at) values ('acme', 'a-1', now() + interval '1 day');
        insert into message (tenant, scope, id, noted_at) values
            ('acme', '', 'om_old', now() - interval '4 days'), ('acme', '', 'om_new', now());
        insert into event (tenant, key, at, text) values
            ('acme', 'a-1', now() - interval '8 days', 'old'), ('acme', 'a-1', now(), 'new');
        update tenant set sweep_at = now();";
    rig.database.batch(old).await.unwrap();
    let (stop, running) = rig.worker(&rig.url, Duration::from_secs(30));
    rig.wait(
        "the look",
        "select sweep_at is null from tenant where id = 'acme'",
    )
    .await;
    stop.stop();
    running.await.unwrap();
    let left = "select (select count(distinct scope) from record), (select count(*) from record where scope = 'a-1'),
        (select count(*) from record where scope = 'a-2'),
        (select string_agg(id, ',') from message), (select string_agg(text, ',') from event)";
    let row = rig.database.one(left, &[]).await.unwrap();
    // The last five hundred, and one whose session goes on although it is older.
    assert_eq!(row.get::<_, i64>(0), 501);
    let of_two = (row.get::<_, i64>(1), row.get::<_, i64>(2));
    assert_eq!(of_two, (2, 0), "{:?}", rig.events().await);
    assert_eq!(row.get::<_, String>(3), "om_new");
    assert_eq!(row.get::<_, String>(4), "new");
}
