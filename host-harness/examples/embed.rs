//! A program that embeds the harness: its own source of credentials, its own clock, a stream of events, and a timer that
//! runs beside the rest.
//!
//! ```text
//! cargo run -p host-harness --example embed -- "a red fox runs through snow" oc_0123
//! ```
//! With the key in `MY_VAULT_LIBTV_KEY` and the Feishu app in `MY_VAULT_FEISHU` (`id:secret`); it ends with the job, or
//! with ctrl-c. Without arguments it shows what would be reachable, and polls what is pending for five seconds.
//! `MY_APP_FOLDER` is where it keeps its files.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use host_harness::{
    Clock, Component, CredentialSource, Credentials, Environment, Event, EventKind, Harness,
    Secret, ServeOptions, Settings, StopHandle, Submit, SystemClock, app, serve,
};
use tokio::sync::mpsc;

/// Events that wait to be shown. The timer must not wait for a window that hangs, so what is beyond them is dropped.
const WAITING_EVENTS: usize = 1_000;

/// Stands for the embedding program's vault. It is asked at every call: a changed key counts from the next step on, and one that
/// can't be read ends the call.
struct MyVault;

impl CredentialSource for MyVault {
    fn load(&self) -> Result<Credentials, String> {
        let feishu = variable("MY_VAULT_FEISHU").and_then(|pair| {
            let (id, secret) = pair.split_once(':')?;
            app("feishu", id, Secret::new(secret), "the vault of my program")
        });
        Ok(Credentials {
            api_key: variable("MY_VAULT_LIBTV_KEY").map(|key| Arc::new(Secret::new(key))),
            apps: feishu.map(Arc::new).into_iter().collect(),
            ..Credentials::default()
        })
    }
}

/// The machine's clock, and for a status line the moment at which the timer wakes next.
#[derive(Default)]
struct MyClock {
    wakes_at_ms: Arc<AtomicU64>,
}

impl Clock for MyClock {
    fn now_ms(&self) -> u64 {
        SystemClock.now_ms()
    }

    fn sleep(&self, duration_ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let wakes_at_ms = self.now_ms().saturating_add(duration_ms);
        self.wakes_at_ms.store(wakes_at_ms, Ordering::Relaxed);
        SystemClock.sleep(duration_ms)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let home = variable("MY_APP_FOLDER").map_or_else(
        || std::env::temp_dir().join("libtv-embed-example"),
        PathBuf::from,
    );
    let component = Component::embedded()?;
    // Proxies, extra roots and intervals may come from the environment; credentials come from the vault alone.
    let environment = Environment::from_lookup(|name| std::env::var_os(name));
    let settings = Settings::new(&home)
        .with_environment(environment)
        .with_only_credentials(MyVault)
        .with_observer(|call| {
            for refused in &call.refusals {
                println!(
                    "refused    {} {}: {}",
                    call.call, refused.origin, refused.reason
                );
            }
        });
    let harness = Harness::new(component, settings)?;
    println!("component {}", harness.component().digest());
    for rule in harness.egress_rules() {
        println!("may reach  {rule}");
    }

    // The timer runs beside everything else, until it is told to stop.
    let stop = StopHandle::new();
    let clock = MyClock::default();
    let wakes_at_ms = Arc::clone(&clock.wakes_at_ms);
    let (sender, mut events) = mpsc::channel(WAITING_EVENTS);
    let timer = tokio::spawn({
        let (harness, stop) = (harness.clone(), stop.clone());
        let options = ServeOptions {
            clock: Arc::new(clock),
            ..ServeOptions::default()
        };
        async move {
            serve(&harness, options, stop, move |event| {
                drop(sender.try_send(event.clone()));
            })
            .await
        }
    });

    let mut arguments = std::env::args().skip(1);
    if let (Some(text), Some(chat)) = (arguments.next(), arguments.next()) {
        let submission = harness
            .submit(Submit::message(text).to("feishu", chat))
            .await?;
        println!("submitted  {}: {}", submission.session_id, submission.note);
        tokio::select! {
            () = show_until_ended(&mut events, &submission.session_id, &wakes_at_ms) => {}
            interrupted = tokio::signal::ctrl_c() => interrupted?,
        }
    } else {
        let pause = tokio::time::sleep(Duration::from_secs(5));
        tokio::select! {
            () = show_until_ended(&mut events, "", &wakes_at_ms) => {}
            () = pause => {}
        }
    }
    stop.stop();
    let served = timer.await??;
    println!("{} steps, {} abandoned", served.steps, served.abandoned);
    Ok(())
}

/// What an embedder shows of the events is its own choice. Ends with the session.
async fn show_until_ended(
    events: &mut mpsc::Receiver<Event>,
    session: &str,
    wakes_at_ms: &AtomicU64,
) {
    while let Some(event) = events.recv().await {
        let EventKind::StepDone { step, usage } = &event.kind else {
            println!("timer      {event}");
            continue;
        };
        println!(
            "session    {}: {:?}, {} of {} delivered ({} bytes in); the timer wakes at {}",
            step.session_id,
            step.state,
            step.delivered,
            step.results,
            usage.received_bytes,
            wakes_at_ms.load(Ordering::Relaxed)
        );
        if step.session_id == session && step.next_poll_at_ms.is_none() {
            return;
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}
