//! Every transaction of a call fails, hangs, or loses its answer, one after the other: every film arrives, and none twice.

use std::time::Duration;

use fakes::{Job, When};

use crate::proxy::{Fate, Proxy};
use crate::rig::{Rig, all};

/// Short, since most of these runs wait for one to end.
const LEASE: Duration = Duration::from_secs(2);
/// Runs at once: most of each is waiting.
const AT_ONCE: usize = 4;
/// A lost lease, a statement that hangs, and a look at an entry that was left over.
const PATIENCE: Duration = Duration::from_secs(150);
const CHAT: &str = "oc_barriers";

/// One job with two results, whose `nth` barrier has this fate; how many barriers there were. The first ones belong to the claim
/// of the session that nobody had before.
async fn run(barrier: Option<(u32, Fate)>) -> Option<u32> {
    let rig = Rig::new().await?;
    let job = Job::new().works_on(2).at(When::Polls(2));
    let job = job.images(["/sd-gen-save-img/a.png"]);
    let job = job.images(["/sd-gen-save-img/b.png"]);
    rig.world.gateway().set_default_job(job.says("done"));
    rig.tenant("acme", 8).await;
    rig.submit(&rig.harnesses("submits"), "acme", "two pictures", CHAT)
        .await;
    let proxy = Proxy::at_barrier(rig.server.port(), barrier).await;
    let url = format!("{}?sslmode=disable", rig.server.url(proxy.port, &rig.name));
    let (stop, running) = rig.worker(&url, LEASE);
    let ended = tokio::time::timeout(PATIENCE, rig.ended()).await;
    if ended.is_err() {
        let row = "select coalesce(json_agg(s)::text, '') || now() from session s";
        let row: String = rig.database.one(row, &[]).await.unwrap().get(0);
        panic!("{barrier:?} does not end: {row} {:?}", rig.events().await);
    }
    stop.stop();
    running.await.unwrap();
    let shown = rig.shown(CHAT);
    assert_eq!(shown, 2, "{barrier:?}: {:?}", rig.events().await);
    assert_eq!(rig.world.gateway().submits().len(), 1, "{barrier:?}");
    if barrier.is_some() && proxy.done() == 0 {
        eprintln!("{barrier:?} was not come to");
    }
    Some(proxy.barriers())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_hangs_or_loses_its_answer_at_any_barrier_costs_no_message_and_repeats_none()
 {
    let Some(barriers) = run(None).await else {
        return;
    };
    assert!(barriers >= 6, "{barriers}: a delivery has several barriers");
    let of = |nth: u32| {
        let fates = Fate::ALL.into_iter().enumerate();
        // In the short form each barrier has one of them.
        fates.filter(move |(at, _)| all() || nth as usize % Fate::ALL.len() == *at)
    };
    let mut wanted: Vec<_> = (1..=barriers)
        .flat_map(|nth| of(nth).map(move |(_, fate)| (nth, fate)))
        .collect();
    println!("{barriers} barriers, {} runs", wanted.len());
    let mut running = tokio::task::JoinSet::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(next) = wanted.pop()
        {
            running.spawn(run(Some(next)));
        }
        let Some(done) = running.join_next().await else {
            return;
        };
        done.unwrap();
    }
}
