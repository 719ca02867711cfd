//! One fleet for a test: a database, the fakes, tenants, and workers in this process or in their own.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fakes::{GATEWAY_KEY, World};
use fleet::database::Database;
use fleet::harnesses::Harnesses;
use fleet::metrics::Metrics;
use fleet::schema;
use fleet::secrets::LocalSecrets;
use fleet::submit::{SubmitError, Wanted, submit};
use fleet::tenants::{self, Tenant};
use fleet::worker::{Options, Worker};
use host::{Component, StopHandle};
use tokio_postgres::types::Type;

use crate::postgres::{Server, server};

/// No job here takes longer on a machine that does nothing else; a busy one gets some minutes.
const TIMEOUT: Duration = Duration::from_secs(240);

pub struct Rig {
    pub world: World,
    pub database: Arc<Database>,
    pub metrics: Arc<Metrics>,
    pub url: String,
    pub server: &'static Server,
    pub name: String,
    folder: tempfile::TempDir,
}

impl Rig {
    /// None where there is no PostgreSQL.
    pub async fn new() -> Option<Self> {
        let server = server()?;
        let folder = tempfile::tempdir().unwrap();
        let world = World::builder().start().unwrap();
        world.write_ca(folder.path()).unwrap();
        let name = server.database().await;
        let url = server.url(server.port, &name);
        let database = Arc::new(Database::new(&url, None, 4).unwrap());
        assert_eq!(schema::migrate(&database).await.unwrap(), 1);
        std::fs::write(folder.path().join("key"), GATEWAY_KEY).unwrap();
        std::fs::write(folder.path().join("secret"), fakes::FEISHU_APP_SECRET).unwrap();
        Some(Self {
            world,
            database,
            metrics: Arc::default(),
            url,
            server,
            name,
            folder,
        })
    }

    pub async fn tenant(&self, id: &str, cap: i32) {
        let reference = |name: &str| format!("file:{}", self.folder.path().join(name).display());
        let tenant = Tenant {
            id: id.to_owned(),
            cap_in_flight: Some(cap),
            variables: [
                ("FEISHU_APP_ID".to_owned(), fakes::FEISHU_APP_ID.to_owned()),
                ("LIBTV_POLL_INTERVAL_SECONDS".to_owned(), "0.1".to_owned()),
            ]
            .into(),
            secrets: [
                ("LIBTV_API_KEY".to_owned(), reference("key")),
                ("FEISHU_APP_SECRET".to_owned(), reference("secret")),
            ]
            .into(),
            ..Tenant::default()
        };
        tenants::add(&self.database, &tenant, &LocalSecrets)
            .await
            .unwrap();
    }

    /// What every tenant's calls have of the process: how the fakes are reached.
    fn shared(&self) -> Vec<(String, std::ffi::OsString)> {
        vec![
            (
                "LIBTV_CONNECT_TO".to_owned(),
                self.world.connect_to().into(),
            ),
            (
                "SSL_CERT_FILE".to_owned(),
                self.world.write_ca(self.folder.path()).unwrap().into(),
            ),
        ]
    }

    pub fn harnesses(&self, home: &str) -> Arc<Harnesses> {
        let component = Component::embedded_for_many().unwrap();
        let home = self.folder.path().join(home);
        Arc::new(Harnesses::new(
            component,
            home,
            self.shared(),
            Arc::new(LocalSecrets),
        ))
    }

    pub async fn submit(
        &self,
        harnesses: &Harnesses,
        tenant: &str,
        words: &str,
        chat: &str,
    ) -> String {
        self.try_submit(harnesses, tenant, words, chat)
            .await
            .unwrap()
    }

    pub async fn try_submit(
        &self,
        harnesses: &Harnesses,
        tenant: &str,
        words: &str,
        chat: &str,
    ) -> Result<String, SubmitError> {
        let wanted = Wanted {
            words: words.to_owned(),
            channel: Some("feishu".to_owned()),
            chat_id: Some(chat.to_owned()),
            ..Wanted::default()
        };
        let submitted = submit(&self.database, harnesses, &self.metrics, tenant, wanted).await;
        submitted.map(|submission| submission.session_id)
    }

    /// A worker in this process, until the handle stops it.
    pub fn worker(&self, url: &str, lease: Duration) -> (StopHandle, tokio::task::JoinHandle<()>) {
        let options = Options {
            lease,
            parallel: 16,
            name: "in-process".to_owned(),
        };
        let database = Arc::new(Database::new(url, None, 4).unwrap());
        let worker = Worker::new(
            database,
            self.harnesses("worker"),
            Arc::clone(&self.metrics),
            options,
        );
        let stop = StopHandle::new();
        let running = stop.clone();
        (stop, tokio::spawn(async move { worker.run(running).await }))
    }

    /// A worker in a process of its own.
    pub fn process(&self, home: &str, lease_seconds: u64) -> Process {
        let child = Command::new(env!("CARGO_BIN_EXE_libtv-fleet-under-test"))
            .args([
                "serve",
                "--parallel",
                "8",
                "--lease-seconds",
                &lease_seconds.to_string(),
            ])
            .env_clear()
            .envs(self.shared())
            .env("LIBTV_FLEET_DATABASE", &self.url)
            .env("NEXU_HOME", self.folder.path().join(home))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Process(child)
    }

    /// Waits until no session is left to poll.
    pub async fn ended(&self) {
        self.wait("sessions to end", "select count(*) = 0 from session")
            .await;
    }

    pub async fn wait(&self, what: &str, statement: &str) {
        let begun = Instant::now();
        loop {
            if let Ok(row) = self.database.one(statement, &[]).await
                && row.get::<_, bool>(0)
            {
                return;
            }
            if begun.elapsed() > TIMEOUT {
                panic!("waited for {what}; events: {:?}", self.events().await);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub async fn events(&self) -> Vec<String> {
        let statement =
            "select tenant || ' ' || key || ': ' || text from event order by id desc limit $1";
        let rows = self
            .database
            .rows(statement, &[(&40_i64, Type::INT8)])
            .await
            .unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// How many messages a chat shows.
    pub fn shown(&self, chat: &str) -> usize {
        self.world.feishu().chat(chat).messages().len()
    }
}

/// Killed when it is dropped.
pub struct Process(Child);

impl Process {
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.0.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    pub fn kill(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }

    /// Whether it ended well, once it has ended.
    pub fn wait(&mut self) -> bool {
        self.0.wait().unwrap().success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
