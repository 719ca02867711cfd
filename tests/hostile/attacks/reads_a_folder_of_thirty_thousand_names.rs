//! Has forty streams of one large folder open, and then reads it over and over.

use crate::{Attempt, wasi};
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags, PathFlags};

const STREAMS: usize = 40;

pub fn attack() -> Attempt {
    let state = wasi::state()?;
    let folder = state
        .open_at(
            PathFlags::empty(),
            "many",
            OpenFlags::DIRECTORY,
            DescriptorFlags::READ,
        )
        .map_err(wasi::name)?;
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        let stream = folder.read_directory().map_err(wasi::name)?;
        stream.read_directory_entry().map_err(wasi::name)?;
        streams.push(stream);
    }
    loop {
        let again = folder.read_directory().map_err(wasi::name)?;
        while again.read_directory_entry().map_err(wasi::name)?.is_some() {}
    }
}
