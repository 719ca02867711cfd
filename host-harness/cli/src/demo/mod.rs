//! `libtv-video demo`: the real component, sandbox and timer against fakes on loopback, in under a minute and without
//! an account. Four jobs of an agent, one of a service of tasks for each chat that people have, a few faults on the way, and a
//! count at the end: nothing lost, nothing twice.

mod chat;
mod jobs;
mod view;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use fakes::World;
use host::{
    Component, Environment, Event, Harness, ServeOptions, Settings, StopHandle, Submit, serve,
};
use tokio::sync::mpsc;

use super::{FAILED, print, signals};
use view::{Board, Screen};

/// The demonstration gives up after this long: something is lost then.
const PATIENCE: Duration = Duration::from_secs(55);
/// The picture is drawn anew this often.
const FRAME: Duration = Duration::from_millis(100);
/// After the last job has ended: what comes now would be a message too many.
const AFTERMATH: Duration = Duration::from_secs(2);

/// How to show it.
pub(crate) struct Wanted {
    /// Plain lines instead of a live picture.
    pub(crate) plain: bool,
    /// Where a page shows the jobs, until it is interrupted.
    #[cfg(feature = "dashboard")]
    pub(crate) ui: Option<std::net::SocketAddr>,
}

/// Shows it; 1 where something was lost, came twice, or could not begin.
pub(crate) async fn demo(wanted: Wanted) -> u8 {
    match show(wanted).await {
        Ok(code) => code,
        Err(reason) => {
            print::error(&reason);
            FAILED
        }
    }
}

/// Stops the timer when a signal comes; 0 as long as none did.
fn stop_on_signal(stop: &StopHandle) -> Arc<AtomicU8> {
    let code = Arc::new(AtomicU8::new(0));
    let (told, stop) = (Arc::clone(&code), stop.clone());
    tokio::spawn(async move {
        told.store(signals::signal().await, Ordering::Relaxed);
        stop.stop();
    });
    code
}

/// Runs the demonstration; the exit code says whether everything arrived, exactly once.
async fn show(wanted: Wanted) -> Result<u8, String> {
    let stop = StopHandle::new();
    let signalled = stop_on_signal(&stop);
    let home = tempfile::Builder::new()
        .prefix("libtv-demo-")
        .tempdir()
        .map_err(|error| format!("No temporary folder: {error}"))?;
    // Off this runtime: the fakes have one of their own, and to start it blocks.
    let world = tokio::task::spawn_blocking(|| World::builder().start())
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| format!("The fakes can't start: {error}"))?;
    let chats = chat::prepare(&world);
    let jobs = jobs::prepare(&world);
    let harness = harness(&world, chats, home.path())?;

    let mut screen = Screen::new(wanted.plain);
    screen.intro(&world.connect_to(), &harness.home().state());
    #[cfg(feature = "dashboard")]
    let page = super::dashboard::start(&harness, wanted.ui)
        .await?
        .map(Arc::new);
    let (events, mut news) = mpsc::unbounded_channel::<Event>();
    let timer = tokio::spawn({
        let (harness, stop) = (harness.clone(), stop.clone());
        #[cfg(feature = "dashboard")]
        let page = page.clone();
        async move {
            serve(&harness, ServeOptions::default(), stop, |event| {
                #[cfg(feature = "dashboard")]
                if let Some(page) = &page {
                    page.note(event);
                }
                // The receiver is gone only when nobody watches any more.
                drop(events.send(event.clone()))
            })
            .await
        }
    });
    // A submit says whether results will arrive, which depends on somebody polling.
    owned(&harness).await?;

    let mut board = Board::new();
    for job in &jobs {
        let submission = harness
            .submit(
                Submit::message(&job.text)
                    .by_service(job.service)
                    .to(job.to.0, job.to.1),
            )
            .await
            .map_err(|error| format!("{} was not taken: {error}", job.name))?;
        board.add(job, &submission.session_id);
    }

    let begun = Instant::now();
    let mut settled: Option<Instant> = None;
    while begun.elapsed() < PATIENCE && settled.is_none_or(|since| since.elapsed() < AFTERMATH) {
        while let Ok(event) = news.try_recv() {
            screen.event(&mut board, &event);
        }
        board.take_messages(chat::messages(&world));
        screen.draw(&mut board);
        if board.is_settled() {
            settled.get_or_insert_with(Instant::now);
        }
        tokio::time::sleep(FRAME).await;
    }
    #[cfg(feature = "dashboard")]
    if page.is_some() {
        print::hint("The page stays until it is interrupted (Ctrl-C).");
        stop.stopped().await;
    }
    stop.stop();
    timer
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())?;
    let code = signalled.load(Ordering::Relaxed);
    if code != 0 {
        return Ok(code);
    }
    let shown = chat::messages(&world);
    board.take_messages(shown.clone());
    screen.draw(&mut board);

    let complaints = jobs::complaints(&jobs, &shown, &world);
    screen.summary(&board, &chat::summary(&shown), &complaints);
    // The fakes end with their thread.
    tokio::task::spawn_blocking(move || drop(world))
        .await
        .map_err(|error| error.to_string())?;
    Ok(if complaints.is_empty() { 0 } else { FAILED })
}

/// A submit says whether somebody is polling: that should be so by then.
async fn owned(harness: &Harness) -> Result<(), String> {
    for _ in 0..100 {
        if harness.home().is_owned() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err("The timer did not start.".to_owned())
}

/// A harness in a home of its own, whose requests lead to the fakes: nothing of the user's is read or changed. `chats` are the
/// variables that set the channels up.
fn harness(
    world: &World,
    chats: Vec<(&'static str, String)>,
    home: &Path,
) -> Result<Harness, String> {
    let ca = world
        .write_ca(home)
        .map_err(|error| format!("The fakes' certificate can't be written: {error}"))?;
    let connect_to = world.connect_to();
    let environment = Environment::from_lookup(|name| match name {
        "LIBTV_CONNECT_TO" => Some(connect_to.clone().into()),
        "SSL_CERT_FILE" => Some(ca.clone().into_os_string()),
        "LIBTV_API_KEY" => Some(fakes::GATEWAY_KEY.into()),
        "ARK_API_KEY" => Some(fakes::ARK_KEY.into()),
        // Of two that are set up one has to be meant where none is named.
        "LIBTV_SERVICE" => Some(jobs::AGENT.into()),
        "LIBTV_POLL_INTERVAL_SECONDS" => Some("1".into()),
        other => {
            let mut chats = chats.iter();
            let found = chats.find(|(known, _)| *known == other);
            found.map(|(_, value)| value.clone().into())
        }
    });
    let component = Component::embedded_for_many().map_err(|error| error.to_string())?;
    let settings = Settings::new(home.join("nexu"))
        .with_command_line()
        .with_environment(environment);
    Harness::new(component, settings).map_err(|error| error.to_string())
}
