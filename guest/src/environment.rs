//! Reads the environment: the only file of the component that does.
//!
//! What a variable means is decided in `libtv_video_core::config`; the table of all variables, with
//! and without our harness, is in ARCHITECTURE.md. No value is kept, printed or changed here.

/// The configuration file's name.
pub const CONFIG_FILE: &str = "libtv.json";

/// Where a stock runtime is expected to show the state folder.
const DEFAULT_STATE_DIR: &str = "/data";

/// Where the media store is reached, for tests.
pub const MEDIA_URL: &str = "LIBTV_MEDIA_URL";

/// The state folder, as this component sees it.
pub fn state_dir() -> String {
    folder("LIBTV_STATE_DIR").unwrap_or_else(|| DEFAULT_STATE_DIR.to_owned())
}

/// Where a new configuration file is written.
pub fn config_dir() -> String {
    folder("LIBTV_CONFIG_DIR").unwrap_or_else(state_dir)
}

/// Where the media store is reached, when that is on this machine.
pub fn media_url() -> Option<String> {
    variable(MEDIA_URL)
}

/// A folder that a variable names, without a slash at its end; the root itself counts as none.
fn folder(name: &str) -> Option<String> {
    let path = variable(name)?;
    let path = path.trim_end_matches('/');
    (!path.is_empty()).then(|| path.to_owned())
}

/// A variable that is set to something.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name)
        .ok()
        // An empty one counts as absent: that is how a variable is unset in a service's definition.
        .filter(|value| !value.trim().is_empty())
}
