//! Short work that may wait for a disk. Not here: what waits for other processes for long, which always wants a thread of its own.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::JoinError;

/// Runs it on a thread on which nothing else waits. Where the runtime has one thread, a single command's, it runs right there:
/// nobody else waits for that one, and to start another takes longer than the work.
///
/// # Errors
/// The runtime ended before it ran, or it panicked on the other thread.
pub async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::CurrentThread => Ok(work()),
        _ => tokio::task::spawn_blocking(work).await,
    }
}
