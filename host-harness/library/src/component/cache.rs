//! Compiled code, kept between processes. Loading it is `unsafe`: the engine believes what it reads. So it is read only
//! from a folder that nobody else can write to, from a file whose name is the digest of everything it depends on, and
//! that this module has written whole. Whatever is wrong with it, the component is compiled anew.

use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use rayon::ThreadPoolBuilder;
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::engine::Effort;
use super::refused;
use crate::error::StartError;
use crate::files;

/// Each takes some megabytes of memory: on sixteen the first run of all would have 120 instead of 61, to save the half of a
/// second once.
const COMPILING_THREADS: usize = 4;
/// Older files are removed when there are more: each belongs to a version that is gone.
const KEPT_FILES: usize = 4;
const SUFFIX: &str = "compiled";

/// The component with this SHA-256 for `engine`, from the cache if it is there, else compiled by `compiler`. Code that was
/// made with full effort serves everybody, quick code who asks for no more.
pub(super) fn load(
    engine: &Engine,
    compiler: impl FnOnce() -> Result<Engine, StartError>,
    effort: Effort,
    (bytes, digest): (&[u8], &str),
    folder: Option<&Path>,
) -> Result<Component, StartError> {
    let place = folder.map(|folder| Place::of(folder, &key(engine, digest)));
    if let Some(place) = &place
        && is_private(place.folder)
        && let Some(component) = place.read(engine, effort)
    {
        return Ok(component);
    }
    let code = compile(&compiler()?, bytes)?;
    if let Some(place) = &place {
        // A cache that can't be written costs time at the next start, nothing else.
        let _ = place.write(&code, effort);
    }
    // SAFETY: the line above made it.
    #[allow(unsafe_code)]
    unsafe { Component::deserialize(engine, &code) }.map_err(refused)
}

pub(super) fn compile(compiler: &Engine, bytes: &[u8]) -> Result<Vec<u8>, StartError> {
    let compile = || compiler.precompile_component(bytes);
    let threads = ThreadPoolBuilder::new()
        .num_threads(available_parallelism().map_or(1, |all| all.get().min(COMPILING_THREADS)))
        .build();
    let compiled = match threads {
        Ok(threads) => threads.install(compile),
        // Without threads of our own it takes those that there are.
        Err(_) => compile(),
    };
    compiled.map_err(refused)
}

/// Where one component's code is kept for one kind of engine.
struct Place<'a> {
    folder: &'a Path,
    full: PathBuf,
    quick: PathBuf,
}

impl<'a> Place<'a> {
    fn of(folder: &'a Path, key: &str) -> Self {
        Self {
            folder,
            full: folder.join(format!("{key}.{SUFFIX}")),
            quick: folder.join(format!("{key}.quick.{SUFFIX}")),
        }
    }

    fn read(&self, engine: &Engine, effort: Effort) -> Option<Component> {
        let full = read(engine, &self.full);
        match effort {
            Effort::Full => full,
            Effort::Quick => full.or_else(|| read(engine, &self.quick)),
        }
    }

    fn write(&self, code: &[u8], effort: Effort) -> std::io::Result<()> {
        files::private_folder(self.folder)?;
        if !is_private(self.folder) {
            return Ok(());
        }
        match effort {
            Effort::Quick => {
                files::write_durably(&self.quick, code)?;
                prune(self.folder, &self.quick)
            }
            Effort::Full => {
                files::write_durably(&self.full, code)?;
                // Nobody reads it any more; who has it mapped keeps it.
                let _ = fs::remove_file(&self.quick);
                prune(self.folder, &self.full)
            }
        }
    }
}

fn read(engine: &Engine, path: &Path) -> Option<Component> {
    if !path.is_file() {
        return None;
    }
    // SAFETY: the folder is ours alone (`is_private`), and only `Place::write` puts files of such names there, each complete
    // and made by an engine of the same version and configuration, because those are part of the name.
    #[allow(unsafe_code)]
    unsafe { Component::deserialize_file(engine, path) }.ok()
}

/// Removes the oldest files beyond [`KEPT_FILES`], never the one just written.
fn prune(folder: &Path, keep: &Path) -> std::io::Result<()> {
    let mut old: Vec<(std::time::SystemTime, PathBuf)> = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path != keep
                && path
                    .extension()
                    .is_some_and(|extension| extension == SUFFIX)
        })
        .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
        .collect();
    old.sort();
    let surplus = (old.len() + 1).saturating_sub(KEPT_FILES);
    old.into_iter()
        .take(surplus)
        .try_for_each(|(_, path)| fs::remove_file(path))
}

/// A digest of the component, this crate's version, the kind of processor, and what makes compiled code fit an engine. What
/// the very processor has is checked when the code is loaded.
fn key(engine: &Engine, component: &str) -> String {
    let mut hasher = Sha256Hasher(Sha256::new());
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    component.hash(&mut hasher);
    std::env::consts::ARCH.hash(&mut hasher);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hex(&hasher.0.finalize())
}

struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

/// Nobody else can write to the folder.
fn is_private(folder: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        fs::symlink_metadata(folder).is_ok_and(|meta| {
            meta.is_dir()
                && meta.mode() & 0o077 == 0
                && meta.uid() == rustix::process::geteuid().as_raw()
        })
    }
    // Elsewhere the user's profile is private by inheritance.
    #[cfg(not(unix))]
    folder.is_dir()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
