//! Private files and folders, and writing that survives a crash. Small helpers over `std::fs`; no policy.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Between two attempts at a lock that is held for less than a millisecond.
const LOCK_PAUSE: Duration = Duration::from_millis(1);

/// New files are for their owner only.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Creates a folder and its parents, the folder itself for its owner only. An existing one is tightened, where that can be done.
///
/// # Errors
/// Something else has the name, or it can't be made. A folder that can't be tightened is none.
pub fn private_folder(path: &Path) -> io::Result<()> {
    // As a rule it is there, and each call asks.
    if path.is_dir() {
        return tighten(path);
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    #[cfg_attr(not(unix), allow(unused_mut, reason = "only there it has a mode"))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        #[cfg(windows)]
        Ok(()) => tighten(path),
        #[cfg(not(windows))]
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {
            tighten(path)
        }
        Err(error) => Err(error),
    }
}

/// Opens a file for reading, never through a link in its own place, and without waiting for a pipe's other end.
///
/// # Errors
/// It isn't there, is a link, or can't be read.
pub fn open_without_following(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        // Only the last part of the path is protected from links: what lies above has to be a folder that
        // no component can write.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.cast_signed());
    }
    #[cfg(not(unix))]
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    options.open(path)
}

/// Opens a file that this user put there, root, or the owner of its folder. One that somebody else put into a folder while it was
/// open to others counts as none, and so do links, folders and pipes.
///
/// # Errors
/// `NotFound` also for what is there and counts as none; else as the system says.
pub fn open_own(path: &Path) -> io::Result<File> {
    // Opened first, judged then: what the name leads to may change between a look and the opening.
    let file = open_without_following(path)?;
    let meta = file.metadata()?;
    #[cfg(unix)]
    // Root and the folder's owner could replace the file anyway, so trusting what they left gives nothing
    // away.
    let is_own = {
        use std::os::unix::fs::MetadataExt;
        let folder = path.parent().map(fs::metadata).transpose()?;
        let me = rustix::process::geteuid().as_raw();
        [Some(me), Some(0), folder.map(|folder| folder.uid())].contains(&Some(meta.uid()))
    };
    #[cfg(not(unix))]
    let is_own = true;
    if meta.is_file() && is_own {
        Ok(file)
    } else {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// The first bytes of a file, at most so many.
///
/// # Errors
/// It can't be read. A file that is shorter than that is none.
pub fn head(file: &mut File, most_bytes: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.take(most_bytes as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Makes an open file one for its owner only.
///
/// # Errors
/// The system refuses. Where there are no permissions nothing is done.
pub fn make_private(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Takes the permissions of group and others away, where there are any; on Windows by a list of access of its own.
///
/// # Errors
/// It isn't there, or fails for another reason than that permissions can't be changed here.
pub fn tighten(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path)?.permissions().mode();
        if mode & 0o077 != 0 {
            let tightened = fs::Permissions::from_mode(mode & 0o700);
            return where_known(fs::set_permissions(path, tightened));
        }
    }
    #[cfg(windows)]
    return where_known(crate::access_list::make_private(path));
    #[cfg(not(windows))]
    Ok(())
}

/// A hardening that can't be done here is no error: on a volume of another owner nobody but that one may change
/// permissions, and many file systems have none.
///
/// # Errors
/// What is neither refused to this user nor unknown to the file system: a disk that fails.
pub fn where_known(hardened: io::Result<()>) -> io::Result<()> {
    match hardened {
        Err(error) if is_refused_or_unknown(&error) => Ok(()),
        other => other,
    }
}

/// Whether this user may not do it, or nobody can do it on that file system.
fn is_refused_or_unknown(error: &io::Error) -> bool {
    is_unknown(error)
        || matches!(
            error.kind(),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
        )
}

/// Whether it says that a file system doesn't know the operation (EINVAL, ENOTSUP, ENOSYS), and not that it failed.
fn is_unknown(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
    )
}

/// Whether nothing can be written there, by this user or at all.
pub fn is_read_only(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
    )
}

/// Locks `file` against other processes until it is closed.
///
/// # Errors
/// When another one holds it for longer than `patience`.
pub fn lock(file: &File, patience: Duration) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        // `File::lock` waits without end, and a process that hangs with the lock would hold up every other.
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if begun.elapsed() < patience => {
                std::thread::sleep(LOCK_PAUSE);
            }
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::other("another process holds its lock"));
            }
            Err(TryLockError::Error(error)) => return Err(lock_error(error, "its folder")),
        }
    }
}

/// The error of a lock that can't be had, with advice where the file system knows none; `kept` is what should be kept elsewhere.
pub fn lock_error(error: io::Error, kept: &str) -> io::Error {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        let without = [Errno::NOLCK, Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOSYS];
        if Errno::from_io_error(&error).is_some_and(|known| without.contains(&known)) {
            return io::Error::other(format!(
                "its file system has no locks (flock: {error}); keep {kept} on a local disk, or mount the share with locks"
            ));
        }
    }
    #[cfg(not(unix))]
    let _ = kept;
    error
}

/// Replaces a file with `content`, 0600. After a crash it has the old or the new content; after `Ok` the new one.
///
/// # Errors
/// It can't be written or made durable. Where the folder could not be synced, the new content is there all
/// the same.
pub fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // tempfile makes it 0600 and removes it on every way out but success.
    let mut file = tempfile::Builder::new()
        .prefix(".new-")
        .tempfile_in(folder)?;
    // There it would have what the folder above lets everybody have. Before there is anything to read in it.
    #[cfg(windows)]
    tighten(file.path())?;
    file.write_all(content)?;
    // Before the rename: otherwise a power failure may leave the new name with nothing in it.
    file.as_file().sync_all()?;
    // Not tempfile's own renaming: on Windows that fails while anybody reads the file that is replaced.
    let (_, written) = file.keep().map_err(|error| error.error)?;
    if let Err(error) = replace(&written, path) {
        let _ = fs::remove_file(&written);
        return Err(error);
    }
    sync_folder(folder)
}

/// How long to ask again where another program holds a file for a moment, as virus scanners hold each new one on Windows. Elsewhere
/// nobody can.
pub const PATIENCE: Duration = Duration::from_millis(if cfg!(windows) { 500 } else { 0 });
/// Between two such attempts.
pub const PATIENCE_PAUSE: Duration = Duration::from_millis(10);

/// Renames a file over another one, with patience for whoever holds that.
fn replace(from: &Path, to: &Path) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        match fs::rename(from, to) {
            Err(error)
                if error.kind() == io::ErrorKind::PermissionDenied
                    && begun.elapsed() < PATIENCE =>
            {
                std::thread::sleep(PATIENCE_PAUSE);
            }
            other => return other,
        }
    }
}

/// Makes a rename in `folder` durable. Where folders can't be opened, the file system takes care of it.
///
/// # Errors
/// The folder can't be opened, or the disk refuses.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        sync_open_folder(&File::open(folder)?)
    } else {
        Ok(())
    }
}

/// Reads a text file of at most `max` bytes.
///
/// # Errors
/// `InvalidData`, with a clause for people, for what is no such text: too long, not UTF-8, no file. Else as
/// the system says.
pub fn read_bounded(path: &Path, max: u64) -> io::Result<String> {
    let invalid = |text: &str| io::Error::new(io::ErrorKind::InvalidData, text.to_owned());
    let meta = fs::metadata(path)?;
    // A folder passes: reading it fails with the system's own text, which is clear.
    if !meta.is_file() && !meta.is_dir() {
        // A pipe that nobody writes to would never end.
        return Err(invalid("it is a pipe or a device, and no file"));
    }
    let mut bytes = Vec::new();
    // One byte more than allowed tells "too large" from "just as large". The file's length isn't asked: it
    // may grow while it is read.
    File::open(path)?.take(max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(invalid("it is far larger than such a file can be"));
    }
    text_from_bytes(bytes).map_err(invalid)
}

/// Text from a file or a pipe, which has to be UTF-8. A byte order mark in front of it stays.
///
/// # Errors
/// What it is instead, to be read behind what it was read from.
pub fn text_from_bytes(bytes: Vec<u8>) -> Result<String, &'static str> {
    let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    String::from_utf8(bytes).map_err(|_| {
        if is_utf16 {
            "it is UTF-16 text, as PowerShell writes it. Save it as UTF-8"
        } else {
            "it is not UTF-8 text"
        }
    })
}

/// The same of a folder that is open. Where folders can't be synced (shares, some FUSE file systems) nothing else can be done; a
/// disk that fails is an error everywhere.
///
/// # Errors
/// The disk refuses.
pub fn sync_open_folder(folder: &File) -> io::Result<()> {
    match folder.sync_all() {
        Err(error) if is_unknown(&error) => Ok(()),
        other => other,
    }
}

/// Whether a folder's entries can be made durable at all.
pub fn can_sync(folder: &Path) -> bool {
    !cfg!(unix)
        || !File::open(folder)
            .and_then(|folder| folder.sync_all())
            .is_err_and(|error| is_unknown(&error))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_system_does_not_know_is_passed_over_and_what_fails_is_not() {
        use rustix::io::Errno;
        for known in [Errno::INVAL, Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOSYS] {
            assert!(is_unknown(&known.into()), "{known}");
            where_known(Err(known.into())).unwrap();
        }
        for failure in [Errno::IO, Errno::NOSPC, Errno::DQUOT, Errno::NOENT] {
            assert!(!is_unknown(&failure.into()), "{failure}");
            where_known(Err(failure.into())).unwrap_err();
        }
        for refused in [Errno::PERM, Errno::ACCESS, Errno::ROFS] {
            assert!(is_read_only(&refused.into()), "{refused}");
            where_known(Err(refused.into())).unwrap();
        }
    }

    /// `/proc` can't sync a folder, and says so as shares do.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_can_not_be_synced_is_no_error() {
        let error = File::open("/proc").unwrap().sync_all().unwrap_err();
        assert!(is_unknown(&error), "{error}");
        sync_folder(Path::new("/proc")).unwrap();
        assert!(!can_sync(Path::new("/proc")));
        assert!(can_sync(&std::env::temp_dir()));
    }
}
