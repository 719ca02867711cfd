//! Workers that die, that stand still for longer than their lease, and a database whose connections break: every film arrives,
//! and none twice.

use std::time::Duration;

use crate::proxy::Proxy;
use crate::rig::{Rig, times};

async fn submitted(rig: &Rig, jobs: u32) {
    rig.films(3);
    rig.tenant("acme", 64).await;
    let harnesses = rig.harnesses("submits");
    for nth in 0..jobs {
        rig.submit(
            &harnesses,
            "acme",
            &format!("job {nth}"),
            &format!("oc_chaos{nth}"),
        )
        .await;
    }
}

async fn arrived_once(rig: &Rig, jobs: u32) {
    rig.ended().await;
    let counts: Vec<usize> = (0..jobs)
        .map(|nth| rig.shown(&format!("oc_chaos{nth}")))
        .collect();
    assert!(
        counts.iter().all(|count| *count == 1),
        "{counts:?}; {:?}",
        rig.events().await
    );
    assert_eq!(rig.world.gateway().submits().len(), jobs as usize);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_killed_and_stopped_lose_nothing_and_send_nothing_twice() {
    let Some(rig) = Rig::new().await else { return };
    let jobs = times() * 4;
    submitted(&rig, jobs).await;
    let mut workers: Vec<_> = ["a", "b"].iter().map(|home| rig.process(home, 2)).collect();
    for nth in 0..times() {
        tokio::time::sleep(Duration::from_millis(
            300 + u64::from(fastrand::u16(0..700)),
        ))
        .await;
        let at = nth as usize % workers.len();
        if nth % 2 == 0 {
            workers[at].kill();
            workers[at] = rig.process(&format!("again{nth}"), 2);
        } else {
            // A zombie: it wakes when its sessions are somebody else's.
            workers[at].signal("STOP");
            tokio::time::sleep(Duration::from_secs(3)).await;
            workers[at].signal("CONT");
        }
    }
    arrived_once(&rig, jobs).await;
    workers[0].ready().await;
    workers[0].signal("TERM");
    assert!(
        workers[0].wait(),
        "asked to end, a worker drains and ends well"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_break_at_any_statement_lose_nothing_and_send_nothing_twice() {
    let Some(rig) = Rig::new().await else { return };
    submitted(&rig, 8).await;
    let proxy = Proxy::cutting(rig.server.port(), 97).await;
    // The proxy reads the protocol, which begins with a question for encryption otherwise.
    let url = format!("{}?sslmode=disable", rig.server.url(proxy.port, &rig.name));
    let (stop, running) = rig.worker(&url, Duration::from_secs(2));
    proxy.cuts(true);
    tokio::time::sleep(Duration::from_secs(12)).await;
    proxy.cuts(false);
    arrived_once(&rig, 8).await;
    assert!(proxy.done() > 0);
    stop.stop();
    running.await.unwrap();
}
