//! What stands before every request that isn't a read, beside the policy: whether the call is still the one that may do this.
//! Of use where the call's state is leased, and the lease may be somebody else's by now.

use wasmtime_wasi::async_trait;

/// Says whether a call may still have effects.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Asked before each request that isn't a read, immediately before it leaves; may renew a lease to be able to say yes. After
    /// a no the call is stopped.
    async fn may_send(&self) -> bool;
}
