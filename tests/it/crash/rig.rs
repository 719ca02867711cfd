//! The fakes, two harnesses and a clock, for many runs one after the other. Time is what the clock shows: nothing
//! waits, and a pause of minutes takes no time. Not here: what happens in a run.

use std::path::PathBuf;
use std::sync::OnceLock;

use fakes::World;
use host::fault_injection::Faults;
use host::{Component, Environment, Harness, Settings};

use super::parties::{CHANNEL_VARIABLES, Service};
use super::scenario::{self, Scenario};

/// Between two runs: whatever a platform remembers of one is over in the next.
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
}

impl Rig {
    /// It computes all the time.
    pub const AT_ONCE_A_PROCESSOR: usize = 1;

    pub fn new() -> Self {
        let folder = in_memory();
        let world = scenario::world();
        let faults = scenario::clock();
        let harness = || {
            let environment = environment(&world, &folder);
            let settings = Settings::new(home(&folder))
                .with_environment(environment)
                .with_faults(faults.clone());
            Harness::new(component(), settings).unwrap()
        };
        let (first, other) = (harness(), harness());
        Self {
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
        self.use_service(scenario.service);
        self.faults.refuse_links(!scenario.has_links);
        self.harness.home().prepare().unwrap();
        self.world.clear_faults();
        (scenario.before_run)(&self.world);
    }

    /// Configures this service.
    pub fn use_service(&self, service: Service) {
        let path = self.home().join("libtv.json");
        std::fs::write(path, service.config().to_string()).unwrap();
    }

    /// Moves every clock on; never back.
    pub fn advance_to(&self, now_ms: u64) {
        scenario::advance(&self.world, &self.faults, now_ms);
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
        _ => {
            let mut known = CHANNEL_VARIABLES.iter();
            let (_, value, _) = known.find(|(known, ..)| *known == name)?;
            Some((*value).into())
        }
    })
}

/// Compiled once.
fn component() -> Component {
    static COMPONENT: OnceLock<Component> = OnceLock::new();
    COMPONENT
        .get_or_init(|| Component::embedded().unwrap())
        .clone()
}
