//! Compiled code of components.

#[cfg(feature = "compiler")]
pub mod cache;
pub mod link;
#[cfg(feature = "compiler")]
mod trusted;

use crate::error::LoadError;

/// Bytes that are no such component.
pub fn refused(error: wasmtime::Error) -> LoadError {
    LoadError::Component(format!("{error:#}"))
}
