//! An MCP server on the harness's library: an agent that speaks the Model Context Protocol has the skill as tools, and while
//! it runs, the server owns the timer as `serve` does.
//!
//! Not here: what a tool does, which is the component's; the process with its arguments, streams and signals, which are
//! the program's (`libtv-video mcp`). Like the library this crate never prints and reads no environment.
#![deny(unsafe_code)]

mod calls;
mod envelope;
mod failure;
mod incoming;
mod limits;
mod message;
mod progress;
mod prompt;
mod reply;
mod resources;
mod server;
mod status;
mod timer;
mod tools;
mod transport;
mod turns;
mod wait;

use std::sync::Arc;

use host::{Harness, StopHandle};
use rmcp::ServiceExt;
use rmcp::service::ServerInitializeError;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use limits::GRACE;
use server::Server;
use timer::Steps;
use transport::Answering;

pub use prompt::RULES;

/// Where lines for a person go: one line a call, without its end. Nothing in them is secret.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// Why a conversation ended that nobody ended.
#[derive(Debug, thiserror::Error)]
#[error("{0}. Start the server again")]
pub struct TalkError(String);

/// Talks to one client until it closes its half or `stop` is asked for, and polls meanwhile, unless another harness owns the
/// state folder: then the tools work, and polling is taken over when that one leaves. Calls and steps in flight get
/// three seconds at the end.
///
/// # Errors
/// [`TalkError`], when what the client wrote first was no beginning of a conversation, or when the pipe broke.
pub async fn serve<R, W>(
    harness: Harness,
    max_parallel: usize,
    reader: R,
    writer: W,
    stop: StopHandle,
    log: Log,
) -> Result<(), TalkError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let (steps, timer_stop) = (Steps::new(), StopHandle::new());
    let timer = tokio::spawn(timer::run(
        harness.clone(),
        max_parallel,
        timer_stop.clone(),
        steps.clone(),
        Arc::clone(&log),
    ));
    let (closing, cut) = (CancellationToken::new(), CancellationToken::new());
    let transport = Answering::new(reader, writer, closing.clone(), Arc::clone(&log));
    let server = Server::new(harness, steps, closing.clone(), log);
    let mut talk = tokio::spawn(talk(server, transport, cut.clone()));

    let ended = tokio::select! {
        ended = &mut talk => Some(ended),
        () = closing.cancelled() => None,
        () = stop.stopped() => None,
    };
    // All three ends meet here: the client's, the caller's and the conversation's own. Calls that wait are told
    // by it.
    closing.cancel();
    timer_stop.stop();
    // A person who stops the program doesn't wait for the client; a client that closes gets its last answers.
    if stop.is_stopped() {
        cut.cancel();
    }
    let ended = match ended {
        Some(ended) => Ok(ended),
        None => tokio::time::timeout(GRACE, talk).await,
    };
    // The timer ends by itself within its own three seconds.
    let _ = timer.await;
    match ended {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => Err(TalkError(format!("The conversation broke off: {error}"))),
        // What was in flight is as if the process had died: every intent is stored.
        Err(_) => Ok(()),
    }
}

/// Talks until the client ends it or `cut` is cancelled.
///
/// # Errors
/// [`TalkError`]: it could not begin, or broke off.
async fn talk<R, W>(
    server: Server,
    transport: Answering<R, W>,
    cut: CancellationToken,
) -> Result<(), TalkError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    match server.serve_with_ct(transport, cut).await {
        Ok(running) => match running.waiting().await {
            Ok(_) => Ok(()),
            Err(error) => Err(TalkError(format!("The conversation broke off: {error}"))),
        },
        // Closed or stopped before it began.
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => {
            Ok(())
        }
        Err(ServerInitializeError::ExpectedInitializeRequest(_)) => Err(TalkError(
            "The client's first message was not `initialize`".to_owned(),
        )),
        Err(error) => Err(TalkError(format!(
            "The conversation could not begin: {error}"
        ))),
    }
}
