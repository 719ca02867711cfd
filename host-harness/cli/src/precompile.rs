//! `precompile`: compiles the component before it is needed, into the cache, or into a file for a build without the
//! compiler.

use std::path::Path;

use host::Component;

use super::{FAILED, environment, print};

/// Compiles into a file or the cache; 1 where that fails.
pub(crate) fn precompile(output: Option<&Path>) -> u8 {
    let done = match output {
        Some(path) => into_file(path),
        None => into_cache(),
    };
    match done {
        Ok(line) => {
            print::out(&line);
            0
        }
        Err(reason) => {
            print::error(&reason);
            FAILED
        }
    }
}

/// # Errors
/// A sentence, when it can't be compiled here.
pub(super) fn into_cache() -> Result<String, String> {
    let cache = environment::Outside::read()?.cache().to_owned();
    // For many calls: a command that compiles for itself is content with less.
    Component::embedded(Some(&cache)).map_err(|error| error.to_string())?;
    Ok(format!("✅ The component is compiled: {}", cache.display()))
}

/// The digest is what the build wants to be told as `LIBTV_PRECOMPILED_SHA256`.
fn into_file(path: &Path) -> Result<String, String> {
    let compiled = Component::precompile_embedded().map_err(|error| error.to_string())?;
    std::fs::write(path, &compiled.file)
        .map_err(|error| format!("{} can't be written: {error}", path.display()))?;
    Ok(compiled.sha256)
}
