//! Commands of the component's command line: what its arguments grant, what they become, and what a set-up command may
//! change. Not here: the harness's own commands, and anything a command does.
//!
//! A command goes through these in this order. An error in one of the first four ends it, and nothing was run:
//! 1. its arguments are rewritten (`arguments.rs`), and searched for secrets
//! 2. where it stores something, whether the home folder can be written
//! 3. a submit's chat and the messages it answers are noted, durably
//! 4. a file to upload is searched for secrets
//! 5. the record notes that the call begins
//! 6. the component runs; where it may say "saved" or "downloaded" its output is held back
//! 7. what it downloaded is moved, or what it changed of `libtv.json` is stored, and only then the output is let out
//! 8. the record's line is written, whatever became of it

mod arguments;
mod downloads;
mod places;
mod setup;
mod transfer;
mod upload;

use std::ffi::OsString;
use std::sync::Arc;

use contract::commands::find;
use contract::kind::Kind;
use contract::services::{SERVICE_IN_USE, SERVICE_VARIABLE, Service, maker};
use tracing::Instrument;

use crate::credentials::ConfigFile;
use crate::error::CallError;
use crate::grants::{GUEST_STATE, state_folder};
use crate::harness::Harness;
use sandbox::call::{Folder, Grants, Output, OutputPipe, Usage, Use};
use sandbox::secrets::ApiKey;

use arguments::Rewritten;
use downloads::Downloads;
use places::Places;
use setup::ConfigCopy;

/// What a command is connected to.
pub struct Stdio {
    /// Standard output.
    pub stdout: Output,
    /// Standard error.
    pub stderr: Output,
    /// What `-` reads: the key of `--api-key -`, or the words of `--words -`, as [`words_from_bytes`] makes them of bytes.
    /// Asked for at most once. An error is shown to the user.
    ///
    /// [`words_from_bytes`]: contract::commands::words_from_bytes
    pub key_input: Box<dyn FnOnce() -> Result<String, String> + Send>,
}

/// How a command ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct CommandEnd {
    /// 0 success, 1 refused or failed, 2 wrong usage.
    pub exit_code: i32,
    /// What it used.
    pub usage: Usage,
    /// What was done otherwise than was asked for, and why.
    pub warning: Option<String>,
    /// What was found but can't be used (a damaged configuration of OpenClaw, say), for stderr.
    pub notes: Vec<String>,
}

/// Says what was wrong about the arguments, as the component would: it isn't asked, and nothing is noted.
fn wrong_usage(text: &str, mut stdout: Output) -> Result<CommandEnd, CallError> {
    let line = format!("{text}\n");
    stdout
        .write(line.as_bytes())
        .map_err(|error| CallError::Refused(format!("the output can't be written: {error}")))?;
    Ok(CommandEnd {
        exit_code: USAGE,
        usage: Usage::default(),
        warning: None,
        notes: Vec::new(),
    })
}

/// The exit code of wrong usage.
const USAGE: i32 = 2;
/// Commands that are of no use where nothing can be stored: the others say what they know.
const STORING: [&str; 7] = [
    "setup",
    "update-key",
    "update-ratio",
    "remove-key",
    "create-session",
    "wait-and-deliver",
    "recover",
];
/// Commands that tell how things stand: also what others may do in the home folder.
const TELLING: [&str; 2] = ["check", "doctor"];

/// Whether keys of a service have a place of their own in `libtv.json`: those that aren't told by how they begin. The
/// keyring has none for them.
fn has_own_place(service: &'static Service) -> bool {
    service.keys().is_some_and(|keys| keys.prefix.is_empty())
}

impl Harness {
    /// The service in use: what a key belongs to that is told by nothing.
    fn service_in_use(&self) -> Option<&'static Service> {
        let named = self.settings().environment.passed(SERVICE_VARIABLE);
        let stored = || {
            ConfigFile::at(self.home().config())
                .read()
                .ok()?
                .get(SERVICE_IN_USE)?
                .as_str()
                .and_then(maker)
        };
        named.map_or_else(stored, maker)
    }

    /// Runs one command of the component in the sandbox. `arguments` are what the user typed, without the program's name.
    ///
    /// # Errors
    /// [`CallError`] when the sandbox stopped it, or when `libtv.json` could not be written: its output was withheld then.
    pub async fn run_command(
        &self,
        arguments: Vec<OsString>,
        stdio: Stdio,
    ) -> Result<CommandEnd, CallError> {
        let Rewritten {
            arguments,
            new_key,
            service,
            upload,
            downloads,
            keyring,
            submits,
            channel,
            chat,
            answers,
            thread,
            session,
            name,
            nowhere,
        } = match arguments::rewrite(
            arguments,
            stdio.key_input,
            self.settings().downloads.as_deref(),
            || self.service_in_use(),
            || Places::of(self),
        ) {
            Ok(rewritten) => rewritten,
            Err(CallError::Usage(text)) => return wrong_usage(&text, stdio.stdout),
            Err(other) => return Err(other),
        };
        let basis = self.basis(new_key);
        // Behind the rewriting, where a key that belongs into the arguments is a placeholder already.
        let kind = crate::kind::Kind::Command(name.to_owned(), session);
        self.admit(&basis, kind.call(), arguments.iter().map(String::as_str))?;
        if STORING.contains(&name) {
            self.home().writable()?;
        }
        // Durable before the request is paid for: otherwise a crash could leave a film that may not be
        // delivered.
        if submits && !nowhere {
            self.name_recipient_of_submit(channel.as_deref(), chat.as_deref())?;
            if let Some(thread) = &thread {
                self.name_thread_of_submit(channel.as_deref(), chat.as_deref(), thread)?;
            }
            for message_id in &answers {
                self.name_message(message_id)?;
            }
        }
        let mut environment = basis.environment(self.settings(), self.home());
        let stdin = match upload {
            // Searched here and not only on its way out: the component would have read the secret by then.
            Some(upload) => Some(upload.searched(&basis.broker.spellings())?),
            None => None,
        };
        let lent = self.lent(&kind).await?;
        let mut folders = match lent {
            Some(_) => Vec::new(),
            None => state_folder(self.home()),
        };
        // Where there is none and none can be made, who only reads finds an empty one.
        let empty = (folders.is_empty() && lent.is_none())
            .then(|| tempfile::tempdir().ok())
            .flatten();
        folders.extend(empty.as_ref().map(|empty| Folder {
            host: empty.path().to_owned(),
            guest: GUEST_STATE.to_owned(),
            purpose: Use::Config,
        }));
        folders.extend(downloads.as_ref().map(Downloads::folder));

        let own_place = |key: &ApiKey| key.service.is_some_and(has_own_place);
        if keyring && basis.keys.new.as_ref().is_some_and(own_place) {
            return Err(CallError::Refused(
                "The keyring holds the one key that begins with mgk_ or sk-libtv-. Without --keyring the key is kept in libtv.json, which only you can read."
                    .to_owned(),
            ));
        }
        let meant = service.or_else(|| self.service_in_use());
        let is_shared = !meant.is_some_and(has_own_place);
        let is_locked = basis.found.in_keyring && basis.found.stored_key.is_none();
        if name == "remove-key" && is_shared && is_locked {
            // The component would say that there is none.
            return Err(CallError::Refused(basis.found.notes.join(" ")));
        }
        let mut egress = self.egress(&basis, &self.settings().command_limits, &kind);
        if let ("doctor", Some(chat)) = (name, &chat) {
            egress.recipients = Arc::new(
                self.recipients()
                    .and_once(channel.as_deref().unwrap_or_default(), chat),
            );
        }
        if submits {
            egress.group = self.group_of_submit(channel.as_deref(), chat.as_deref());
        }
        let records = lent
            .as_ref()
            .map(|lent| lent.apply(&mut environment, &mut egress));
        let recorder = self.recorder(kind, &basis, &environment, &egress);
        if TELLING.contains(&name) {
            environment.push(self.jobs_left(None).await.variable());
        }
        let writes_config = find(name).is_some_and(|command| command.kind == Kind::Settings);
        let copy = if writes_config {
            Some(ConfigCopy::make(self.home(), &basis)?)
        } else {
            None
        };
        if let Some(copy) = &copy {
            environment.push(copy.variable());
            folders.push(copy.folder());
        }
        // "Saved" and "downloaded" may only be seen once they are true.
        let (stdout, withheld) = if writes_config || downloads.is_some() {
            setup::withhold(stdio.stdout)
        } else {
            (stdio.stdout, None)
        };

        let mut argv = vec!["libtv-video".to_owned()];
        argv.extend(arguments);
        let grants = Grants {
            environment,
            arguments: argv,
            folders,
            records,
            quota: self.quota(),
            stdin,
            stdout: OutputPipe::new(stdout),
            stderr: OutputPipe::new(stdio.stderr),
            egress,
            #[cfg(feature = "fault-injection")]
            faults: self.settings().faults.clone(),
        };
        let running = self.run_cli(grants).instrument(recorder.span());
        let (result, usage) = running.await;
        if let Some(lent) = lent {
            lent.back(&result).await;
        }
        let (result, withheld) = match (downloads, withheld) {
            (Some(downloads), Some(withheld)) => (downloads.finish(result, withheld), None),
            (_, withheld) => (result, withheld),
        };
        let result = result.and_then(|exit_code| {
            let mut warning = None;
            if exit_code == 0
                && let Some(copy) = copy
            {
                warning = copy.commit(self.home(), &basis, &self.settings().keyring, keyring)?;
            }
            if let Some(withheld) = withheld {
                withheld.release(None).map_err(|error| {
                    CallError::Refused(format!("the output can't be written: {error}"))
                })?;
            }
            Ok((exit_code, warning))
        });
        // What could not be stored didn't happen, whatever the component believes.
        let outcome = CallError::outcome(result.as_ref().map(|(exit_code, _)| *exit_code));
        recorder.end(&outcome, Some(&usage)).await;
        let (exit_code, warning) = result?;
        let mut notes = basis.found.notes;
        if TELLING.contains(&name) {
            notes.extend(self.home().open_to_others());
        }
        Ok(CommandEnd {
            exit_code,
            usage,
            warning,
            notes,
        })
    }
}
