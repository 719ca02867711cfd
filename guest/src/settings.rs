//! Reads configuration and environment: the only file of the component that does.
//!
//! What a variable means is decided in `libtv_video_core::config`; the table of all variables, with
//! and without our harness, is in ARCHITECTURE.md. No value is kept, printed or changed here.

use libtv_video_core::config::{Settings, Stored};

use crate::drive;

/// The configuration file's name.
pub const CONFIG_FILE: &str = "libtv.json";

/// Where a stock runtime is expected to show the state folder.
const DEFAULT_STATE_DIR: &str = "/data";

/// Gathers the settings. They are read anew for every call: a key may have been changed meanwhile.
pub fn load() -> Settings {
    let with_defaults = |name: &str| {
        variable(name).or_else(|| (name == "LIBTV_CONFIG_PATH").then(|| in_folder(&config_dir())))
    };
    Settings::parse(&with_defaults, stored())
}

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
    variable(drive::media_store::VARIABLE)
}

/// The stored configuration: as the harness gives it, else the file in the state folder.
fn stored() -> Stored {
    if let Some(reason) = variable("LIBTV_CONFIG_ERROR") {
        return Stored::Unreadable(reason);
    }
    if let Some(text) = variable("LIBTV_CONFIG") {
        return Stored::Text(text);
    }
    let path = in_folder(&state_dir());
    match drive::read_file(&path) {
        Ok(Some(bytes)) => match String::from_utf8(bytes) {
            Ok(text) => Stored::Text(text),
            Err(_) => Stored::Unreadable(format!("{path} is not UTF-8 text")),
        },
        Ok(None) => Stored::Absent,
        Err(reason) => Stored::Unreadable(format!("{path} can't be read: {reason}")),
    }
}

fn in_folder(folder: &str) -> String {
    format!("{folder}/{CONFIG_FILE}")
}

fn folder(name: &str) -> Option<String> {
    let path = variable(name)?;
    let path = path.trim_end_matches('/');
    (!path.is_empty()).then(|| path.to_owned())
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<String> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.trim().is_empty())
}
