//! From a line that the table has read to an [`Invocation`]: each command picks its own.

use contract::commands::{Asked, Line, Side, read};

use super::{Command, Invocation, Parsed, SetUp, help};
use crate::secret::Secret;
use crate::types::{Destination, File, InputFile, Medium, Request, Route, WantedResults};

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
    let service = || line.filled("service");
    let secret = || Secret::new(line.text("api-key").unwrap_or_default());
    match line.command.name {
        "setup" => Command::Setup(SetUp {
            api_key: line.has("api-key").then(secret),
            service: service(),
            model: line.text("model"),
            resolution: line.text("resolution"),
            video_ratio: line.text("video-ratio"),
        }),
        "doctor" => Command::Doctor {
            channel: line.filled("channel"),
            chat_id: line.filled("chat-id"),
        },
        "status" => Command::Status {
            id: line.word(),
            last: line.number("last"),
        },
        "update-key" => Command::UpdateKey {
            api_key: secret(),
            service: service(),
        },
        "update-ratio" => Command::UpdateRatio {
            video_ratio: line.text("video-ratio").unwrap_or_default(),
        },
        "remove-key" => Command::RemoveKey { service: service() },
        "upload" => Command::Upload {
            file: file(line),
            service: service(),
        },
        "create-session" => Command::CreateSession(request(line)),
        "query-session" => Command::QuerySession {
            id: line.word().unwrap_or_default(),
            short: line.has("short"),
            after_seq: line.number("after-seq"),
            project_id: line.filled("project-id"),
        },
        "download-results" => Command::DownloadResults {
            results: match (line.texts("urls"), line.word()) {
                // Links stand above the session, since whoever names them has chosen.
                (urls, Some(id)) if urls.is_empty() => WantedResults::Session(id),
                (urls, _) => WantedResults::Urls(urls),
            },
            folder: line.filled("output-dir"),
            prefix: line.filled("prefix"),
        },
        "wait-and-deliver" => Command::WaitAndDeliver {
            session_id: line.filled("session-id").unwrap_or_default(),
            project_id: line.filled("project-id"),
        },
        "cancel" => Command::Cancel {
            id: line.word().unwrap_or_default(),
        },
        "tasks" => Command::Tasks { service: service() },
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
        _ => Command::Check { service: service() },
    }
}

/// What is to be submitted.
fn request(line: &Line) -> Request {
    Request {
        text: line.word(),
        session_id: line.filled("session-id"),
        service: line.filled("service"),
        // The table has refused any other word.
        kind: line.filled("kind").as_deref().and_then(Medium::named),
        destination: Some(Destination::of_options(Route {
            channel: line.text("channel"),
            account: line.filled("account"),
            chat: line.text("chat-id"),
            thread: line.filled("thread"),
            reply_to: line.filled("reply-to"),
        })),
        ..Request::default()
    }
}

/// Where an upload's bytes come from: `-` is standard input only where name and size are said.
fn file(line: &Line) -> File {
    let path = line.filled("file").unwrap_or_default();
    match (line.text("name"), line.number("size")) {
        (Some(name), Some(size)) if path == "-" => File::Input(InputFile { name, size }),
        _ => File::Path(path),
    }
}
