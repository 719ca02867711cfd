//! The media stores: LibTV's, without credentials, under `/sd-gen-save-img/` and `/claw/`; the private buckets of Ark
//! and ModelArk, opened by signed links that die; Pippit's. Files come from the builders beside it; nothing is stored
//! that was uploaded.

mod image;
mod mp4;
mod signed;
mod store;

pub use image::{gif, jpeg, photo, png, webp};
pub use mp4::{fragmented_mp4, mp4};
pub use store::{ContentLength, Media, Serving};

use crate::blob::{Blob, Sha256};
use std::io::{self, Write};
use std::path::Path;

/// A file that is generated when it is read. Cloning it copies no content.
#[derive(Clone, Debug)]
pub struct MediaFile {
    pub(crate) blob: Blob,
    content_type: &'static str,
}

impl MediaFile {
    pub(crate) fn new(content_type: &'static str, blob: Blob) -> Self {
        Self { blob, content_type }
    }

    /// Any bytes under any content type.
    pub fn from_bytes(content_type: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(content_type, Blob::from(bytes.into()))
    }

    /// Appends noise until the file has `total_len` bytes; viewers ignore it. Longer ones stay.
    pub fn padded_to(mut self, total_len: u64) -> Self {
        let missing = total_len.saturating_sub(self.len());
        self.blob = self.blob.then_noise(missing);
        self
    }

    /// For example `video/mp4`.
    pub fn content_type(&self) -> &'static str {
        self.content_type
    }

    /// Length in bytes.
    pub fn len(&self) -> u64 {
        self.blob.len()
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// In lower-case hexadecimal. Generates the file once.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        self.blob.chunks().for_each(|chunk| hash.update(&chunk));
        hash.finish()
    }

    /// The whole content in memory: for small ones.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.blob.chunks().flatten().collect()
    }

    /// Writes it to a file or a connection without holding it in memory.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn copy_to(&self, mut writer: impl Write) -> io::Result<()> {
        self.blob
            .chunks()
            .try_for_each(|chunk| writer.write_all(&chunk))
    }

    /// Writes it to a new file.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write_to(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.copy_to(std::fs::File::create(path)?)
    }
}
