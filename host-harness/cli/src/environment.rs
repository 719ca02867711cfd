//! The one place that reads the process's environment, home folder and clock zone.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::{env, fs};

use host::{Component, Environment, Harness, Settings, StartError, StartedBy};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Says what started `serve`: set by the definitions of `service`, and by a submit that starts it.
pub(crate) const STARTED_BY: &str = "LIBTV_STARTED_BY";

/// Loads the component.
pub(crate) type Load = dyn Fn() -> Result<Component, StartError> + Send + Sync;

/// Another way to load it than the embedded one; said once, before anything else.
pub(crate) static LOAD: OnceLock<Box<Load>> = OnceLock::new();

/// Where the state of calls is, where that isn't the home's folder; said once, as well.
#[cfg(feature = "unstable")]
pub(crate) static STORE: OnceLock<std::sync::Arc<dyn host::StateStore>> = OnceLock::new();

/// Everything that comes from outside.
pub(crate) struct Outside {
    nexu_home: PathBuf,
    downloads: Option<PathBuf>,
}

impl Outside {
    /// # Errors
    /// A sentence, when there is no home folder.
    pub(crate) fn read() -> Result<Self, String> {
        let set = |name: &str| {
            env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let user = env::home_dir().filter(|path| !path.as_os_str().is_empty());
        let nexu_home = set("NEXU_HOME")
            .or_else(|| user.as_ref().map(|home| home.join(".nexu")))
            .ok_or("There is no home folder. Set NEXU_HOME to the folder where keys and sessions are kept.")?;
        let nexu_home =
            // Absolute: what is kept there must not depend on where a command is run.
            std::path::absolute(&nexu_home).map_err(|error| format!("NEXU_HOME: {error}"))?;
        Ok(Self {
            nexu_home,
            downloads: user.map(|home| home.join("Downloads/libtv_results")),
        })
    }

    /// What the library is to know of this process's surroundings.
    pub(crate) fn settings(&self) -> Settings {
        let settings = Settings::new(&self.nexu_home)
            .with_command_line()
            .with_environment(environment())
            .with_utc_offset_seconds(utc_offset_seconds());
        #[cfg(all(unix, not(target_vendor = "apple")))]
        let settings = settings.with_keyring(super::keyring::SecretService::of(&self.nexu_home));
        #[cfg(any(windows, target_vendor = "apple"))]
        let settings = settings.with_keyring(super::keyring_native::Native::of(&self.nexu_home));
        #[cfg(feature = "unstable")]
        let settings = match STORE.get() {
            Some(store) => settings.with_state_store(std::sync::Arc::clone(store)),
            None => settings,
        };
        match &self.downloads {
            Some(downloads) => settings.with_downloads(downloads),
            None => settings,
        }
    }

    /// # Errors
    /// What the library says.
    fn harness(&self, default: &Load) -> Result<Harness, StartError> {
        let load = LOAD.get().map_or(default, |load| &**load);
        Harness::new(load()?, self.settings())
    }
}

/// Everything the harness takes from the process's environment.
fn environment() -> Environment {
    Environment::from_lookup(variable).with_references(variable, env::current_dir().ok())
}

/// A variable of the process. `HOME` is known to the system also where nobody set it: services are started without.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    let set = env::var_os(name).filter(|value| !value.is_empty());
    set.or_else(|| match name {
        "HOME" if cfg!(unix) => env::home_dir().map(PathBuf::into_os_string),
        _ => None,
    })
}

/// What started this process, when it is `serve`.
pub(crate) fn started_by() -> StartedBy {
    let named = env::var(STARTED_BY).ok();
    named
        .and_then(|name| StartedBy::of_name(&name))
        .unwrap_or(StartedBy::Command)
}

/// The local offset at this moment. Read from the system's own file where that says it: to find its name among all zones,
/// which nobody asks for, takes longer than a short command.
fn utc_offset_seconds() -> i32 {
    let unnamed = || {
        let rules = fs::read("/etc/localtime").ok()?;
        TimeZone::tzif("local", &rules).ok()
    };
    let zone = match env::var_os("TZ") {
        None if cfg!(unix) => unnamed(),
        _ => None,
    };
    let zone = zone.unwrap_or_else(TimeZone::system);
    zone.to_offset(Timestamp::now()).seconds()
}

/// `$NEXU_HOME`, or the sentence for behind the ❌.
pub(crate) fn nexu_home() -> Result<PathBuf, String> {
    Ok(Outside::read()?.nexu_home)
}

/// The harness as the environment describes it, for calls at once; or the sentence for behind the ❌.
pub(crate) fn harness() -> Result<Harness, String> {
    Outside::read()?
        .harness(&Component::embedded_for_many)
        .map_err(|error| error.to_string())
}

/// The same for one call after the other.
pub(crate) fn harness_for_one_call() -> Result<Harness, String> {
    Outside::read()?
        .harness(&Component::embedded_for_one_call)
        .map_err(|error| error.to_string())
}

/// The component for many harnesses in one process.
#[cfg(feature = "fleet")]
pub(crate) fn component() -> Result<Component, StartError> {
    LOAD.get()
        .map_or_else(Component::embedded_for_many, |load| load())
}
