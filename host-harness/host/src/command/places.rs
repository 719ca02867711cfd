//! Places with secrets or with code that we run: nothing is downloaded into them, and no file in them is uploaded. One list
//! for both directions, of paths that links no longer lead on from.

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::error::CallError;
use crate::harness::Harness;

/// Where the system shows processes and devices as files: environments, memory, disks.
const NO_FILES: [&str; 3] = ["/proc", "/sys", "/dev"];
/// A disk in memory, with files as everywhere.
const MEMORY_DISK: &str = "/dev/shm";
/// What OpenClaw keeps in its state folder beside its file: keys, tokens, identities. What users send (`media`) and an agent's own
/// files (`workspace`) lie there too.
const OPENCLAW_SECRETS: [&str; 6] = [
    "credentials",
    "devices",
    "identity",
    "oauth",
    "secrets",
    ".env",
];

/// The places, as they are at this moment.
pub(super) struct Places {
    /// `$NEXU_HOME`: keys, chats and the record.
    home: PathBuf,
    /// Compiled code, which is run without further questions.
    cache: Option<PathBuf>,
    /// Every file that may be OpenClaw's configuration.
    openclaw: Vec<PathBuf>,
    /// `SSL_CERT_FILE`, which is never uploaded.
    certificates: Option<PathBuf>,
}

impl Places {
    pub(super) fn of(harness: &Harness) -> Self {
        let settings = harness.settings();
        let environment = &settings.environment;
        let openclaw = environment.openclaw.paths(harness.home().root());
        Self {
            home: real(harness.home().root()),
            cache: harness.component().cache().map(real),
            openclaw: openclaw.iter().map(|path| real(path)).collect(),
            certificates: environment.ssl_cert_file.as_deref().map(real),
        }
    }

    /// Those around the home folder `home` alone.
    #[cfg(test)]
    pub(super) fn around(home: &Path) -> Self {
        Self {
            home: real(home),
            cache: None,
            openclaw: Vec::new(),
            certificates: None,
        }
    }

    /// Whether results may be put into the folder `target`.
    ///
    /// # Errors
    /// [`CallError::Refused`], with the folder as the user wrote it.
    pub(super) fn take_results(&self, target: &Path, shown: &Path) -> Result<(), CallError> {
        let refuse = |what: &Path, kept: &str| {
            Err(CallError::Refused(format!(
                "{} can't be the output folder: it would open {}, where {kept} kept. Choose a folder of its own with --output-dir.",
                shown.display(),
                what.display(),
            )))
        };
        if self.home.starts_with(target) || target.starts_with(&self.home) {
            return refuse(&self.home, "keys are");
        }
        if let Some(cache) = &self.cache
            && target.starts_with(cache)
        {
            return refuse(cache, "compiled code is");
        }
        let holds = |file: &&PathBuf| file.parent() == Some(target);
        if let Some(file) = self.openclaw.iter().find(holds) {
            return refuse(file, "credentials of OpenClaw are");
        }
        if is_systems(target) {
            return refuse(target, "processes and devices are");
        }
        Ok(())
    }

    /// Whether `target` is a file at all, and not the system in the shape of one: such are not even read.
    ///
    /// # Errors
    /// [`CallError::Refused`], with the path as the user wrote it.
    pub(super) fn give_at_all(&self, target: &Path, shown: &Path) -> Result<(), CallError> {
        if is_systems(target) {
            return Err(not_given(shown));
        }
        Ok(())
    }

    /// Whether the file `target` may be handed to the component.
    ///
    /// # Errors
    /// [`CallError::Refused`], with the path as the user wrote it.
    pub(super) fn give(&self, target: &Path, shown: &Path) -> Result<(), CallError> {
        // Not the whole home, unlike for downloads: OpenClaw's folder may lie in it, with the pictures that
        // users sent.
        let ours = target.strip_prefix(&self.home).is_ok_and(is_ours);
        let code = self
            .cache
            .as_deref()
            .is_some_and(|cache| target.starts_with(cache));
        let certificate = self.certificates.as_deref() == Some(target);
        let openclaw = self.openclaw.iter().any(|file| is_openclaws(target, file));
        if is_systems(target) || ours || code || certificate || openclaw {
            return Err(not_given(shown));
        }
        Ok(())
    }
}

/// One sentence for all places: the advice is the same.
fn not_given(shown: &Path) -> CallError {
    CallError::Refused(format!(
        "{} can't be uploaded: it lies where credentials, sessions or the system's own files are kept. Copy the picture or film to a folder of its own.",
        shown.display()
    ))
}

/// Whether it is the system in the shape of files.
fn is_systems(target: &Path) -> bool {
    NO_FILES.iter().any(|place| target.starts_with(place)) && !target.starts_with(MEMORY_DISK)
}

/// In `$NEXU_HOME` all of ours has names of ours; the rest is Nexu's.
fn is_ours(inside: &Path) -> bool {
    let Some(Component::Normal(first)) = inside.components().next() else {
        return true;
    };
    let name = first.as_encoded_bytes();
    name.starts_with(b"libtv") || name.starts_with(b".libtv")
}

/// The configuration and its copies, and what is kept beside it.
fn is_openclaws(target: &Path, file: &Path) -> bool {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else {
        return false;
    };
    let Ok(inside) = target.strip_prefix(folder) else {
        return false;
    };
    let parts: Vec<&OsStr> = inside.iter().collect();
    match parts.as_slice() {
        // `openclaw.json.bak` and its like hold the same.
        [only] => {
            only.as_encoded_bytes().starts_with(name.as_encoded_bytes())
                || OPENCLAW_SECRETS.iter().any(|secret| only == secret)
        }
        [first, ..] if OPENCLAW_SECRETS.iter().any(|secret| first == secret) => true,
        // `agents/<id>/agent` holds an agent's keys, `sessions` what was talked about.
        [agents, _, kept, ..] => *agents == "agents" && (*kept == "agent" || *kept == "sessions"),
        _ => false,
    }
}

/// Where links lead; the path itself where that can't be found out.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| match (path.parent(), path.file_name()) {
        // A file that isn't there yet lies in its folder.
        (Some(folder), Some(name)) => {
            fs::canonicalize(folder).map_or_else(|_| path.to_owned(), |folder| folder.join(name))
        }
        _ => path.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        Places {
            home: "/u/.nexu".into(),
            cache: Some("/u/.cache/libtv".into()),
            openclaw: vec![
                "/u/.openclaw/openclaw.json".into(),
                "/u/.nexu/runtime/openclaw/state/openclaw.json".into(),
            ],
            certificates: Some("/u/ca.pem".into()),
        }
    }

    #[test]
    fn results_go_where_no_secrets_and_no_code_are_also_above_such_places() {
        for good in [
            "/u/Downloads",
            "/u/.openclaw/workspace/results",
            "/u/.cache",
            "/u/.nexus",
            "/dev/shm/out",
        ] {
            assert!(
                places().take_results(good.as_ref(), good.as_ref()).is_ok(),
                "{good}"
            );
        }
        for bad in [
            "/",
            "/u",
            "/u/.nexu",
            "/u/.nexu/libtv-audit",
            "/u/.nexu/runtime/x",
            "/u/.cache/libtv",
            "/u/.cache/libtv/deep",
            "/u/.openclaw",
            "/proc/self",
            "/dev/out",
        ] {
            assert!(
                places().take_results(bad.as_ref(), bad.as_ref()).is_err(),
                "{bad}"
            );
        }
    }

    #[test]
    fn what_users_send_lies_beside_secrets_and_can_be_uploaded_and_they_can_not() {
        for good in [
            "/u/cat.png",
            "/u/.openclaw/media/inbound/cat.png",
            "/u/.openclaw/workspace/cat.png",
            "/u/.nexu/runtime/openclaw/state/media/inbound/cat.png",
            "/u/.nexu/runtime/openclaw/state/agents/a/cat.png",
            "/u/.cache/cat.png",
        ] {
            assert!(
                places().give(good.as_ref(), good.as_ref()).is_ok(),
                "{good}"
            );
        }
        for bad in [
            "/proc/1/environ",
            "/dev/video0",
            "/sys/x.png",
            "/u/ca.pem",
            "/u/.nexu/libtv.json",
            "/u/.nexu/libtv-video/active/x.png",
            "/u/.nexu/.libtv-setup-1/x.png",
            "/u/.cache/libtv/x.png",
            "/u/.openclaw/openclaw.json",
            "/u/.openclaw/openclaw.json.bak",
            "/u/.openclaw/.env",
            "/u/.openclaw/credentials/whatsapp/x.png",
            "/u/.nexu/runtime/openclaw/state/agents/a/agent/auth.png",
        ] {
            assert!(places().give(bad.as_ref(), bad.as_ref()).is_err(), "{bad}");
        }
    }
}
