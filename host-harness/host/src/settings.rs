//! What a harness gets from whoever makes it: where it lives, its limits, other places for credentials.
//! Not here: the values that a command line reads from the environment (`environment.rs`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::credentials::{CredentialSource, KeySlot, Keyring, OwnSource};
use crate::environment::Environment;
use crate::limits::Limits;
use crate::network::Network;
use crate::route_report::RouteReport;
use crate::store::StateStore;
use crate::wording::Wording;
use sandbox::audit::{CallEnded, Observer};
use sandbox::http::Spending;

/// Whether a route that would be granted is.
pub(crate) type Allowed = dyn Fn(&RouteReport) -> bool + Send + Sync;

/// Everything a [`Harness`](crate::Harness) is given.
pub struct Settings {
    /// The home folder, absolute.
    pub(crate) nexu_home: PathBuf,
    pub(crate) environment: Environment,
    /// Where `download-results` writes unless its arguments say otherwise.
    pub(crate) downloads: Option<PathBuf>,
    /// Of typed calls and of the timer's steps.
    pub(crate) step_limits: Limits,
    /// Of commands, which may wait for hours.
    pub(crate) command_limits: Limits,
    /// Asked before the usual places.
    pub(crate) credentials: Option<OwnSource>,
    /// Where the API key is kept when the user asked for that.
    pub(crate) keyring: KeySlot,
    /// Counts the jobs elsewhere than in the home folder.
    pub(crate) spending: Option<Arc<dyn Spending>>,
    /// How requests leave, in the place of what the environment says.
    pub(crate) network: Option<Network>,
    /// Which of the routes that would be granted are.
    pub(crate) allowed: Option<Box<Allowed>>,
    /// Told of every call that has ended.
    pub(crate) observer: Option<Arc<Observer>>,
    /// Where the state of calls is, in the place of the home's folder.
    pub(crate) store: Option<Arc<dyn StateStore>>,
    /// Whether sentences name a command line.
    pub(crate) wording: Wording,
    /// East of UTC is positive; for times without a zone in files of earlier installations, and for times of day that are told.
    pub(crate) utc_offset_seconds: i32,
    #[cfg(feature = "fault-injection")]
    pub(crate) faults: Option<sandbox::fault_injection::Faults>,
}

impl Settings {
    /// Settings for the home folder `nexu_home` (absolute), with nothing from the environment.
    pub fn new(nexu_home: impl Into<PathBuf>) -> Self {
        Self {
            nexu_home: nexu_home.into(),
            environment: Environment::default(),
            downloads: None,
            step_limits: Limits::default(),
            command_limits: Limits::command(),
            credentials: None,
            keyring: KeySlot::default(),
            spending: None,
            network: None,
            allowed: None,
            observer: None,
            store: None,
            wording: Wording::default(),
            utc_offset_seconds: 0,
            #[cfg(feature = "fault-injection")]
            faults: None,
        }
    }

    /// The values read from the environment.
    #[must_use]
    pub fn with_environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Where `download-results` writes when its arguments don't say; without it the arguments have to.
    #[must_use]
    pub fn with_downloads(mut self, folder: impl AsRef<Path>) -> Self {
        self.downloads = Some(folder.as_ref().to_owned());
        self
    }

    /// Other limits than the default ones, for typed calls and for commands.
    #[must_use]
    pub fn with_limits(mut self, step: Limits, command: Limits) -> Self {
        self.step_limits = step;
        self.command_limits = command;
        self
    }

    /// A place to take credentials from before `libtv.json`, the environment and OpenClaw's configuration.
    #[must_use]
    pub fn with_credentials(self, source: impl CredentialSource + 'static) -> Self {
        self.with_source(source, false)
    }

    /// The only place to take credentials from: no file, no keyring and no variable is asked for one, whatever this source
    /// has. Ratio, service in use and limits still come from `libtv.json`.
    #[must_use]
    pub fn with_only_credentials(self, source: impl CredentialSource + 'static) -> Self {
        self.with_source(source, true)
    }

    fn with_source(mut self, source: impl CredentialSource + 'static, is_only: bool) -> Self {
        let source = Arc::new(source);
        self.credentials = Some(OwnSource { source, is_only });
        self
    }

    /// The keyring for the API key, where the user asks for it (`setup --keyring`). Without one the key is in `libtv.json`.
    #[must_use]
    pub fn with_keyring(mut self, keyring: impl Keyring + 'static) -> Self {
        self.keyring = KeySlot::of(keyring);
        self
    }

    /// Another count of the jobs that cost money than the file in the home folder, with limits of its own.
    #[must_use]
    pub fn with_spending(mut self, spending: Arc<dyn Spending>) -> Self {
        self.spending = Some(spending);
        self
    }

    /// How requests leave this machine, in the place of what the [`Environment`] says of proxies and roots.
    #[must_use]
    pub fn with_network(mut self, network: Network) -> Self {
        self.network = Some(network);
        self
    }

    /// Grants less: `allowed` is asked for each route that keys and apps would grant, and what it denies is refused like any
    /// other request. It can't add one. It is asked at every call, and should say the same of the same route.
    #[must_use]
    pub fn with_policy(
        mut self,
        allowed: impl Fn(&RouteReport) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.allowed = Some(Box::new(allowed));
        self
    }

    /// Tells `observer` of every call that has ended, the timer's as well: what it used, and what was refused to it. On the task that
    /// made the call, so it must not wait.
    #[must_use]
    pub fn with_observer(mut self, observer: impl Fn(&CallEnded) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Takes the component's state from a store, at every call, in the place of the folder in the home. The timer still goes by the
    /// folder [`Home::active`](crate::Home::active): whoever has the store keeps the entries there.
    #[must_use]
    pub fn with_state_store(mut self, store: Arc<dyn StateStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Leaves the words of a command line in sentences and advice: for programs that have the commands of `libtv-video`.
    /// Without this they are left out, or are the names of typed calls.
    #[must_use]
    pub fn with_command_line(mut self) -> Self {
        self.wording = Wording::CommandLine;
        self
    }

    /// The local offset from UTC in seconds, east positive; for times without zone in legacy files, and for the time of day at
    /// which a job is possible again.
    #[must_use]
    pub fn with_utc_offset_seconds(mut self, seconds: i32) -> Self {
        self.utc_offset_seconds = seconds;
        self
    }

    /// Lets a test stop every call of this harness where it wants, and set the clock that the component sees.
    #[cfg(feature = "fault-injection")]
    #[must_use]
    pub fn with_faults(mut self, faults: sandbox::fault_injection::Faults) -> Self {
        self.faults = Some(faults);
        self
    }
}
