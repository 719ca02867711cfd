//! One fleet for a test: a database, the fakes, tenants, and workers in this process or in their own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fakes::{GATEWAY_KEY, Job, When, World, WorldBuilder};
use fleet::database::Database;
use fleet::harnesses::Harnesses;
use fleet::metrics::Metrics;
use fleet::schema;
use fleet::secrets::LocalSecrets;
use fleet::submit::{SubmitError, submit};
use fleet::tenants::{self, Tenant};
use fleet::worker::{Options, Worker};
use host::{Component, StopHandle, Submit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_postgres::types::Type;

use crate::postgres::{Server, server};

/// How often a worker is killed or stopped: more where somebody asks for it (`LIBTV_FLEET_KILLS`).
pub fn times() -> u32 {
    let asked = std::env::var("LIBTV_FLEET_KILLS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(3)
}

/// Whether everything is to be run through, and not a spread of it (`LIBTV_FLEET_ALL`).
pub fn all() -> bool {
    std::env::var_os("LIBTV_FLEET_ALL").is_some()
}

/// No job here takes longer on a machine that does nothing else; a busy one gets some minutes.
const TIMEOUT: Duration = Duration::from_secs(240);

pub struct Rig {
    pub world: World,
    pub database: Arc<Database>,
    pub metrics: Arc<Metrics>,
    pub url: String,
    pub server: Arc<Server>,
    pub name: String,
    /// The fakes' authority. Written once: a process that starts while it is written anew would read half of it.
    ca: PathBuf,
    folder: tempfile::TempDir,
}

impl Rig {
    /// None where there is no PostgreSQL.
    pub async fn new() -> Option<Self> {
        Some(Self::on(server()?, World::builder()).await)
    }

    /// On this server, with a world that is made so.
    pub async fn on(server: Arc<Server>, world: WorldBuilder) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = world.start().unwrap();
        let ca = world.write_ca(folder.path()).unwrap();
        let name = server.database().await;
        let url = server.url(server.port(), &name);
        let database = Arc::new(Database::new(&url, None, 4).unwrap());
        assert_eq!(schema::migrate(&database).await.unwrap(), 2);
        std::fs::write(folder.path().join("key"), GATEWAY_KEY).unwrap();
        std::fs::write(folder.path().join("secret"), fakes::FEISHU_APP_SECRET).unwrap();
        std::fs::write(folder.path().join("token"), fakes::SLACK_BOT_TOKEN).unwrap();
        Self {
            world,
            database,
            metrics: Arc::default(),
            url,
            server,
            name,
            ca,
            folder,
        }
    }

    /// Every job is one film, there with its so-manieth poll.
    pub fn films(&self, polls: u32) {
        let job = Job::new().works().at(When::Polls(polls));
        let gateway = self.world.gateway();
        gateway.set_default_job(job.videos(["/sd-gen-save-img/a.mp4"]).says("done"));
        gateway.set_uses(1_000_000, 1_000_000);
    }

    /// A folder that goes with the rig.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A tenant with the keys of the fakes, and as many jobs as it likes.
    pub async fn tenant(&self, id: &str, cap: i32) {
        self.tenant_with(id, cap, |tenant| tenant).await;
    }

    /// The same, changed.
    pub async fn tenant_with(&self, id: &str, cap: i32, change: impl FnOnce(Tenant) -> Tenant) {
        let reference = |name: &str| format!("file:{}", self.folder.path().join(name).display());
        let tenant = Tenant {
            id: id.to_owned(),
            cap_in_flight: Some(cap),
            jobs_per_day: Some(1_000_000),
            variables: [
                ("FEISHU_APP_ID".to_owned(), fakes::FEISHU_APP_ID.to_owned()),
                ("LIBTV_POLL_INTERVAL_SECONDS".to_owned(), "0.1".to_owned()),
                // A job that takes longer than a minute would have a line among the messages that are counted.
                ("LIBTV_PROGRESS".to_owned(), "off".to_owned()),
            ]
            .into(),
            secrets: [
                ("LIBTV_API_KEY".to_owned(), reference("key")),
                ("FEISHU_APP_SECRET".to_owned(), reference("secret")),
                ("SLACK_BOT_TOKEN".to_owned(), reference("token")),
            ]
            .into(),
            ..Tenant::default()
        };
        tenants::add(&self.database, &change(tenant), &LocalSecrets)
            .await
            .unwrap();
    }

    /// What every tenant's calls have of the process: how the fakes are reached.
    pub fn shared(&self) -> Vec<(String, std::ffi::OsString)> {
        vec![
            (
                "LIBTV_CONNECT_TO".to_owned(),
                self.world.connect_to().into(),
            ),
            ("SSL_CERT_FILE".to_owned(), self.ca.clone().into()),
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

    pub async fn submit_through(
        &self,
        harnesses: &Harnesses,
        tenant: &str,
        words: &str,
        channel: &str,
        chat: &str,
    ) -> String {
        let wanted = Submit::message(words).to(channel, chat);
        self.ask(harnesses, tenant, wanted).await.unwrap()
    }

    pub async fn try_submit(
        &self,
        harnesses: &Harnesses,
        tenant: &str,
        words: &str,
        chat: &str,
    ) -> Result<String, SubmitError> {
        let wanted = Submit::message(words).to("feishu", chat);
        self.ask(harnesses, tenant, wanted).await
    }

    pub async fn ask(
        &self,
        harnesses: &Harnesses,
        tenant: &str,
        wanted: Submit,
    ) -> Result<String, SubmitError> {
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
        self.process_at(&self.url, home, lease_seconds)
    }

    /// The same on another address of the database.
    pub fn process_at(&self, url: &str, home: &str, lease_seconds: u64) -> Process {
        let listen = free_address();
        let child = self
            .program(url, home)
            .args(["serve", "--parallel", "8", "--lease-seconds"])
            .arg(lease_seconds.to_string())
            .args(["--listen", &listen])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Process { child, listen }
    }

    /// `libtv-video fleet`, with a home of its own.
    pub fn program(&self, url: &str, home: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_libtv-fleet-under-test"));
        command
            .arg("fleet")
            .env_clear()
            .envs(self.shared())
            .env("LIBTV_FLEET_DATABASE", url)
            .env("NEXU_HOME", self.folder.path().join(home));
        command
    }

    /// Waits until no session is left to poll.
    pub async fn ended(&self) {
        self.ended_on(&self.database).await;
    }

    /// The same, as another database has it.
    pub async fn ended_on(&self, database: &Database) {
        let statement = "select count(*) = 0 from session";
        self.wait_on(database, "sessions to end", statement).await;
    }

    pub async fn wait(&self, what: &str, statement: &str) {
        self.wait_on(&self.database, what, statement).await;
    }

    async fn wait_on(&self, database: &Database, what: &str, statement: &str) {
        let begun = Instant::now();
        loop {
            if let Ok(row) = database.one(statement, &[]).await
                && row.get::<_, bool>(0)
            {
                return;
            }
            if begun.elapsed() > TIMEOUT {
                panic!(
                    "waited for {what}; {:?}; events: {:?}",
                    self.rows("select coalesce(json_agg(s)::text, '') from session s")
                        .await,
                    self.events().await
                );
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

    async fn rows(&self, statement: &str) -> String {
        let row = self.database.one(statement, &[]).await;
        row.map_or_else(|error| error.to_string(), |row| row.get(0))
    }

    /// How many messages a chat shows.
    pub fn shown(&self, chat: &str) -> usize {
        self.world.feishu().chat(chat).messages().len()
    }
}

/// An address of this machine that nobody has.
pub fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// What is answered to `GET path` there, head included; none where nobody answers.
pub async fn get(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer)
}

/// Killed when it is dropped.
pub struct Process {
    child: Child,
    listen: String,
}

impl Process {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    pub fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Whether it ended well, once it has ended.
    pub fn wait(&mut self) -> bool {
        self.child.wait().unwrap().success()
    }

    /// What it answers there, head included.
    pub async fn get(&self, path: &str) -> Option<String> {
        get(&self.listen, path).await
    }

    /// Its figures.
    pub async fn metrics(&self) -> String {
        self.get("/metrics").await.unwrap()
    }

    /// Waits until it is ready.
    pub async fn ready(&self) {
        let begun = Instant::now();
        loop {
            let answer = self.get("/readyz").await.unwrap_or_default();
            if answer.starts_with("HTTP/1.1 200") {
                return;
            }
            assert!(begun.elapsed() < TIMEOUT, "it isn't ready: {answer}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
