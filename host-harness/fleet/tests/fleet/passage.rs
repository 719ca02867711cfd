//! What stands between a worker and the database: encryption, and a pooler.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fakes::World;
use fleet::database::{Database, DatabaseError};

use crate::postgres::{folder, own_in, server};
use crate::rig::{Rig, free_address};

const ENCRYPTED: &str = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";

/// An authority, and a key with a certificate of it for these names, in files below a folder.
fn certificates(folder: &Path, names: &[&str]) -> PathBuf {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = authority.self_signed(&key).unwrap();
    let issuer = rcgen::Issuer::from_params(&authority, &key);
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let own = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(names).unwrap();
    let leaf = leaf.signed_by(&own, &issuer).unwrap();
    std::fs::write(folder.join("ca.pem"), ca.pem()).unwrap();
    std::fs::write(folder.join("server.pem"), leaf.pem()).unwrap();
    std::fs::write(folder.join("server.key"), own.serialize_pem()).unwrap();
    folder.join("ca.pem")
}

/// A private key, as PostgreSQL wants to find it: its own, and nobody else's to read.
fn guard(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    hand_over(path);
}

/// Makes a path the database's user's. Where these tests aren't root it is theirs already.
fn hand_over(path: &Path) {
    let mut chown = Command::new("chown");
    drop(
        chown
            .arg("postgres")
            .arg(path)
            .stderr(Stdio::null())
            .status(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_is_spoken_to_in_private_and_only_where_its_certificate_is_right() {
    let below = folder();
    let (ca, path) = (certificates(below.path(), &["localhost"]), below.path());
    guard(&path.join("server.key"));
    let certificate = format!("ssl_cert_file={}", path.join("server.pem").display());
    let key = format!("ssl_key_file={}", path.join("server.key").display());
    let settings = ["ssl=on", certificate.as_str(), key.as_str()];
    let Some(server) = own_in(below, &settings) else {
        return;
    };
    server.postgres.make("fleet").await.unwrap();
    let url = |host: &str| {
        format!(
            "postgres://postgres@{host}:{}/fleet?sslmode=require",
            server.port()
        )
    };
    let database = Database::new(&url("localhost"), Some(&ca), 1).unwrap();
    let row = database.one(ENCRYPTED, &[]).await.unwrap();
    assert!(row.get::<_, bool>(0), "the connection is encrypted");
    // A whole migration goes over it.
    fleet::schema::migrate(&database).await.unwrap();
    let refused = async |database: Database, why: &str| match database.one(ENCRYPTED, &[]).await {
        Err(DatabaseError::Unreachable(reason)) => drop(reason),
        other => panic!("{why}: {:?}", other.map(|row| row.get::<_, bool>(0))),
    };
    let public = Database::new(&url("localhost"), None, 1).unwrap();
    refused(public, "an authority that nobody knows").await;
    let named = Database::new(&url("127.0.0.1"), Some(&ca), 1).unwrap();
    refused(named, "a certificate of another name").await;
    let other = folder();
    let other = certificates(other.path(), &["localhost"]);
    let other = Database::new(&url("localhost"), Some(&other), 1);
    refused(other.unwrap(), "another authority").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_elsewhere_that_offers_no_encryption_is_not_spoken_to() {
    let Some(server) = server() else { return };
    // By its name it is another machine, although the address leads here.
    let url = format!(
        "host=db.example hostaddr=127.0.0.1 port={} user=postgres dbname=postgres sslmode=disable",
        server.port()
    );
    let database = Database::new(&url, None, 1).unwrap();
    let error = database.one("select 1", &[]).await.err().unwrap();
    assert!(matches!(error, DatabaseError::Unreachable(_)), "{error}");
}

/// `pgbouncer` in front of a server, killed when it is dropped.
struct Pooler {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Pooler {
    /// None where this machine has none.
    fn start(behind: u16) -> Option<Self> {
        const PROGRAM: &str = "/usr/sbin/pgbouncer";
        if !Path::new(PROGRAM).exists() {
            let required = std::env::var_os("LIBTV_FLEET_REQUIRED").is_some();
            assert!(!required, "there is no pgbouncer, and this test is to run");
            eprintln!("SKIPPED: there is no pgbouncer on this machine (apt-get install pgbouncer)");
            return None;
        }
        let folder = folder();
        let port: u16 = free_address().rsplit(':').next()?.parse().ok()?;
        // As few connections as a pool can have beside many clients: a setting that stayed on one would show.
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={behind} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nauth_type = any\npool_mode = transaction\nmax_client_conn = 200\n\
             default_pool_size = 3\nunix_socket_dir =\nlogfile = /dev/null\n"
        );
        let config = folder.path().join("pgbouncer.ini");
        std::fs::write(&config, text).unwrap();
        for path in [folder.path(), &config] {
            hand_over(path);
        }
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        if is_root {
            command.args([
                "--reuid",
                "postgres",
                "--regid",
                "postgres",
                "--clear-groups",
            ]);
        }
        let child = command
            .arg(PROGRAM)
            .arg(&config)
            .current_dir("/")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self {
            child,
            port,
            _folder: folder,
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_in_transaction_mode_everything_works_as_without_it() {
    let Some(server) = server() else { return };
    let Some(pooler) = Pooler::start(server.port()) else {
        return;
    };
    let mut rig = Rig::on(Arc::clone(&server), World::builder()).await;
    rig.films(2);
    let url = format!("{}?sslmode=disable", server.url(pooler.port, &rig.name));
    let through = Arc::new(Database::new(&url, None, 8).unwrap());
    let begun = Instant::now();
    while through.one("select 1", &[]).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(30), "no pooler");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The migration, a second time, as a worker that is rolled out does it.
    assert_eq!(fleet::schema::migrate(&through).await.unwrap(), 2);
    rig.database = through;
    rig.url = url;
    rig.tenant("acme", 16).await;
    let harnesses = rig.harnesses("submits");
    for nth in 0..8 {
        let (words, chat) = (format!("job {nth}"), format!("oc_pooled{nth}"));
        rig.submit(&harnesses, "acme", &words, &chat).await;
    }
    let workers = ["one", "two"].map(|home| rig.process(home, 5));
    rig.ended().await;
    drop(workers);
    for nth in 0..8 {
        assert_eq!(rig.shown(&format!("oc_pooled{nth}")), 1);
    }
}
