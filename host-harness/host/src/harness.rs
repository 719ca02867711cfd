//! Calls into the component: typed ones for embedders and the timer, commands for the command line. Each runs on a fresh
//! instance with its own limits. Not here: when to call (`timer/`), what arguments become (`command/`).

use std::fs::File;
use std::sync::Arc;

use contract::kind;
use tracing::{Instrument, info};
use wasmtime::Store;
use wasmtime_wasi::p2::bindings::CommandPre;

use crate::answer;
use crate::bindings::LibtvVideo;
use crate::component::Component;
use crate::error::{CallError, StartError};
use crate::grants::{Basis, state_folder};
use crate::home::Home;
use crate::keys::FoundKey;
use crate::kind::Kind;
use crate::limits::Limits;
use crate::network::Network;
use crate::open_result::{ResultBody, open_result};
use crate::recipients::Recipients;
use crate::report::{GrantsReport, PolicyDigest};
use crate::settings::Settings;
use crate::spending::Counter;
use crate::state::CallState;
use crate::submit::Submit;
use crate::types::{Destination, DueSession, Problem, Step, Submission};
use sandbox::audit::{AuditLog, Recorder, Unwritten, recorded};
use sandbox::call::{Call, Folder, Grants, Guest, Output, OutputPipe, Room, StateQuota, Usage};
use sandbox::http::{Client, Egress, NetworkSettings, Spending, Tokens};

/// The user's own pause between two polls, in seconds, and its bounds.
const POLL_INTERVAL: &str = "LIBTV_POLL_INTERVAL_SECONDS";
// The bounds that the component sets to the same variable, so that both keep the same pace.
const SHORTEST_INTERVAL_MS: f64 = 100.0;
const LONGEST_INTERVAL_MS: f64 = 3_600_000.0;

/// The component with everything it is granted. Cheap to clone; clones share connections and tokens.
#[derive(Clone)]
pub struct Harness {
    inner: Arc<Inner>,
    /// Where the state of its calls is, in the place of the home's folder.
    state: Option<CallState>,
}

struct Inner {
    component: Component,
    settings: Settings,
    home: Home,
    client: Client,
    /// Tokens that services gave for an app's secret; all calls use the same.
    tokens: Arc<Tokens>,
    /// Whom messages may go to.
    recipients: Arc<Recipients>,
    /// Counts the jobs that cost money.
    spending: Arc<dyn Spending>,
    /// How much the state folder may hold.
    quota: Arc<StateQuota>,
    audit: AuditLog,
    /// Why the last call could not be recorded.
    unwritten: Unwritten,
    /// The digest of what is granted, kept while that stays the same.
    policy: PolicyDigest,
}

/// On what terms a typed export is called.
pub(crate) struct Terms<'a> {
    pub(crate) limits: Limits,
    pub(crate) folders: Vec<Folder>,
    /// What it reads on standard input: a file that is uploaded.
    pub(crate) stdin: Option<File>,
    /// Where what it tells beside its answer goes.
    pub(crate) stderr: Output,
    /// Whom messages may go to; nothing where that is as always.
    pub(crate) recipients: Option<Allowing<'a>>,
    /// The chat that its jobs are counted for.
    pub(crate) group: Option<Arc<str>>,
}

/// Makes whom one call may write to of whom every call may.
type Allowing<'a> = Box<dyn FnOnce(&Arc<Recipients>) -> Arc<Recipients> + Send + 'a>;

impl Harness {
    /// Prepares the home folder and the client. Needs no runtime; each call does.
    ///
    /// # Errors
    /// [`StartError`] for a setting or folder that can't be used.
    pub fn new(component: Component, settings: Settings) -> Result<Self, StartError> {
        let home = Home::at(&settings.nexu_home);
        home.prepare()?;
        let network = settings.network.as_ref();
        let client = network.map_or_else(|| settings.environment.client(), Network::client);
        let client = Client::new(client).map_err(|error| StartError::Setting {
            name: "LIBTV_CONNECT_TO",
            reason: error.to_string(),
        })?;
        let recipients = Arc::new(Recipients::at(home.recipients()));
        let spending = Counter::of(&settings, &home);
        let room = Room {
            bytes: settings.step_limits.state_bytes,
            files: settings.step_limits.state_files,
        };
        let quota = StateQuota::new(home.state(), home.state_account(), room);
        let audit = AuditLog::at(home.audit());
        let unwritten = Unwritten::default();
        // At the start, so that what a killed process did is in the record before anything is added to it.
        unwritten.note(&audit, audit.take_up_lost());
        Ok(Self {
            inner: Arc::new(Inner {
                component,
                settings,
                home,
                client,
                tokens: Arc::default(),
                recipients,
                spending,
                quota: Arc::new(quota),
                audit,
                unwritten,
                policy: PolicyDigest::default(),
            }),
            state: None,
        })
    }

    /// The same harness on another state, for one call: the component, connections and tokens are shared.
    #[must_use]
    pub fn on(&self, state: CallState) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            state: Some(state),
        }
    }

    /// The files under `$NEXU_HOME`.
    pub fn home(&self) -> &Home {
        &self.inner.home
    }

    /// The component in use.
    pub fn component(&self) -> &Component {
        &self.inner.component
    }

    /// What may be reached at this moment, one line for each rule.
    pub fn egress_rules(&self) -> Vec<String> {
        self.basis(None).policy.describe()
    }

    /// Whether the address of some host that was connected to stood for another one (a proxy's fake-ip, or NAT64), as a sentence.
    pub fn fake_address(&self) -> Option<&str> {
        self.inner.client.fake()
    }

    /// How requests leave this machine, and the settings for that which can't be used.
    pub fn network_settings(&self) -> NetworkSettings {
        self.inner.client.settings()
    }

    /// What is granted at this moment.
    pub fn grants(&self) -> GrantsReport {
        GrantsReport::of(&self.inner.settings)
    }

    /// The record of what calls did.
    pub fn audit(&self) -> &AuditLog {
        &self.inner.audit
    }

    /// Why the last call could not be recorded, as a sentence for the user; `None` when it was. What it did counts all
    /// the same.
    pub fn record_trouble(&self) -> Option<String> {
        self.inner.unwritten.get()
    }

    /// The sessions that want a poll, and when.
    ///
    /// # Errors
    /// [`CallError`]; nothing was changed.
    pub async fn due(&self) -> Result<Vec<DueSession>, CallError> {
        let work = |instance: LibtvVideo, mut store: Store<Guest>| async move {
            instance.call_due(&mut store).await
        };
        self.typed(Kind::Due, &[], work, answer::listing).await.0
    }

    /// The same for some entries of the folder [`Home::active`], by their names: one answer for each, in their order.
    ///
    /// # Errors
    /// [`CallError`]; nothing was changed.
    pub async fn due_entries(&self, entries: &[String]) -> Result<Vec<DueSession>, CallError> {
        let work = |instance: LibtvVideo, mut store: Store<Guest>| async move {
            instance.call_due_entries(&mut store, entries).await
        };
        self.typed(Kind::Due, &[], work, answer::listing).await.0
    }

    /// One poll step of one session. Safe to repeat at any time.
    ///
    /// # Errors
    /// [`CallError`]; what the step had stored by then stays.
    pub async fn poll(&self, session_id: &str) -> Result<Step, CallError> {
        self.poll_measured(session_id).await.0
    }

    /// [`poll`](Self::poll), with what it used.
    pub async fn poll_measured(&self, session_id: &str) -> (Result<Step, CallError>, Usage) {
        let kind = Kind::Poll(session_id.to_owned());
        let work = |instance: LibtvVideo, mut store: Store<Guest>| async move {
            instance.call_poll(&mut store, session_id).await
        };
        let log_bytes = self.inner.settings.step_limits.log_bytes;
        let believed = |step| answer::step(step, session_id, log_bytes);
        let (result, usage) = self.typed(kind, &[session_id], work, believed).await;
        if let Ok(step) = &result {
            info!(
                session = step.session_id,
                state = step.state.name(),
                results = step.results,
                delivered = step.delivered,
                next_poll_at_ms = step.next_poll_at_ms,
                "session polled"
            );
        }
        (result, usage)
    }

    /// Submits a request. Costs the user money; never repeated by itself. Its chat becomes one that messages may go to.
    ///
    /// # Errors
    /// [`CallError`]. After [`ProblemKind::PermanentOutcomeUnknown`](crate::ProblemKind::PermanentOutcomeUnknown), a limit or a trap nobody knows whether it was taken:
    /// look with [`tasks`](Self::tasks) or [`recover`](Self::recover) before submitting again.
    pub async fn submit(&self, submit: Submit) -> Result<Submission, CallError> {
        let request = submit.request();
        let said = request.said();
        // A text with a secret in it would otherwise stand in the folder of recipients, or use up one of
        // their places.
        // Before the chat is noted.
        self.admit(&self.basis(None), kind::Kind::Submit, said.iter().copied())?;
        // Whoever keeps the state elsewhere keeps the recipients there, too.
        if self.state.is_none() {
            self.home().writable()?;
            // The chat is noted before the request is paid for: a film for a chat that nobody may send to could
            // not be delivered.
            if let Some(route) = request.route() {
                let (channel, chat) = (route.channel.as_deref(), route.chat.as_deref());
                self.name_recipient_of_submit(channel, chat)?;
                if let Some(thread) = &route.thread {
                    self.name_thread_of_submit(channel, chat, thread)?;
                }
                for message_id in [&route.reply_to, &route.thread].into_iter().flatten() {
                    self.name_message(message_id)?;
                }
            }
        }
        let kind = Kind::Submit(request.session_id.clone());
        let asked = &request;
        let work = |instance: LibtvVideo, mut store: Store<Guest>| async move {
            instance.call_submit(&mut store, asked).await
        };
        let mut terms = self.terms();
        let (channel, chat) = request.route().map_or((None, None), |route| {
            (route.channel.as_deref(), route.chat.as_deref())
        });
        let nowhere = request.destination == Some(Destination::Nowhere);
        terms.group = (!nowhere)
            .then(|| self.group_of_submit(channel, chat))
            .flatten();
        let wording = self.inner.settings.wording;
        let believed = |taken| answer::submission(taken).map(|taken| wording.submission(taken));
        let ran = self.typed_on(terms, kind, &said, work, believed);
        let submission = ran.await.0?;
        info!(
            session = submission.session_id,
            service = request.service,
            channel = submission.channel,
            deliverable = submission.deliverable,
            "request submitted"
        );
        Ok(submission)
    }

    /// Lets messages go to `chat` of a channel, both spelt as in `--channel` and `--chat-id`, as a submit does that names
    /// them; durable when it returns. An empty channel is the usual one. For whoever moves sessions here from elsewhere: a
    /// submit does this by itself.
    ///
    /// # Errors
    /// [`CallError`] when it can't be stored.
    pub fn name_recipient(&self, channel: &str, chat: &str) -> Result<(), CallError> {
        self.inner.recipients.name(channel, chat)
    }

    /// Lets messages be replies to this one, as a submit does that answers it.
    ///
    /// # Errors
    /// [`CallError`] when it can't be stored: nothing may be submitted for it then.
    pub(crate) fn name_message(&self, message_id: &str) -> Result<(), CallError> {
        self.inner.recipients.name_message(message_id)
    }

    /// Notes whom a submit names, or the environment for it, before the component hears of it.
    ///
    /// # Errors
    /// [`CallError`] when it can't be stored: nothing may be submitted then.
    pub(crate) fn name_recipient_of_submit(
        &self,
        channel: Option<&str>,
        chat: Option<&str>,
    ) -> Result<(), CallError> {
        self.chat_of_submit(channel, chat)
            .map_or(Ok(()), |(channel, chat)| {
                self.name_recipient(&channel, &chat)
            })
    }

    /// The same for the topic or thread that it names.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn name_thread_of_submit(
        &self,
        channel: Option<&str>,
        chat: Option<&str>,
        thread: &str,
    ) -> Result<(), CallError> {
        let channel = self
            .chat_of_submit(channel, chat)
            .map(|(channel, _)| channel);
        let channel = channel.unwrap_or_default();
        self.inner.recipients.name_thread(&channel, thread)
    }

    pub(crate) fn spending(&self) -> &Arc<dyn Spending> {
        &self.inner.spending
    }

    /// Opens a result for whoever shows it to a person, in whole or a range of it (the value of a `Range` header). Only
    /// addresses of the media store are fetched, with the checks that the component's own requests pass. It stands in the
    /// record as the harness's own request, under the session that it is shown for, when its body has ended or is dropped.
    ///
    /// # Errors
    /// [`CallError::Refused`]: no result's address, or the media store can't be reached.
    pub async fn open_result(
        &self,
        url: &str,
        range: Option<&str>,
        session_id: Option<&str>,
    ) -> Result<http::Response<ResultBody>, CallError> {
        let basis = self.basis(None);
        let said = [url].into_iter().chain(session_id);
        self.admit(&basis, kind::Kind::Download, said)?;
        let environment = basis.environment(&self.inner.settings, &self.inner.home);
        let kind = Kind::OpenResult(session_id.map(str::to_owned));
        let egress = self.egress(&basis, &self.inner.settings.step_limits, &kind);
        let recorder = self.recorder(kind, &basis, &environment, &egress);
        match open_result(&egress, url, range).await {
            Ok(response) => Ok(recorded(response, recorder)),
            Err(error) => {
                recorder.end(&CallError::outcome(Err(&error)), None).await;
                Err(error)
            }
        }
    }

    pub(crate) fn recipients(&self) -> &Arc<Recipients> {
        &self.inner.recipients
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// What a call of this moment is granted. `new_key` is one that stands in its arguments.
    pub(crate) fn basis(&self, new_key: Option<FoundKey>) -> Basis {
        Basis::gather(
            &self.inner.settings,
            &self.inner.home,
            &self.inner.tokens,
            new_key,
        )
    }

    /// The pause between two polls that the user chose, as the component reads it: for the timer, which keeps a pace of its
    /// own. What the component makes of it has no say here.
    pub(crate) fn poll_interval_ms(&self) -> Option<u64> {
        let text = self.inner.settings.environment.passed(POLL_INTERVAL)?;
        let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds > 0.0)?;
        Some((seconds * 1000.0).clamp(SHORTEST_INTERVAL_MS, LONGEST_INTERVAL_MS) as u64)
    }

    pub(crate) fn quota(&self) -> Arc<StateQuota> {
        Arc::clone(&self.inner.quota)
    }

    pub(crate) fn egress(&self, basis: &Basis, limits: &Limits, kind: &Kind) -> Egress {
        let Inner {
            client,
            recipients,
            spending,
            ..
        } = &*self.inner;
        basis.egress(client, recipients, spending, limits, kind.call())
    }

    /// Begins the record of a call.
    pub(crate) fn recorder(
        &self,
        kind: Kind,
        basis: &Basis,
        environment: &[(String, String)],
        egress: &Egress,
    ) -> Recorder {
        let Inner {
            component,
            settings,
            home,
            audit,
            unwritten,
            policy,
            ..
        } = &*self.inner;
        let policy = policy.digest(settings, home, basis, environment);
        let meter = Arc::clone(&egress.meter);
        let place = (audit.clone(), unwritten.clone());
        Recorder::begin(place, kind.beginning(component.digest(), policy), meter)
            .observed_by(settings.observer.clone())
    }

    /// Whether the state of its calls is kept elsewhere than in the home's folder.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.state.is_some() || self.inner.settings.store.is_some()
    }

    /// Those of a step.
    pub(crate) fn terms<'a>(&self) -> Terms<'a> {
        Terms {
            limits: self.inner.settings.step_limits.clone(),
            folders: if self.is_elsewhere() {
                Vec::new()
            } else {
                state_folder(&self.inner.home)
            },
            stdin: None,
            stderr: Output::discard(),
            recipients: None,
            group: None,
        }
    }

    /// Runs one typed export as a step. `said` are the words that it is given: one that holds a secret ends here, before
    /// component and record read them. `believed` sees its answer before it is recorded as good.
    pub(crate) async fn typed<T, Work>(
        &self,
        kind: Kind,
        said: &[&str],
        work: impl FnOnce(LibtvVideo, Store<Guest>) -> Work,
        believed: impl FnOnce(T) -> Result<T, CallError>,
    ) -> (Result<T, CallError>, Usage)
    where
        Work: Future<Output = wasmtime::Result<Result<T, Problem>>>,
    {
        self.typed_on(self.terms(), kind, said, work, believed)
            .await
    }

    /// [`typed`](Self::typed), on other terms than a step's.
    pub(crate) async fn typed_on<T, Work>(
        &self,
        terms: Terms<'_>,
        kind: Kind,
        said: &[&str],
        work: impl FnOnce(LibtvVideo, Store<Guest>) -> Work,
        believed: impl FnOnce(T) -> Result<T, CallError>,
    ) -> (Result<T, CallError>, Usage)
    where
        Work: Future<Output = wasmtime::Result<Result<T, Problem>>>,
    {
        let basis = self.basis(None);
        if let Err(refused) = self.admit(&basis, kind.call(), said.iter().copied()) {
            return (Err(refused), Usage::default());
        }
        let mut environment = basis.environment(&self.inner.settings, &self.inner.home);
        let mut egress = self.egress(&basis, &terms.limits, &kind);
        if let Some(recipients) = terms.recipients {
            egress.recipients = recipients(self.recipients());
        }
        egress.group = terms.group;
        let mut records = self.state.as_ref().map(|state| {
            state.apply(&mut environment, &mut egress);
            state.folder()
        });
        let lent = match records {
            Some(_) => None,
            None => match self.lent(&kind).await {
                Ok(lent) => lent,
                Err(error) => return (Err(error), Usage::default()),
            },
        };
        if let Some(lent) = &lent {
            records = Some(lent.apply(&mut environment, &mut egress));
        }
        let recorder = self.recorder(kind, &basis, &environment, &egress);
        let grants = Grants {
            environment,
            // A typed call gets its values through the export, so there is no command line to put them
            // into.
            arguments: Vec::new(),
            folders: terms.folders,
            records,
            quota: self.quota(),
            stdin: terms.stdin,
            stdout: OutputPipe::new(Output::discard()),
            stderr: OutputPipe::new(terms.stderr),
            egress,
            #[cfg(feature = "fault-injection")]
            faults: self.inner.settings.faults.clone(),
        };
        let machine = self.inner.component.machine();
        let _place = machine.place().await;
        let (result, usage) = match Call::new(machine, grants, terms.limits) {
            Ok(call) => {
                let running = self.run_typed(call, work);
                running.instrument(recorder.span()).await
            }
            Err(error) => (Err(error.into()), Usage::default()),
        };
        if let Some(lent) = lent {
            lent.back(&result).await;
        }
        // Before the line is written: an answer that isn't believed stands in the record as the failure
        // that it is.
        let result = result.and_then(believed);
        let outcome = CallError::outcome(result.as_ref().map(|_| 0));
        recorder.end(&outcome, Some(&usage)).await;
        (result, usage)
    }

    /// Runs an export on a fresh instance. The component's own error is cut to a sentence.
    async fn run_typed<T, Work>(
        &self,
        call: Call,
        work: impl FnOnce(LibtvVideo, Store<Guest>) -> Work,
    ) -> (Result<T, CallError>, Usage)
    where
        Work: Future<Output = wasmtime::Result<Result<T, Problem>>>,
    {
        let pre = self.inner.component.typed();
        let run = |mut store: Store<Guest>| async move {
            let instance = pre.instantiate_async(&mut store).await?;
            work(instance, store).await
        };
        let (result, usage) = call.run(run).await;
        (
            result.map_err(CallError::from).and_then(|answer| {
                answer.map_err(|problem| {
                    let problem = answer::problem(problem);
                    CallError::Problem(self.inner.settings.wording.problem(problem))
                })
            }),
            usage,
        )
    }

    /// Runs `wasi:cli/run` and returns its exit code.
    pub(crate) async fn run_cli(&self, grants: Grants) -> (Result<i32, CallError>, Usage) {
        let pre: &CommandPre<Guest> = match self.inner.component.command() {
            Ok(pre) => pre,
            Err(error) => {
                return (
                    Err(CallError::Trap(format!("it has no command line: {error}"))),
                    Usage::default(),
                );
            }
        };
        let machine = self.inner.component.machine();
        let _place = machine.place().await;
        let limits = self.inner.settings.command_limits.clone();
        let call = match Call::new(machine, grants, limits) {
            Ok(call) => call,
            Err(error) => return (Err(error.into()), Usage::default()),
        };
        let run = |mut store: Store<Guest>| async move {
            let command = pre.instantiate_async(&mut store).await?;
            match command.wasi_cli_run().call_run(&mut store).await {
                Ok(result) => Ok(i32::from(result.is_err())),
                // A component ends by `exit`, which wasmtime hands on as an error; that is a result like
                // any other.
                Err(error) => sandbox::call::exit_code(&error).ok_or(error),
            }
        };
        let (result, usage) = call.run(run).await;
        (result.map_err(CallError::from), usage)
    }
}

#[cfg(test)]
#[path = "harness_tests.rs"]
mod tests;
