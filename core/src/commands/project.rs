//! `change-project`.

use serde_json::json;

use super::Reply;
use crate::config::Settings;
use crate::io::Io;
use crate::problem::Problem;
use crate::session::canvas_link;
use crate::upstream::session_api::Service;

/// Starts a new project on the canvas.
///
/// # Errors
/// When the service refuses or can't be asked.
pub async fn run(io: &Io, settings: &Settings) -> Result<Reply, Problem> {
    let uuid = Service::configured(settings)?
        .change_project(io)
        .await
        .map_err(|trouble| trouble.problem())?;
    let url = canvas_link(&uuid);
    Ok(Reply::only_json(
        json!({"projectUuid": uuid, "projectUrl": url}),
    ))
}
