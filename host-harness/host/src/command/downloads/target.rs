//! The user's folder, by its descriptor, and how a file comes into it: under a name that nobody has, or not at all.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::media;
use sandbox::files;
use sandbox::folder::OpenFolder;

/// Compared at a time.
const PIECE_BYTES: usize = 64 << 10;

pub(super) struct Target {
    folder: OpenFolder,
    path: PathBuf,
}

impl Target {
    /// Opens the folder itself: a link in its place is none.
    ///
    /// # Errors
    /// It isn't there, is a link, or can't be read.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            folder: OpenFolder::at_itself(path)?,
            path: path.to_owned(),
        })
    }

    /// Whether it is the folder at `path`.
    pub(super) fn is(&self, path: &Path) -> bool {
        if cfg!(not(unix)) {
            // There, folders have no identity that can be asked for.
            return self.path == path;
        }
        let there = OpenFolder::at(path).and_then(|folder| folder.identity());
        matches!((self.folder.identity(), there), (Ok(here), Ok(there)) if here == there)
    }

    /// Takes the file `name` out of the folder `from`, when it is a picture or a film, with the name it has there.
    ///
    /// # Errors
    /// A sentence. The file stays where it is then, and whatever has the name keeps it; `shown` is how the user reads that.
    pub(super) fn take(&self, from: &Path, name: &str, shown: &dyn Display) -> Result<(), String> {
        let unusable = |error: io::Error| format!("it can't be read: {error}");
        let from = OpenFolder::at(from).map_err(unusable)?;
        let path = Path::new(name);
        let mut file = from.file(path).map_err(unusable)?;
        let meta = file.metadata().map_err(unusable)?;
        if !meta.is_file() || has_other_names(&meta) {
            return Err("it isn't a file of its own".to_owned());
        }
        let head = files::head(&mut file, media::HEAD_BYTES).map_err(unusable)?;
        media::judge(&head).map_err(|kind| format!("it is no picture or film, but {kind}"))?;
        // As it was made; where there are no permissions there is nothing to tighten.
        let _ = files::make_private(&file);
        // A link, which never replaces anything; a rename would put the film in the place of a file of the
        // user's.
        match self.folder.link_from(&from, path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.accept_equal(&file, name, shown)
            }
            // A file system without links: FAT, some network shares.
            Err(_) => self.copy(&file, name, shown),
        }
    }

    /// Makes what was taken durable. Where that can't be done, the files are there all the same.
    pub(super) fn sync(&self) {
        let _ = self.folder.sync();
    }

    /// Copies it under a name that nobody has; what is there already is compared and never replaced.
    fn copy(&self, mut file: &File, name: &str, shown: &dyn Display) -> Result<(), String> {
        let failed = |error: io::Error| format!("could not write {shown}: {error}");
        let mut copy = match self.folder.create_new(Path::new(name)) {
            Ok(copy) => copy,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return self.accept_equal(file, name, shown);
            }
            Err(error) => return Err(failed(error)),
        };
        let copied = io::Seek::rewind(&mut file)
            .and_then(|()| io::copy(&mut file, &mut copy))
            .and_then(|_| copy.sync_all());
        copied.map_err(|error| {
            // Half a film is none.
            let _ = self.folder.remove_file(Path::new(name));
            failed(error)
        })
    }

    /// A file of the same content that has the name already is as good; one of other content stays.
    fn accept_equal(&self, file: &File, name: &str, shown: &dyn Display) -> Result<(), String> {
        match self
            .folder
            .file(Path::new(name))
            .and_then(|existing| equal(file, &existing))
        {
            Ok(true) => Ok(()),
            Ok(false) => Err(format!("{shown} exists already, with other content")),
            Err(_) => Err(format!("{shown} exists already and can't be compared")),
        }
    }
}

/// A second name would stay in the component's hands, or be somebody else's file.
fn has_other_names(meta: &fs::Metadata) -> bool {
    #[cfg(unix)]
    return std::os::unix::fs::MetadataExt::nlink(meta) != 1;
    #[cfg(not(unix))]
    {
        let _ = meta;
        false
    }
}

/// Whether both hold the same bytes. The second may be anything that has the name in the user's folder.
fn equal(one: &File, other: &File) -> io::Result<bool> {
    let (mut one, mut other) = (one, other);
    let meta = other.metadata()?;
    if !meta.is_file() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let mut rest = one.metadata()?.len();
    if rest != meta.len() {
        return Ok(false);
    }
    io::Seek::rewind(&mut one)?;
    let mut pieces = (vec![0; PIECE_BYTES], vec![0; PIECE_BYTES]);
    while rest > 0 {
        let len = usize::try_from(rest).map_or(PIECE_BYTES, |rest| rest.min(PIECE_BYTES));
        let (left, right) = (&mut pieces.0[..len], &mut pieces.1[..len]);
        one.read_exact(left)?;
        other.read_exact(right)?;
        if left != right {
            return Ok(false);
        }
        rest -= len as u64;
    }
    Ok(true)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";

    struct Folders {
        _root: tempfile::TempDir,
        from: std::path::PathBuf,
        to: std::path::PathBuf,
    }

    fn folders() -> Folders {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        fs::create_dir(&from).unwrap();
        fs::create_dir(&to).unwrap();
        Folders {
            _root: root,
            from,
            to,
        }
    }

    fn take(folders: &Folders, name: &str) -> Result<(), String> {
        let target = Target::open(&folders.to).unwrap();
        target.take(&folders.from, name, &name)
    }

    #[test]
    fn only_a_picture_or_film_with_one_name_is_taken() {
        let folders = folders();
        fs::write(folders.from.join("1.png"), PICTURE).unwrap();
        fs::write(folders.from.join("2.png"), "[Desktop Entry]").unwrap();
        fs::write(folders.from.join("3.png"), PICTURE).unwrap();
        fs::hard_link(folders.from.join("3.png"), folders.from.join("x")).unwrap();
        std::os::unix::fs::symlink("1.png", folders.from.join("4.png")).unwrap();
        fs::create_dir(folders.from.join("5.png")).unwrap();
        let (fifo, kind) = (folders.from.join("6.png"), rustix::fs::FileType::Fifo);
        rustix::fs::mknodat(rustix::fs::CWD, fifo, kind, rustix::fs::Mode::RUSR, 0).unwrap();
        take(&folders, "1.png").unwrap();
        for name in ["2.png", "3.png", "4.png", "5.png", "6.png", "7.png"] {
            take(&folders, name).unwrap_err();
            assert!(
                fs::symlink_metadata(folders.to.join(name)).is_err(),
                "{name}"
            );
        }
        assert_eq!(fs::read(folders.to.join("1.png")).unwrap(), PICTURE);
    }

    #[test]
    fn what_has_the_name_already_stays_and_the_same_content_is_as_good() {
        use std::os::unix::fs::PermissionsExt;
        let folders = folders();
        let (from, to) = (folders.from.join("1.png"), folders.to.join("1.png"));
        fs::write(&from, PICTURE).unwrap();
        fs::set_permissions(&from, fs::Permissions::from_mode(0o755)).unwrap();
        take(&folders, "1.png").unwrap();
        let mode = fs::metadata(&to).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::remove_file(&from).unwrap();
        fs::write(&from, PICTURE).unwrap();
        take(&folders, "1.png").unwrap();
        fs::write(&to, "mine").unwrap();
        take(&folders, "1.png").unwrap_err();
        assert_eq!(fs::read_to_string(&to).unwrap(), "mine");
        // Without links it is copied, by the same rules.
        let file = File::open(&from).unwrap();
        let target = Target::open(&folders.to).unwrap();
        target.copy(&file, "1.png", &"1.png").unwrap_err();
        target.copy(&file, "2.png", &"2.png").unwrap();
        assert_eq!(fs::read(folders.to.join("2.png")).unwrap(), PICTURE);
    }
}
