//! How deep folders may lie in one another, and how long names may be: what is stored can then always be entered again,
//! measured and removed. Counted by the folders themselves, from a descriptor upwards: a path may lead through links.

use std::fs::File;
use std::path::{Component, Path};

use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::p2::{FsError, FsResult};

use super::Files;
use crate::limits::{FOLDER_DEPTH, NAME_BYTES};

/// The last part of a path, bounded, and what stands before it.
fn split(path: &str) -> FsResult<(&Path, &str)> {
    let path = Path::new(path.trim_end_matches('/'));
    let mut parts = path.components();
    let Some(Component::Normal(name)) = parts.next_back() else {
        return Ok((path, ""));
    };
    // The whole path came as text, so its parts are text.
    let name = name.to_str().unwrap_or_default();
    if name.len() > NAME_BYTES {
        return Err(ErrorCode::NameTooLong.into());
    }
    Ok((parts.as_path(), name))
}

impl Files<'_> {
    /// Whether something new may have this name.
    ///
    /// # Errors
    /// `name-too-long`.
    pub(super) fn bounded_name(path: &str) -> FsResult<()> {
        split(path).map(drop)
    }

    /// Whether a folder may be made at this path.
    ///
    /// # Errors
    /// `name-too-long` for a folder that would lie too deep as well: WASI has no code of its own for that.
    pub(super) fn bounded_depth(&self, fd: &Resource<Descriptor>, path: &str) -> FsResult<()> {
        let (before, _) = split(path)?;
        if self.depth(fd, before)? < FOLDER_DEPTH {
            Ok(())
        } else {
            Err(ErrorCode::NameTooLong.into())
        }
    }

    /// Whether what has one path may have another: a folder may not get deeper, for what lies in it would, too.
    ///
    /// # Errors
    /// `name-too-long`, for the same reason.
    pub(super) fn bounded_rename(
        &self,
        (fd, path): (&Resource<Descriptor>, &str),
        (new_fd, new_path): (&Resource<Descriptor>, &str),
    ) -> FsResult<()> {
        let ((before, name), (new_before, _)) = (split(path)?, split(new_path)?);
        let folder = self.inner.table.get(fd)?;
        let is_folder = match folder {
            Descriptor::Dir(folder) => {
                let path = before.join(name);
                // A rename moves a link itself, and what it leads to stays where it is.
                let follow = cap_primitives::fs::FollowSymlinks::No;
                cap_primitives::fs::stat(&folder.dir, &path, follow)
                    // What isn't there counts as no folder: the rename itself gives the error.
                    .is_ok_and(|found| found.is_dir())
            }
            Descriptor::File(_) => false,
        };
        if is_folder && self.depth(new_fd, new_before)? > self.depth(fd, before)? {
            return Err(ErrorCode::NameTooLong.into());
        }
        Ok(())
    }

    /// How many folders lie between the granted folder and this one, itself included; zero for the granted one.
    fn depth(&self, fd: &Resource<Descriptor>, path: &Path) -> FsResult<usize> {
        let Descriptor::Dir(from) = self.inner.table.get(fd)? else {
            return Err(ErrorCode::NotDirectory.into());
        };
        let opened;
        let from = if path.as_os_str().is_empty() {
            &*from.dir
        } else {
            opened = cap_primitives::fs::open_dir(&from.dir, path).map_err(FsError::from)?;
            &opened
        };
        // Too little where the granted folder isn't the start, but all that can be known where `above`
        // can't tell.
        let lexical = path.components().count();
        let root = self.folders.root_of(fd);
        Ok(above(from, root).unwrap_or(lexical))
    }
}

/// The folders above this one, up to the granted folder; one more than allowed when it isn't found among so many. `None` where
/// the system can't tell.
#[cfg(unix)]
fn above(folder: &File, root: Option<super::Root>) -> Option<usize> {
    use rustix::fs::{Mode, OFlags, openat};
    let root = root?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    if identity(folder)? == root {
        return Some(0);
    }
    let mut at = File::from(openat(folder, "..", flags, Mode::empty()).ok()?);
    // The parent of the system's root is the root itself, so only the count ends this for a folder that was
    // moved out of the granted one meanwhile.
    for depth in 1..=FOLDER_DEPTH {
        if identity(&at)? == root {
            return Some(depth);
        }
        at = File::from(openat(&at, "..", flags, Mode::empty()).ok()?);
    }
    Some(FOLDER_DEPTH + 1)
}

/// What tells this folder from every other. By std, since the system's own types for it differ.
#[cfg(unix)]
fn identity(folder: &File) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let found = folder.metadata().ok()?;
    Some((found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn above(_: &File, _: Option<super::Root>) -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_at_its_last_byte_wherever_the_path_leads() {
        let name = "x".repeat(NAME_BYTES);
        for path in [name.clone(), format!("a/../{name}"), format!("a/{name}//")] {
            assert!(split(&path).is_ok(), "{path}");
            assert!(
                split(&path.replace(&name, &format!("{name}y"))).is_err(),
                "{path}"
            );
        }
        assert!(split(".").is_ok() && split("").is_ok() && split("a/..").is_ok());
    }
}
