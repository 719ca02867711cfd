//! SIGINT and SIGTERM, and the exit codes that shells expect for them.

/// 128 + SIGINT.
const INTERRUPTED: u8 = 130;
/// 128 + SIGTERM.
const TERMINATED: u8 = 143;

/// Resolves with the exit code for the signal that came.
pub(crate) async fn signal() -> u8 {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            return tokio::select! {
                _ = tokio::signal::ctrl_c() => INTERRUPTED,
                _ = terminate.recv() => TERMINATED,
            };
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Signals can't be had: the default action ends the process.
        std::future::pending::<()>().await;
    }
    let _ = TERMINATED;
    INTERRUPTED
}
