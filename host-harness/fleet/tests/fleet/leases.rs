//! What a holder may do, what one that lost its lease may not, and that nobody reaches another tenant's records.

use std::time::{Duration, Instant};

use fleet::claim::{Claimed, claim};
use fleet::clock::Moment;
use fleet::lease::{End, Held};
use host::http::Gate;
use host::{Change, Keeper};

use crate::rig::Rig;

const LEASE: Duration = Duration::from_secs(2);

fn change(path: &str, text: &str) -> Change {
    Change {
        path: path.to_owned(),
        bytes: Some(text.as_bytes().to_vec()),
    }
}

async fn with_session(rig: &Rig, tenant: &str) {
    rig.tenant(tenant, 4).await;
    let submitter = Held::making(&rig.database, &rig.metrics, tenant, Moment::now());
    let changes = vec![
        change("sessions/a-1/asked-0001", tenant),
        change("active/a-1", ""),
    ];
    submitter.commit(changes).await.unwrap();
}

async fn only(rig: &Rig, lease: Duration) -> Claimed {
    let claimed = claim(&rig.database, "test", "digest", lease, 8)
        .await
        .unwrap();
    assert_eq!(claimed.len(), 1);
    claimed.into_iter().next().unwrap()
}

fn held(rig: &Rig, claimed: &Claimed, lease: Duration) -> std::sync::Arc<Held> {
    let (name, token) = (claimed.name.clone(), claimed.token.clone());
    Held::leased(
        &rig.database,
        &rig.metrics,
        name,
        token,
        (lease, claimed.until),
    )
}

/// The only entry, once the lease of whoever has it is over.
async fn freed(rig: &Rig, lease: Duration) -> Claimed {
    let begun = Instant::now();
    loop {
        let claimed = claim(&rig.database, "test", "digest", lease, 8)
            .await
            .unwrap();
        assert!(claimed.len() <= 1);
        if let Some(only) = claimed.into_iter().next() {
            return only;
        }
        assert!(begun.elapsed() < LEASE * 10, "the lease doesn't end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_was_overtaken_stores_nothing_and_sends_nothing() {
    let Some(rig) = Rig::new().await else { return };
    with_session(&rig, "acme").await;
    let first = only(&rig, LEASE).await;
    let zombie = held(&rig, &first, LEASE);
    assert!(zombie.may_send().await);
    assert!(
        claim(&rig.database, "other", "digest", LEASE, 8)
            .await
            .unwrap()
            .is_empty()
    );
    // As a process that was stopped for longer than its lease.
    let second = freed(&rig, LEASE * 10).await;
    assert_ne!(first.token, second.token);
    let holder = held(&rig, &second, LEASE * 10);
    assert!(!zombie.may_send().await);
    assert!(
        zombie
            .commit(vec![change("sessions/a-1/d-x", "zombie")])
            .await
            .is_err()
    );
    assert!(
        zombie
            .claim(Vec::new(), "sessions/a-1/d-y", b"zombie")
            .await
            .is_err()
    );
    assert!(
        zombie
            .end(
                vec![change("sessions/a-1/pulse-0001", "z")],
                &End::default()
            )
            .await
            .is_err()
    );
    holder
        .commit(vec![change("sessions/a-1/d-x", "holder")])
        .await
        .unwrap();
    holder.end(Vec::new(), &End::default()).await.unwrap();
    let stored = "select string_agg(path || '=' || convert_from(bytes, 'UTF8'), ',' order by path) from record";
    let stored: String = rig.database.one(stored, &[]).await.unwrap().get(0);
    assert_eq!(
        stored,
        "sessions/a-1/asked-0001=acme,sessions/a-1/d-x=holder"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn after_one_refusal_everything_is_refused_although_the_lease_still_runs() {
    let Some(rig) = Rig::new().await else { return };
    with_session(&rig, "acme").await;
    let claimed = only(&rig, LEASE * 10).await;
    let holder = held(&rig, &claimed, LEASE * 10);
    assert!(
        holder
            .commit(vec![change("sessions/b-2/d-x", "not its own")])
            .await
            .is_err()
    );
    assert!(!holder.may_send().await);
    assert!(
        holder
            .commit(vec![change("sessions/a-1/d-x", "own")])
            .await
            .is_err()
    );
    assert!(holder.end(Vec::new(), &End::default()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_is_renewed_outlasts_its_time_and_one_that_ends_frees_the_session() {
    let Some(rig) = Rig::new().await else { return };
    with_session(&rig, "acme").await;
    let claimed = only(&rig, LEASE).await;
    let holder = held(&rig, &claimed, LEASE);
    let kept = tokio::time::timeout(LEASE * 2, holder.kept()).await;
    assert!(kept.is_err(), "it was kept all the time");
    assert!(
        claim(&rig.database, "other", "digest", LEASE, 8)
            .await
            .unwrap()
            .is_empty()
    );
    holder.end(Vec::new(), &End::default()).await.unwrap();
    let next = only(&rig, LEASE).await;
    assert_eq!(next.name.key, "a-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_is_put_back_while_its_session_ends_is_not_lost() {
    let Some(rig) = Rig::new().await else { return };
    with_session(&rig, "acme").await;
    let claimed = only(&rig, LEASE * 10).await;
    let holder = held(&rig, &claimed, LEASE * 10);
    let gone = Change {
        path: "active/a-1".to_owned(),
        bytes: None,
    };
    holder.commit(vec![gone]).await.unwrap();
    let submitter = Held::making(&rig.database, &rig.metrics, "acme", Moment::now());
    let again = vec![
        change("sessions/a-1/asked-0002", "again"),
        change("active/a-1", ""),
    ];
    submitter.commit(again).await.unwrap();
    holder.end(Vec::new(), &End::default()).await.unwrap();
    let next = only(&rig, LEASE).await;
    assert!(
        !next.ended
            && next
                .records
                .iter()
                .any(|(path, _)| path == "sessions/a-1/asked-0002")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_sees_its_own_tenants_records_and_nobody_elses() {
    let Some(rig) = Rig::new().await else { return };
    for tenant in ["acme", "globex"] {
        with_session(&rig, tenant).await;
    }
    let claimed = claim(&rig.database, "test", "digest", LEASE, 8)
        .await
        .unwrap();
    assert_eq!(claimed.len(), 2);
    for one in &claimed {
        let asked = one
            .records
            .iter()
            .find(|(path, _)| path == "sessions/a-1/asked-0001");
        assert_eq!(asked.unwrap().1, one.name.tenant.as_bytes());
        // The same names on both sides: what one stores the other doesn't find.
        let holder = held(&rig, one, LEASE);
        let won = holder
            .claim(Vec::new(), "sessions/a-1/d-x", one.name.tenant.as_bytes())
            .await;
        assert_eq!(won.unwrap(), None);
    }
    let making = Held::making(&rig.database, &rig.metrics, "acme", Moment::now());
    let shared = making.shared("sessions").await.unwrap().unwrap();
    assert_eq!(
        shared,
        [("sessions/a-1/asked-0001".to_owned(), b"acme".to_vec())]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_most_of_the_jobs_does_not_stand_in_front_of_the_others() {
    let Some(rig) = Rig::new().await else { return };
    rig.tenant("hot", 2).await;
    rig.tenant("cold", 2).await;
    let due = "insert into session (tenant, key, due_at)
        select 'hot', 'a-' || n, now() - interval '1 hour' from generate_series(1, 500) as n
        union all select 'cold', 'b-1', now()";
    rig.database.rows(due, &[]).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..20 {
        let claimed = claim(&rig.database, "test", "digest", LEASE * 10, 8)
            .await
            .unwrap();
        seen.extend(claimed.into_iter().map(|one| one.name.tenant));
    }
    assert!(seen.contains(&"cold".to_owned()), "{seen:?}");
    let hot = seen.iter().filter(|tenant| *tenant == "hot").count();
    assert_eq!(hot, 2, "as many at once as its cap allows");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_who_claim_the_intent_of_the_same_request_at_once_one_succeeds() {
    let Some(rig) = Rig::new().await else { return };
    rig.tenant("acme", 4).await;
    let claims = (0..8).map(|nth| {
        let making = Held::making(&rig.database, &rig.metrics, "acme", Moment::now());
        let mine = nth.to_string().into_bytes();
        tokio::spawn(async move { making.claim(Vec::new(), "submits/same", &mine).await })
    });
    let mut won = 0;
    for claim in claims.collect::<Vec<_>>() {
        won += usize::from(claim.await.unwrap().unwrap().is_none());
    }
    assert_eq!(won, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_a_newer_program_has_written_is_left_to_newer_programs() {
    let Some(rig) = Rig::new().await else { return };
    with_session(&rig, "acme").await;
    let newer = "update session set min_version = min_version + 1";
    rig.database.rows(newer, &[]).await.unwrap();
    let claimed = claim(&rig.database, "old", "digest", LEASE, 8).await;
    assert!(claimed.unwrap().is_empty());
    let as_before = "update session set min_version = 1";
    rig.database.rows(as_before, &[]).await.unwrap();
    assert_eq!(only(&rig, LEASE).await.name.key, "a-1");
}
