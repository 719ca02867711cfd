//! `change-project`.

use serde_json::json;

use super::Reply;
use crate::config::Settings;
use crate::io::Io;
use crate::problem::Problem;

/// Starts a new project on the canvas.
///
/// # Errors
/// When the service refuses or can't be asked.
pub async fn run(io: &Io, settings: &Settings) -> Result<Reply, Problem> {
    let upstream = settings.upstream()?;
    let uuid = upstream.begin_project(io).await;
    let uuid = uuid.map_err(|error| error.problem())?;
    let url = upstream.service().project_link(&uuid);
    Ok(Reply::only_json(
        json!({"projectUuid": uuid, "projectUrl": url}),
    ))
}
