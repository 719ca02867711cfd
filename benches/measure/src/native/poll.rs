//! Many sessions, each asked again a fixed time after its answer.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::client::{Client, full};
use crate::Failed;

/// Polls until one poll fails, or for ever.
///
/// # Errors
/// What the failed poll says.
pub async fn all(
    client: &Client,
    sessions: &Path,
    interval: Duration,
    parallel: usize,
) -> Result<(), Failed> {
    let permits = Arc::new(Semaphore::new(parallel));
    let mut tasks = JoinSet::new();
    for session_id in std::fs::read_to_string(sessions)?.lines() {
        let (client, permits) = (client.clone(), Arc::clone(&permits));
        let session_id = session_id.to_owned();
        tasks.spawn(async move {
            loop {
                let permit = permits.acquire().await;
                find_video(&client, &session_id).await?;
                drop(permit);
                tokio::time::sleep(interval).await;
            }
        });
    }
    println!("started");
    while let Some(ended) = tasks.join_next().await {
        let ended: Result<(), Failed> = ended.map_err(|error| Failed::new(error.to_string()))?;
        ended?;
    }
    Ok(())
}

/// Asks once; the address of the first video, when there is one.
///
/// # Errors
/// When the gateway can't be reached or says no.
pub async fn find_video(client: &Client, session_id: &str) -> Result<Option<String>, Failed> {
    let request = Request::get(format!(
        "https://{}/libtv/v1/session/{session_id}",
        fakes::GATEWAY_HOST
    ))
    .header("x-api-key", fakes::GATEWAY_KEY)
    .body(full(""))?;
    let answer = client.json(request).await?;
    let messages = answer["messages"].as_array().into_iter().flatten();
    let mut results = messages
        .filter(|message| message["role"] == "tool")
        .filter_map(|message| serde_json::from_str::<Value>(message["content"].as_str()?).ok());
    Ok(results.find_map(|content| {
        let path = &content["task_result"]["videos"][0]["previewPath"];
        path.as_str().map(str::to_owned)
    }))
}
