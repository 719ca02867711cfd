//! One harness process on a folder, with a tenth of the jobs: what it does with each is the same, and to make the files of all of them
//! would take longer than to measure.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use fakes::Fake;
use host::{Component, Environment, Harness, ServeOptions, Settings, StopHandle};

use crate::jobs::{now_ms, stored};
use crate::{Found, PART, Size, gateway};

/// Steps at once: as many as the three harnesses of a fleet together.
const PARALLEL: usize = 192;
/// Until it has looked through its folder, and polled each job once.
const WARM: Duration = Duration::from_secs(20);
/// The home, and the pause between two polls.
const HOME: &str = "NEXU_HOME";
const INTERVAL: &str = "LIBTV_POLL_INTERVAL_SECONDS";

/// The harness itself, until it is killed.
pub fn serve() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let home = std::env::var_os(HOME).unwrap();
        let environment = Environment::from_lookup(|name| std::env::var_os(name));
        let settings = Settings::new(home).with_environment(environment);
        let harness = Harness::new(Component::embedded_for_many().unwrap(), settings).unwrap();
        let options = ServeOptions {
            max_parallel: PARALLEL,
            ..ServeOptions::default()
        };
        let stop = StopHandle::new();
        drop(host::serve(&harness, options, stop, |_| {}).await);
    });
    ExitCode::SUCCESS
}

/// A tenth of them.
pub fn jobs(size: Size) -> usize {
    (size.jobs / 10).max(1)
}

pub async fn measure(size: Size) -> Found {
    let jobs = jobs(size);
    let world = gateway::world(1).await;
    let sessions = gateway::sessions(&world, jobs, 1).await;
    let folder = tempfile::tempdir().unwrap();
    world.write_ca(folder.path()).unwrap();
    let start = |home: &Path, interval: f64| {
        let child = Command::new(std::env::current_exe().unwrap())
            .arg("folder")
            .env_clear()
            .env(HOME, home)
            .env(INTERVAL, interval.to_string())
            .env("LIBTV_API_KEY", gateway::key(0))
            .env("LIBTV_CONNECT_TO", world.connect_to())
            .env("SSL_CERT_FILE", folder.path().join("testkit-ca.pem"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Serving(child.unwrap())
    };

    let home = folder.path().join("most");
    store(&home, &sessions, 0.0);
    let serving = start(&home, 1.0);
    tokio::time::sleep(WARM).await;
    let (before, begun) = (world.gateway().request_count(), Instant::now());
    tokio::time::sleep(size.measured / 2).await;
    let most = (world.gateway().request_count() - before) as f64 / begun.elapsed().as_secs_f64();
    drop(serving);

    let asked = most * PART;
    let interval = jobs as f64 / asked;
    let home = folder.path().join("evenly");
    store(&home, &sessions, interval);
    let serving = start(&home, interval);
    // Each is polled twice before what comes between two polls is counted.
    tokio::time::sleep(WARM + Duration::from_secs_f64(interval)).await;
    let (before, begun) = (world.gateway().request_count(), Instant::now());
    tokio::time::sleep(size.measured.max(Duration::from_secs_f64(2.5 * interval))).await;
    let counted = (world.gateway().request_count() - before) as f64 / begun.elapsed().as_secs_f64();
    drop(serving);
    let p99_ms = late(&world, before, interval * 1e3);
    drop(tokio::task::spawn_blocking(move || drop(world)).await);
    Found {
        most,
        asked,
        counted,
        p99_ms,
    }
}

/// Killed when it is dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The folder of a home, its jobs evenly due over so many seconds.
fn store(home: &Path, sessions: &[(String, usize)], seconds: f64) {
    let state = home.join("libtv-video");
    std::fs::create_dir_all(state.join("active")).unwrap();
    for (nth, (id, _)) in sessions.iter().enumerate() {
        let part = nth as f64 / sessions.len() as f64;
        let stored = stored(id, now_ms() + (seconds * part * 1e3) as u64);
        let folder = state.join("sessions").join(&stored.key);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("asked-0001"), stored.asked).unwrap();
        std::fs::write(folder.join("progress-0001"), stored.progress).unwrap();
        std::fs::write(state.join("active").join(&stored.key), b"").unwrap();
    }
}

/// How much longer than the interval it took from each poll to the next of the same session: the 99th of a hundred.
fn late(world: &fakes::World, since: usize, interval_ms: f64) -> f64 {
    let mut last: HashMap<String, u64> = HashMap::new();
    let mut late = Vec::new();
    for request in world.gateway().requests().into_iter().skip(since) {
        if let Some(before) = last.insert(request.path, request.at_ms) {
            late.push((request.at_ms - before) as f64 - interval_ms);
        }
    }
    late.sort_by(f64::total_cmp);
    late.get(late.len() * 99 / 100)
        .copied()
        .unwrap_or(f64::INFINITY)
}
