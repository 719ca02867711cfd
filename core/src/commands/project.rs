//! `change-project`.

use super::Reply;
use crate::config::Settings;
use crate::io::Io;
use crate::json::object;
use crate::problem::Problem;
use crate::types::Project;

/// Starts a new project on the canvas.
///
/// # Errors
/// When the service refuses or can't be asked.
pub fn run(io: &Io, settings: &Settings) -> Result<Project, Problem> {
    let upstream = settings.upstream(None)?;
    let uuid = upstream.begin_project(io);
    let project_uuid = uuid.map_err(|error| error.problem())?;
    Ok(Project {
        project_url: upstream
            .service()
            .project_link(&project_uuid)
            .unwrap_or_default(),
        project_uuid,
    })
}

/// As the command line writes it.
#[must_use]
pub fn reply(project: &Project) -> Reply {
    Reply::only_json(
        object! {"projectUuid": project.project_uuid, "projectUrl": project.project_url},
    )
}
