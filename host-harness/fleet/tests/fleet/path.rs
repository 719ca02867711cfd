//! From a submit to the chat, on the database; and what stands in it then.

use std::time::Duration;

use fakes::{GATEWAY_KEY, Job};
use tokio_postgres::types::Type;

use crate::rig::Rig;

#[tokio::test(flavor = "multi_thread")]
async fn each_tenants_films_arrive_once_in_its_own_chats_and_no_secret_is_stored() {
    let Some(rig) = Rig::new().await else { return };
    rig.films(2);
    let harnesses = rig.harnesses("submits");
    for tenant in ["acme", "globex"] {
        rig.tenant(tenant, 4).await;
        for nth in 0..3 {
            let (words, chat) = (format!("{tenant} {nth}"), format!("oc_{tenant}{nth}"));
            rig.submit(&harnesses, tenant, &words, &chat).await;
        }
    }
    let (stop, running) = rig.worker(&rig.url, Duration::from_secs(30));
    rig.ended().await;
    stop.stop();
    running.await.unwrap();
    for tenant in ["acme", "globex"] {
        for nth in 0..3 {
            assert_eq!(
                rig.shown(&format!("oc_{tenant}{nth}")),
                1,
                "{:?}",
                rig.events().await
            );
        }
    }
    assert_eq!(rig.world.gateway().submits().len(), 6);
    let tables = "select string_agg(query_to_xml(format('select * from %I', tablename), true, false, '')::text, '')
        from pg_tables where schemaname = 'public'";
    let dump: String = rig.database.one(tables, &[]).await.unwrap().get(0);
    let asked = "select coalesce(string_agg(query, ' '), '') from pg_stat_activity";
    let asked: String = rig.database.one(asked, &[]).await.unwrap().get(0);
    // Contents of records are shown encoded, so they are looked through apart.
    let records = rig.database.rows(
        "select bytes from record where tenant <> $1",
        &[(&"", Type::TEXT)],
    );
    let records: Vec<Vec<u8>> = records
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert!(
        dump.contains("globex") && !records.is_empty(),
        "the search sees something"
    );
    for secret in [GATEWAY_KEY, fakes::FEISHU_APP_SECRET] {
        assert!(!dump.contains(secret) && !asked.contains(secret));
        for record in &records {
            assert!(
                !record
                    .windows(secret.len())
                    .any(|part| part == secret.as_bytes())
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_tenant_has_no_steps_until_it_goes_on() {
    let Some(rig) = Rig::new().await else { return };
    rig.films(2);
    let harnesses = rig.harnesses("submits");
    for tenant in ["acme", "globex"] {
        rig.tenant(tenant, 4).await;
        rig.submit(&harnesses, tenant, tenant, &format!("oc_{tenant}"))
            .await;
    }
    assert!(
        fleet::tenants::pause(&rig.database, "acme", true)
            .await
            .unwrap()
    );
    let (stop, running) = rig.worker(&rig.url, Duration::from_secs(30));
    rig.wait(
        "the other tenant",
        "select count(*) = 0 from session where tenant = 'globex'",
    )
    .await;
    assert_eq!((rig.shown("oc_globex"), rig.shown("oc_acme")), (1, 0));
    assert!(
        fleet::tenants::pause(&rig.database, "acme", false)
            .await
            .unwrap()
    );
    rig.ended().await;
    assert_eq!(rig.shown("oc_acme"), 1);
    stop.stop();
    running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_day_has_as_many_jobs_as_it_may_have_whoever_asks() {
    let Some(rig) = Rig::new().await else { return };
    rig.world.gateway().set_default_job(Job::never());
    rig.tenant("acme", 4).await;
    rig.database
        .rows(
            "update tenant set jobs_per_day = 3, jobs_per_chat_per_day = 2",
            &[],
        )
        .await
        .unwrap();
    let (one, other) = (rig.harnesses("one"), rig.harnesses("other"));
    for (nth, harnesses) in [&one, &other].into_iter().enumerate() {
        rig.submit(harnesses, "acme", &format!("job {nth}"), "oc_a")
            .await;
    }
    let refused = rig
        .try_submit(&one, "acme", "one too many for the chat", "oc_a")
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("for this chat"), "{refused}");
    rig.submit(&other, "acme", "another chat", "oc_b").await;
    let refused = rig
        .try_submit(&other, "acme", "one too many", "oc_c")
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("limit of jobs a day is"),
        "{refused}"
    );
    assert_eq!(rig.world.gateway().submits().len(), 3);
}
