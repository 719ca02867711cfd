//! `$include`: one file replaces the object it stands in, a list is merged in order, members beside it win. As OpenClaw
//! does it, with its limits. Only what leads to the credentials is followed: a file of agents that is gone harms nobody here.

use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value};

use super::text;
use sandbox::files::read_bounded;

/// OpenClaw's own limit.
const MAX_DEPTH: usize = 10;
/// OpenClaw's own limit for an included file.
const MAX_FILE_BYTES: u64 = 2 << 20;
/// The first file may hold everything: OpenClaw sets it no limit. This is far more than people write.
const MAX_FIRST_BYTES: u64 = 4 << 20;
/// Nobody keeps a channel in more pieces; without it, files that include each other twice would be read without end.
const MAX_FILES: usize = 64;
/// Of all files together: they are read again at every step, several at once.
const MAX_TOTAL_BYTES: usize = 8 << 20;
/// OpenClaw's own limit for a path.
const MAX_PATH_BYTES: usize = 4096;

const DIRECTIVE: &str = "$include";

/// Where in the configuration a value stands: what is beside the way to the channel is left out.
#[derive(Clone, Copy)]
enum Level<'a> {
    Root { channel: &'a str },
    Channels { channel: &'a str },
    Inside,
}

impl<'a> Level<'a> {
    /// The level of a member, or `None` when nobody asks for it.
    fn of(self, member: &str) -> Option<Level<'a>> {
        match (self, member) {
            (Self::Inside, _) | (Self::Root { .. }, "env" | "secrets") => Some(Self::Inside),
            (Self::Root { channel }, "channels") => Some(Self::Channels { channel }),
            (Self::Channels { channel }, name) if name == channel => Some(Self::Inside),
            (Self::Root { .. } | Self::Channels { .. }, _) => None,
        }
    }
}

/// Reads the file and all it includes on the way to `channels.<channel>`, `secrets` and `env`. `None` when it isn't there.
///
/// # Errors
/// A sentence that names the file and what is wrong in it.
pub(super) fn read(
    path: &Path,
    channel: &str,
    more_roots: &[PathBuf],
) -> Result<Option<Value>, String> {
    let text = match read_bounded(path, MAX_FIRST_BYTES) {
        Ok(text) => text,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(format!("{} can't be read: {error}", path.display())),
    };
    let value = parse(path, &text)?;
    let folder = path.parent().unwrap_or(path);
    let roots = std::iter::once(folder).chain(more_roots.iter().map(PathBuf::as_path));
    let mut reader = Reader {
        roots: roots.map(Path::to_owned).collect(),
        files: 0,
        bytes: text.len(),
    };
    let mut chain = vec![path.to_owned()];
    reader
        .expand(value, Level::Root { channel }, &mut chain)
        .map(Some)
}

/// Not there at all; a folder on the way that is a file counts as that, too.
pub(super) fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

fn parse(path: &Path, text: &str) -> Result<Value, String> {
    text::parse(text).map_err(|reason| format!("{} is not valid JSON5: {reason}", path.display()))
}

/// What is counted over all files of one reading.
struct Reader {
    /// Folders that files may be included from, as they are written.
    roots: Vec<PathBuf>,
    /// How many were included so far, over all levels.
    files: usize,
    /// What all of them hold so far.
    bytes: usize,
}

impl Reader {
    /// `chain`: the files that lead here, the one that holds `value` last.
    fn expand(
        &mut self,
        value: Value,
        level: Level<'_>,
        chain: &mut Vec<PathBuf>,
    ) -> Result<Value, String> {
        match value {
            Value::Array(items) => {
                let items = items
                    .into_iter()
                    .map(|item| self.expand(item, Level::Inside, chain));
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            Value::Object(mut members) => {
                let directive = members.shift_remove(DIRECTIVE);
                let mut own = Map::new();
                for (name, member) in members {
                    // Members that nobody asks for are dropped before their files are opened: a broken file
                    // of agents stops no delivery.
                    if let Some(level) = level.of(&name) {
                        own.insert(name, self.expand(member, level, chain)?);
                    }
                }
                match directive {
                    None => Ok(Value::Object(own)),
                    Some(directive) => self.included(&directive, own, level, chain),
                }
            }
            plain => Ok(plain),
        }
    }

    /// What a `$include` stands for, with the members beside it, which win.
    fn included(
        &mut self,
        directive: &Value,
        own: Map<String, Value>,
        level: Level<'_>,
        chain: &mut Vec<PathBuf>,
    ) -> Result<Value, String> {
        let merged = match directive {
            Value::String(name) => self.load(name, level, chain)?,
            Value::Array(names) => {
                let mut merged = Value::Object(Map::new());
                for name in names {
                    let name = name.as_str().ok_or_else(|| {
                        complaint(chain, "a list of $include holds something else than paths")
                    })?;
                    merge(&mut merged, self.load(name, level, chain)?);
                }
                merged
            }
            _ => {
                return Err(complaint(
                    chain,
                    "$include is neither a path nor a list of paths",
                ));
            }
        };
        if own.is_empty() {
            return Ok(merged);
        }
        if !merged.is_object() {
            return Err(complaint(
                chain,
                "what is included beside other members has to be an object",
            ));
        }
        let mut merged = merged;
        merge(&mut merged, Value::Object(own));
        Ok(merged)
    }

    /// Reads one included file, within the limits of depth, number and bytes.
    fn load(
        &mut self,
        name: &str,
        level: Level<'_>,
        chain: &mut Vec<PathBuf>,
    ) -> Result<Value, String> {
        let path = self.locate(name, chain)?;
        let refused =
            |reason: &str| complaint(chain, &format!("$include of {}: {reason}", path.display()));
        if chain.contains(&path) {
            let circle: Vec<String> = chain
                .iter()
                .chain([&path])
                .map(|path| path.display().to_string())
                .collect();
            return Err(format!("files include each other: {}", circle.join(" → ")));
        }
        if chain.len() > MAX_DEPTH {
            return Err(refused("it is more than ten files deep"));
        }
        self.files += 1;
        if self.files > MAX_FILES {
            return Err(refused("more than 64 files are included"));
        }
        let text = read_bounded(&path, MAX_FILE_BYTES)
            .map_err(|error| refused(&format!("it can't be read: {error}")))?;
        self.bytes += text.len();
        if self.bytes > MAX_TOTAL_BYTES {
            return Err(refused("the included files hold more than 8 MB"));
        }
        let value = parse(&path, &text)?;
        chain.push(path);
        let expanded = self.expand(value, level, chain);
        chain.pop();
        expanded
    }

    /// The path that `name` means in the last file of the chain; inside of the folders that OpenClaw allows, links followed.
    fn locate(&self, name: &str, chain: &[PathBuf]) -> Result<PathBuf, String> {
        if name.is_empty() || name.contains('\0') || name.len() >= MAX_PATH_BYTES {
            return Err(complaint(chain, "$include holds no usable path"));
        }
        let folder = chain.last().and_then(|file| file.parent());
        let path = plain(&folder.unwrap_or(Path::new("")).join(name));
        let is_inside = self.roots.iter().any(|root| path.starts_with(root))
            // As written and as it leads: a link in the folder could point to any file. One that isn't
            // there is let through, and reading it says so.
            && fs::canonicalize(&path).map_or(true, |real| {
                let roots = self.roots.iter();
                roots
                    .filter_map(|root| fs::canonicalize(root).ok())
                    .any(|root| real.starts_with(root))
            });
        if is_inside {
            return Ok(path);
        }
        Err(complaint(
            chain,
            &format!(
                "$include of {}: it lies outside of the configuration's folder. OpenClaw allows that for folders in OPENCLAW_INCLUDE_ROOTS",
                path.display()
            ),
        ))
    }
}

fn complaint(chain: &[PathBuf], reason: &str) -> String {
    let file = chain.last().map(|file| file.display().to_string());
    format!("{}: {reason}", file.unwrap_or_default())
}

/// Objects are merged, lists joined; of anything else the later one counts.
fn merge(into: &mut Value, later: Value) {
    match (into, later) {
        (Value::Object(into), Value::Object(later)) => {
            for (name, value) in later {
                match into.get_mut(&name) {
                    Some(present) => merge(present, value),
                    None => {
                        into.insert(name, value);
                    }
                }
            }
        }
        (Value::Array(into), Value::Array(later)) => into.extend(later),
        (into, later) => *into = later,
    }
}

/// The path without `.` and `..`, which are taken as written: nothing is looked up.
pub(super) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}
