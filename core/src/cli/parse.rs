//! From a line that the table has read to an [`Invocation`]: each command picks its own.

use contract::commands::{Asked, Line, Side, read};

use super::{Command, FileArg, Invocation, Parsed, help};
use crate::secret::Secret;

/// Reads the arguments, without the program's name, as [`contract::commands`] has them.
#[must_use]
pub fn parse(args: &[String]) -> Parsed {
    match read(args, Side::Component) {
        Ok(Asked::Version) => Parsed::Help(help::version()),
        Ok(Asked::Overview) => Parsed::Help(help::overview()),
        Ok(Asked::Help(command)) => Parsed::Help(help::of(command)),
        Ok(Asked::Run(line)) => Parsed::Run(Invocation {
            json: line.json,
            command: command(&line),
        }),
        Err(mistake) => Parsed::Usage(mistake.text()),
    }
}

/// What must be there is there: the table says so.
fn command(line: &Line) -> Command {
    let secret = || Secret::new(line.text("api-key").unwrap_or_default());
    match line.command.name {
        "setup" => Command::Setup {
            api_key: line.has("api-key").then(secret),
            video_ratio: line.text("video-ratio"),
        },
        "doctor" => Command::Doctor {
            chat_id: line.filled("chat-id"),
        },
        "status" => Command::Status {
            id: line.word(),
            last: line.number("last"),
        },
        "update-key" => Command::UpdateKey { api_key: secret() },
        "update-ratio" => Command::UpdateRatio {
            video_ratio: line.text("video-ratio").unwrap_or_default(),
        },
        "remove-key" => Command::RemoveKey,
        "upload" => Command::Upload { file: file(line) },
        "create-session" => Command::CreateSession {
            text: line.word(),
            session_id: line.filled("session-id"),
            kind: line.filled("kind"),
            channel: line.text("channel"),
            chat_id: line.text("chat-id"),
            thread: line.filled("thread"),
            reply_to: line.filled("reply-to"),
        },
        "query-session" => Command::QuerySession {
            id: line.word().unwrap_or_default(),
            short: line.has("short"),
            after_seq: line.number("after-seq"),
            project_id: line.filled("project-id"),
        },
        "download-results" => Command::DownloadResults {
            id: line.word(),
            urls: line.texts("urls"),
            output_dir: line.filled("output-dir"),
            prefix: line.filled("prefix"),
        },
        "wait-and-deliver" => Command::WaitAndDeliver {
            session_id: line.filled("session-id").unwrap_or_default(),
            project_id: line.filled("project-id"),
        },
        "cancel" => Command::Cancel {
            id: line.word().unwrap_or_default(),
        },
        "tasks" => Command::Tasks,
        "recover" => match line.filled("forget") {
            Some(submit) => Command::Forget { submit },
            None => Command::Recover {
                id: line.word(),
                chat_id: line.filled("chat-id"),
                channel: line.filled("channel"),
            },
        },
        "change-project" => Command::ChangeProject,
        // `check`, the one that is left; a test goes through all of the table.
        _ => Command::Check,
    }
}

/// Where an upload's bytes come from: `-` is standard input only where name and size are said.
fn file(line: &Line) -> FileArg {
    let path = line.filled("file").unwrap_or_default();
    match (line.text("name"), line.number("size")) {
        (Some(name), Some(size)) if path == "-" => FileArg::Stdin { name, size },
        _ => FileArg::Path(path),
    }
}
