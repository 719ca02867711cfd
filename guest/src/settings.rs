//! Gathers what is configured: the environment, and the configuration file where no harness brings its content.
//!
//! What it means is decided in `libtv_video_core::config`.

use libtv_video_core::config::{Settings, Stored};

use crate::drive;
use crate::environment::{CONFIG_FILE, config_dir, state_dir, variable};

/// Gathers the settings. They are read anew for every call: a key may have been changed meanwhile.
pub fn load() -> Settings {
    let with_defaults = |name: &str| {
        variable(name).or_else(|| (name == "LIBTV_CONFIG_PATH").then(|| in_folder(&config_dir())))
    };
    Settings::parse(&with_defaults, stored())
}

/// The stored configuration: as the harness gives it, else the file in the state folder.
fn stored() -> Stored {
    // In front of the text: a file that can't be used is no absent one.
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

/// The path of the configuration file there.
fn in_folder(folder: &str) -> String {
    format!("{folder}/{CONFIG_FILE}")
}
