//! Compiled code of components.

#[cfg(feature = "compiler")]
pub mod cache;
#[cfg(feature = "compiler")]
mod trusted;

use crate::error::LoadError;

/// Bytes that are no such component.
pub fn refused(error: wasmtime::Error) -> LoadError {
    LoadError::Component(format!("{error:#}"))
}
