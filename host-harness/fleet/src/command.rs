//! `libtv-video fleet …`: its arguments, and what each of them does. Reads the environment and prints; the library doesn't.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use host::{Component, StartError, StopHandle, Submit};

use crate::database::Database;
use crate::harnesses::Harnesses;
use crate::metrics::Metrics;
use crate::secrets::LocalSecrets;
use crate::submit::submit;
use crate::tenants::{self, Tenant};
use crate::worker::{Options, Worker};
use crate::{health, moving, schema};

/// Variables of the process that count for every tenant: how it reaches the network, and nothing else.
const SHARED: [&str; 8] = [
    "LIBTV_CONNECT_TO",
    "SSL_CERT_FILE",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
];
/// Connections of a worker: statements on one wait for each other.
const CONNECTIONS: usize = 8;
/// A lease shorter than this is lost by a busy machine; a longer one leaves a dead worker's sessions alone for long.
const LEASE_SECONDS: std::ops::RangeInclusive<u64> = 2..=600;

/// Many harnesses, many tenants, on PostgreSQL.
#[derive(Parser)]
#[command(name = "libtv-video fleet", disable_help_subcommand = true)]
struct Line {
    /// The database: postgres://USER@HOST/NAME. To another machine always encrypted.
    /// Without it LIBTV_FLEET_DATABASE.
    #[arg(long, global = true)]
    database: Option<String>,
    /// A file with the authority of the database's certificate, beside the public ones.
    /// Without it LIBTV_FLEET_DATABASE_CA.
    #[arg(long, global = true)]
    database_ca: Option<PathBuf>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Brings the tables up to date.
    Migrate,
    /// Polls and delivers what is due, until it is asked to stop.
    Serve(Serve),
    /// Submits a request of a tenant. Costs that tenant money.
    Submit(Submitting),
    /// How the tenants stand, as JSON.
    Status,
    /// Moves the jobs of a home ($NEXU_HOME of one machine) to a tenant.
    Import(Moving),
    /// Moves the jobs of a paused tenant to a home that has none.
    Export(Moving),
    /// Shows it on a private PostgreSQL and fakes: three harnesses, one killed while it sends, and a count. Costs nothing.
    #[cfg(feature = "demo")]
    Demo(Demo),
    /// Adds, shows, pauses and removes tenants.
    #[command(subcommand)]
    Tenant(TenantAction),
}

#[derive(Args)]
struct Serve {
    /// Steps at once.
    #[arg(long, default_value_t = 64)]
    parallel: usize,
    /// Seconds without a word after which somebody else takes a session over.
    #[arg(long, default_value_t = 30)]
    lease_seconds: u64,
    /// Where /healthz, /readyz and /metrics are.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// A folder of this process's own, for the record of its calls; without it NEXU_HOME.
    #[arg(long)]
    home: Option<PathBuf>,
}

#[cfg(feature = "demo")]
#[derive(Args)]
struct Demo {
    /// Jobs in all.
    #[arg(long, default_value_t = 60)]
    jobs: usize,
    /// Seconds without a word after which somebody else takes a session over.
    #[arg(long, default_value_t = 5)]
    lease_seconds: u64,
}

#[derive(Args)]
struct Submitting {
    /// Whose request it is.
    #[arg(long)]
    tenant: String,
    /// The session that it continues.
    #[arg(long)]
    session_id: Option<String>,
    /// The channel that the results go to.
    #[arg(long)]
    channel: Option<String>,
    /// Which of several accounts of the channel writes.
    #[arg(long)]
    account: Option<String>,
    /// The chat that they go to; without it the tenant's usual one (OPENCLAW_CHAT_ID).
    #[arg(long)]
    chat_id: Option<String>,
    /// A topic or thread of the chat.
    #[arg(long)]
    thread: Option<String>,
    /// A message in whose topic or thread they go.
    #[arg(long)]
    reply_to: Option<String>,
    /// The service that makes it.
    #[arg(long)]
    service: Option<String>,
    /// The ratio of a new video, as 9:16.
    #[arg(long)]
    ratio: Option<String>,
    /// A folder of this process's own, for the record of its calls; without it NEXU_HOME.
    #[arg(long)]
    home: Option<PathBuf>,
    /// The words.
    words: String,
}

#[derive(Args)]
struct Moving {
    /// Whose they become, or are.
    #[arg(long)]
    tenant: String,
    /// The home; no harness may poll it meanwhile.
    #[arg(long)]
    home: PathBuf,
}

#[derive(Subcommand)]
enum TenantAction {
    /// Adds a tenant, or changes one. Secrets are never given here, only where they are.
    Add {
        /// Its name.
        name: String,
        /// Steps at once, over all workers.
        #[arg(long)]
        cap: Option<i32>,
        /// Steps of a minute, over all workers: what its key is good for.
        #[arg(long)]
        steps_per_minute: Option<i32>,
        /// Paid requests of a day.
        #[arg(long)]
        jobs_per_day: Option<i32>,
        /// Paid requests of a day, for each chat.
        #[arg(long)]
        jobs_per_chat_per_day: Option<i32>,
        /// A variable, as NAME=VALUE.
        #[arg(long = "set", value_parser = pair)]
        variables: Vec<(String, String)>,
        /// Where a secret is, as NAME=env:OTHER, NAME=file:/PATH or NAME=command:PROGRAM.
        #[arg(long = "secret", value_parser = pair)]
        secrets: Vec<(String, String)>,
    },
    /// Shows them.
    List,
    /// Begins no more steps of it.
    Pause {
        /// Its name.
        name: String,
    },
    /// Goes on with it.
    Resume {
        /// Its name.
        name: String,
    },
    /// Removes it.
    Remove {
        /// Its name.
        name: String,
        /// Also with the sessions that go on: what was paid for is lost.
        #[arg(long)]
        force: bool,
    },
}

/// What stands before and behind the sign. The error doesn't repeat it: it may be a secret.
fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it has to be NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Runs `libtv-video fleet` with its arguments, those behind `fleet`, on a component that `load` loads.
pub fn program(
    arguments: impl IntoIterator<Item = OsString>,
    load: impl FnOnce() -> Result<Component, StartError>,
) -> ExitCode {
    let line = std::iter::once(OsString::from("fleet")).chain(arguments);
    let line = match Line::try_parse_from(line) {
        Ok(line) => line,
        Err(error) => {
            // Where even that can't be printed there is nobody to tell.
            drop(error.print());
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("the runtime can't start: {error}")),
    };
    let done = runtime.block_on(run(line, load));
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => failed(&reason),
    }
}

fn failed(reason: &str) -> ExitCode {
    eprintln!("❌ {reason}");
    ExitCode::FAILURE
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

async fn run(
    line: Line,
    load: impl FnOnce() -> Result<Component, StartError>,
) -> Result<(), String> {
    #[cfg(feature = "demo")]
    if let Action::Demo(Demo {
        jobs,
        lease_seconds,
    }) = line.action
    {
        // It has a database of its own.
        return crate::demo::demo(
            crate::demo::Wanted {
                jobs,
                lease_seconds,
            },
            load,
        )
        .await;
    }
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let url = line
        .database
        .or_else(|| set("LIBTV_FLEET_DATABASE")?.into_string().ok());
    let ca = line
        .database_ca
        .or_else(|| set("LIBTV_FLEET_DATABASE_CA").map(PathBuf::from));
    let url = url.ok_or("Which database? Set LIBTV_FLEET_DATABASE or give --database.")?;
    let database = Database::new(&url, ca.as_deref(), CONNECTIONS).map_err(text)?;
    let database = Arc::new(database);
    if let Action::Migrate = line.action {
        let version = schema::migrate(&database).await.map_err(text)?;
        println!("The schema has version {version}.");
        return Ok(());
    }
    // Before anything is claimed: an old schema would fail in the middle of a step.
    schema::check(&database).await?;
    match line.action {
        Action::Migrate => Ok(()),
        #[cfg(feature = "demo")]
        Action::Demo(_) => Ok(()),
        Action::Serve(serve) => self::serve(database, serve, load).await,
        Action::Submit(wanted) => submitting(&database, wanted, load).await,
        Action::Status => status(&database).await,
        Action::Import(Moving { tenant, home }) => {
            moved(moving::import(&database, &tenant, &home).await)
        }
        Action::Export(Moving { tenant, home }) => {
            moved(moving::export(&database, &tenant, &home).await)
        }
        Action::Tenant(action) => tenant(&database, action).await,
    }
}

fn harnesses(
    home: Option<PathBuf>,
    load: impl FnOnce() -> Result<Component, StartError>,
) -> Result<Arc<Harnesses>, String> {
    let home = home.or_else(|| std::env::var_os("NEXU_HOME").map(PathBuf::from));
    let home = home.ok_or("Which folder is this process's own? Set NEXU_HOME or give --home.")?;
    let shared = SHARED
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::env::var_os(name)?)));
    let component = load().map_err(text)?;
    let harnesses = Harnesses::new(component, home, shared.collect(), Arc::new(LocalSecrets));
    Ok(Arc::new(harnesses))
}

async fn serve(
    database: Arc<Database>,
    serve: Serve,
    load: impl FnOnce() -> Result<Component, StartError>,
) -> Result<(), String> {
    if !LEASE_SECONDS.contains(&serve.lease_seconds) || serve.parallel == 0 {
        return Err(format!(
            "A lease has {} to {} seconds, and there is at least one step at once.",
            LEASE_SECONDS.start(),
            LEASE_SECONDS.end()
        ));
    }
    let stop = StopHandle::new();
    // Before anything that takes time: who asks for an end meanwhile isn't to be taken for a killer.
    stop_on_signal(&stop).map_err(text)?;
    let metrics = Arc::new(Metrics::default());
    let options = Options {
        lease: Duration::from_secs(serve.lease_seconds),
        parallel: serve.parallel,
        ..Options::default()
    };
    let harnesses = harnesses(serve.home, load)?;
    let worker = Worker::new(
        Arc::clone(&database),
        harnesses,
        Arc::clone(&metrics),
        options,
    );
    if let Some(address) = serve.listen {
        let listener = health::listen(address).await;
        let listener = listener.map_err(|error| format!("{address} can't be had: {error}"))?;
        tokio::spawn(health::answer(
            listener,
            Arc::clone(&database),
            Arc::clone(&metrics),
        ));
    }
    eprintln!("serving");
    worker.run(stop).await;
    eprintln!("drained");
    Ok(())
}

/// Has it stop when somebody asks this process to end, from now on.
fn stop_on_signal(stop: &StopHandle) -> std::io::Result<()> {
    let stop = stop.clone();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            stop.stop();
        });
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        // Where even that can't be waited for it goes on until it is killed.
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.stop();
        }
    });
    Ok(())
}

async fn submitting(
    database: &Arc<Database>,
    wanted: Submitting,
    load: impl FnOnce() -> Result<Component, StartError>,
) -> Result<(), String> {
    let harnesses = harnesses(wanted.home, load)?;
    let set = |submit: Submit, value: Option<String>, set: fn(Submit, String) -> Submit| match value
    {
        Some(value) => set(submit, value),
        None => submit,
    };
    let asked = Submit::message(wanted.words);
    let asked = set(asked, wanted.session_id, Submit::in_session);
    let asked = set(asked, wanted.channel, Submit::through);
    let asked = set(asked, wanted.account, Submit::with_account);
    let asked = set(asked, wanted.chat_id, Submit::to_chat);
    let asked = set(asked, wanted.thread, Submit::in_thread);
    let asked = set(asked, wanted.reply_to, Submit::in_reply_to);
    let asked = set(asked, wanted.service, Submit::by_service);
    let asked = set(asked, wanted.ratio, Submit::with_ratio);
    let submitted = submit(database, &harnesses, &Arc::default(), &wanted.tenant, asked).await;
    let submission = submitted.map_err(text)?;
    println!(
        "{}",
        serde_json::json!({
            "sessionId": submission.session_id,
            "deliverable": submission.deliverable,
            "note": submission.note,
        })
    );
    Ok(())
}

fn moved(moved: Result<moving::Moved, moving::MoveError>) -> Result<(), String> {
    let moved = moved.map_err(text)?;
    println!(
        "{} records were moved, and {} sessions that go on.",
        moved.records, moved.sessions
    );
    Ok(())
}

async fn status(database: &Database) -> Result<(), String> {
    let standing = tenants::standing(database).await.map_err(text)?;
    let tenants: Vec<_> = standing
        .iter()
        .map(|one| {
            serde_json::json!({
                "tenant": one.tenant,
                "sessions": one.sessions,
                "inFlight": one.in_flight,
                "oldestDueSeconds": one.oldest_due_seconds,
                "uncertain": one.uncertain,
            })
        })
        .collect();
    println!("{}", serde_json::json!({ "tenants": tenants }));
    Ok(())
}

async fn tenant(database: &Database, action: TenantAction) -> Result<(), String> {
    let known = |is_known: bool| match is_known {
        true => Ok(()),
        false => Err("There is no tenant of this name.".to_owned()),
    };
    match action {
        TenantAction::Add {
            name,
            cap,
            steps_per_minute,
            jobs_per_day,
            jobs_per_chat_per_day,
            variables,
            secrets,
        } => {
            let tenant = Tenant {
                id: name,
                cap_in_flight: cap,
                steps_per_minute,
                jobs_per_day,
                jobs_per_chat_per_day,
                variables: BTreeMap::from_iter(variables),
                secrets: BTreeMap::from_iter(secrets),
            };
            tenants::add(database, &tenant, &LocalSecrets)
                .await
                .map_err(text)
        }
        TenantAction::List => status(database).await,
        TenantAction::Pause { name } => {
            known(tenants::pause(database, &name, true).await.map_err(text)?)
        }
        TenantAction::Resume { name } => {
            known(tenants::pause(database, &name, false).await.map_err(text)?)
        }
        TenantAction::Remove { name, force } => known(
            tenants::remove(database, &name, force)
                .await
                .map_err(text)?,
        ),
    }
}
