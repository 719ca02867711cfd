//! The fakes, two harnesses and a clock, for many runs one after the other. Time is what the clock shows: nothing
//! waits, and a pause of minutes takes no time. Not here: what happens in a run.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use fakes::{Fake, Feishu, LibTv, World};
use host::fault_injection::Faults;
use host::{Component, Environment, Harness, Settings};
use serde_json::json;

use super::scenario::{self, Scenario};

/// Longer than all runs of a rig take on its clock: a token of the first one is good in the last.
const TOKEN_LIFE: Duration = Duration::from_secs(50 * 365 * 86_400);
/// Between two runs: whatever Feishu remembers of one is over in the next.
const BETWEEN_RUNS_MS: u64 = 2 * 3_600_000;

/// All of it.
pub struct Rig {
    pub world: World,
    pub harness: Harness,
    /// A second process beside the first one.
    pub other: Harness,
    pub faults: Faults,
    /// What a death does besides: for tests of the search itself.
    pub harm: fn(&Self),
    folder: tempfile::TempDir,
    began_ms: u64,
}

impl Rig {
    pub fn new() -> Self {
        let folder = in_memory();
        let world = World::builder().start().unwrap();
        scenario::teach(&world);
        for (name, file) in scenario::results() {
            world.media().put(&scenario::path(name), file);
        }
        let faults = scenario::clock();
        world.feishu().set_token_lifetime(TOKEN_LIFE);
        world.feishu().stop_clock();
        for libtv in [world.gateway(), world.direct()] {
            libtv.stop_clock();
            libtv.set_uses(1_000_000, 1_000_000);
        }
        let harness = || {
            let environment = environment(&world, &folder);
            let settings = Settings::new(home(&folder))
                .with_environment(environment)
                .with_faults(faults.clone());
            Harness::new(component(), settings).unwrap()
        };
        let (first, other) = (harness(), harness());
        Self {
            began_ms: faults.now_ms(),
            harness: first,
            other,
            harm: |_| {},
            faults,
            folder,
            world,
        }
    }

    /// An empty home, hours after the last run.
    pub fn reset(&self, scenario: &Scenario) {
        self.faults.arm(None);
        self.advance_to(self.faults.now_ms() + BETWEEN_RUNS_MS);
        std::fs::remove_dir_all(self.home()).unwrap();
        std::fs::create_dir(self.home()).unwrap();
        self.use_key(scenario.key);
        self.faults.refuse_links(!scenario.has_links);
        self.harness.home().prepare().unwrap();
        self.world.feishu().clear_faults();
        (scenario.before_run)(&self.world);
    }

    /// Configures this key.
    pub fn use_key(&self, key: &str) {
        let text = json!({ "apiKey": key }).to_string();
        std::fs::write(self.home().join("libtv.json"), text).unwrap();
    }

    /// Moves every clock on; never back.
    pub fn advance_to(&self, now_ms: u64) {
        let now_ms = now_ms.max(self.faults.now_ms());
        self.faults.set_now_ms(now_ms);
        let offset = Duration::from_millis(now_ms - self.began_ms);
        self.world.feishu().set_clock_offset(offset);
        self.world.gateway().set_clock_offset(offset);
        self.world.direct().set_clock_offset(offset);
    }

    /// The door that a scenario's sessions are made at.
    pub fn libtv(&self, scenario: &Scenario) -> LibTv {
        if scenario.key == fakes::DIRECT_KEY {
            self.world.direct()
        } else {
            self.world.gateway()
        }
    }

    pub fn feishu(&self) -> Feishu {
        self.world.feishu()
    }

    /// `$NEXU_HOME`.
    pub fn home(&self) -> PathBuf {
        home(&self.folder)
    }
}

fn home(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("nexu")
}

/// What a process that dies leaves behind is the same on every file system, and syncing takes no time in memory.
fn in_memory() -> tempfile::TempDir {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    let folder = folder.unwrap();
    std::fs::create_dir(home(&folder)).unwrap();
    folder
}

fn environment(world: &World, folder: &tempfile::TempDir) -> Environment {
    let ca = world.write_ca(folder.path()).unwrap();
    Environment::from_lookup(|name| match name {
        "LIBTV_CONNECT_TO" => Some(world.connect_to().into()),
        "SSL_CERT_FILE" => Some(ca.clone().into()),
        "FEISHU_APP_ID" => Some(fakes::FEISHU_APP_ID.into()),
        "FEISHU_APP_SECRET" => Some(fakes::FEISHU_APP_SECRET.into()),
        _ => None,
    })
}

/// Compiled once.
fn component() -> Component {
    static COMPONENT: OnceLock<Component> = OnceLock::new();
    COMPONENT
        .get_or_init(|| Component::embedded().unwrap())
        .clone()
}
