//! One copy of the skill in a folder of skills. A manifest beside the files says what was put there; a folder without
//! one is the user's own and is left alone.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use host::Component;
use serde::{Deserialize, Serialize};

use super::Variant;

/// Agents demand that the folder is called as the skill is.
pub(crate) const NAME: &str = "libtv-video";
/// Says what was put there: without it nothing is replaced or removed.
const MANIFEST: &str = ".installed-by-libtv-video.json";
/// What an agent opens when something went wrong.
const ERRORS: &str = "references/errors.md";
/// A manifest names a handful of files; what is larger is none of ours.
const MAX_MANIFEST_BYTES: u64 = 64 << 10;

/// What is in the place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing.
    Absent,
    /// Something that this program did not put there.
    Foreign,
    /// A copy of this version.
    Ours(String),
}

/// What was taken away.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Removed {
    /// The whole folder.
    All,
    /// All of ours; these names stay.
    But(Vec<String>),
    /// There was nothing of ours.
    Nothing,
}

/// What was put there.
#[derive(Serialize, Deserialize)]
struct Manifest {
    version: String,
    /// Name and length in bytes.
    files: BTreeMap<String, u64>,
}

/// The files of this version, by their paths in the folder.
fn files(variant: Variant) -> Vec<(&'static str, Cow<'static, [u8]>)> {
    let mut files: Vec<(&str, Cow<[u8]>)> = vec![
        ("SKILL.md", variant.text().into_bytes().into()),
        ("libtv-video.wasm", Component::embedded_bytes().into()),
    ];
    if let Some(errors) = variant.errors() {
        files.push((ERRORS, errors.into_bytes().into()));
    }
    files
}

/// What is in the place now.
///
/// # Errors
/// A sentence, when it can't be looked at.
pub(crate) fn state(skills: &Path) -> Result<State, String> {
    let target = skills.join(NAME);
    match fs::symlink_metadata(&target) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(State::Absent),
        Err(error) => Err(cannot("looked at", &target, &error)),
        Ok(found) if !found.is_dir() => Ok(State::Foreign),
        Ok(_) => {
            Ok(manifest(&target).map_or(State::Foreign, |manifest| State::Ours(manifest.version)))
        }
    }
}

/// Puts a copy there; an older one of ours is replaced whole. Answers with the version that was there.
///
/// # Errors
/// A sentence: a copy that a user placed there, or a folder that can't be written. What was there stays then.
pub(crate) fn install(skills: &Path, variant: Variant) -> Result<Option<String>, String> {
    let target = skills.join(NAME);
    let older = match state(skills)? {
        State::Absent => None,
        State::Ours(version) => Some(version),
        State::Foreign => {
            return Err(format!(
                "{} was not installed by this program, so it is left alone. Move it away, then install again.",
                target.display()
            ));
        }
    };
    fs::create_dir_all(skills).map_err(|error| cannot("made", skills, &error))?;
    // Complete beside it first: an agent never sees half a skill.
    let fresh = scratch(skills, "new");
    let made =
        fill(&fresh, variant).and_then(|()| exchange(skills, &fresh, &target, older.is_some()));
    if made.is_err() {
        // It is ours, and not in use.
        let _ = fs::remove_dir_all(&fresh);
    }
    made.map(|()| older)
}

/// Writes all files, the manifest last.
///
/// # Errors
/// A sentence; what was written is the caller's to remove.
fn fill(folder: &Path, variant: Variant) -> Result<(), String> {
    fs::create_dir(folder).map_err(|error| cannot("made", folder, &error))?;
    let mut manifest = Manifest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        files: BTreeMap::new(),
    };
    for (name, bytes) in files(variant) {
        manifest.files.insert(name.to_owned(), bytes.len() as u64);
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| cannot("made", parent, &error))?;
        }
        write(&path, &bytes)?;
    }
    let text = serde_json::to_vec_pretty(&manifest)
        .map_err(|error| format!("The manifest can't be made: {error}"))?;
    write(&folder.join(MANIFEST), &text)
}

/// Makes a new file, and waits until it is on the disk.
///
/// # Errors
/// A sentence; also where there is one.
fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::File::create_new(path)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .map_err(|error| cannot("written", path, &error))
}

/// Two renames: between them there is no copy, but never a mixed one.
fn exchange(skills: &Path, fresh: &Path, target: &Path, replaces: bool) -> Result<(), String> {
    let old = scratch(skills, "old");
    if replaces {
        fs::rename(target, &old).map_err(|error| cannot("replaced", target, &error))?;
    }
    if let Err(error) = fs::rename(fresh, target) {
        if replaces {
            let _ = fs::rename(&old, target);
        }
        return Err(cannot("written", target, &error));
    }
    if replaces {
        fs::remove_dir_all(&old).map_err(|error| cannot("removed", &old, &error))?;
    }
    Ok(())
}

/// Takes away the files that were put there, and the folder if nothing else is in it.
///
/// # Errors
/// A sentence, when something can't be removed.
pub(crate) fn uninstall(skills: &Path) -> Result<Removed, String> {
    let target = skills.join(NAME);
    if !matches!(state(skills)?, State::Ours(_)) {
        return Ok(Removed::Nothing);
    }
    let Some(manifest) = manifest(&target) else {
        return Ok(Removed::Nothing);
    };
    // The manifest last: stopped in between, the rest is still known as ours.
    let names = manifest.files.keys().map(String::as_str).chain([MANIFEST]);
    for name in names.filter(|name| is_ours(name)) {
        let path = target.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(cannot("removed", &path, &error));
            }
            _ => {}
        }
        if let Some(folder) = path.parent().filter(|folder| *folder != target) {
            // One with a file of the user's stays, and is told below.
            let _ = fs::remove_dir(folder);
        }
    }
    let mut left: Vec<String> = fs::read_dir(&target)
        .map_err(|error| cannot("read", &target, &error))?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    left.sort_unstable();
    if !left.is_empty() {
        return Ok(Removed::But(left));
    }
    fs::remove_dir(&target).map_err(|error| cannot("removed", &target, &error))?;
    Ok(Removed::All)
}

/// What a copy says of itself; `None` where it says nothing that can be ours.
fn manifest(target: &Path) -> Option<Manifest> {
    let path = target.join(MANIFEST);
    let found = fs::symlink_metadata(&path).ok()?;
    // A link is none of ours: what it leads to isn't in this folder.
    if !found.is_file() || found.len() > MAX_MANIFEST_BYTES {
        return None;
    }
    serde_json::from_slice(&fs::read(&path).ok()?).ok()
}

/// A name in the folder itself, or the one below it that we make, whatever the manifest says.
fn is_ours(name: &str) -> bool {
    name == ERRORS || Path::new(name).file_name().is_some_and(|last| last == name)
}

/// Hidden, so that no agent takes it for a skill.
fn scratch(skills: &Path, kind: &str) -> PathBuf {
    skills.join(format!(".{NAME}.{}.{kind}", std::process::id()))
}

/// A system's error as a sentence.
fn cannot(done: &str, path: &Path, error: &std::io::Error) -> String {
    format!("{} can't be {done}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_can_name_only_files_of_its_folder() {
        for name in [
            "../x",
            "/x",
            "a/b",
            "..",
            ".",
            "",
            "x/",
            "references/../x",
            "references/x",
        ] {
            assert!(!is_ours(name), "{name}");
        }
        assert!(is_ours("SKILL.md") && is_ours(ERRORS));
    }
}
