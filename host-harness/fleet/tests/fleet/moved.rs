//! A home's jobs become a tenant's and the other way round, and no move that dies in the middle loses or doubles one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fakes::GATEWAY_KEY;
use fleet::moving::{MoveError, Moved, export, import};
use host::{Component, Environment, Harness, Settings, Submit};

use crate::rig::Rig;

/// A harness on a home, as one machine has it.
fn at_home(rig: &Rig, home: &Path) -> Harness {
    let shared = rig.shared();
    let environment = Environment::from_lookup(|name| match name {
        "LIBTV_API_KEY" => Some(GATEWAY_KEY.into()),
        "FEISHU_APP_ID" => Some(fakes::FEISHU_APP_ID.into()),
        "FEISHU_APP_SECRET" => Some(fakes::FEISHU_APP_SECRET.into()),
        "LIBTV_POLL_INTERVAL_SECONDS" => Some("0.1".into()),
        other => shared
            .iter()
            .find(|(name, _)| name == other)
            .map(|(_, value)| value.clone()),
    });
    let settings = Settings::new(home).with_environment(environment);
    Harness::new(Component::embedded().unwrap(), settings).unwrap()
}

async fn submitted(harness: &Harness, jobs: &[&str]) {
    for job in jobs {
        let submit = Submit::message(format!("the film {job}")).to("feishu", format!("oc_{job}"));
        harness.submit(submit).await.unwrap();
    }
}

/// Everything there is delivered.
async fn polled(harness: &Harness) {
    for _ in 0..400 {
        let due = harness.due().await.unwrap();
        if due.is_empty() {
            return;
        }
        for one in due {
            harness.poll(&one.session_id).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    panic!("sessions go on");
}

async fn worked(rig: &Rig) {
    let (stop, running) = rig.worker(&rig.url, Duration::from_secs(30));
    rig.ended().await;
    stop.stop();
    running.await.unwrap();
}

fn all_once(rig: &Rig, jobs: &[&str]) {
    for job in jobs {
        assert_eq!(rig.shown(&format!("oc_{job}")), 1, "{job}");
    }
    assert_eq!(rig.world.gateway().submits().len(), jobs.len());
}

/// The folder of a move beside the state folder.
fn beside(home: &Path, mark: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(home).unwrap().flatten();
    entries
        .map(|entry| entry.path())
        .find(|path| path.file_name().unwrap().to_string_lossy().contains(mark))
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_go_from_a_home_to_the_fleet_and_back_and_each_film_arrives_once() {
    let Some(rig) = Rig::new().await else { return };
    rig.films(3);
    let home = rig.folder().join("one-machine");
    let harness = at_home(&rig, &home);
    submitted(&harness, &["a", "b"]).await;
    // Some way in, and then no further here.
    for one in harness.due().await.unwrap() {
        harness.poll(&one.session_id).await.unwrap();
    }
    let without = import(&rig.database, "acme", &home).await;
    assert!(matches!(without, Err(MoveError::Refused(_))), "no tenant");
    rig.tenant("acme", 8).await;
    let moved = import(&rig.database, "acme", &home).await.unwrap();
    assert_eq!(moved.sessions, 2);
    let left = at_home(&rig, &home).due().await.unwrap();
    assert!(
        left.is_empty(),
        "nobody polls them there any more: {left:?}"
    );
    worked(&rig).await;
    all_once(&rig, &["a", "b"]);

    let harnesses = rig.harnesses("submits");
    for job in ["c", "d"] {
        let (words, chat) = (format!("the film {job}"), format!("oc_{job}"));
        rig.submit(&harnesses, "acme", &words, &chat).await;
    }
    let back = rig.folder().join("another-machine");
    let unpaused = export(&rig.database, "acme", &back).await;
    assert!(matches!(unpaused, Err(MoveError::Refused(_))), "not paused");
    fleet::tenants::pause(&rig.database, "acme", true)
        .await
        .unwrap();
    let moved = export(&rig.database, "acme", &back).await.unwrap();
    assert_eq!(moved.sessions, 2);
    let left = "select (select count(*) from session) + (select count(*) from record)";
    let left: i64 = rig.database.one(left, &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
    polled(&at_home(&rig, &back)).await;
    all_once(&rig, &["a", "b", "c", "d"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_died_at_any_moment_is_finished_by_the_same_command() {
    let Some(rig) = Rig::new().await else { return };
    rig.films(3);
    rig.tenant("acme", 8).await;
    let home = rig.folder().join("one-machine");
    let harness = at_home(&rig, &home);
    submitted(&harness, &["a"]).await;
    // It died before the database had anything: nobody polls it, and nothing is lost.
    let state = harness.home().state();
    std::fs::rename(&state, home.join("libtv-video.leaving-first")).unwrap();
    let moved = import(&rig.database, "acme", &home).await.unwrap();
    assert_eq!(moved.sessions, 1);
    worked(&rig).await;
    all_once(&rig, &["a"]);
    // It died after the database had everything: what was done meanwhile isn't undone.
    let left = beside(&home, ".left-").unwrap();
    std::fs::rename(&left, home.join("libtv-video.leaving-first")).unwrap();
    import(&rig.database, "acme", &home).await.unwrap();
    let going = "select count(*) from session";
    let row = rig.database.one(going, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);
    all_once(&rig, &["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_died_at_any_moment_is_finished_by_the_same_command() {
    let Some(rig) = Rig::new().await else { return };
    rig.films(3);
    rig.tenant("acme", 8).await;
    let harnesses = rig.harnesses("submits");
    rig.submit(&harnesses, "acme", "the film a", "oc_a").await;
    fleet::tenants::pause(&rig.database, "acme", true)
        .await
        .unwrap();
    let home = rig.folder().join("one-machine");
    let harness = at_home(&rig, &home);
    // It died before the database gave them up: what it had written is no state.
    std::fs::create_dir(home.join("libtv-video.arriving-early")).unwrap();
    let moved = export(&rig.database, "acme", &home).await.unwrap();
    assert_eq!(moved.sessions, 1);
    assert_eq!(beside(&home, ".arriving-"), None);
    // It died after that, before the folder had its name.
    let id = "select id from moved";
    let id: String = rig.database.one(id, &[]).await.unwrap().get(0);
    let state = harness.home().state();
    std::fs::rename(&state, home.join(format!("libtv-video.arriving-{id}"))).unwrap();
    let again: Moved = export(&rig.database, "acme", &home).await.unwrap();
    assert_eq!(again, moved);
    polled(&at_home(&rig, &home)).await;
    all_once(&rig, &["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_that_a_harness_polls_is_not_moved() {
    let Some(rig) = Rig::new().await else { return };
    rig.tenant("acme", 8).await;
    let home = rig.folder().join("one-machine");
    let harness = at_home(&rig, &home);
    let lock = std::fs::File::create(harness.home().owner_lock()).unwrap();
    lock.lock().unwrap();
    for moved in [
        import(&rig.database, "acme", &home).await,
        export(&rig.database, "acme", &home).await,
    ] {
        let error = moved.unwrap_err();
        assert!(error.to_string().contains("A harness polls"), "{error}");
    }
}
