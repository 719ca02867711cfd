//! A PostgreSQL of the tests' own: in a temporary folder, on a free port, one for all tests of the process; each test has a
//! database of its own in it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use fleet::database::Database;

/// The user that a server runs as where these tests are root, which PostgreSQL refuses to be. Debian's package makes it.
const USER: &str = "postgres";
/// What the servers' folders begin with; the process's number follows.
const PREFIX: &str = "libtv-fleet-pg-";

pub struct Server {
    pub port: u16,
    /// Held so that it can be waited for; it ends with this process.
    _process: std::process::Child,
}

/// The server; none where this machine has no PostgreSQL.
pub fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let Some(programs) = programs() else {
            let required = std::env::var_os("LIBTV_FLEET_REQUIRED").is_some();
            assert!(
                !required,
                "there is no PostgreSQL, and these tests are to run"
            );
            eprintln!(
                "SKIPPED: there is no PostgreSQL on this machine (apt-get install postgresql)"
            );
            return None;
        };
        // The server ends with the thread that started it, so that one lives as long as the tests.
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            sender.send(Server::start(&programs)).unwrap();
            loop {
                std::thread::park();
            }
        });
        Some(receiver.recv().unwrap())
    });
    server.as_ref()
}

/// Where `initdb` and `postgres` are.
fn programs() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("LIBTV_POSTGRES_BIN") {
        return Some(folder.into());
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    folders
        .filter(|folder| folder.join("postgres").exists())
        .max()
}

fn command(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    // Also where these tests are killed.
    command.args(["--pdeathsig", "KILL"]);
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout == b"0\n");
    if is_root {
        command.args(["--reuid", USER, "--regid", USER, "--clear-groups"]);
    }
    command.arg(program);
    command
}

impl Server {
    fn start(programs: &Path) -> Self {
        let folder = std::env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
        forget_earlier();
        std::fs::create_dir_all(&folder).unwrap();
        // Where these tests aren't root it is theirs already.
        drop(
            Command::new("chown")
                .arg(USER)
                .arg(&folder)
                .stderr(Stdio::null())
                .status(),
        );
        let data = folder.join("data");
        let made = command(&programs.join("initdb"))
            .args([
                "-A",
                "trust",
                "-U",
                "postgres",
                "--no-sync",
                "-E",
                "UTF8",
                "-D",
            ])
            .arg(&data)
            .current_dir("/")
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = command(&programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&folder)
            .args([
                "-p",
                &port.to_string(),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "max_connections=200",
            ])
            .current_dir("/")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self {
            port,
            _process: process,
        };
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "PostgreSQL doesn't start"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// A new database, through this port.
    pub async fn database(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let begun = Instant::now();
        loop {
            let admin = Database::new(&self.url(self.port, "postgres"), None, 1).unwrap();
            match admin.batch(&format!("create database {name}")).await {
                Ok(()) => return name,
                // It accepts connections a moment before it can answer.
                Err(error) => assert!(begun.elapsed() < Duration::from_secs(60), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub fn url(&self, port: u16, name: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/{name}")
    }
}

/// Removes the folders of test processes that have ended: a static isn't dropped.
fn forget_earlier() {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if let Some(process) = process
            && !Path::new("/proc").join(process).exists()
        {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}
