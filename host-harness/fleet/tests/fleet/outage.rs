//! The database restarts, is gone for a while, holds every commit back, or is taken over by its standby; and the harnesses are
//! replaced one after the other. All of it while films are delivered: every one arrives, and none twice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fakes::{Fake, World};
use fleet::database::Database;

use crate::postgres::{Server, folder, own};
use crate::rig::{Process, Rig, all};

const LEASE_SECONDS: u64 = 2;
/// How long a database is gone: a minute in the long form.
fn gone_for() -> Duration {
    Duration::from_secs(if all() { 60 } else { 8 })
}
/// Jobs under way at the same time.
const JOBS: usize = 12;
const SEND: &str = "POST /open-apis/im/v1/messages";

/// A fleet at work on a database of its own.
struct Load {
    rig: Rig,
    workers: Vec<Process>,
    submitted: usize,
    harnesses: Arc<fleet::harnesses::Harnesses>,
}

impl Load {
    /// Three harnesses that reach the database so, on films that take so many polls.
    async fn on(server: Arc<Server>, url: impl Fn(&Rig) -> String, polls: u32) -> Self {
        let rig = Rig::on(server, World::builder()).await;
        rig.films(polls);
        rig.tenant("acme", 64).await;
        let harnesses = rig.harnesses("submits");
        let url = url(&rig);
        let homes = ["one", "two", "three"].into_iter();
        let workers = homes.map(|home| rig.process_at(&url, home, LEASE_SECONDS));
        let mut load = Self {
            workers: workers.collect(),
            rig,
            submitted: 0,
            harnesses,
        };
        load.submit(JOBS).await;
        load
    }

    async fn submit(&mut self, count: usize) {
        for nth in self.submitted..self.submitted + count {
            let (words, chat) = (format!("job {nth}"), format!("oc_load{nth}"));
            self.rig
                .submit(&self.harnesses, "acme", &words, &chat)
                .await;
        }
        self.submitted += count;
    }

    /// So many films are in their chats.
    async fn shown(&self, count: usize) {
        let feishu = self.rig.world.feishu();
        let shown = feishu.wait_until(Duration::from_secs(120), |feishu| {
            feishu.messages().len() >= count
        });
        shown.await.unwrap();
    }

    /// Everything has arrived, once.
    async fn arrived(&self, database: &Database) {
        self.rig.ended_on(database).await;
        let counts: Vec<usize> = (0..self.submitted)
            .map(|nth| self.rig.shown(&format!("oc_load{nth}")))
            .collect();
        assert!(counts.iter().all(|count| *count == 1), "{counts:?}");
        assert_eq!(self.rig.world.gateway().submits().len(), self.submitted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_crashes_and_restarts_under_load_costs_no_film_and_repeats_none() {
    let Some(server) = own(&[]) else { return };
    let mut load = Load::on(Arc::clone(&server), |rig| rig.url.clone(), 4).await;
    for round in 1..=3 {
        load.shown(round * JOBS / 2).await;
        server.postgres.crash().unwrap();
        server.postgres.run().unwrap();
        let begun = Instant::now();
        // It has to make up for the crash first.
        while load.rig.database.one("select 1", &[]).await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        load.submit(JOBS).await;
    }
    load.arrived(&load.rig.database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_gone_no_message_leaves_and_afterwards_all_goes_on() {
    let Some(server) = own(&[]) else { return };
    let load = Load::on(Arc::clone(&server), |rig| rig.url.clone(), 4).await;
    load.shown(2).await;
    server.postgres.crash().unwrap();
    // What had passed the gate by then may still be on its way, for as long as its lease is good for that.
    tokio::time::sleep(Duration::from_secs(LEASE_SECONDS)).await;
    let feishu = load.rig.world.feishu();
    let before = feishu.requests_to(SEND).len();
    tokio::time::sleep(gone_for()).await;
    assert_eq!(feishu.requests_to(SEND).len(), before);
    let (ready, alive) = (
        load.workers[0].get("/readyz").await.unwrap(),
        load.workers[0].get("/healthz").await.unwrap(),
    );
    assert!(ready.starts_with("HTTP/1.1 503"), "{ready}");
    assert!(alive.starts_with("HTTP/1.1 200"), "{alive}");
    server.postgres.run().unwrap();
    load.arrived(&load.rig.database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_that_are_held_back_until_a_standby_answers_cost_no_film_and_repeat_none() {
    let Some(server) = own(&[]) else { return };
    let load = Load::on(Arc::clone(&server), |rig| rig.url.clone(), 6).await;
    load.shown(1).await;
    let set = |value: &str| {
        // Two statements, since the first one can't be in a transaction.
        [
            format!("alter system set synchronous_standby_names = '{value}'"),
            "select pg_reload_conf()".to_owned(),
        ]
    };
    for statement in set("nobody") {
        load.rig.database.batch(&statement).await.unwrap();
    }
    tokio::time::sleep(gone_for()).await;
    for statement in set("") {
        load.rig.database.batch(&statement).await.unwrap();
    }
    load.arrived(&load.rig.database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_synchronous_standby_that_takes_over_under_load_costs_no_film_and_repeats_none() {
    // On the command line, so that the standby doesn't wait for one of its own.
    let Some(server) = own(&["synchronous_standby_names=*"]) else {
        return;
    };
    let behind = folder();
    // Before anything is committed: every commit waits for it.
    let standby = server.postgres.standby(behind.path()).unwrap();
    let ports = (server.port(), standby.port());
    let address = |rig: &Rig| {
        let (first, second) = ports;
        format!(
            "postgres://postgres@127.0.0.1:{first},127.0.0.1:{second}/{}?target_session_attrs=read-write&connect_timeout=2",
            rig.name
        )
    };
    let mut load = Load::on(Arc::clone(&server), address, 4).await;
    load.shown(JOBS / 2).await;
    server.postgres.crash().unwrap();
    standby.promote().unwrap();
    let after = Arc::new(Database::new(&address(&load.rig), None, 4).unwrap());
    load.rig.database = Arc::clone(&after);
    load.submit(JOBS).await;
    load.arrived(&after).await;
    drop(load);
}

#[tokio::test(flavor = "multi_thread")]
async fn harnesses_that_are_replaced_one_after_the_other_drain_and_leave_nobody_waiting() {
    let Some(server) = own(&[]) else { return };
    let mut load = Load::on(Arc::clone(&server), |rig| rig.url.clone(), 60).await;
    for worker in &load.workers {
        worker.ready().await;
    }
    let looking = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let latest = tokio::spawn({
        let (database, looking) = (Arc::clone(&load.rig.database), Arc::clone(&looking));
        async move {
            let mut latest: f64 = 0.0;
            while looking.load(std::sync::atomic::Ordering::Relaxed) {
                let standing = fleet::tenants::standing(&database).await.unwrap();
                latest = standing
                    .iter()
                    .map(|one| one.oldest_due_seconds)
                    .fold(latest, f64::max);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            latest
        }
    });
    for nth in 0..load.workers.len() {
        let next = load.rig.process(&format!("next{nth}"), LEASE_SECONDS);
        next.ready().await;
        let mut old = std::mem::replace(&mut load.workers[nth], next);
        old.signal("TERM");
        assert!(old.wait(), "asked to end, it drains and ends well");
        load.submit(2).await;
    }
    looking.store(false, std::sync::atomic::Ordering::Relaxed);
    let latest = latest.await.unwrap();
    println!("lateness at most {latest:.2} s while three harnesses were replaced");
    assert!(latest <= 2.0, "{latest}");
    load.arrived(&load.rig.database).await;
}
