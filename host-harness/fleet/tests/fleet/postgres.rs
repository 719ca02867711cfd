//! A PostgreSQL of the tests' own: one for all tests of the process, each of which has a database of its own in it; and one for
//! a test that ends it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use fleet::private::{Postgres, programs, url};

/// What the servers' folders begin with; the process's number follows.
const PREFIX: &str = "libtv-fleet-pg-";

pub struct Server {
    pub postgres: Postgres,
    /// Where it was made for one test it goes with it; a static isn't dropped.
    _folder: Option<tempfile::TempDir>,
}

/// The server of all; none where this machine has no PostgreSQL.
pub fn server() -> Option<Arc<Server>> {
    static SERVER: OnceLock<Option<Arc<Server>>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let programs = found()?;
        let postgres = Postgres::of_this_process(&programs, PREFIX, &[]).unwrap();
        Some(Arc::new(Server {
            postgres,
            _folder: None,
        }))
    });
    server.clone()
}

/// One for a test alone, with these settings.
pub fn own(settings: &[&str]) -> Option<Arc<Server>> {
    own_in(folder(), settings)
}

/// The same in a folder that holds what its settings name.
pub fn own_in(folder: tempfile::TempDir, settings: &[&str]) -> Option<Arc<Server>> {
    let programs = found()?;
    let postgres = Postgres::start(&programs, folder.path(), settings).unwrap();
    Some(Arc::new(Server {
        postgres,
        _folder: Some(folder),
    }))
}

/// A folder for a server.
pub fn folder() -> tempfile::TempDir {
    let builder = tempfile::Builder::new()
        .prefix("libtv-fleet-own-")
        .tempdir();
    builder.unwrap()
}

fn found() -> Option<PathBuf> {
    let found = programs();
    if found.is_none() {
        let required = std::env::var_os("LIBTV_FLEET_REQUIRED").is_some();
        assert!(
            !required,
            "there is no PostgreSQL, and these tests are to run"
        );
        eprintln!("SKIPPED: there is no PostgreSQL on this machine (apt-get install postgresql)");
    }
    found
}

impl Server {
    /// A new database.
    pub async fn database(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.postgres.make(&name).await.unwrap();
        name
    }

    pub fn port(&self) -> u16 {
        self.postgres.port()
    }

    /// A database of it, through this port.
    pub fn url(&self, port: u16, name: &str) -> String {
        url(port, name)
    }
}
