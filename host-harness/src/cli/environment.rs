//! The one place that reads the process's environment, home folder and clock zone.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use libtv_harness::{Component, Environment, Harness, Settings, StartError};

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

    pub(crate) fn settings(&self) -> Settings {
        let settings = Settings::new(&self.nexu_home)
            .with_environment(Environment::from_lookup(|name| env::var_os(name)))
            .with_utc_offset_seconds(jiff::Zoned::now().offset().seconds());
        #[cfg(all(unix, not(target_vendor = "apple")))]
        let settings = settings.with_keyring(super::keyring::SecretService::of(&self.nexu_home));
        match &self.downloads {
            Some(downloads) => settings.with_downloads(downloads),
            None => settings,
        }
    }

    /// # Errors
    /// What the library says.
    pub(crate) fn harness(&self) -> Result<Harness, StartError> {
        let load = LOAD
            .get()
            .map_or::<&Load, _>(&Component::embedded, |load| &**load);
        Harness::new(load(Some(&self.cache))?, self.settings())
    }
}

/// `$NEXU_HOME`, or the sentence for behind the ❌.
pub(crate) fn nexu_home() -> Result<PathBuf, String> {
    Ok(Outside::read()?.nexu_home)
}

/// The harness as the environment describes it, or the sentence for behind the ❌.
pub(crate) fn harness() -> Result<Harness, String> {
    Outside::read()?
        .harness()
        .map_err(|error| error.to_string())
}
