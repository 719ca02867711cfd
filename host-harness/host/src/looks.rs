//! The typed calls that ask or look, for embedders, the MCP server, the dashboard and the command line: what the component
//! answers is a record. Not here: submits and polls (`harness.rs`), and commands with their text (`command/`).

use std::sync::Arc;

use wasmtime::Store;

use crate::answer;
use crate::bindings::LibtvVideo;
use crate::error::CallError;
use crate::grants::GUEST_STATE;
use crate::harness::{Harness, Terms};
use crate::kind::Kind;
use crate::types::{Cancellation, Configuration, Finding, Overview, Project, Task, Transcript};
use sandbox::call::{Folder, Guest, Output, Usage, Use};

impl Harness {
    /// A session's messages and what they mean. `session_id` may be a unique prefix of 8 or more characters; with
    /// `after_seq` only messages with a greater number.
    ///
    /// # Errors
    /// [`CallError`]; nothing was changed.
    pub async fn query(
        &self,
        session_id: &str,
        after_seq: Option<u64>,
        project_id: Option<&str>,
    ) -> Result<Transcript, CallError> {
        let said: Vec<&str> = [session_id].into_iter().chain(project_id).collect();
        let kind = Kind::Query(session_id.to_owned());
        let work = |instance: LibtvVideo, mut store: Store<Guest>| async move {
            instance
                .call_query(&mut store, session_id, after_seq, project_id)
                .await
        };
        self.typed(kind, &said, work, answer::transcript).await.0
    }

    /// What is configured of a service, and whether its key is good; without a name of the one that requests go to.
    ///
    /// # Errors
    /// [`CallError`] where no key is configured. A key that is refused is [`Configuration::problem`].
    pub async fn check(&self, service: Option<&str>) -> Result<Configuration, CallError> {
        let said: Vec<&str> = service.into_iter().collect();
        let work = |instance: LibtvVideo, mut store: Store<Guest>| async move {
            instance.call_check(&mut store, service).await
        };
        let wording = self.settings().wording;
        let believed = |found| Ok(wording.configuration(answer::configuration(found)));
        self.typed(Kind::Check, &said, work, believed).await.0
    }

    /// Looks at every link of the chain from the key to the chat, at this channel alone where one is named; with a chat it
    /// sends a text and a picture there, whoever else messages may go to. What is being asked goes to `progress`, line by line. With what the call used, refusals
    /// among it.
    ///
    /// # Errors
    /// [`CallError`] where the component itself can't do it. What is broken is a finding.
    pub async fn doctor(
        &self,
        channel: Option<&str>,
        chat_id: Option<&str>,
        progress: Output,
    ) -> (Result<Vec<Finding>, CallError>, Usage) {
        let said: Vec<&str> = channel.into_iter().chain(chat_id).collect();
        let work = |instance: LibtvVideo, mut store: Store<Guest>| async move {
            instance.call_doctor(&mut store, channel, chat_id).await
        };
        let empty = tempfile::tempdir().ok();
        let mut terms = self.as_command(progress, empty.as_ref().map(tempfile::TempDir::path));
        if let Some(chat) = chat_id {
            let once = move |recipients: &Arc<crate::recipients::Recipients>| {
                Arc::new(recipients.and_once(channel.unwrap_or_default(), chat))
            };
            terms.recipients = Some(Box::new(once));
        }
        let wording = self.settings().wording;
        let believed = |found| Ok(wording.findings(found));
        self.typed_on(terms, Kind::Doctor, &said, work, believed)
            .await
    }

    /// What is stored of one session, or of all that go on and the `ended` ones (20 by default) that ended last. Asks nobody
    /// and sends nothing. What the component has to tell beside it goes to `progress`, line by line.
    ///
    /// # Errors
    /// [`CallError`]: there is no such session, or the state folder can't be read.
    pub async fn status(
        &self,
        session_id: Option<&str>,
        ended: Option<u32>,
        progress: Output,
    ) -> Result<Overview, CallError> {
        let said: Vec<&str> = session_id.into_iter().collect();
        let kind = Kind::Status(session_id.map(str::to_owned));
        let work = |instance: LibtvVideo, mut store: Store<Guest>| async move {
            instance.call_status(&mut store, session_id, ended).await
        };
        let empty = tempfile::tempdir().ok();
        let terms = self.as_command(progress, empty.as_ref().map(tempfile::TempDir::path));
        let believed = answer::overview;
        self.typed_on(terms, kind, &said, work, believed).await.0
    }

    /// What a service has of the key's tasks; without a name the one that requests go to.
    ///
    /// # Errors
    /// [`CallError`]: not every service lists them.
    pub async fn tasks(&self, service: Option<&str>) -> Result<Vec<Task>, CallError> {
        let said: Vec<&str> = service.into_iter().collect();
        let work = |instance: LibtvVideo, mut store: Store<Guest>| async move {
            instance.call_tasks(&mut store, service).await
        };
        self.typed(Kind::Tasks, &said, work, answer::tasks).await.0
    }

    /// One session, or every known one: asks upstream about those that are unfinished and delivers what is undelivered.
    ///
    /// # Errors
    /// [`CallError`]. What was delivered by then stays so.
    pub async fn recover(&self, session_id: Option<&str>) -> Result<Overview, CallError> {
        self.home().writable()?;
        let said: Vec<&str> = session_id.into_iter().collect();
        let kind = Kind::Recover(session_id.map(str::to_owned));
        let work = |instance: LibtvVideo, mut store: Store<Guest>| async move {
            instance.call_recover(&mut store, session_id).await
        };
        let terms = self.as_command(Output::discard(), None);
        let believed = answer::overview;
        self.typed_on(terms, kind, &said, work, believed).await.0
    }

    /// Cancels a job, where its service can and it isn't too late.
    ///
    /// # Errors
    /// [`CallError`]: there is no such session. That a service can't cancel is an answer.
    pub async fn cancel(&self, session_id: &str) -> Result<Cancellation, CallError> {
        let work = |instance: LibtvVideo, mut store: Store<Guest>| async move {
            instance.call_cancel(&mut store, session_id).await
        };
        let kind = Kind::Cancel(session_id.to_owned());
        self.typed(kind, &[session_id], work, Ok).await.0
    }

    /// Starts a new project on the canvas.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn change_project(&self) -> Result<Project, CallError> {
        let work = |instance: LibtvVideo, mut store: Store<Guest>| async move {
            instance.call_change_project(&mut store).await
        };
        self.typed(Kind::ChangeProject, &[], work, answer::project)
            .await
            .0
    }

    /// With the limits of a command. Where there is no state folder and none can be made, who only reads finds the empty one.
    pub(crate) fn as_command(
        &self,
        progress: Output,
        empty: Option<&std::path::Path>,
    ) -> Terms<'static> {
        let mut terms = self.terms();
        terms.limits = self.settings().command_limits.clone();
        terms.stderr = progress;
        if terms.folders.is_empty() && !self.is_elsewhere() {
            terms.folders.extend(empty.map(|empty| Folder {
                host: empty.to_owned(),
                guest: GUEST_STATE.to_owned(),
                purpose: Use::Config,
            }));
        }
        terms
    }
}
