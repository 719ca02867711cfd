//! Three harness processes with homes of their own on one PostgreSQL.

use std::collections::HashMap;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fakes::{Fake, World};
use fleet::database::{Database, Parameter};
use fleet::private::{Postgres, programs};
use fleet::schema;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_postgres::types::Type;

use crate::jobs::{now_ms, stored};
use crate::{Found, PART, Size, gateway};

const WORKERS: usize = 3;
/// Steps at once, of each.
const PARALLEL: &str = "64";
/// Rows in one statement.
const BATCH: usize = 2_000;
/// Until every harness has its tenants' connections, and the tables have been vacuumed once.
const WARM: Duration = Duration::from_secs(20);

/// A database as somebody would set it up who has more than one job; autovacuum looks more often than once a minute.
const SETTINGS: [&str; 4] = [
    "shared_buffers=256MB",
    "autovacuum_naptime=10s",
    "max_wal_size=2GB",
    "checkpoint_timeout=10min",
];

/// Also how many polls carried their own tenant's key.
///
/// # Panics
/// Where one carried another's.
pub async fn measure(size: Size) -> (Found, usize) {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Postgres::start(&programs().expect("a PostgreSQL"), data.path(), &SETTINGS);
    let server = server.unwrap();
    server.make("load").await.unwrap();
    let url = server.url("load");
    let database = Database::new(&url, None, 4).unwrap();
    schema::migrate(&database).await.unwrap();
    let world = gateway::world(size.tenants).await;
    let sessions = gateway::sessions(&world, size.jobs, size.tenants).await;
    world.write_ca(folder.path()).unwrap();
    tenants(&database, folder.path(), size.tenants).await;
    store(&database, &sessions).await;
    database.batch("analyze").await.unwrap();
    let of: HashMap<String, usize> = sessions.into_iter().collect();

    let workers = Workers::start(folder.path(), &url, &world).await;
    // All are due: what the machine carries.
    tokio::time::sleep(WARM).await;
    let (before, begun) = (world.gateway().request_count(), Instant::now());
    tokio::time::sleep(size.measured / 2).await;
    let most = (world.gateway().request_count() - before) as f64 / begun.elapsed().as_secs_f64();

    // A part of it, evenly.
    let asked = most * PART;
    let interval = size.jobs as f64 / asked;
    spread(&database, interval).await;
    tokio::time::sleep(WARM).await;
    let (earlier, before) = (workers.late().await, world.gateway().request_count());
    let begun = Instant::now();
    tokio::time::sleep(size.measured).await;
    let seconds = begun.elapsed().as_secs_f64();
    let counted = (world.gateway().request_count() - before) as f64 / seconds;
    let p99_ms = workers.late().await.since(&earlier).percentile(0.99);
    drop(workers);
    let (polls, wrong) = gateway::polls(&world, 0, &of);
    assert_eq!(wrong, 0, "of {polls} polls carried another tenant's key");
    let bytes = "select pg_database_size('load')";
    let bytes: i64 = database.one(bytes, &[]).await.unwrap().get(0);
    println!("the database has {} MB", bytes >> 20);
    drop(tokio::task::spawn_blocking(move || drop(world)).await);
    let found = Found {
        most,
        asked,
        counted,
        p99_ms,
    };
    (found, polls)
}

/// Each with a file for its key.
async fn tenants(database: &Database, folder: &std::path::Path, count: usize) {
    let (mut ids, mut references) = (Vec::new(), Vec::new());
    for nth in 0..count {
        let path = folder.join(format!("key{nth}"));
        std::fs::write(&path, gateway::key(nth)).unwrap();
        ids.push(format!("tenant{nth}"));
        references.push(format!("file:{}", path.display()));
    }
    let statement = "insert into tenant (id, cap_in_flight, secrets, variables)
        select t.id, 64, jsonb_build_object('LIBTV_API_KEY', t.reference),
            '{\"LIBTV_POLL_INTERVAL_SECONDS\": \"1\"}'
        from unnest($1::text[], $2::text[]) as t(id, reference)";
    let parameters: [Parameter<'_>; 2] =
        [(&ids, Type::TEXT_ARRAY), (&references, Type::TEXT_ARRAY)];
    database.rows(statement, &parameters).await.unwrap();
}

async fn store(database: &Database, sessions: &[(String, usize)]) {
    for part in sessions.chunks(BATCH) {
        let (mut tenants, mut keys, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        let (mut asked, mut progress) = (Vec::new(), Vec::new());
        for (id, tenant) in part {
            let stored = stored(id, now_ms());
            tenants.push(format!("tenant{tenant}"));
            keys.push(stored.key);
            ids.push(id.as_str());
            asked.push(stored.asked);
            progress.push(stored.progress);
        }
        let statement = "with j as (
                select * from unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])
                    as j(tenant, key, id, asked, progress)),
            s as (insert into session (tenant, key, session_id, due_at) select tenant, key, id, now() from j)
            insert into record (tenant, scope, path, bytes)
            select tenant, key, 'sessions/' || key || '/asked-0001', asked from j
            union all select tenant, key, 'sessions/' || key || '/progress-0001', progress from j";
        let parameters: [Parameter<'_>; 5] = [
            (&tenants, Type::TEXT_ARRAY),
            (&keys, Type::TEXT_ARRAY),
            (&ids, Type::TEXT_ARRAY),
            (&asked, Type::BYTEA_ARRAY),
            (&progress, Type::BYTEA_ARRAY),
        ];
        database.rows(statement, &parameters).await.unwrap();
    }
}

/// From now on each is due once in an interval, evenly over it.
async fn spread(database: &Database, interval: f64) {
    let seconds = interval.to_string();
    let tenants = "update tenant set version = version + 1,
        variables = jsonb_build_object('LIBTV_POLL_INTERVAL_SECONDS', $1::text)";
    database
        .rows(tenants, &[(&seconds, Type::TEXT)])
        .await
        .unwrap();
    let due = "update session set due_at = now() + random() * $1 * interval '1 second' where token is null";
    database
        .rows(due, &[(&interval, Type::FLOAT8)])
        .await
        .unwrap();
}

/// The harness processes: this program once more.
struct Workers {
    children: Vec<Child>,
    addresses: Vec<String>,
}

impl Workers {
    async fn start(folder: &std::path::Path, url: &str, world: &World) -> Self {
        let mut workers = Self {
            children: Vec::new(),
            addresses: Vec::new(),
        };
        for nth in 0..WORKERS {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap().to_string();
            drop(listener);
            let child = Command::new(std::env::current_exe().unwrap())
                .args([
                    "fleet",
                    "serve",
                    "--parallel",
                    PARALLEL,
                    "--listen",
                    &address,
                ])
                .env_clear()
                .env("LIBTV_FLEET_DATABASE", url)
                .env("NEXU_HOME", folder.join(format!("home{nth}")))
                .env("LIBTV_CONNECT_TO", world.connect_to())
                .env("SSL_CERT_FILE", folder.join("testkit-ca.pem"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            workers.children.push(child);
            workers.addresses.push(address);
        }
        workers
    }

    /// The lateness that all of them have counted.
    async fn late(&self) -> Late {
        let mut all = Late::default();
        for address in &self.addresses {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = format!("GET /metrics HTTP/1.1\r\nhost: {address}\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            all.add(&text);
        }
        all
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for child in &mut self.children {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// How many were at most so late, in milliseconds; each count holds those before it.
#[derive(Default)]
struct Late(Vec<(f64, f64)>);

impl Late {
    fn add(&mut self, metrics: &str) {
        let lines = metrics
            .lines()
            .filter_map(|line| line.strip_prefix("libtv_fleet_lateness_seconds_bucket{le=\""));
        for (at, line) in lines.enumerate() {
            let (bound, count) = line.split_once("\"} ").unwrap();
            let bound = bound.parse::<f64>().unwrap_or(f64::INFINITY) * 1e3;
            let count: f64 = count.parse().unwrap();
            match self.0.get_mut(at) {
                Some((_, sum)) => *sum += count,
                None => self.0.push((bound, count)),
            }
        }
    }

    fn since(self, earlier: &Self) -> Self {
        let pairs = self.0.into_iter().zip(&earlier.0);
        Self(
            pairs
                .map(|((bound, now), (_, then))| (bound, now - then))
                .collect(),
        )
    }

    /// The bound that this part is below.
    fn percentile(&self, part: f64) -> f64 {
        let all = self.0.last().map_or(0.0, |(_, count)| *count);
        let found = self.0.iter().find(|(_, count)| *count >= all * part);
        found.map_or(f64::INFINITY, |(bound, _)| *bound)
    }
}
