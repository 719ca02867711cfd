//! A harness that has a store asks it for each call's state. Not here: what a store is (`store.rs`), and what becomes of the state in a
//! call (`state.rs`).

use crate::error::CallError;
use crate::harness::Harness;
use crate::kind::Kind;
use crate::store::{Borrower, Lent};

impl Harness {
    /// What this call has of a store; nothing where there is none.
    pub(crate) async fn lent(&self, kind: &Kind) -> Result<Option<Lent>, CallError> {
        let Some(store) = &self.settings().store else {
            return Ok(None);
        };
        let borrower = Borrower {
            kind: kind.call(),
            session: kind.session(),
        };
        let lent = store.lend(borrower).await;
        lent.map(Some).map_err(CallError::Refused)
    }
}
