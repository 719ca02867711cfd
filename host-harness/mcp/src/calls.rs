//! What each tool does: arguments into one call of the component, its answer into the tool's.

use std::path::Path;

use host::{CallError, Harness, Submission, Submit, WantedResults};
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::progress::Progress;
use crate::reply::Answer;
use crate::status;
use crate::timer::Steps;
use crate::tools::{Tool, answers, arguments};
use crate::wait;

/// Runs a tool to its end.
///
/// # Errors
/// What the client is told.
pub(crate) async fn run(
    harness: &Harness,
    steps: &Steps,
    tool: Tool,
    given: &Map<String, Value>,
    progress: &mut Progress,
) -> Result<Answer, Failure> {
    match tool {
        Tool::CreateSession => create(harness, arguments::read(given)?, progress).await,
        Tool::ContinueSession => go_on(harness, arguments::read(given)?, progress).await,
        Tool::WaitForResult => wait_for(harness, steps, arguments::read(given)?, progress).await,
        Tool::QuerySession => query(harness, arguments::read(given)?, progress).await,
        Tool::ListSessions => list(harness, arguments::read(given)?).await,
        Tool::Recover => recover(harness, arguments::read(given)?, progress).await,
        Tool::Tasks => {
            let arguments::Service { service } = arguments::read(given)?;
            let asked = harness.tasks(service.as_deref());
            let tasks = made(progress.during("asking for the tasks", asked).await)?;
            let tasks = tasks.iter().map(|task| host::object_of(&task.fields));
            Answer::of(&answers::Tasks {
                tasks: tasks.collect(),
            })
        }
        Tool::Check => {
            let arguments::Service { service } = arguments::read(given)?;
            let asked = harness.check(service.as_deref());
            let work = progress.during("asking about the key", asked);
            let mut checked = answers::Checked::from(made(work.await)?);
            checked.jobs = jobs(harness).await;
            Answer::of(&checked)
        }
        Tool::ChangeProject => {
            let arguments::Nothing {} = arguments::read(given)?;
            let work = progress.during("asking for a project", harness.change_project());
            let project = made(work.await)?;
            Answer::of(&answers::Project {
                project_uuid: project.project_uuid,
                project_url: project.project_url,
            })
        }
        Tool::Cancel => cancel(harness, arguments::read(given)?, progress).await,
        Tool::Upload => upload(harness, arguments::read(given)?, progress).await,
        Tool::DownloadResults => download(harness, arguments::read(given)?, progress).await,
    }
}

async fn create(
    harness: &Harness,
    given: arguments::CreateSession,
    progress: &mut Progress,
) -> Result<Answer, Failure> {
    let mut request = addressed(Submit::message(given.message), given.channel, given.chat_id);
    if let Some(kind) = given.kind {
        request = request.of_kind(kind.into());
    }
    if let Some(service) = given.service {
        request = request.by_service(service);
    }
    if let Some(account) = given.account {
        request = request.with_account(account);
    }
    if let Some(thread) = given.thread {
        request = request.in_thread(thread);
    }
    if let Some(message_id) = given.reply_to {
        request = request.in_reply_to(message_id);
    }
    submit(harness, request, progress).await
}

async fn go_on(
    harness: &Harness,
    given: arguments::ContinueSession,
    progress: &mut Progress,
) -> Result<Answer, Failure> {
    let request = Submit::message(given.message).in_session(given.session_id);
    submit(
        harness,
        addressed(request, given.channel, given.chat_id),
        progress,
    )
    .await
}

fn addressed(mut request: Submit, channel: Option<String>, chat_id: Option<String>) -> Submit {
    if let Some(channel) = channel {
        request = request.through(channel);
    }
    if let Some(chat_id) = chat_id {
        request = request.to_chat(chat_id);
    }
    request
}

async fn submit(
    harness: &Harness,
    request: Submit,
    progress: &mut Progress,
) -> Result<Answer, Failure> {
    let submission = progress
        .during("submitting", harness.submit(request))
        .await
        .map_err(|error| Failure::of_submit(&error))?;
    let note = in_one_note(&submission);
    Answer::of(&answers::Submitted {
        status: "submitted",
        session_id: submission.session_id,
        project_uuid: submission.project_uuid,
        note,
        channel: submission.channel.unwrap_or_default(),
        deliverable: submission.deliverable,
    })
}

/// The tool's answer has one note: what the operator can do stands behind it on a line of its own, as in every output.
fn in_one_note(submission: &Submission) -> String {
    match &submission.operator_note {
        Some(note) => format!("{}\n→ {note}", submission.note),
        None => submission.note.clone(),
    }
}

async fn wait_for(
    harness: &Harness,
    steps: &Steps,
    given: arguments::WaitForResult,
    progress: &mut Progress,
) -> Result<Answer, Failure> {
    let (id, seconds) = (&given.session_id, given.timeout_seconds);
    let (known, _turn) = wait::wait(harness, steps, id, seconds, progress).await?;
    let (ended, session) = (known.has_news(), known.shown());
    let waited = answers::Waited { ended, session };
    let results = &waited.session.results;
    Ok(Answer::of(&waited)?.with_results(results.iter().map(|product| product.url.as_str())))
}

async fn query(
    harness: &Harness,
    given: arguments::QuerySession,
    progress: &mut Progress,
) -> Result<Answer, Failure> {
    let work = harness.query(&given.session_id, given.after_seq, None);
    let asked = progress.during("asking for the messages", work).await;
    let queried = answers::Queried::from(made(asked)?);
    let has_finished = queried.project_url.is_some();
    let shown = if has_finished {
        queried.result_urls.as_slice()
    } else {
        &[]
    };
    Ok(Answer::of(&queried)?.with_results(shown.iter().map(String::as_str)))
}

async fn list(harness: &Harness, given: arguments::ListSessions) -> Result<Answer, Failure> {
    let (sessions, unknown_submits, damaged) = match &given.session_id {
        Some(id) => (
            vec![status::one(harness, id).await?],
            Vec::new(),
            Vec::new(),
        ),
        None => {
            let all = status::all(harness, given.last).await?;
            (all.sessions, all.unknown_submits, all.damaged)
        }
    };
    Answer::of(&answers::Sessions {
        sessions: sessions.into_iter().map(status::Known::shown).collect(),
        unknown_submits,
        damaged,
    })
}

async fn recover(
    harness: &Harness,
    given: arguments::Recover,
    progress: &mut Progress,
) -> Result<Answer, Failure> {
    let work = harness.recover(given.session_id.as_deref());
    let overview = progress.during("asking about the sessions", work).await;
    Answer::of(&answers::Recovered::from(made(overview)?))
}

async fn upload(
    harness: &Harness,
    given: arguments::Upload,
    progress: &mut Progress,
) -> Result<Answer, Failure> {
    let path = absolute(&given.path)?;
    let work = progress.during("uploading", harness.upload(path, given.service.as_deref()));
    let url = made(work.await)?.url;
    Answer::of(&answers::Uploaded { url })
}

async fn download(
    harness: &Harness,
    given: arguments::DownloadResults,
    progress: &mut Progress,
) -> Result<Answer, Failure> {
    let folder = given.output_dir.as_deref().map(absolute).transpose()?;
    let results = WantedResults::Session(given.session_id);
    let work = harness.download(results, folder, given.prefix.as_deref());
    let downloaded = made(progress.during("downloading", work).await)?;
    if downloaded.total == 0 {
        return Err(Failure::permanent(
            "No result URLs found",
            "Where the job stands is told by `list_sessions`.",
        ));
    }
    if downloaded.files.is_empty() {
        let missed = downloaded.missed.into_iter();
        let reasons: Vec<String> = missed
            .map(|missed| format!("{}: {}", missed.file, missed.reason))
            .collect();
        return Err(Failure::temporary(
            reasons.join("; "),
            "Files that are complete stay; try again later.",
        ));
    }
    let downloaded = answers::Downloaded::from(downloaded);
    let files = downloaded.downloaded.iter().map(String::as_str);
    Ok(Answer::of(&downloaded)?.with_files(files))
}

async fn cancel(
    harness: &Harness,
    given: arguments::Cancel,
    progress: &mut Progress,
) -> Result<Answer, Failure> {
    let work = harness.cancel(&given.session_id);
    let cancellation = made(progress.during("cancelling", work).await)?;
    Answer::of(&answers::Cancelled::from(cancellation))
}

/// A relative path would mean a place below wherever the client started the server.
fn absolute(path: &str) -> Result<&Path, Failure> {
    let path = Path::new(path);
    if path.is_absolute() {
        return Ok(path);
    }
    Err(Failure::permanent(
        format!("Not an absolute path: {}", path.display()),
        "Give the whole path.",
    ))
}

/// How many jobs may begin today. The harness counts them, so that the component can't say it.
async fn jobs(harness: &Harness) -> Option<answers::Raw> {
    match serde_json::to_value(harness.jobs_left(None).await) {
        Ok(Value::Object(members)) => Some(members),
        Ok(_) | Err(_) => None,
    }
}

/// What a typed call answered, or why it didn't, in words for a model.
fn made<T>(answer: Result<T, CallError>) -> Result<T, Failure> {
    answer.map_err(|error| Failure::of_call(&error))
}
