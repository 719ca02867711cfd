//! From gathered arguments to an [`Invocation`]: each command picks its own.
//!
//! Nothing that could be a key is repeated in an error: a user may have put one in the wrong place, and
//! errors end up in chats and logs.

use super::gather::Given;
use super::help::{self, Entry};
use super::suggest::nearest;
use super::{Command, FileArg, Invocation, Parsed};
use crate::secret::Secret;

/// Longest misspelt word that is repeated in an error.
const LONGEST_ECHO: usize = 24;

/// Reads the arguments, without the program's name.
///
/// Options may stand before or behind the words, as `--option value` or `--option=value`; a
/// value that begins with a dash needs the second form. Behind `--` everything is a word. Each
/// option may be given once. `help COMMAND` is the same as `COMMAND --help`.
#[must_use]
pub fn parse(args: &[String]) -> Parsed {
    let mut given = Given::default();
    let result = given.read(args).and_then(|()| given.finish());
    result.unwrap_or_else(|message| {
        // A `help` in front of the command is none itself.
        let entry = given.words.iter().take(2).find_map(|word| find(word));
        Parsed::Usage(usage(&message, entry))
    })
}

pub fn find(name: &str) -> Option<&'static Entry> {
    help::entries().find(|entry| entry.name == name)
}

/// The error line and how to go on.
fn usage(message: &str, entry: Option<&Entry>) -> String {
    let (name, what) = entry.map_or(("", " lists the commands."), |entry| {
        (entry.name, " shows how.")
    });
    let space = if name.is_empty() { "" } else { " " };
    [
        "❌ ",
        message,
        "\n`libtv-video ",
        name,
        space,
        "--help`",
        what,
    ]
    .concat()
}

/// A misspelt word and what was probably meant. The word is left out unless it looks like a name.
pub fn unknown(
    what: &str,
    dashes: &str,
    word: &str,
    candidates: impl Iterator<Item = &'static str>,
) -> String {
    let plain = word
        .bytes()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
    let key = word.starts_with("mgk_") || word.starts_with("sk-");
    let mut message = ["Unknown ", what].concat();
    if plain && !key && (1..=LONGEST_ECHO).contains(&word.len()) {
        message.push_str(&[": ", dashes, word].concat());
    }
    message.push('.');
    if let Some(candidate) = nearest(word, candidates) {
        message.push_str(&[" Did you mean ", dashes, candidate, "?"].concat());
    }
    message
}

impl Given {
    /// Help, version or a command.
    fn finish(&mut self) -> Result<Parsed, String> {
        let mut words = std::mem::take(&mut self.words).into_iter().peekable();
        let asked = words.next_if(|word| word == "help").is_some() || self.flags.contains(&"help");
        let name = words.next();
        // For the hint behind an error.
        self.words.extend(name.clone());
        if !asked && self.flags.contains(&"version") {
            return Ok(Parsed::Help(help::version()));
        }
        let Some(name) = name else {
            return if asked {
                Ok(Parsed::Help(help::overview()))
            } else {
                Err("No command.".to_owned())
            };
        };
        let entry = find(&name).ok_or_else(|| match name.as_str() {
            "audit" | "completions" | "demo" | "grants" | "man" | "mcp" | "serve" | "service"
            | "skill" => "This command belongs to the program around the component.".to_owned(),
            _ => unknown(
                "command",
                "",
                &name,
                help::entries().map(|entry| entry.name),
            ),
        })?;
        if asked {
            return Ok(Parsed::Help(help::of(entry)));
        }
        if let Some((foreign, _)) = self
            .values
            .iter()
            .find(|(name, _)| !entry.options.contains(name))
        {
            return Err(["--", foreign, " is no option of ", entry.name, "."].concat());
        }
        let words: Vec<String> = words.collect();
        if words.len() > entry.words.0 {
            return Err(["Too many arguments. ", entry.words.1].concat());
        }
        let command = self.command(
            entry.name,
            words.into_iter().next().filter(|word| !is_blank(word)),
        )?;
        Ok(Parsed::Run(Invocation {
            command,
            json: self.flags.contains(&"json"),
        }))
    }

    fn command(&mut self, name: &'static str, word: Option<String>) -> Result<Command, String> {
        Ok(match name {
            "setup" => {
                let (api_key, video_ratio) = (self.take("api-key"), self.take("video-ratio"));
                if api_key.is_none() && video_ratio.is_none() {
                    return Err("setup needs --api-key K, --video-ratio W:H or both.".to_owned());
                }
                Command::Setup {
                    api_key: api_key.map(Secret::new),
                    video_ratio,
                }
            }
            "check" => Command::Check,
            "doctor" => Command::Doctor {
                chat_id: self.filled("chat-id"),
            },
            "status" => Command::Status {
                id: word,
                last: self.number("last")?,
            },
            "update-key" => {
                let api_key = self
                    .take("api-key")
                    .ok_or("update-key needs --api-key K.")?;
                Command::UpdateKey {
                    api_key: Secret::new(api_key),
                }
            }
            "update-ratio" => {
                let video_ratio = self
                    .take("video-ratio")
                    .ok_or("update-ratio needs --video-ratio W:H.")?;
                Command::UpdateRatio { video_ratio }
            }
            "remove-key" => Command::RemoveKey,
            "upload" => Command::Upload { file: self.file()? },
            "create-session" => self.create_session(word)?,
            "query-session" => Command::QuerySession {
                id: word.ok_or("query-session needs the ID of a session.")?,
                after_seq: self.number("after-seq")?,
                project_id: self.filled("project-id"),
            },
            "download-results" => {
                let urls = self.take_all("urls");
                if word.is_none() && urls.is_empty() {
                    return Err(
                        "download-results needs the ID of a session or some --urls.".to_owned()
                    );
                }
                let (output_dir, prefix) = (self.filled("output-dir"), self.filled("prefix"));
                Command::DownloadResults {
                    id: word,
                    urls,
                    output_dir,
                    prefix,
                }
            }
            "wait-and-deliver" => Command::WaitAndDeliver {
                session_id: self
                    .filled("session-id")
                    .ok_or("wait-and-deliver needs --session-id ID.")?,
                project_id: self.filled("project-id"),
            },
            "tasks" => Command::Tasks,
            "recover" => Command::Recover { id: word },
            "change-project" => Command::ChangeProject,
            // Unreachable: every entry has its arm, which a test checks.
            _ => return Err("Unknown command.".to_owned()),
        })
    }

    fn create_session(&mut self, text: Option<String>) -> Result<Command, String> {
        let session_id = self.take("session-id");
        // An unset variable in a script, most likely: a new paid session is not what was meant.
        if text.is_some() && session_id.as_deref().is_some_and(is_blank) {
            return Err("--session-id is empty. Leave it out to begin a new session.".to_owned());
        }
        Ok(Command::CreateSession {
            text,
            session_id: session_id.filter(|id| !is_blank(id)),
            channel: self.filled("channel"),
            chat_id: self.filled("chat-id"),
        })
    }

    fn file(&mut self) -> Result<FileArg, String> {
        let path = self.filled("file").ok_or("upload needs --file PATH.")?;
        let (name, size) = (self.take("name"), self.number("size")?);
        match (path.as_str(), name, size) {
            ("-", Some(name), Some(size)) => Ok(FileArg::Stdin { name, size }),
            ("-", ..) => Err("--file - needs --name NAME and --size BYTES.".to_owned()),
            (_, None, None) => Ok(FileArg::Path(path)),
            _ => Err("--name and --size are for --file - only.".to_owned()),
        }
    }
}

pub fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}
