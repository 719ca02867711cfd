//! A file that nobody else can have written: opened once, judged by its descriptor, and read through that. A folder that is
//! private now may have been open before; so the files in it are looked at, each by itself.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::folder::OpenFolder;

/// Digested at a time.
const PIECE_BYTES: usize = 64 << 10;

/// A folder of the user's own that nobody else can enter.
pub(super) struct Private(OpenFolder);

impl Private {
    /// `None` when there is no such folder, it is a link, somebody else's, or others can enter it.
    pub(super) fn open(path: &Path) -> Option<Self> {
        let folder = OpenFolder::at_itself(path).ok()?;
        let meta = folder.metadata().ok()?;
        // Not even entered by others: whoever can write in it can put another file in the place of one that
        // was judged.
        is_ours(&meta, 0o077).then_some(Self(folder))
    }

    /// A file in it; `None` when it is a link, has other names, is somebody else's, or others can write to it.
    pub(super) fn file(&self, path: &Path) -> Option<File> {
        let file = self.0.file(Path::new(path.file_name()?)).ok()?;
        let meta = file.metadata().ok()?;
        // Others may read it, code is no secret. A second name means that it may have been made in a folder
        // of somebody else's and linked here.
        (meta.is_file() && is_ours(&meta, 0o022) && names(&meta) == 1).then_some(file)
    }
}

/// It belongs to this user, and the others have none of the rights `none_of`. Where there are no such rights, the user's
/// profile is private by inheritance.
fn is_ours(meta: &fs::Metadata, none_of: u32) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        meta.uid() == rustix::process::geteuid().as_raw() && meta.mode() & none_of == 0
    }
    #[cfg(not(unix))]
    {
        let _ = (meta, none_of);
        true
    }
}

fn names(meta: &fs::Metadata) -> u64 {
    #[cfg(unix)]
    return std::os::unix::fs::MetadataExt::nlink(meta);
    #[cfg(not(unix))]
    {
        let _ = meta;
        1
    }
}

/// SHA-256 of the whole file.
///
/// # Errors
/// The file can't be read.
pub(super) fn digest(mut file: &File) -> io::Result<[u8; 32]> {
    let mut digest = Sha256::new();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(digest.finalize().into()),
            count => digest.update(&piece[..count]),
        }
    }
}
