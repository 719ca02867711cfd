//! A folder held open. What is in it is reached through its descriptor and never by a path: whoever puts a link in the
//! place of a folder leads nobody anywhere. The component can write the state folder, and other users may write where
//! downloads go and compiled code is kept, so the harness goes into all of them this way.
//! Not here: what may be in a folder, and who may have put it there.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use cap_primitives::fs::{self as at, DirOptions, FollowSymlinks, Metadata, OpenOptions, ReadDir};

/// Names in a row that are tried for a file on its way to another name.
const NAMES: u32 = 16;
/// Somebody may put something else in the place of a folder between two operations: so often is it tried again.
const ATTEMPTS: u32 = 4;

/// Tells one folder from another, whatever its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity(u64, u64);

/// See the module.
#[derive(Debug)]
pub struct OpenFolder(File);

impl OpenFolder {
    /// Opens a folder by its path, through links: for paths that no component can change.
    ///
    /// # Errors
    /// It isn't there, is no folder, or can't be read.
    pub fn at(path: &Path) -> io::Result<Self> {
        #[cfg(unix)]
        {
            use rustix::fs::{Mode, OFlags, open};
            // CLOEXEC has to be asked for here, unlike with `std`: no program that is started inherits the
            // folder.
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            Ok(Self(File::from(open(path, flags, Mode::empty())?)))
        }
        #[cfg(not(unix))]
        at::open_ambient_dir(path, cap_primitives::ambient_authority()).map(Self)
    }

    /// The same, but where the path's last part is a link, that is no folder.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub fn at_itself(path: &Path) -> io::Result<Self> {
        #[cfg(unix)]
        {
            use rustix::fs::{Mode, OFlags, open};
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            Ok(Self(File::from(open(path, flags, Mode::empty())?)))
        }
        #[cfg(not(unix))]
        Self::at(path)
    }

    /// Opens a folder in it. A link is none.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub fn folder(&self, name: &Path) -> io::Result<Self> {
        #[cfg(unix)]
        {
            use rustix::fs::{Mode, OFlags, openat};
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            Ok(Self(File::from(openat(
                &self.0,
                name,
                flags,
                Mode::empty(),
            )?)))
        }
        #[cfg(not(unix))]
        at::open_dir_nofollow(&self.0, name).map(Self)
    }

    /// Opens a folder in it that is for its owner only: made where it is missing, tightened where it was open and that can be done. A link in
    /// its place is removed, not followed.
    ///
    /// # Errors
    /// Something else has the name, or it can't be made.
    pub fn private_folder(&self, name: &Path) -> io::Result<Self> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            if self.stat(name).is_ok_and(|found| found.is_symlink()) {
                at::remove_file(&self.0, name)?;
            }
            // Made first and opened then: whoever asks first whether it is there may be wrong by the time
            // it is made.
            match self.make_folder(name) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            match self.folder(name) {
                Ok(folder) => {
                    // By the descriptor: the name may be a link to somebody else's folder by now, whose
                    // rights would change.
                    tighten(&folder.0)?;
                    return Ok(folder);
                }
                Err(error) if attempts == ATTEMPTS => return Err(error),
                Err(_) => {}
            }
        }
    }

    /// Makes a folder in it, 0700 from the beginning: tightened afterwards it would have been open for a
    /// moment.
    fn make_folder(&self, name: &Path) -> io::Result<()> {
        #[cfg_attr(not(unix), allow(unused_mut, reason = "only there it has a mode"))]
        let mut options = DirOptions::new();
        #[cfg(unix)]
        at::DirBuilderExt::mode(&mut options, 0o700);
        at::create_dir(&self.0, name, &options)
    }

    /// Opens a file in it for reading. A link is none, and a pipe doesn't wait for somebody to write.
    ///
    /// # Errors
    /// It isn't there, or can't be read.
    pub fn file(&self, name: &Path) -> io::Result<File> {
        #[cfg(unix)]
        {
            use rustix::fs::{Mode, OFlags, openat};
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            Ok(File::from(openat(&self.0, name, flags, Mode::empty())?))
        }
        #[cfg(not(unix))]
        {
            let mut options = OpenOptions::new();
            // What `cap-fs-ext` calls `follow`; that crate is a wrapper around this function alone.
            options.read(true)._cap_fs_ext_follow(FollowSymlinks::No);
            at::open(&self.0, name, &options)
        }
    }

    /// Makes a file in it, 0600.
    ///
    /// # Errors
    /// Something has the name already, or it can't be made.
    pub fn create_new(&self, name: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        at::OpenOptionsExt::mode(&mut options, 0o600);
        at::open(&self.0, name, &options)
    }

    /// Gives a file of another folder the same name here.
    ///
    /// # Errors
    /// Something has the name already, or the file system knows no links.
    pub fn link_from(&self, other: &Self, name: &Path) -> io::Result<()> {
        at::hard_link(&other.0, name, &self.0, name)
    }

    /// Removes a file of it, a link itself and not what it leads to.
    ///
    /// # Errors
    /// It isn't there, or can't be removed.
    pub fn remove_file(&self, name: &Path) -> io::Result<()> {
        at::remove_file(&self.0, name)
    }

    /// Makes durable which names are in it, where the system can do that.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn sync(&self) -> io::Result<()> {
        if cfg!(unix) {
            crate::files::sync_open_folder(&self.0)
        } else {
            Ok(())
        }
    }

    /// Who may do what with it.
    ///
    /// # Errors
    /// It can't be asked.
    pub fn metadata(&self) -> io::Result<std::fs::Metadata> {
        self.0.metadata()
    }

    /// What has the name, a link itself and not what it leads to.
    ///
    /// # Errors
    /// Nothing has it.
    pub fn stat(&self, name: &Path) -> io::Result<Metadata> {
        at::stat(&self.0, name, FollowSymlinks::No)
    }

    /// Its entries, read in pieces.
    ///
    /// # Errors
    /// It can't be read.
    pub fn entries(&self) -> io::Result<ReadDir> {
        at::read_base_dir(&self.0)
    }

    /// Replaces a file in it, 0600. After a crash it has the old or the new content; after `Ok` the new one. A link of that
    /// name is replaced, not followed.
    ///
    /// # Errors
    /// It can't be written, or a folder has the name.
    pub fn write_durably(&self, name: &Path, content: &[u8]) -> io::Result<()> {
        let (mut file, temporary) = self.new_file()?;
        // The content first: a rename that reaches the disk before it would leave an empty file after a
        // power failure.
        let written = file.write_all(content).and_then(|()| file.sync_all());
        let temporary = Path::new(&temporary);
        let replaced = written.and_then(|()| at::rename(&self.0, temporary, &self.0, name));
        if replaced.is_err() {
            // Nothing more can be done about it; a later start doesn't mind the file.
            let _ = at::remove_file(&self.0, temporary);
            return replaced;
        }
        self.sync()
    }

    /// Makes a file, 0600, on its way to another name, and returns the name it has meanwhile.
    fn new_file(&self) -> io::Result<(File, String)> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            // By chance, so that two processes don't meet; a name that is taken all the same is not used
            // but replaced by another.
            let name = format!(".new-{:016x}", fastrand::u64(..));
            match self.create_new(Path::new(&name)) {
                Ok(file) => return Ok((file, name)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempts < NAMES => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Which folder it is. Where the system doesn't tell, all are the same.
    ///
    /// # Errors
    /// It can't be asked.
    pub fn identity(&self) -> io::Result<Identity> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let found = self.0.metadata()?;
            Ok(Identity(found.dev(), found.ino()))
        }
        #[cfg(not(unix))]
        Ok(Identity(0, 0))
    }

    /// A path that leads to this very folder for as long as it is held open, whatever has its name; `None` where the system
    /// has none such.
    pub fn lasting_path(&self) -> Option<std::path::PathBuf> {
        #[cfg(target_os = "linux")]
        {
            use std::os::fd::AsRawFd;
            Some(format!("/proc/self/fd/{}", self.0.as_raw_fd()).into())
                .filter(|path: &std::path::PathBuf| path.is_dir())
        }
        #[cfg(not(target_os = "linux"))]
        None
    }
}

/// Takes the permissions of group and others away, where there are any: of the folder that is open, whatever its path is by
/// now.
fn tighten(folder: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = folder.metadata()?.permissions().mode();
        if mode & 0o077 != 0 {
            let tightened = std::fs::Permissions::from_mode(mode & 0o700);
            return crate::files::where_known(folder.set_permissions(tightened));
        }
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_link_in_the_place_of_a_folder_is_replaced_and_what_it_leads_to_is_left_as_it_was() {
        let outer = tempfile::tempdir().unwrap();
        let (inside, elsewhere) = (outer.path().join("in"), outer.path().join("else"));
        for folder in [&inside, &elsewhere] {
            fs::create_dir(folder).unwrap();
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::write(elsewhere.join("id_rsa"), "").unwrap();
        symlink("../else", inside.join("active")).unwrap();
        let held = OpenFolder::at(&inside).unwrap();
        held.folder(Path::new("active")).unwrap_err();
        let made = held.private_folder(Path::new("active")).unwrap();
        assert_eq!(made.entries().unwrap().count(), 0);
        assert_eq!(
            (mode(&inside.join("active")), mode(&elsewhere)),
            (0o700, 0o755)
        );
        assert!(!inside.join("active").is_symlink() && elsewhere.join("id_rsa").exists());
    }

    #[test]
    fn a_folder_that_was_moved_away_is_still_the_one_that_is_held() {
        let outer = tempfile::tempdir().unwrap();
        let held = OpenFolder::at(outer.path()).unwrap();
        let active = held.private_folder(Path::new("active")).unwrap();
        fs::rename(outer.path().join("active"), outer.path().join("away")).unwrap();
        symlink("/etc", outer.path().join("active")).unwrap();
        assert_eq!(active.entries().unwrap().count(), 0);
        let new = held.private_folder(Path::new("active")).unwrap();
        assert_ne!(new.identity().unwrap(), active.identity().unwrap());
    }

    #[test]
    fn a_file_replaces_a_link_of_its_name_and_not_what_it_leads_to() {
        let outer = tempfile::tempdir().unwrap();
        fs::write(outer.path().join("kept"), "kept").unwrap();
        symlink("kept", outer.path().join("name")).unwrap();
        let held = OpenFolder::at(outer.path()).unwrap();
        held.write_durably(Path::new("name"), b"new").unwrap();
        let read = |name| fs::read_to_string(outer.path().join(name)).unwrap();
        assert_eq!((read("kept"), read("name")), ("kept".into(), "new".into()));
        assert_eq!(mode(&outer.path().join("name")), 0o600);
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 2);
    }
}
