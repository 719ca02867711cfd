//! SIGINT, SIGTERM and SIGHUP, on Windows their counterparts of a console, and the exit codes that shells expect for them.

use host::StopHandle;

/// 128 + SIGINT.
const INTERRUPTED: u8 = 130;
/// 128 + SIGTERM.
const TERMINATED: u8 = 143;

/// Stops what `stop` stands for at the first signal, and ends the process at the second.
pub(crate) fn stop_on_signal(stop: StopHandle) {
    tokio::spawn(async move {
        tokio::select! {
            _ = signal() => {}
            () = hangup() => {}
        }
        stop.stop();
        // Asked twice: now.
        let code = signal().await;
        std::process::exit(i32::from(code));
    });
}

/// Resolves when the terminal that this process belongs to is closed. Without a terminal (started with `nohup`, by a service
/// manager, by a program) SIGHUP ends nothing.
async fn hangup() {
    #[cfg(unix)]
    {
        use std::io::{IsTerminal, stderr, stdin, stdout};
        use tokio::signal::unix::{SignalKind, signal};
        // Asked now: afterwards it is gone.
        let terminal = stdin().is_terminal() || stdout().is_terminal() || stderr().is_terminal();
        if let Ok(mut hangups) = signal(SignalKind::hangup()) {
            while hangups.recv().await.is_some() {
                if terminal {
                    return;
                }
            }
        }
    }
    std::future::pending::<()>().await;
}

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
    #[cfg(windows)]
    {
        use tokio::signal::windows::{ctrl_break, ctrl_close, ctrl_shutdown};
        // The closing of the console and of the machine give a process some seconds, as SIGTERM does elsewhere.
        if let (Ok(mut asked), Ok(mut closed), Ok(mut shut_down)) =
            (ctrl_break(), ctrl_close(), ctrl_shutdown())
        {
            return tokio::select! {
                _ = tokio::signal::ctrl_c() => INTERRUPTED,
                _ = asked.recv() => TERMINATED,
                _ = closed.recv() => TERMINATED,
                _ = shut_down.recv() => TERMINATED,
            };
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Signals can't be had: the default action ends the process.
        std::future::pending::<()>().await;
    }
    INTERRUPTED
}
