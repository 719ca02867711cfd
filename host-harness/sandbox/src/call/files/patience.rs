//! Patience for files that another program holds for a moment: on Windows virus scanners open each new file, and until they
//! are done it can be neither renamed nor removed. A session that can't be stored behind a paid submit is the worst that can
//! come of that. Elsewhere there is no such thing, and the first answer counts.

use std::time::Instant;

use wasmtime_wasi::p2::FsError;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

use crate::files::{PATIENCE, PATIENCE_PAUSE};

/// Of one operation.
pub(super) struct Patience(Instant);

impl Patience {
    pub(super) fn new() -> Self {
        Self(Instant::now())
    }

    /// Whether the operation is to be done again; after a pause.
    pub(super) async fn lasts<T>(&self, result: &Result<T, FsError>) -> bool {
        let held = result.as_ref().err().is_some_and(is_held);
        if !held || self.0.elapsed() >= PATIENCE {
            return false;
        }
        tokio::time::sleep(PATIENCE_PAUSE).await;
        true
    }
}

/// Whether it says that somebody has the file.
fn is_held(error: &FsError) -> bool {
    matches!(
        error.downcast_ref(),
        Some(ErrorCode::Access | ErrorCode::NotPermitted | ErrorCode::Busy)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_holds_is_told_from_what_is_not_there() {
        for held in [ErrorCode::Access, ErrorCode::NotPermitted, ErrorCode::Busy] {
            assert!(is_held(&held.into()), "{held:?}");
        }
        for other in [ErrorCode::NoEntry, ErrorCode::Io, ErrorCode::ReadOnly] {
            assert!(!is_held(&other.into()), "{other:?}");
        }
    }

    #[tokio::test]
    async fn patience_is_for_what_is_held_and_has_an_end() {
        let patience = Patience::new();
        assert!(!patience.lasts(&Ok(())).await);
        let mut attempts = 0;
        while patience.lasts::<()>(&Err(ErrorCode::Access.into())).await {
            attempts += 1;
        }
        assert_eq!(attempts > 0, cfg!(windows));
    }
}
