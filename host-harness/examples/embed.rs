//! A program that embeds the harness: its own source of credentials, its own log, a timer that runs beside the rest.
//!
//! ```text
//! cargo run -p host-harness --example embed -- "a red fox runs through snow" oc_0123
//! ```
//! With the key in `MY_VAULT_LIBTV_KEY` and the Feishu app in `MY_VAULT_FEISHU` (`id:secret`). Without arguments it
//! shows what would be reachable, and polls what is pending for five seconds.

use std::sync::Arc;
use std::time::Duration;

use host_harness::{
    Component, CredentialSource, Credentials, Event, EventKind, FeishuApp, Harness, Secret,
    ServeOptions, Settings, StopHandle, Submit, serve,
};

/// Stands for the embedding program's vault. It is asked at every call: a changed key counts from the next step on.
struct MyVault;

impl CredentialSource for MyVault {
    fn load(&self) -> Credentials {
        let secret = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let feishu = secret("MY_VAULT_FEISHU").and_then(|pair| {
            let (id, secret) = pair.split_once(':')?;
            FeishuApp::new(id, Secret::new(secret), false, "the vault of my program")
        });
        Credentials {
            api_key: secret("MY_VAULT_LIBTV_KEY").map(|key| Arc::new(Secret::new(key))),
            feishu: feishu.map(Arc::new),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let home = std::env::temp_dir().join("libtv-embed-example");
    let component = Component::embedded(Some(&home.join("cache")))?;
    let harness = Harness::new(component, Settings::new(&home).with_credentials(MyVault))?;
    println!("component {}", harness.component().digest());
    for rule in harness.egress_rules() {
        println!("may reach  {rule}");
    }

    // The timer runs beside everything else, until it is told to stop.
    let stop = StopHandle::new();
    let timer = tokio::spawn({
        let (harness, stop) = (harness.clone(), stop.clone());
        async move { serve(&harness, ServeOptions::default(), stop, tell).await }
    });

    let mut arguments = std::env::args().skip(1);
    match (arguments.next(), arguments.next()) {
        (Some(text), Some(chat)) => {
            let submission = harness
                .submit(Submit::message(text).to("feishu", chat))
                .await?;
            println!("submitted  {}: {}", submission.session_id, submission.note);
            tokio::signal::ctrl_c().await?;
        }
        _ => tokio::time::sleep(Duration::from_secs(5)).await,
    }
    stop.stop();
    let served = timer.await??;
    println!("{} steps, {} abandoned", served.steps, served.abandoned);
    Ok(())
}

/// What an embedder shows of the events is its own choice.
fn tell(event: &Event) {
    match &event.kind {
        EventKind::StepDone { step, usage } => {
            println!(
                "session    {}: {:?}, {} results ({} bytes in)",
                step.session_id, step.state, step.results, usage.received_bytes
            );
        }
        _ => println!("timer      {event}"),
    }
}
