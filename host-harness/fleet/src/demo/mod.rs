//! `libtv-video fleet demo`: a private PostgreSQL, three harnesses with homes of their own, three tenants with keys and apps of
//! their own, and jobs against fakes on loopback. One harness is killed while it sends; at the end there is a count.
//! Not here: the tenants and their jobs (`scene.rs`), the harnesses (`workers.rs`).

mod scene;
mod workers;

use std::sync::Arc;
use std::time::{Duration, Instant};

use host::{Component, StartError};
use tokio_postgres::types::Type;

use crate::database::Database;
use crate::private::{Postgres, programs};
use crate::{schema, tenants};
use scene::Scene;
use workers::Workers;

/// It gives up after this long: something is lost then.
const PATIENCE: Duration = Duration::from_secs(240);
/// Between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(40);
/// After the last job has ended: what comes now would be a message too many.
const AFTERMATH: Duration = Duration::from_secs(2);
/// What the database is called.
const DATABASE: &str = "fleet";
/// Connections of the demonstration itself.
const CONNECTIONS: usize = 4;

/// How to show it.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Jobs in all.
    pub jobs: usize,
    /// Seconds without a word after which somebody else takes a session over.
    pub lease_seconds: u64,
}

/// The harness that was killed, and what became of the session that it was sending for.
struct Killed {
    owner: String,
    session: String,
    at: Instant,
    taken_over: Option<Duration>,
}

/// Shows it.
///
/// # Errors
/// What could not begin, or what was lost or came twice.
pub async fn demo(
    wanted: Wanted,
    load: impl FnOnce() -> Result<Component, StartError>,
) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let programs = programs().ok_or(
        "There is no PostgreSQL on this machine. Install one (apt-get install postgresql), or say where initdb is with LIBTV_POSTGRES_BIN.",
    )?;
    let folder = tempfile::Builder::new()
        .prefix("libtv-fleet-demo-")
        .tempdir()
        .map_err(text)?;
    let data = tempfile::Builder::new()
        .prefix("libtv-fleet-demo-pg-")
        .tempdir()
        .map_err(text)?;
    let server = Postgres::start(&programs, data.path(), &[])?;
    server.make(DATABASE).await?;
    let url = server.url(DATABASE);
    let database = Database::new(&url, None, CONNECTIONS).map_err(|error| error.to_string())?;
    let database = Arc::new(database);
    schema::migrate(&database)
        .await
        .map_err(|error| error.to_string())?;
    println!(
        "PostgreSQL on port {}, in {}",
        server.port(),
        data.path().display()
    );
    let scene = Scene::set(folder.path(), wanted.jobs).await?;
    let component = load().map_err(|error| error.to_string())?;
    println!(
        "{} tenants, each with a key and an app of its own; {} jobs are submitted",
        scene::TENANTS,
        wanted.jobs
    );
    let sessions = scene.submit(&database, component).await?;
    let workers = Workers::start(
        folder.path(),
        &url,
        wanted.lease_seconds,
        &scene.variables(),
    )?;
    println!(
        "three harnesses, each with a home of its own, and leases of {} s",
        wanted.lease_seconds
    );
    let shown = watched(&database, &scene, &sessions, workers).await?;
    let found = scene.found();
    println!("{shown}");
    println!("{found}");
    // The fakes' thread is joined, which blocks.
    drop(tokio::task::spawn_blocking(move || drop(scene)).await);
    if found.is_clean() {
        Ok(())
    } else {
        Err("Not every film arrived exactly once.".to_owned())
    }
}

/// Looks on until every session has ended; kills a harness on the way.
async fn watched(
    database: &Database,
    scene: &Scene,
    sessions: &[String],
    mut workers: Workers,
) -> Result<String, String> {
    let begun = Instant::now();
    let (mut killed, mut latest): (Option<Killed>, f64) = (None, 0.0);
    loop {
        if begun.elapsed() > PATIENCE {
            return Err(format!("Sessions still go on after {PATIENCE:?}."));
        }
        tokio::time::sleep(LOOK).await;
        let standing = tenants::standing(database).await;
        let standing = standing.map_err(|error| error.to_string())?;
        let late = standing.iter().map(|one| one.oldest_due_seconds);
        latest = late.fold(latest, f64::max);
        if standing.iter().all(|one| one.sessions == 0) {
            break;
        }
        match &mut killed {
            // Some way in, so that all three are at work.
            None if scene.shown() * 4 >= sessions.len() => {
                killed = kill(database, scene, sessions, &mut workers).await?;
                if let Some(killed) = &killed {
                    println!("{} is killed while it sends", killed.owner);
                }
            }
            Some(Killed {
                owner,
                session,
                at,
                taken_over: taken_over @ None,
            }) => {
                let now = owner_of(database, session).await?;
                *taken_over = (now.as_ref() != Some(owner)).then(|| at.elapsed());
            }
            _ => {}
        }
    }
    tokio::time::sleep(AFTERMATH).await;
    let taken_over = killed.and_then(|killed| killed.taken_over);
    let taken_over = taken_over.ok_or("No harness was caught while it sent; try more jobs.")?;
    Ok(format!(
        "taken over after {:.1} s; all ended after {:.1} s; lateness at most {latest:.2} s",
        taken_over.as_secs_f64(),
        begun.elapsed().as_secs_f64()
    ))
}

/// Kills the harness that is sending at this moment, if one is.
async fn kill(
    database: &Database,
    scene: &Scene,
    sessions: &[String],
    workers: &mut Workers,
) -> Result<Option<Killed>, String> {
    let Some(session) = scene.sending().and_then(|job| sessions.get(job)) else {
        return Ok(None);
    };
    let Some(owner) = owner_of(database, session).await? else {
        return Ok(None);
    };
    Ok(workers.kill(&owner).then(|| Killed {
        owner,
        session: session.clone(),
        at: Instant::now(),
        taken_over: None,
    }))
}

/// Whose a session is.
async fn owner_of(database: &Database, session_id: &str) -> Result<Option<String>, String> {
    let statement = "select owner from session where session_id = $1 and token is not null";
    let rows = database.rows(statement, &[(&session_id, Type::TEXT)]).await;
    let rows = rows.map_err(|error| error.to_string())?;
    Ok(rows.first().and_then(|row| row.get(0)))
}
