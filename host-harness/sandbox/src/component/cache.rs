//! Compiled code, kept between processes. Loading it is `unsafe`: the engine believes what it reads. So it is read only
//! from a folder that nobody else can enter, from a file that nobody else can have written (`trusted.rs`), whose name says what
//! it depends on and what it holds, and that this module has written whole. Whatever is wrong with it, the component is compiled anew.

use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::{Duration, SystemTime};

use rayon::ThreadPoolBuilder;
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::refused;
use super::trusted::{self, Private};
use crate::error::LoadError;
use crate::files;

/// Each takes some megabytes of memory: on sixteen the first run of all would have 120 instead of 61, to save the half of a
/// second once.
const COMPILING_THREADS: usize = 4;
/// Older files are removed when there are more: each belongs to a version that is gone.
const KEPT_FILES: usize = 4;
const SUFFIX: &str = "compiled";
/// Seals are times between 1980, which FAT begins with, and 2000, when there were no such files.
const SEALED_FROM_S: u64 = 315_705_600;
const SEALED_WITHIN_S: u32 = 300_000_000;

/// The component with this SHA-256 for `engine`, from the cache if it is there, else compiled by `compiler`.
///
/// # Errors
/// [`LoadError::Component`] for bytes that the compiler or the engine refuses. What is wrong with the cache
/// is none.
pub fn load(
    engine: &Engine,
    compiler: impl FnOnce() -> Result<Engine, LoadError>,
    (bytes, digest): (&[u8], &str),
    folder: Option<&Path>,
) -> Result<Component, LoadError> {
    let place = folder.map(|folder| Place {
        folder,
        key: key(engine, digest),
    });
    if let Some(component) = place.as_ref().and_then(|place| place.read(engine)) {
        return Ok(component);
    }
    let code = compile(&compiler()?, bytes)?;
    if let Some(place) = &place {
        // A cache that can't be written costs time at the next start, nothing else.
        let _ = place.write(&code);
    }
    // SAFETY: the line above made it.
    #[allow(unsafe_code)]
    unsafe { Component::deserialize(engine, &code) }.map_err(refused)
}

/// Code for the engine that `compiler` compiles for, from a component's bytes.
///
/// # Errors
/// [`LoadError::Component`] where the compiler refuses.
fn compile(compiler: &Engine, bytes: &[u8]) -> Result<Vec<u8>, LoadError> {
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
    key: String,
}

/// One file there: `<key>-<SHA-256 of the code>.compiled`.
struct Kept {
    path: PathBuf,
    digest: String,
}

impl Place<'_> {
    fn read(&self, engine: &Engine) -> Option<Component> {
        let folder = Private::open(self.folder)?;
        self.kept().iter().find_map(|kept| {
            let file = folder.file(&kept.path)?;
            kept.is_whole(&file).then(|| deserialize(engine, &file))?
        })
    }

    /// What is kept for it, whether or not it can be used.
    fn kept(&self) -> Vec<Kept> {
        let entries = fs::read_dir(self.folder).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let name = entry.file_name();
                let rest = name.to_str()?.strip_prefix(&self.key)?.strip_prefix('-')?;
                let digest = rest.strip_suffix(SUFFIX)?.strip_suffix('.')?;
                Some(Kept {
                    path: entry.path(),
                    digest: digest.to_owned(),
                })
            })
            .collect()
    }

    fn write(&self, code: &[u8]) -> io::Result<()> {
        if Private::open(self.folder).is_none() {
            files::private_folder(self.folder)?;
            // It was open: what is in it may be anybody's.
            for code in compiled_in(self.folder) {
                // One that stays is somebody else's, and so never read.
                let _ = fs::remove_file(code);
            }
            if Private::open(self.folder).is_none() {
                return Ok(());
            }
        }
        let before = self.kept();
        let digest = hex(&Sha256::digest(code));
        let name = format!("{}-{digest}.{SUFFIX}", self.key);
        let kept = Kept {
            path: self.folder.join(name),
            digest,
        };
        files::write_durably(&kept.path, code)?;
        // Only when it has its name: whoever finds a sealed file doesn't digest it.
        kept.seal(&File::open(&kept.path)?);
        // What it replaces: nobody reads it any more, and who has it mapped keeps it.
        for old in before {
            if old.path != kept.path {
                let _ = fs::remove_file(old.path);
            }
        }
        prune(self.folder, &kept.path)
    }
}

impl Kept {
    /// Whether it holds what its name says. Digesting it would cost every short command some milliseconds and the pages that it
    /// doesn't run; so a file that was found whole gets a time that only this digest has, and whoever writes to it takes that away.
    fn is_whole(&self, file: &File) -> bool {
        let modified = file.metadata().and_then(|meta| meta.modified());
        if modified.is_ok_and(|at| Some(at) == self.seal_time()) {
            return true;
        }
        let whole = trusted::digest(file).is_ok_and(|digest| hex(&digest) == self.digest);
        if whole {
            self.seal(file);
        }
        whole
    }

    fn seal(&self, file: &File) {
        if let Some(at) = self.seal_time() {
            // Where it can't be set, the file is digested each time.
            let _ = file.set_modified(at);
        }
    }

    /// A time long ago, in even seconds, which every file system can keep.
    fn seal_time(&self) -> Option<SystemTime> {
        let number = u32::from_str_radix(self.digest.get(..8)?, 16).ok()?;
        let seconds = SEALED_FROM_S + u64::from(number % SEALED_WITHIN_S) * 2;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
    }
}

fn deserialize(engine: &Engine, file: &File) -> Option<Component> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        // The very file that was judged, whatever has its name by now.
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        // SAFETY: only `Place::write` puts files of such names there, each complete and made by an engine of the same version
        // and configuration, because those are part of the name; nobody else can have written to this one.
        #[allow(unsafe_code)]
        if let Ok(component) = unsafe { Component::deserialize_file(engine, &path) } {
            return Some(component);
        }
    }
    let mut code = Vec::new();
    let mut reader = file;
    io::Seek::rewind(&mut reader).ok()?;
    io::Read::read_to_end(&mut reader, &mut code).ok()?;
    // SAFETY: as above.
    #[allow(unsafe_code)]
    unsafe { Component::deserialize(engine, &code) }.ok()
}

/// Every file of compiled code in a folder.
fn compiled_in(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == SUFFIX)
    })
}

/// Removes the oldest files beyond [`KEPT_FILES`], never the one just written.
fn prune(folder: &Path, keep: &Path) -> io::Result<()> {
    let mut old: Vec<(SystemTime, PathBuf)> = compiled_in(folder)
        .filter(|path| path != keep)
        .filter_map(|path| Some((written(&fs::metadata(&path).ok()?)?, path)))
        .collect();
    old.sort();
    // The one just written is not among them, so it is counted here.
    let surplus = (old.len() + 1).saturating_sub(KEPT_FILES);
    old.into_iter()
        .take(surplus)
        .try_for_each(|(_, path)| fs::remove_file(path))
}

/// When a file was put there: its time of modification is a seal.
fn written(meta: &fs::Metadata) -> Option<SystemTime> {
    #[cfg(unix)]
    {
        let seconds = std::os::unix::fs::MetadataExt::ctime(meta);
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
    }
    #[cfg(not(unix))]
    meta.created().ok()
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

    /// Nobody asks for it: the digest is taken whole, and a number of 64 bits could meet another one by
    /// chance.
    fn finish(&self) -> u64 {
        0
    }
}

/// As two digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
