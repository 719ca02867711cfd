//! The fakes, two workers of a fleet and a clock, for many runs one after the other. What `tests/it/crash/rig.rs` is on a folder:
//! the fleet's own claims, steps, submits and looks, without their pauses.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use fakes::World;
use fleet::claim::claim;
use fleet::database::{Database, Parameter};
use fleet::harnesses::Harnesses;
use fleet::lease::Held;
use fleet::metrics::Metrics;
use fleet::recipients::OfCall;
use fleet::secrets::LocalSecrets;
use fleet::spending::OfTenant;
use fleet::submit::{SubmitError, submit};
use fleet::tenants::{self, Tenant};
use fleet::worker::{Options, Worker};
use fleet::{schema, step, sweep};
use host::fault_injection::Faults;
use host::{
    CallError, CallState, Change, Component, DueSession, Home, Keeper, Lost, Overview, Records,
    Submission, Submit,
};
use tokio_postgres::types::Type;

use super::parties::{CHANNEL_VARIABLES, Service};
use super::run::INTENT;
use super::scenario::{self, Scenario};
use crate::postgres::server;

/// Between two runs: whatever a platform remembers of one is over in the next.
const BETWEEN_RUNS_MS: u64 = 2 * 3_600_000;
/// No lease ends by itself in a run: who dies is followed by others at once.
const LEASE: Duration = Duration::from_secs(60);
const TENANT: &str = "acme";

/// All of it.
pub struct Rig {
    pub world: World,
    pub harness: Calls,
    /// A second process beside the first one.
    pub other: Calls,
    pub faults: Faults,
    /// What a death does besides: for tests of the search itself.
    pub harm: fn(&Self),
    folder: tempfile::TempDir,
    url: String,
}

/// What a run asks of a harness, on the fleet's store.
pub struct Calls {
    worker: Arc<Worker>,
    database: Arc<Database>,
    harnesses: Arc<Harnesses>,
    metrics: Arc<Metrics>,
    faults: Faults,
    home: Home,
    /// The rows of the sessions that were due last.
    keys: Mutex<HashMap<String, String>>,
    shared: Arc<Shared>,
}

/// What the two processes have in common besides the database.
#[derive(Default)]
struct Shared {
    /// Who makes one session due and claims it: no worker does the one, and two that did it at once would take it from each other.
    claiming: tokio::sync::Mutex<()>,
    /// When what submits have left is due, as its last step said. A fleet has that in the row of the entry, by the database's clock;
    /// the clock here is another one.
    intents_due_ms: Mutex<HashMap<String, u64>>,
}

impl Rig {
    /// Most of a run is waiting for the database.
    pub const AT_ONCE_A_PROCESSOR: usize = 4;

    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = scenario::world();
        let faults = scenario::clock();
        world.write_ca(folder.path()).unwrap();
        for (name, value, _) in CHANNEL_VARIABLES {
            std::fs::write(folder.path().join(name), value).unwrap();
        }
        let server = server().unwrap();
        // On a thread of its own: a run's runtime may be the one that this is called in.
        let url = std::thread::scope(|scope| {
            let making = scope.spawn(|| {
                crate::env::block_on(async {
                    let url = server.url(server.port(), &server.database().await);
                    let database = Database::new(&url, None, 1).unwrap();
                    schema::migrate(&database).await.unwrap();
                    url
                })
            });
            making.join().unwrap()
        });
        let shared = Arc::default();
        let calls = |home: &str| Calls::new(&world, folder.path(), &url, home, &faults, &shared);
        Self {
            harness: calls("one"),
            other: calls("other"),
            harm: |_| {},
            faults,
            url,
            folder,
            world,
        }
    }

    /// A tenant that has nothing, hours after the last run.
    pub fn reset(&self, scenario: &Scenario) {
        self.faults.arm(None);
        self.advance_to(self.faults.now_ms() + BETWEEN_RUNS_MS);
        self.run("delete from tenant");
        self.use_service(scenario.service);
        self.world.clear_faults();
        (scenario.before_run)(&self.world);
    }

    /// Configures this service.
    pub fn use_service(&self, service: Service) {
        let folder = self.folder.path();
        std::fs::write(folder.join("key"), service.key()).unwrap();
        let reference = |file: &str| format!("file:{}", folder.join(file).display());
        let variables = |secret: bool| {
            let all = CHANNEL_VARIABLES.into_iter();
            all.filter(move |(.., is_secret)| *is_secret == secret)
        };
        let secrets = variables(true).map(|(name, ..)| (name.to_owned(), reference(name)));
        let key = (service.variable().to_owned(), reference("key"));
        let tenant = Tenant {
            id: TENANT.to_owned(),
            jobs_per_day: Some(1_000_000),
            variables: variables(false)
                .map(|(name, value, _)| (name.to_owned(), value.to_owned()))
                .collect(),
            secrets: secrets.chain([key]).collect(),
            ..Tenant::default()
        };
        self.with_database(async |database| {
            tenants::add(database, &tenant, &LocalSecrets)
                .await
                .unwrap();
        });
    }

    /// Removes records, as a store that forgets.
    pub fn forget(&self, paths: &str) {
        self.with_database(async |database| {
            let statement = "delete from record where path like $1";
            database
                .rows(statement, &[(&paths, Type::TEXT)])
                .await
                .unwrap();
        });
    }

    fn run(&self, script: &str) {
        self.with_database(async |database| database.batch(script).await.unwrap());
    }

    /// Does something on a connection of its own, in the middle of whatever runs.
    fn with_database(&self, work: impl AsyncFnOnce(&Database) + Send) {
        std::thread::scope(|scope| {
            let working = scope.spawn(|| {
                let database = Database::new(&self.url, None, 1).unwrap();
                crate::env::block_on(work(&database));
            });
            working.join().unwrap();
        });
    }

    /// Moves every clock on; never back.
    pub fn advance_to(&self, now_ms: u64) {
        scenario::advance(&self.world, &self.faults, now_ms);
    }
}

impl Calls {
    fn new(
        world: &World,
        folder: &Path,
        url: &str,
        home: &str,
        faults: &Faults,
        shared: &Arc<Shared>,
    ) -> Self {
        let home = folder.join(home);
        let ca = folder.join("testkit-ca.pem");
        let variables = vec![
            ("LIBTV_CONNECT_TO".to_owned(), world.connect_to().into()),
            ("SSL_CERT_FILE".to_owned(), ca.into()),
        ];
        let faulty = faults.clone();
        let harnesses =
            Harnesses::new(component(), home.clone(), variables, Arc::new(LocalSecrets))
                .with(move |settings| settings.with_faults(faulty.clone()));
        let (harnesses, metrics) = (Arc::new(harnesses), Arc::new(Metrics::default()));
        let database = Arc::new(Database::new(url, None, 2).unwrap());
        let options = Options {
            lease: LEASE,
            name: home.display().to_string(),
            ..Options::default()
        };
        let worker = Worker::new(
            Arc::clone(&database),
            Arc::clone(&harnesses),
            Arc::clone(&metrics),
            options,
        );
        Self {
            worker,
            database,
            harnesses,
            metrics,
            faults: faults.clone(),
            home: Home::at(home),
            keys: Mutex::default(),
            shared: Arc::clone(shared),
        }
    }

    /// What a folder's harness has. A fleet's has nothing in it but its record.
    pub fn home(&self) -> &Home {
        &self.home
    }

    pub async fn submit(&self, wanted: Submit) -> Result<Submission, CallError> {
        let submitted = submit(
            &self.database,
            &self.harnesses,
            &self.metrics,
            TENANT,
            wanted,
        )
        .await;
        submitted.map_err(|error| match error {
            SubmitError::Call(error) => error,
            other => panic!("{other}"),
        })
    }

    /// The entries that there are, and when: after a look for what died submits have left.
    pub async fn due(&self) -> Result<Vec<DueSession>, CallError> {
        self.rows("update tenant set sweep_at = now()", &[]).await;
        sweep::sweep(&self.worker).await;
        let rows = self
            .rows(
                "select key from session where token is null or lease_until <= now()",
                &[],
            )
            .await;
        let entries: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let harness = self.on_everything().await;
        let mut due = harness.due_entries(&entries).await?;
        let intents_due_ms = self.shared.intents_due_ms.lock().unwrap();
        for one in &mut due {
            let said_ms = intents_due_ms.get(&one.session_id).copied();
            one.at_ms = one.at_ms.max(said_ms.unwrap_or_default());
        }
        let mut keys = self.keys.lock().unwrap();
        keys.clear();
        for (one, key) in due.iter().zip(entries) {
            keys.insert(one.session_id.clone(), key);
        }
        Ok(due)
    }

    /// A step, by the claim that a worker makes. One that is stopped leaves its lease as a process that died, and the lease ends.
    pub async fn poll(&self, session_id: &str) -> Result<(), CallError> {
        let key = self.keys.lock().unwrap().get(session_id).cloned();
        let key = key.unwrap_or_else(|| session_id.to_owned());
        let this_alone = "update session set due_at = case when key = $1 then now() else now() + interval '1 day' end
            where token is null or lease_until <= now()";
        let claiming = self.shared.claiming.lock().await;
        self.rows(this_alone, &[(&key, Type::TEXT)]).await;
        let claimed = claim(&self.database, "crash", "digest", LEASE, 1).await;
        drop(claiming);
        // None where another process has it at this moment.
        let Some(claimed) = claimed.unwrap().into_iter().next() else {
            return Ok(());
        };
        let held = step::held(&self.worker, &claimed);
        let stopped_before = self.faults.has_stopped();
        let mut attempted = step::attempt(&self.worker, &claimed, &held).await;
        let error = attempted.error.take();
        if let Some(next_ms) = attempted.next_poll_at_ms
            && key.starts_with(INTENT)
        {
            let mut intents_due_ms = self.shared.intents_due_ms.lock().unwrap();
            intents_due_ms.insert(key, next_ms);
        }
        if self.faults.has_stopped() && !stopped_before && error.is_some() {
            let over = "update session set lease_until = now(), due_at = now() where token = $1::text::uuid";
            self.rows(over, &[(&claimed.token, Type::TEXT)]).await;
        } else {
            step::let_go(&self.worker, &held, attempted).await;
        }
        error.map_or(Ok(()), Err)
    }

    pub async fn recover(&self, session_id: Option<&str>) -> Result<Overview, CallError> {
        self.on_everything().await.recover(session_id).await
    }

    /// A harness that sees all records of the tenant, and stores nothing.
    async fn on_everything(&self) -> host::Harness {
        let rows = self
            .rows(
                "select path, bytes from record where tenant = $1
                union all select 'active/' || key, ''::bytea from session where tenant = $1",
                &[(&TENANT, Type::TEXT)],
            )
            .await;
        let records: Vec<(String, Vec<u8>)> =
            rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let versions = self
            .rows(
                "select version, recipients_version from tenant where id = $1",
                &[(&TENANT, Type::TEXT)],
            )
            .await;
        let versions = (versions[0].get(0), versions[0].get(1));
        let made = self.harnesses.of(&self.database, TENANT, versions).await;
        let (harness, named) = made.unwrap();
        let until = fleet::clock::Moment::now().plus(LEASE);
        let held = Held::making(&self.database, &self.metrics, TENANT, until);
        let keeper = Arc::new(Everything(Arc::clone(&held))) as Arc<dyn Keeper>;
        let folders = contract::state::FOLDERS;
        harness.on(CallState {
            records: Arc::new(Records::new(records, keeper).with_folders(folders)),
            recipients: OfCall::new(named, [], Arc::clone(&held)),
            spending: OfTenant::new(&self.database, TENANT),
            gate: held,
            is_alone: false,
        })
    }

    async fn rows(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Vec<tokio_postgres::Row> {
        self.database.rows(statement, parameters).await.unwrap()
    }
}

/// Stores as a submit does, and has everything there is from the beginning.
struct Everything(Arc<Held>);

#[async_trait::async_trait]
impl Keeper for Everything {
    async fn commit(&self, changes: Vec<Change>) -> Result<(), Lost> {
        self.0.commit(changes).await
    }

    async fn claim(
        &self,
        changes: Vec<Change>,
        path: &str,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, Lost> {
        self.0.claim(changes, path, bytes).await
    }

    async fn shared(&self, _: &str) -> Result<Option<Vec<(String, Vec<u8>)>>, Lost> {
        Ok(None)
    }
}

/// Compiled once.
fn component() -> Component {
    static COMPONENT: OnceLock<Component> = OnceLock::new();
    COMPONENT
        .get_or_init(|| Component::embedded().unwrap())
        .clone()
}

/// Where the folder's rig has its state: nothing is there.
#[allow(
    dead_code,
    reason = "named by the runs, which only a folder's legacy comes to"
)]
impl Rig {
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("one")
    }
}
