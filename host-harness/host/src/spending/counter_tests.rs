use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use serde_json::json;

/// A clock that a test sets.
#[derive(Clone)]
struct Hand(Arc<AtomicU64>);

/// A home folder with these limits, and its counters.
struct Home {
    folder: tempfile::TempDir,
    clock: Hand,
}

impl Home {
    fn with(limits: serde_json::Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = json!({ "limits": limits }).to_string();
        fs::write(folder.path().join("libtv.json"), config).unwrap();
        let clock = Hand(Arc::new(AtomicU64::new(1_767_225_600_000)));
        Self { folder, clock }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("libtv-spending.json")
    }

    /// That of another process.
    fn counter(&self) -> Counter {
        Counter(Arc::new(Inner {
            path: self.path(),
            config: ConfigFile::at(self.folder.path().join("libtv.json")),
            utc_offset_seconds: 0,
            clock: {
                let hand = self.clock.clone();
                Box::new(move || hand.0.load(Ordering::Relaxed))
            },
        }))
    }

    /// How many of so many attempts get a place, each in a process of its own.
    async fn taken(&self, attempts: u32) -> u32 {
        let mut taken = 0;
        for _ in 0..attempts {
            taken += u32::from(self.counter().take(None).await.is_ok());
        }
        taken
    }
}

#[tokio::test]
async fn the_count_lasts_over_processes_and_a_day_later_it_begins_anew() {
    let home = Home::with(json!({"jobsPerDay": 3}));
    assert_eq!(home.taken(5).await, 3);
    home.clock.0.fetch_add(24 * 3600 * 1000, Ordering::Relaxed);
    assert_eq!(home.taken(5).await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_never_take_the_last_place_both() {
    let home = Home::with(json!({"jobsPerDay": 7}));
    let attempts: Vec<_> = (0..16)
        .map(|_| {
            let counter = home.counter();
            tokio::spawn(async move { counter.take(None).await.is_ok() })
        })
        .collect();
    let mut taken = 0;
    for attempt in attempts {
        taken += u32::from(attempt.await.unwrap());
    }
    assert_eq!(taken, 7);
}

#[tokio::test]
async fn a_place_that_is_given_back_can_be_taken_by_another_process() {
    let home = Home::with(json!({"jobsPerDay": 1}));
    let place = home.counter().take(None).await.unwrap();
    home.counter().take(None).await.unwrap_err();
    home.counter().give_back(place).await;
    home.counter().take(None).await.unwrap();
}

#[tokio::test]
async fn a_damaged_count_is_named_refuses_and_is_left_alone() {
    for content in [
        "",
        "{}",
        "[]",
        r#"{"version":1}"#,
        r#"{"version":1,"jobs":[{"at_ms":"#,
        r#"{"version":1,"jobs":[{"at_ms":-1,"chat":null,"id":"a"}]}"#,
        r#"{"version":2,"jobs":{}}"#,
        "\u{0}\u{0}\u{0}",
    ] {
        let home = Home::with(json!({"jobsPerDay": 5}));
        fs::write(home.path(), content).unwrap();
        let refused = home.counter().take(None).await.unwrap_err();
        assert!(refused.contains("libtv-spending.json"), "{refused}");
        assert!(refused.contains("Move it away"), "{refused}");
        assert_eq!(home.counter().standing(None).await, Err(refused));
        assert_eq!(fs::read_to_string(home.path()).unwrap(), content);
        fs::remove_file(home.path()).unwrap();
        home.counter().take(None).await.unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn what_has_its_name_and_is_no_file_is_no_empty_count() {
    let home = Home::with(json!({"jobsPerDay": 5}));
    std::os::unix::fs::symlink("/dev/null", home.path()).unwrap();
    let refused = home.counter().take(None).await.unwrap_err();
    assert!(refused.contains("no file"), "{refused}");
}

#[tokio::test]
async fn where_it_can_not_be_written_nothing_is_spent() {
    let home = Home::with(json!({"jobsPerDay": 5}));
    fs::create_dir(home.path().with_extension("lock")).unwrap();
    let refused = home.counter().take(None).await.unwrap_err();
    assert!(refused.contains("can't be kept"), "{refused}");
}

#[tokio::test]
async fn a_limit_that_is_none_refuses_and_a_configuration_that_is_damaged_leaves_the_default() {
    let home = Home::with(json!({"jobsPerDay": "five"}));
    let refused = home.counter().take(None).await.unwrap_err();
    assert!(refused.contains("limits.jobsPerDay"), "{refused}");
    assert!(!home.path().exists());
    fs::write(home.folder.path().join("libtv.json"), "no json").unwrap();
    home.counter().take(None).await.unwrap();
    let standing = home.counter().standing(None).await.unwrap();
    assert_eq!((standing.all.left, standing.all.limit), (99, 100));
    assert_eq!(standing.group, None);
}
