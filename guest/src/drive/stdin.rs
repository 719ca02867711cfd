//! Standard input, and a look at local files before they are sent.
//!
//! Standard input can't be rewound: what was looked at is kept, and sent before the rest.

use libtv_video_core::io::{FileSource, Inspected};
use wasip2::cli::stdin::get_stdin;
use wasip2::filesystem::types::DescriptorType;
use wasip2::io::streams::{InputStream, StreamError};

use super::grant::{self, PIECE, Use};
use super::names;

/// Standard input and what was seen of it.
pub struct Stdin {
    stream: InputStream,
    head: Vec<u8>,
}

impl Stdin {
    /// Takes standard input; nothing is read yet.
    pub fn new() -> Self {
        Self {
            stream: get_stdin(),
            head: Vec::new(),
        }
    }

    /// What was looked at and has not been sent.
    pub fn take_head(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.head)
    }

    /// What follows the head.
    pub const fn stream(&self) -> &InputStream {
        &self.stream
    }

    /// Looks at a local file.
    pub fn inspect(
        &mut self,
        source: &FileSource,
        size: Option<u64>,
    ) -> Result<Option<Inspected>, String> {
        match source {
            FileSource::Path(path) | FileSource::Kept(path) => inspect_path(path),
            FileSource::Stdin => self.inspect_stdin(size).map(Some),
        }
    }

    /// Looks at what standard input begins with; `size` is what the caller says of its length.
    ///
    /// # Errors
    /// In words: another length than was said, no length at all, or it can't be read.
    fn inspect_stdin(&mut self, size: Option<u64>) -> Result<Inspected, String> {
        let ended = self.fill_head(PIECE)?;
        let seen = self.head.len() as u64;
        let len = match (size, ended) {
            // The upload declares this length: a wrong one is refused here and not after minutes.
            (Some(size), true) if size != seen => {
                return Err(format!(
                    "standard input has {seen} bytes, not the {size} announced"
                ));
            }
            (Some(size), false) if size < seen => {
                return Err(format!(
                    "standard input has more than the {size} bytes announced"
                ));
            }
            (Some(size), _) => size,
            (None, true) => seen,
            (None, false) => return Err("standard input is too long for this".to_owned()),
        };
        Ok(Inspected {
            len,
            head: self.head.clone(),
        })
    }

    /// Reads until the head has so many bytes or the input ends; true when it ended.
    fn fill_head(&mut self, len: usize) -> Result<bool, String> {
        while self.head.len() < len {
            match self.stream.blocking_read((len - self.head.len()) as u64) {
                Ok(bytes) => self.head.extend_from_slice(&bytes),
                Err(StreamError::Closed) => return Ok(true),
                Err(StreamError::LastOperationFailed(_)) => {
                    return Err("standard input could not be read".to_owned());
                }
            }
        }
        Ok(false)
    }

    /// What it begins with, at most so many bytes; all of it where that is less.
    ///
    /// # Errors
    /// In words: it can't be read.
    pub fn read_up_to(mut self, limit: usize) -> Result<Vec<u8>, String> {
        self.fill_head(limit)?;
        Ok(self.head)
    }
}

/// Looks at a file; `None` where there is none.
///
/// # Errors
/// In words: it is no file, or can't be read.
fn inspect_path(path: &str) -> Result<Option<Inspected>, String> {
    let found = match names::stat(path) {
        Ok(found) => found,
        Err(refused) if refused.is_missing() => return Ok(None),
        Err(refused) => return Err(refused.into()),
    };
    if found.type_ != DescriptorType::RegularFile {
        return Err("it is not a file".to_owned());
    }
    let file = grant::open(path, Use::Read)?;
    Ok(Some(Inspected {
        len: found.size,
        head: grant::read_up_to(&file, PIECE as u64)?,
    }))
}
