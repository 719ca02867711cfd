//! Which tests run with the component's state in a PostgreSQL (`LIBTV_IT_STATE=postgres`), and that PostgreSQL: each test is a
//! tenant of one database. Not here: how a call gets its state from there (`tests::on_postgres`).

use std::ffi::OsString;
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use fleet::database::Database;
use fleet::private::{Postgres, programs};
use fleet::schema;
use fleet::secrets::LocalSecrets;
use fleet::tenants::{self, Tenant};
use tests::on_postgres::{DATABASE, TENANT};

/// Where the state is.
const STATE: &str = "LIBTV_IT_STATE";
/// A file that the names of the tests are added to that run so.
const NAMES: &str = "LIBTV_IT_NAMES";
/// What the server's folder begins with; the process's number follows.
const PREFIX: &str = "libtv-it-pg-";
/// What it loses with the machine nobody misses.
const SETTINGS: [&str; 2] = ["fsync=off", "full_page_writes=off"];

/// Modules and tests whose subject is one machine's folder, and why. Everything else runs on both.
const ON_A_FOLDER: &[(&str, &str)] = &[
    (
        "crash",
        "a fleet has its own worlds of the same scenarios: host-harness/fleet/tests/fleet/crash and kills.rs",
    ),
    (
        "no_component",
        "it is about the sandbox; what a hostile component finds in a database: no_component::on_postgres",
    ),
    (
        "legacy",
        "the file of an earlier installation is a folder's",
    ),
    (
        "sessions::a_stored_session_whose_id_holds_a_slash_stops_nothing",
        "it comes from such a file",
    ),
    (
        "terminal::no_text_from_elsewhere_is_obeyed_by_a_terminal_not_even_a_colour",
        "it comes from such a file",
    ),
    (
        "recipients::a_component_that_tries_another_chat_is_refused_and_the_next_session_is_served",
        "it comes from such a file",
    ),
    (
        "recipients::an_embedding_program_names_the_chat_of_a_session_it_brings_along",
        "it comes from such a file",
    ),
    ("state_size", "how large a folder is, and its account"),
    (
        "doctor::what_the_state_folder_holds_beside_its_layout_is_told_and_left_alone",
        "records have no other layout",
    ),
    (
        "files::links_in_the_state_folder_lead_the_component_nowhere",
        "records have no links",
    ),
    (
        "other_owner::where_a_folder_can_not_be_synced_a_job_is_submitted_and_polled_all_the_same",
        "a transaction is durable or fails",
    ),
    (
        "together::everything_is_for_its_owner_only",
        "the modes of a folder's files",
    ),
    (
        "memory::a_serve_that_delivers_sixteen_videos_at_once_stays_under_64_mb",
        "the bound is that of the program without a database's client",
    ),
    (
        "traced::a_call_that_is_given_up_is_seen_as_abandoned",
        "it is given up at its first wait, which is here the database's, before the call begins",
    ),
    (
        "ark_pictures::a_request_of_many_megabytes_passes_through_a_component_that_has_as_much_memory",
        "a record has 16 MiB at most",
    ),
];

/// What the environment of a test says of its state; nothing where that is in the folder.
pub fn variables() -> Vec<(OsString, OsString)> {
    if std::env::var_os(STATE).is_none_or(|state| state != "postgres") {
        return Vec::new();
    }
    let thread = std::thread::current();
    let name = thread.name().unwrap_or_default();
    assert_ne!(
        name, "main",
        "a test is known by its thread: --test-threads 2 or more"
    );
    let is_about_it = |(subject, _): &(&str, &str)| {
        name.strip_prefix(subject)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    if ON_A_FOLDER.iter().any(is_about_it) {
        return Vec::new();
    }
    note(name);
    let server = server();
    let tenant = server.tenant();
    vec![
        (DATABASE.into(), server.url.clone().into()),
        (TENANT.into(), tenant.into()),
    ]
}

/// One line, in one write: tests run side by side.
fn note(name: &str) {
    if let Some(path) = std::env::var_os(NAMES) {
        let mut options = std::fs::OpenOptions::new();
        let file = options.create(true).append(true).open(path);
        file.unwrap()
            .write_all(format!("{name}\n").as_bytes())
            .unwrap();
    }
}

struct Server {
    url: String,
    _postgres: Postgres,
}

/// The server of this process.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let programs = programs().expect("a PostgreSQL (apt-get install postgresql)");
        let postgres = Postgres::of_this_process(&programs, PREFIX, &SETTINGS).unwrap();
        let url = postgres.url("it");
        super::block_on(async {
            postgres.make("it").await.unwrap();
            let database = Database::new(&url, None, 1).unwrap();
            schema::migrate(&database).await.unwrap();
        });
        Server {
            url,
            _postgres: postgres,
        }
    })
}

impl Server {
    /// A tenant that has nothing. Its keys and recipients are in the test's home.
    fn tenant(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let tenant = Tenant {
            id: format!("test{}", NEXT.fetch_add(1, Ordering::Relaxed)),
            ..Tenant::default()
        };
        super::on_a_thread(|| {
            super::block_on(async {
                let database = Database::new(&self.url, None, 1).unwrap();
                tenants::add(&database, &tenant, &LocalSecrets)
                    .await
                    .unwrap();
            });
        });
        tenant.id
    }
}

/// A name that is misspelt would take no test off the other store, and one that is gone would hide that.
#[test]
fn every_test_that_is_said_to_be_about_a_folder_is_there() {
    let program = std::env::current_exe().unwrap();
    let listed = std::process::Command::new(program).arg("--list").output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    for (subject, _) in ON_A_FOLDER {
        let is_it = |line: &str| {
            let rest = line.strip_prefix(subject);
            rest.is_some_and(|rest| rest.starts_with("::") || rest == ": test")
        };
        assert!(listed.lines().any(is_it), "there is no {subject}");
    }
}
