//! Where OpenClaw keeps things, by its own rules: `OPENCLAW_CONFIG_PATH`, `OPENCLAW_STATE_DIR`, `OPENCLAW_HOME`, the home
//! folder; and the places of Nexu's, which come first. The environment is asked through a closure, and nothing is opened.
//!
//! The file is looked for in this order:
//! 1. `OPENCLAW_CONFIG`
//! 2. `openclaw.json` in `OPENCLAW_STATE_DIR`
//! 3. `runtime/openclaw/state/openclaw.json` in `$NEXU_HOME`
//! 4. `OPENCLAW_CONFIG_PATH`
//! 5. the former names in `OPENCLAW_STATE_DIR`
//! 6. `.openclaw` and the former folders, in `OPENCLAW_HOME` and then in the user's home folder

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::include::{is_absent, plain};

const FILE: &str = "openclaw.json";
/// What it was called before; OpenClaw still reads them.
const FORMER_FILES: [&str; 3] = ["clawdbot.json", "moldbot.json", "moltbot.json"];
const FOLDER: &str = ".openclaw";
const FORMER_FOLDERS: [&str; 3] = [".clawdbot", ".moldbot", ".moltbot"];

/// Returns the value of an environment variable.
pub(crate) type Lookup = dyn Fn(&str) -> Option<OsString> + Send + Sync;

/// What decides where OpenClaw's files are and what they may refer to.
#[derive(Default)]
pub(crate) struct Places {
    /// `OPENCLAW_CONFIG`: Nexu's name for the file.
    config: Option<PathBuf>,
    /// `OPENCLAW_CONFIG_PATH`: OpenClaw's own.
    config_path: Option<PathBuf>,
    state_dir: Option<PathBuf>,
    /// `OPENCLAW_HOME`, else the user's home folder.
    home: Option<PathBuf>,
    user_home: Option<PathBuf>,
    /// `OPENCLAW_INCLUDE_ROOTS`.
    pub(super) include_roots: Vec<PathBuf>,
    /// The folder this program was started in: a `.env` may lie there.
    folder: Option<PathBuf>,
    /// Any variable, for references to it.
    variables: Option<Arc<Lookup>>,
}

/// A file that may be OpenClaw's configuration.
pub(super) struct Place {
    pub(super) path: PathBuf,
    /// The variable that names this very file. When it isn't there, no other one is meant.
    pub(super) named_by: Option<&'static str>,
    /// Whether to speak of it when nothing was found: former names aren't shown.
    pub(super) is_told: bool,
}

/// A place that was looked at: once for all channels, since most are names of former years.
pub(crate) struct Looked {
    pub(super) place: Place,
    /// Its path, for people.
    pub(super) shown: String,
    /// Whether there is something.
    pub(super) is_there: bool,
}

impl Places {
    pub(crate) fn from_lookup(lookup: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let user_home = ["HOME", "USERPROFILE"]
            .iter()
            .find_map(|name| set(lookup, name))
            .map(PathBuf::from);
        let home = match set(lookup, "OPENCLAW_HOME") {
            Some(home) => Some(expand(&home, user_home.as_deref())),
            None => user_home.clone(),
        };
        let path = |name| set(lookup, name).map(|text| expand(&text, home.as_deref()));
        let roots = set(lookup, "OPENCLAW_INCLUDE_ROOTS").unwrap_or_default();
        let roots =
            std::env::split_paths(&roots).map(|root| expand(root.as_os_str(), home.as_deref()));
        Self {
            config: path("OPENCLAW_CONFIG"),
            config_path: path("OPENCLAW_CONFIG_PATH"),
            state_dir: path("OPENCLAW_STATE_DIR"),
            include_roots: roots.filter(|root| root.is_absolute()).collect(),
            home,
            user_home,
            folder: None,
            variables: None,
        }
    }

    /// Lets OpenClaw's files refer to any variable, and to a `.env` of this folder.
    pub(crate) fn refer_to(&mut self, variables: Arc<Lookup>, folder: Option<PathBuf>) {
        self.variables = Some(variables);
        self.folder = folder;
    }

    /// The paths of all of them.
    pub(crate) fn paths(&self, nexu_home: &Path) -> Vec<PathBuf> {
        let files = self.files(nexu_home).into_iter();
        files.map(|place| place.path).collect()
    }

    /// Every file that may be meant, the first one first, and whether it is there.
    pub(crate) fn look(&self, nexu_home: &Path) -> Vec<Looked> {
        let files = self.files(nexu_home).into_iter();
        let looked = files.map(|place| Looked {
            // What can't be looked at is read, and then told.
            is_there: !std::fs::metadata(&place.path).is_err_and(|error| is_absent(&error)),
            shown: place.path.display().to_string(),
            place,
        });
        looked.collect()
    }

    /// Every file that may be meant, the first one first.
    fn files(&self, nexu_home: &Path) -> Vec<Place> {
        let usual = |folder: &Path| Place {
            path: folder.join(FILE),
            named_by: None,
            is_told: true,
        };
        let mut files = Vec::new();
        files.extend(named(self.config.as_ref(), "OPENCLAW_CONFIG"));
        files.extend(self.state_dir.as_deref().map(usual));
        files.push(usual(&nexu_home.join("runtime/openclaw/state")));
        files.extend(named(self.config_path.as_ref(), "OPENCLAW_CONFIG_PATH"));
        if let Some(folder) = &self.state_dir {
            files.extend(former_files(folder));
        }
        let mut homes: Vec<&PathBuf> = [&self.home, &self.user_home]
            .into_iter()
            .flatten()
            .collect();
        // Without `OPENCLAW_HOME` both are the same folder.
        homes.dedup();
        for home in homes {
            files.push(usual(&home.join(FOLDER)));
            files.extend(former_files(&home.join(FOLDER)));
            for folder in FORMER_FOLDERS {
                let folder = home.join(folder);
                files.push(former(folder.join(FILE)));
                files.extend(former_files(&folder));
            }
        }
        files
    }

    /// The `.env` files that count for a configuration, the first one first: that of the folder this program was started
    /// in, of OpenClaw's state folder, of the configuration's own, and the gateway's.
    pub(super) fn env_files(&self, place: &Place) -> Vec<PathBuf> {
        let state = self.home.as_ref().map(|home| home.join(FOLDER));
        let beside = place.path.parent().map(Path::to_owned);
        let folders = [
            self.folder.clone(),
            self.state_dir.clone(),
            state.filter(|_| self.state_dir.is_none() && place.named_by.is_some()),
            beside,
        ];
        let mut files: Vec<PathBuf> = Vec::new();
        for folder in folders.into_iter().flatten() {
            let file = folder.join(".env");
            if !files.contains(&file) {
                files.push(file);
            }
        }
        let home = self.home.as_ref().filter(|_| self.state_dir.is_none());
        files.extend(home.map(|home| home.join(".config/openclaw/gateway.env")));
        files
    }

    /// Where OpenClaw keeps its state, for a configuration at this place: beside it, as long as nothing else is said.
    pub(super) fn states(&self, place: &Place) -> Vec<PathBuf> {
        let beside = place.path.parent().map(Path::to_owned);
        let usual = self.home.as_ref().map(|home| home.join(FOLDER));
        let elsewhere = [self.state_dir.clone(), usual].into_iter().flatten();
        // A configuration that is named by itself may lie anywhere; the state doesn't move with it.
        let elsewhere = elsewhere.filter(|_| place.named_by.is_some());
        beside.into_iter().chain(elsewhere).collect()
    }

    /// A path of the configuration, whose `~` is OpenClaw's home folder.
    pub(super) fn path(&self, text: &str) -> PathBuf {
        expand(text.as_ref(), self.home.as_deref())
    }

    /// A variable of this process.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let value = self.variables.as_ref()?(name)?;
        let value = value.to_str()?;
        (!value.trim().is_empty()).then(|| value.to_owned())
    }
}

/// The folder that OpenClaw keeps its state in: `OPENCLAW_STATE_DIR`, else `.openclaw` in `OPENCLAW_HOME`, else in the
/// user's home folder. `None` when there is no home folder. `~` is the home folder in both variables.
pub fn openclaw_state_dir(lookup: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let places = Places::from_lookup(lookup);
    let usual = places.home.map(|home| home.join(FOLDER));
    places.state_dir.or(usual)
}

fn named(path: Option<&PathBuf>, variable: &'static str) -> Option<Place> {
    Some(Place {
        path: path?.clone(),
        named_by: Some(variable),
        is_told: true,
    })
}

fn former(path: PathBuf) -> Place {
    Place {
        path,
        named_by: None,
        is_told: false,
    }
}

fn former_files(folder: &Path) -> impl Iterator<Item = Place> {
    FORMER_FILES
        .map(|name| former(folder.join(name)))
        .into_iter()
}

/// A variable that is set and not blank, without the space around it.
fn set(lookup: &dyn Fn(&str) -> Option<OsString>, name: &str) -> Option<OsString> {
    let value = lookup(name)?;
    match value.to_str().map(str::trim) {
        Some("") => None,
        Some(text) => Some(text.into()),
        None => Some(value),
    }
}

/// `~` in front is the home folder; what isn't absolute is looked for from here. Without `.` and `..`.
fn expand(text: &std::ffi::OsStr, home: Option<&Path>) -> PathBuf {
    let path = Path::new(text);
    let path = match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    };
    plain(&std::path::absolute(&path).unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(variables: &[(&str, &str)]) -> Places {
        Places::from_lookup(&|name| {
            let known = variables.iter().find(|(known, _)| *known == name);
            known.map(|(_, value)| value.into())
        })
    }

    fn told(variables: &[(&str, &str)]) -> Vec<String> {
        let files = places(variables).files(Path::new("/n"));
        let told = files.iter().filter(|place| place.is_told);
        told.map(|place| place.path.display().to_string()).collect()
    }

    #[test]
    fn the_places_of_nexu_come_first_then_those_of_openclaw() {
        let all = [
            ("HOME", "/u"),
            ("OPENCLAW_HOME", " ~/claw "),
            ("OPENCLAW_STATE_DIR", "~/state"),
            ("OPENCLAW_CONFIG", "/a.json"),
            ("OPENCLAW_CONFIG_PATH", "/b/../b.json5"),
        ];
        assert_eq!(
            told(&all),
            [
                "/a.json",
                "/u/claw/state/openclaw.json",
                "/n/runtime/openclaw/state/openclaw.json",
                "/b.json5",
                "/u/claw/.openclaw/openclaw.json",
                "/u/.openclaw/openclaw.json"
            ]
        );
        assert_eq!(told(&[]), ["/n/runtime/openclaw/state/openclaw.json"]);
        assert_eq!(
            told(&[("USERPROFILE", "/w"), ("OPENCLAW_STATE_DIR", "  ")])[1],
            "/w/.openclaw/openclaw.json"
        );
    }

    #[test]
    fn names_of_former_years_are_looked_at_last_and_not_told() {
        let files = places(&[("HOME", "/u")]).files(Path::new("/n"));
        let at = |path: &str| files.iter().position(|place| place.path == Path::new(path));
        assert!(at("/u/.openclaw/openclaw.json") < at("/u/.openclaw/clawdbot.json"));
        assert!(at("/u/.openclaw/clawdbot.json") < at("/u/.clawdbot/clawdbot.json"));
        assert!(at("/u/.moltbot/moltbot.json").is_some());
    }

    #[test]
    fn the_state_folder_follows_the_home_that_openclaw_is_given() {
        let folder = |variables: &'static [(&str, &str)]| {
            openclaw_state_dir(&|name| {
                let known = variables.iter().find(|(known, _)| *known == name);
                known.map(|(_, value)| value.into())
            })
        };
        assert_eq!(folder(&[("HOME", "/u")]), Some("/u/.openclaw".into()));
        assert_eq!(
            folder(&[("HOME", "/u"), ("OPENCLAW_HOME", "~/svc")]),
            Some("/u/svc/.openclaw".into())
        );
        assert_eq!(
            folder(&[("OPENCLAW_HOME", "/srv/claw")]),
            Some("/srv/claw/.openclaw".into())
        );
        assert_eq!(
            folder(&[
                ("HOME", "/u"),
                ("OPENCLAW_HOME", "/s"),
                ("OPENCLAW_STATE_DIR", "/t")
            ]),
            Some("/t".into())
        );
        assert_eq!(folder(&[]), None);
    }
}
