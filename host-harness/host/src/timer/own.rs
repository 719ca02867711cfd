//! Taking the ownership of a state folder: one timer polls it, and the lock says which.

use tracing::warn;

use super::clock::Clock;
use crate::error::{ServeError, in_runtime};
use crate::home::{Home, Owner};

/// A command asks "is anybody polling?" with a shared lock for an instant; that isn't another owner.
const OWN_TRIES: u32 = 10;
const OWN_PAUSE_MS: u64 = 30;

/// Takes the ownership, with some patience for commands that only ask.
pub(super) async fn own(home: &Home, clock: &dyn Clock) -> Result<Owner, ServeError> {
    in_runtime().map_err(|_| ServeError::NoRuntime)?;
    for _ in 0..OWN_TRIES {
        if let Some(owner) = home.own()? {
            return Ok(owner);
        }
        clock.sleep(OWN_PAUSE_MS).await;
    }
    let process = home.owner_process();
    warn!(state = %home.state().display(), process, "another harness owns the state folder");
    Err(ServeError::Owned {
        process,
        state: home.state(),
        lock: home.owner_lock(),
    })
}
