//! `libtv-video fleet …`: what each command does. Reads the environment and prints; the library doesn't. Not here: the arguments
//! (`line.rs`, by the contract's table).

mod line;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use host::{Component, StartError, StopHandle, Submit};

use crate::database::Database;
use crate::harnesses::Harnesses;
use crate::metrics::Metrics;
use crate::secrets::LocalSecrets;
use crate::submit::submit;
use crate::tenants;
use crate::upload::upload;
use crate::worker::{Options, Worker};
use crate::{health, moving, schema};
use line::{Action, Line, Moving, Serve, Submitting, TenantAction, Uploading};

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

/// Runs `libtv-video fleet` with its arguments, those behind `fleet`, on a component that `load` loads.
pub fn program(
    arguments: impl IntoIterator<Item = OsString>,
    load: impl FnOnce() -> Result<Component, StartError>,
) -> ExitCode {
    let line = match line::read(arguments) {
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
    if let Action::Demo(wanted) = line.action {
        // It has a database of its own.
        return crate::demo::demo(wanted, load).await;
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
        Action::Upload(wanted) => uploading(&database, wanted, load).await,
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

async fn uploading(
    database: &Arc<Database>,
    wanted: Uploading,
    load: impl FnOnce() -> Result<Component, StartError>,
) -> Result<(), String> {
    let harnesses = harnesses(wanted.home, load)?;
    let (file, service) = (wanted.file.as_path(), wanted.service.as_deref());
    let metrics = Arc::default();
    let uploaded = upload(
        database,
        &harnesses,
        &metrics,
        &wanted.tenant,
        file,
        service,
    )
    .await;
    println!(
        "{}",
        serde_json::json!({"url": uploaded.map_err(text)?.url})
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
        TenantAction::Add(tenant) => tenants::add(database, &tenant, &LocalSecrets)
            .await
            .map_err(text),
        TenantAction::List => status(database).await,
        TenantAction::Pause(name) => {
            known(tenants::pause(database, &name, true).await.map_err(text)?)
        }
        TenantAction::Resume(name) => {
            known(tenants::pause(database, &name, false).await.map_err(text)?)
        }
        TenantAction::Remove { name, force } => known(
            tenants::remove(database, &name, force)
                .await
                .map_err(text)?,
        ),
    }
}
