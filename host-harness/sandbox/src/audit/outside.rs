//! The record's end a second time, beside its folder: so that a record which was removed, or cut off together with its head,
//! is missed, and not only until the next call begins another one. Where it can't be written there is none.
//!
//! ```text
//! <folder>.end    number and digest of the last line
//! ```

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::line::Link;
use crate::files;

/// It is written over in place: always the same length.
const BYTES: usize = 128;

fn path(log: &Path) -> PathBuf {
    log.with_extension("end")
}

/// The end of the record in the folder `log`, as it was noted; `None` when there is none, or it is damaged.
pub(super) fn read(log: &Path) -> Option<Link> {
    let text = fs::read(path(log)).ok()?;
    Link::of(&serde_json::from_slice::<Value>(&text).ok()?)
}

/// Notes it. What is noted in vain leaves the older end, which says less and nothing wrong.
pub(super) fn write(log: &Path, link: &Link) {
    let text = json!({"n": link.n, "hash": link.hash}).to_string();
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    let _ = files::private(&mut options)
        .open(path(log))
        .and_then(|mut file| {
            // One write of one length: a shorter text would leave the end of a longer one behind it.
            file.write_all(format!("{text:<width$}\n", width = BYTES - 1).as_bytes())
        });
}
