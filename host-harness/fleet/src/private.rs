//! A PostgreSQL of one's own: made in a folder, on a free port of this machine, and gone with whoever made it. For the
//! demonstration and the tests. Not here: what is in it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};

use crate::database::Database;

/// The user that a server runs as where this process is root, which PostgreSQL refuses to be. Debian's package makes it.
const USER: &str = "postgres";
/// A server starts in a second, and in some more where it has to make up for a crash.
const STARTS_WITHIN: Duration = Duration::from_secs(60);
/// So many ports are tried: between the choice and the server's start another process may take one.
const PORTS: usize = 5;
/// Between two looks at whether it has.
const LOOK: Duration = Duration::from_millis(20);
/// Three workers, a submitter, and a test that looks on.
const CONNECTIONS: &str = "max_connections=200";

/// A server, which ends with this.
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    settings: Vec<String>,
    process: Mutex<Option<Child>>,
}

/// Where `initdb` and `postgres` are: the newest of Debian's, or what `LIBTV_POSTGRES_BIN` says. None where there are none.
pub fn programs() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("LIBTV_POSTGRES_BIN") {
        return Some(folder.into());
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    folders
        .filter(|folder| folder.join("postgres").exists())
        .max()
}

impl Postgres {
    /// A new one with its files in `folder`, which must be there, and with these settings (`NAME=VALUE`) beside its own.
    ///
    /// # Errors
    /// What went wrong, as a sentence.
    pub fn start(programs: &Path, folder: &Path, settings: &[&str]) -> Result<Self, String> {
        own(folder)?;
        let server = Self::at(programs, folder, settings);
        let mut initdb = server.command("initdb");
        initdb
            .args(["-A", "trust", "-U", USER, "--no-sync", "-E", "UTF8", "-D"])
            .arg(server.data());
        finish(initdb)?;
        server.on_a_free_port()
    }

    /// The one of this process and of all its tests: in a folder that is named for it, which a later process removes. A static isn't
    /// dropped.
    ///
    /// # Errors
    /// What went wrong, as a sentence.
    pub fn of_this_process(
        programs: &Path,
        prefix: &str,
        settings: &[&str],
    ) -> Result<Self, String> {
        forget_earlier(prefix);
        let folder = std::env::temp_dir().join(format!("{prefix}{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        Self::start(programs, &folder, settings)
    }

    /// One that follows this one, and has everything that it has. Where this one waits for it
    /// (`synchronous_standby_names`), nothing that was acknowledged is lost with this one.
    ///
    /// # Errors
    /// What went wrong, as a sentence.
    pub fn standby(&self, folder: &Path) -> Result<Self, String> {
        own(folder)?;
        let standby = Self::at(&self.programs, folder, &[]);
        let mut copy = standby.command("pg_basebackup");
        copy.args(["-h", "127.0.0.1", "-U", USER, "-R", "-c", "fast", "-p"])
            .arg(self.port.to_string())
            .arg("-D")
            .arg(standby.data());
        finish(copy)?;
        standby.on_a_free_port()
    }

    fn at(programs: &Path, folder: &Path, settings: &[&str]) -> Self {
        Self {
            programs: programs.to_owned(),
            folder: folder.to_owned(),
            port: 0,
            settings: settings.iter().map(|&setting| setting.to_owned()).collect(),
            process: Mutex::default(),
        }
    }

    fn on_a_free_port(mut self) -> Result<Self, String> {
        let mut tried = 1;
        loop {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            self.port = free.map_err(|error| error.to_string())?.port();
            match self.run() {
                Ok(()) => return Ok(self),
                Err(_) if tried < PORTS && self.has_ended() => tried += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Starts it again after [`crash`](Self::crash).
    ///
    /// # Errors
    /// What went wrong, as a sentence.
    pub fn run(&self) -> Result<(), String> {
        let mut command = self.command("postgres");
        command
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(&self.folder)
            .args(["-c", "listen_addresses=127.0.0.1", "-c", CONNECTIONS, "-p"])
            .arg(self.port.to_string());
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        let log = self.folder.join("log");
        let told = std::fs::File::create(&log).map_err(|error| error.to_string())?;
        command.stdout(Stdio::null()).stderr(told);
        *lock(&self.process) = Some(lasting(command)?);
        let begun = Instant::now();
        // It accepts connections before it can answer them.
        while finish(self.asked()).is_err() {
            if self.has_ended() || begun.elapsed() > STARTS_WITHIN {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                return Err(format!("PostgreSQL doesn't start:\n{said}"));
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    fn has_ended(&self) -> bool {
        let mut process = lock(&self.process);
        let ended = process.as_mut().map(Child::try_wait);
        matches!(ended, Some(Ok(Some(_))))
    }

    /// Ends it as a power cut does: connections break, and what it hasn't written it has to make up for.
    ///
    /// # Errors
    /// What went wrong, as a sentence.
    pub fn crash(&self) -> Result<(), String> {
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "-m", "immediate", "-w", "-D"])
            .arg(self.data());
        let stopped = finish(stop);
        if let Some(mut process) = lock(&self.process).take() {
            // It has ended; asked for its end all the same, so that nothing waits for ever.
            drop(process.kill());
            drop(process.wait());
        }
        stopped
    }

    /// Makes a standby the one that is written to.
    ///
    /// # Errors
    /// What went wrong, as a sentence.
    pub fn promote(&self) -> Result<(), String> {
        let mut promote = self.command("pg_ctl");
        promote.args(["promote", "-w", "-D"]).arg(self.data());
        finish(promote)
    }

    /// Its port on this machine.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of one of its databases.
    pub fn url(&self, database: &str) -> String {
        url(self.port, database)
    }

    /// Makes a database, as soon as the server can.
    ///
    /// # Errors
    /// What went wrong, as a sentence.
    pub async fn make(&self, database: &str) -> Result<(), String> {
        let admin = Database::new(&self.url(USER), None, 1).map_err(|error| error.to_string())?;
        let begun = Instant::now();
        loop {
            // It accepts connections a moment before it can answer.
            match admin.batch(&format!("create database {database}")).await {
                Ok(()) => return Ok(()),
                Err(error) if begun.elapsed() > STARTS_WITHIN => return Err(error.to_string()),
                Err(_) => tokio::time::sleep(LOOK).await,
            }
        }
    }

    /// The question whether it answers, by its own socket: at the port another server may be.
    fn asked(&self) -> Command {
        let mut ready = self.command("pg_isready");
        ready
            .arg("-q")
            .arg("-h")
            .arg(&self.folder)
            .args(["-p", &self.port.to_string()]);
        ready
    }

    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if cfg!(target_os = "linux") {
            let mut command = Command::new("setpriv");
            // Also where this process is killed.
            command.args(["--pdeathsig", "KILL"]);
            if is_root() {
                command.args(["--reuid", USER, "--regid", USER, "--clear-groups"]);
            }
            command.arg(program);
            command
        } else {
            Command::new(program)
        };
        // A folder that everybody may look into: this process's own may not be one.
        command.current_dir("/").stdin(Stdio::null());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.crash());
    }
}

/// The address of a database behind a port of this machine.
pub fn url(port: u16, database: &str) -> String {
    format!("postgres://{USER}@127.0.0.1:{port}/{database}")
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the folders of processes that have ended.
fn forget_earlier(prefix: &str) {
    let entries = std::fs::read_dir(std::env::temp_dir());
    for entry in entries.into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(prefix));
        if let Some(process) = process
            && !Path::new("/proc").join(process).exists()
        {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

/// Gives the folder to whoever the server runs as.
fn own(folder: &Path) -> Result<(), String> {
    if !is_root() {
        return Ok(());
    }
    let mut chown = Command::new("chown");
    chown.arg(USER).arg(folder);
    finish(chown)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout == b"0\n")
}

fn finish(mut command: Command) -> Result<(), String> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{shown} can't be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Starts a process from a thread that lasts as long as this process: what ends with its parent ends with the thread that
/// started it.
fn lasting(command: Command) -> Result<Child, String> {
    type Wanted = (Command, mpsc::Sender<std::io::Result<Child>>);
    static STARTER: OnceLock<Mutex<mpsc::Sender<Wanted>>> = OnceLock::new();
    let starter = STARTER.get_or_init(|| {
        let (sender, receiver) = mpsc::channel::<Wanted>();
        std::thread::spawn(move || {
            for (mut command, started) in receiver {
                // Whoever asked is gone: so is the process, with its handle.
                drop(started.send(command.spawn()));
            }
        });
        Mutex::new(sender)
    });
    let (sender, started) = mpsc::channel();
    let gone = || "Processes can't be started.".to_owned();
    lock(starter).send((command, sender)).map_err(|_| gone())?;
    let started = started.recv().map_err(|_| gone())?;
    started.map_err(|error| format!("PostgreSQL can't be started: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_whose_port_is_taken_says_so_and_is_given_another() {
        let Some(programs) = programs() else {
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let mut server = Postgres::start(&programs, folder.path(), &[]).unwrap();
        server.crash().unwrap();
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        server.port = taken.local_addr().unwrap().port();
        let error = server.run().unwrap_err();
        assert!(error.contains("in use"), "{error}");
        let server = server.on_a_free_port().unwrap();
        assert_ne!(server.port(), taken.local_addr().unwrap().port());
    }
}
