//! The one place that reads the process's environment, home folder and clock zone.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::{env, fs};

use host::{Component, Environment, Harness, Settings, StartError};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Loads the component; told where compiled code is kept.
pub(crate) type Load = dyn Fn(Option<&Path>) -> Result<Component, StartError> + Send + Sync;

/// Another way to load it than the embedded one; said once, before anything else.
pub(crate) static LOAD: OnceLock<Box<Load>> = OnceLock::new();

/// Everything that comes from outside.
pub(crate) struct Outside {
    nexu_home: PathBuf,
    cache: PathBuf,
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
        let cache = set("LIBTV_CACHE_DIR").unwrap_or_else(|| nexu_home.join("libtv-cache"));
        Ok(Self {
            nexu_home,
            cache,
            downloads: user.map(|home| home.join("Downloads/libtv_results")),
        })
    }

    /// Compiled code.
    #[cfg(feature = "compiler")]
    pub(crate) fn cache(&self) -> &Path {
        &self.cache
    }

    /// What the library is to know of this process's surroundings.
    pub(crate) fn settings(&self) -> Settings {
        let settings = Settings::new(&self.nexu_home)
            .with_environment(environment())
            .with_utc_offset_seconds(utc_offset_seconds());
        #[cfg(all(unix, not(target_vendor = "apple")))]
        let settings = settings.with_keyring(super::keyring::SecretService::of(&self.nexu_home));
        match &self.downloads {
            Some(downloads) => settings.with_downloads(downloads),
            None => settings,
        }
    }

    /// # Errors
    /// What the library says.
    fn harness(&self, default: &Load) -> Result<Harness, StartError> {
        let load = LOAD.get().map_or(default, |load| &**load);
        Harness::new(load(Some(&self.cache))?, self.settings())
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
        .harness(&for_long)
        .map_err(|error| error.to_string())
}

/// The same for one call after the other.
pub(crate) fn harness_for_one_call() -> Result<Harness, String> {
    Outside::read()?
        .harness(&Component::embedded_for_one_call)
        .map_err(|error| error.to_string())
}

/// The component for a process that lives for long. Where it isn't compiled a process of its own does that (`precompile`): what it
/// takes would stay with this one. Where there can't be another one, this one compiles.
fn for_long(cache: Option<&Path>) -> Result<Component, StartError> {
    if let Some(compiled) = Component::embedded_if_compiled(cache)? {
        return Ok(compiled);
    }
    if let Ok(program) = env::current_exe() {
        // Whatever came of it: what it left in the cache is found, or isn't.
        let _ = Command::new(program)
            .arg("precompile")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
    Component::embedded(cache)
}
