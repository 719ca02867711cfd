//! The command line: docs/spec.md section 4. Each command gives a [`Reply`]; this file prints it.

pub mod account;
pub mod cancel;
pub mod check;
pub mod doctor;
pub mod download;
mod fields;
pub mod project;
pub mod query;
pub mod recover;
pub mod status;
pub mod tasks;
pub mod upload;
pub mod wait;

use serde_json::Value;

use crate::cli::{self, Command, Invocation, Parsed};
use crate::config::Settings;
use crate::io::Io;
use crate::json::{self, object};
use crate::problem::Problem;
use crate::store::{self, legacy, submits};
use crate::submit::{self, stranded};

/// What a command answers.
pub struct Reply {
    /// For people and agents, line by line.
    pub lines: Vec<String>,
    /// For machines.
    pub json: Value,
    /// 0, or 1 when the answer is that it didn't work.
    pub exit_code: u8,
}

impl Reply {
    /// An answer that is good.
    #[must_use]
    pub const fn good(lines: Vec<String>, json: Value) -> Self {
        Self {
            lines,
            json,
            exit_code: 0,
        }
    }

    /// An answer that is the JSON itself, for people too.
    #[must_use]
    pub fn only_json(json: Value) -> Self {
        Self::good(vec![json::text(&json)], json)
    }
}

/// Runs the command line and gives the exit code: 0 good, 1 refused or failed, 2 wrong usage.
pub fn main(io: &Io, settings: &Settings, arguments: Vec<String>) -> u8 {
    let invocation = match cli::parse(&arguments) {
        Parsed::Run(invocation) => invocation,
        Parsed::Help(text) => {
            io.out(text.trim_end());
            return 0;
        }
        Parsed::Usage(text) => {
            // To standard output and not to standard error: agents read that one, and wrong usage is for them
            // to put right.
            io.out(text.trim_end());
            return 2;
        }
    };
    let json = invocation.json;
    match run(io, settings, invocation) {
        Ok(reply) => {
            if json {
                io.out(json::text(&reply.json));
            } else {
                for line in reply.lines {
                    io.out(line);
                }
            }
            reply.exit_code
        }
        Err(problem) => {
            tell(io, &problem, json);
            1
        }
    }
}

/// Runs one command: what it needs of the state folder is made ready first, as far as it needs it.
///
/// # Errors
/// As the command.
fn run(io: &Io, settings: &Settings, invocation: Invocation) -> Result<Reply, Problem> {
    match invocation.command {
        Command::Setup(wanted) => account::setup(io, settings, wanted),
        Command::UpdateKey { api_key, service } => {
            account::update_key(io, settings, api_key, service.as_deref())
        }
        Command::UpdateRatio { video_ratio } => account::update_ratio(io, settings, video_ratio),
        Command::RemoveKey { service } => account::remove_key(io, settings, service.as_deref()),
        Command::Upload { file, service } => {
            let uploaded = upload::run(io, settings, file, service.as_deref())?;
            Ok(upload::reply(&uploaded))
        }
        Command::ChangeProject => {
            let project = project::run(io, settings)?;
            Ok(project::reply(&project))
        }
        Command::Check { service } => {
            // Commands that only look must work on a full disk and in a read-only folder: that is when they are
            // needed most.
            open_to_read(io, settings);
            let checked = check::run(io, settings, service.as_deref())?;
            Ok(check::reply(settings, checked))
        }
        Command::Doctor { channel, chat_id } => {
            open_to_read(io, settings);
            let findings = doctor::run(io, settings, channel.as_deref(), chat_id.as_deref());
            Ok(doctor::reply(&findings))
        }
        Command::Status { id, last } => {
            open_to_read(io, settings);
            let overview = status::run(io, settings, id.as_deref(), last)?;
            Ok(status::reply(&overview))
        }
        Command::CreateSession(request) => {
            open(io, settings)?;
            let submission = submit::run(io, settings, request)?;
            Ok(Reply::only_json(object! {
                "status": "submitted",
                "sessionId": submission.session_id,
                "projectUuid": submission.project_uuid,
                "projectUrl": submission.project_url,
                "channel": submission.channel.unwrap_or_default(),
                "deliverable": submission.deliverable,
                "note": submission.note,
                "operatorNote": submission.operator_note,
            }))
        }
        Command::QuerySession {
            id,
            short,
            after_seq,
            project_id,
        } => {
            open(io, settings)?;
            // The short form is about where the latest turn stands: a part of the messages can't tell that.
            let after_seq = after_seq.filter(|_| !short);
            let project_id = project_id.as_deref().filter(|_| !short);
            let queried = query::run(io, settings, &id, after_seq, project_id)?;
            Ok(if short {
                queried.short()
            } else {
                queried.reply()
            })
        }
        Command::DownloadResults {
            results,
            folder,
            prefix,
        } => {
            open(io, settings)?;
            let downloaded = download::run(io, settings, results, folder, prefix)?;
            Ok(download::reply(downloaded))
        }
        Command::WaitAndDeliver {
            session_id,
            project_id,
        } => {
            open(io, settings)?;
            wait::run(io, settings, &session_id, project_id.as_deref())
        }
        Command::Cancel { id } => {
            open(io, settings)?;
            let cancellation = cancel::run(io, settings, &id)?;
            Ok(cancel::reply(cancellation))
        }
        Command::Tasks { service } => {
            open_to_read(io, settings);
            let tasks = tasks::run(io, settings, service.as_deref())?;
            Ok(tasks::reply(tasks))
        }
        Command::Recover {
            id,
            chat_id,
            channel,
        } => {
            // It tells of submits itself: once is enough.
            if id.is_none() {
                ready(io, settings)?;
            } else {
                open(io, settings)?;
            }
            let wanted = recover::Wanted {
                id,
                chat_id,
                channel,
            };
            let recovered = recover::run(io, settings, &wanted)?;
            Ok(recovered.reply())
        }
        Command::Forget { submit } => {
            ready(io, settings)?;
            recover::forget(io, &submit)
        }
    }
}

/// Makes the state folder ready, takes an earlier installation over, and tells of submits whose
/// outcome isn't known.
///
/// # Errors
/// When the state folder can't be used.
pub fn open(io: &Io, settings: &Settings) -> Result<(), Problem> {
    ready(io, settings)?;
    for submit in stranded::unknown(io)? {
        io.err(format!("⚠️ {}", unknown_submit(&submit)));
        io.err(format!("→ {FIND_OUT}"));
    }
    Ok(())
}

/// Makes the state folder ready and takes an earlier installation over: what the timer needs.
///
/// # Errors
/// When the state folder can't be used.
pub fn ready(io: &Io, settings: &Settings) -> Result<(), Problem> {
    store::prepare(io)?;
    if let Some(told) = legacy::take_over(io, settings.utc_offset_seconds)? {
        io.err(format!("ℹ️ {told}"));
    }
    Ok(())
}

/// The same for who only reads. A state folder in trouble, or one that can't be written, is no reason not to say what is known.
pub fn open_to_read(io: &Io, settings: &Settings) {
    if let Err(problem) = open(io, settings) {
        io.err(format!("⚠️ {}", problem.failure().message));
    }
}

/// How whoever runs the machine finds out what became of a submit of unknown outcome.
const FIND_OUT: &str = "Find out with: libtv-video tasks, libtv-video recover";

/// A submit of unknown outcome, in words.
#[must_use]
pub fn unknown_submit(submit: &submits::Submit) -> String {
    // As many characters as the notice in a chat shows of the words.
    let words = contract::text::seen(&crate::ratio::without_ratio(&submit.text), 60);
    let begun = if submit.started_at_ms == 0 {
        "A submit".to_owned()
    } else {
        let at = crate::time::format_rfc3339(submit.started_at_ms);
        format!("A submit of {at} (“{words}”)")
    };
    if submit.not_taken {
        return format!("{begun} got no answer: {}.", stranded::NOT_TAKEN);
    }
    format!(
        "{begun} got no answer: {}. It may have been charged, and isn't sent again by itself.",
        submit
            .unknown
            .as_deref()
            .unwrap_or("the program was stopped meanwhile"),
    )
}

/// Lines for whoever runs the machine: an agent relays what stands behind ❌, and not these.
pub(crate) fn for_operator(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(|line| ["→ ", line].concat())
}

/// Prints a failure on standard output, where agents read it: as an object, or as a line for the user and lines
/// for whoever runs the machine.
fn tell(io: &Io, problem: &Problem, json: bool) {
    let failure = problem.failure();
    if json {
        // These names are read by programs: they never change.
        let kind = match problem {
            Problem::Temporary(_) => "temporary",
            Problem::Permanent(_) => "permanent",
            Problem::OutcomeUnknown(_) => "permanent-outcome-unknown",
        };
        let error = object! {"kind": kind, "cause": failure.cause.name(), "message": failure.message, "advice": failure.advice.as_deref().unwrap_or_default(), "retryAfterMs": failure.retry_after_ms};
        io.out(json::text(&object! {"error": error}));
        return;
    }
    io.out(format!("❌ {}", failure.message));
    for line in failure
        .advice
        .iter()
        .flat_map(|advice| for_operator(advice))
    {
        io.out(line);
    }
}
