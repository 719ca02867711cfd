//! What a call on the database works on: its records, whom it may write to, what it may spend, and the lease that it asks before
//! it sends. Not here: which records those are, and when there is a call.

use std::sync::Arc;

use contract::state::FOLDERS;
use host::{CallState, Records};

use crate::database::Database;
use crate::lease::Held;
use crate::recipients::{Named, OfCall};
use crate::spending::OfTenant;

/// Of these records and nobody else's: what isn't among them the component can't read. `messages` may be replied to.
pub(crate) fn state(
    database: &Arc<Database>,
    tenant: &str,
    held: &Arc<Held>,
    records: impl IntoIterator<Item = (String, Vec<u8>)>,
    (named, messages): (Arc<Named>, Vec<String>),
) -> CallState {
    let keeper = Arc::clone(held) as Arc<dyn host::Keeper>;
    CallState {
        records: Arc::new(Records::new(records, keeper).with_folders(FOLDERS)),
        recipients: OfCall::new(named, messages, Arc::clone(held)),
        spending: OfTenant::new(database, tenant),
        gate: Arc::clone(held) as Arc<dyn host::http::Gate>,
        // Another submit may continue the same session at the same time: without a lease nobody is alone.
        is_alone: held.is_alone(),
    }
}
