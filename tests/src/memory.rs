//! The component's linear memory, searched for planted secrets after every call: the engine is given memories that are
//! searched when they are dropped, and a fresh instance, with a fresh memory, is what every call has.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use host_harness::{Component, StartError};
use wasmtime::{Config, LinearMemory, MemoryCreator, MemoryType};

use crate::canary::Search;

/// Where the program under test reports, and whether it searches at all.
pub const REPORT: &str = "LIBTV_TEST_MEMORY_REPORT";
/// Where the program under test keeps the code that it compiles for such memories.
pub const CACHE: &str = "LIBTV_TEST_CACHE";
/// What it searches for: `name=secret` on each line.
pub const CANARIES: &str = "LIBTV_TEST_CANARIES";
/// The line about a memory in which nothing was found.
pub const CLEAN: &str = "clean";

/// As much as a component may have, and room to begin at a page.
const RESERVED_BYTES: usize = host_harness::limits::MEMORY_BYTES;
const PAGE_BYTES: usize = 64 << 10;

/// The embedded component on an engine whose memories are searched.
///
/// # Errors
/// As [`Component::embedded`].
pub fn watched_component(
    cache: Option<&Path>,
    canaries: &str,
    report: &Path,
) -> Result<Component, StartError> {
    let secrets: Vec<(String, String)> = canaries
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, secret)| (name.to_owned(), secret.to_owned()))
        .collect();
    let watch = Arc::new(Watch {
        search: Search::of(&secrets),
        report: report.to_owned(),
    });
    Component::with_engine(
        Component::embedded_bytes(),
        cache,
        move |config: &mut Config| {
            // No guard pages: compiled code checks every access by itself.
            config
                .memory_reservation(RESERVED_BYTES as u64)
                .memory_guard_size(0)
                .memory_may_move(false)
                .memory_init_cow(false)
                .with_host_memory(Arc::new(Creator(watch)));
        },
    )
}

struct Watch {
    search: Search,
    report: PathBuf,
}

struct Creator(Arc<Watch>);

/// A memory of its own allocation, never moved.
struct Watched {
    _bytes: Vec<u8>,
    /// The address of the first whole page in it.
    base: usize,
    len: usize,
    watch: Arc<Watch>,
}

// SAFETY: each memory is an allocation of its own, zeroed, as large as was asked for; no guard is asked for.
unsafe impl MemoryCreator for Creator {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        if guard != 0 || reserved.is_some_and(|bytes| bytes > RESERVED_BYTES) {
            return Err("this memory has no guards and a fixed size".to_owned());
        }
        let mut bytes = vec![0; RESERVED_BYTES + PAGE_BYTES];
        let base = bytes.as_mut_ptr().addr().next_multiple_of(PAGE_BYTES);
        Ok(Box::new(Watched {
            base: bytes.as_mut_ptr().with_addr(base).expose_provenance(),
            _bytes: bytes,
            len: minimum,
            watch: Arc::clone(&self.0),
        }))
    }
}

// SAFETY: the base never changes, and `byte_size` bytes behind it are allocated.
unsafe impl LinearMemory for Watched {
    fn byte_size(&self) -> usize {
        self.len
    }

    fn byte_capacity(&self) -> usize {
        RESERVED_BYTES
    }

    fn grow_to(&mut self, new_size: usize) -> wasmtime::Result<()> {
        if new_size > RESERVED_BYTES {
            return Err(wasmtime::Error::msg("the memory is full"));
        }
        self.len = new_size;
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        std::ptr::with_exposed_provenance_mut(self.base)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // SAFETY: the instance is gone, and nobody else has the address.
        let memory = unsafe { std::slice::from_raw_parts(self.as_ptr(), self.len) };
        let search = &self.watch.search;
        let found = touched(memory).find_map(|bytes| search.find(bytes));
        let found = found.unwrap_or(CLEAN);
        // One write for one line: processes report side by side.
        let told = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.watch.report)
            .and_then(|mut file| file.write_all(format!("{found}\n").as_bytes()));
        if let Err(error) = told {
            eprintln!("the search of the memory can't be reported: {error}");
        }
    }
}

/// A memory without the pages that are zero from end to end, which are most of it. No spelling of a secret has a zero in it, so
/// none lies across two pieces.
fn touched(memory: &[u8]) -> impl Iterator<Item = &[u8]> {
    const ZEROS: [u8; 4096] = [0; 4096];
    let is_zero = |page: &&[u8]| **page == ZEROS[..page.len()];
    let mut rest = memory;
    std::iter::from_fn(move || {
        let pages = rest.chunks(ZEROS.len());
        let zeros: usize = pages.take_while(is_zero).map(<[u8]>::len).sum();
        rest = &rest[zeros..];
        let pages = rest.chunks(ZEROS.len());
        let others = pages.take_while(|page| !is_zero(page));
        let (piece, after) = rest.split_at(others.map(<[u8]>::len).sum());
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}
