//! The native rival: the same job by hyper and rustls, without a sandbox, without anything on disk. It is what
//! somebody would write who needs speed and trusts the code.

mod client;
mod deliver;
mod poll;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use http::Request;
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::Failed;
use client::Client;

/// Sends submits to the gateway's plain port, one after the other on one connection.
///
/// # Errors
/// When it can't be reached or says no.
pub fn submit_all(
    gateway: SocketAddr,
    bodies: impl IntoIterator<Item = String>,
) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let stream = TokioIo::new(TcpStream::connect(gateway).await?);
        let failed = |error: hyper::Error| Failed::new(error.to_string());
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream)
            .await
            .map_err(failed)?;
        let connection = tokio::spawn(connection);
        for body in bodies {
            let request = Request::post("/libtv/v1/session")
                .header("host", fakes::GATEWAY_HOST)
                .header("x-api-key", fakes::GATEWAY_KEY)
                .header("content-type", "application/json")
                .body(client::full(body))?;
            let answer = sender.send_request(request).await.map_err(failed)?;
            let good = answer.status().is_success();
            answer.into_body().collect().await.map_err(failed)?;
            if !good {
                return Err(Failed::new("a submit was refused"));
            }
            // The connection wants the next request only when it has seen the end of the answer.
            sender.ready().await.map_err(failed)?;
        }
        connection.abort();
        Ok(())
    })
}

/// What it can do.
#[derive(Debug, Subcommand)]
pub enum Native {
    /// Polls the sessions in a file, one a line, each again `interval_ms` after its answer, until it is killed
    Poll {
        /// Session ids
        sessions: PathBuf,
        /// Between an answer and the next question
        interval_ms: u64,
        /// Requests at once
        parallel: usize,
    },
    /// Polls one session, delivers its video to a chat, and ends
    Deliver {
        /// The session
        session_id: String,
        /// The chat
        chat: String,
        /// Between an answer and the next question
        interval_ms: u64,
    },
    /// Uploads a file
    Upload {
        /// The file
        file: PathBuf,
    },
}

/// Does it.
///
/// # Errors
/// When a service can't be reached or says no.
pub fn main(what: Native) -> Result<(), Failed> {
    let threads = !matches!(what, Native::Upload { .. });
    let mut runtime = if threads {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    runtime.enable_all().build()?.block_on(async {
        let client = Client::from_environment()?;
        match what {
            Native::Poll {
                sessions,
                interval_ms,
                parallel,
            } => {
                let interval = Duration::from_millis(interval_ms);
                poll::all(&client, &sessions, interval, parallel).await
            }
            Native::Deliver {
                session_id,
                chat,
                interval_ms,
            } => {
                let interval = Duration::from_millis(interval_ms);
                deliver::job(&client, &session_id, &chat, interval).await
            }
            Native::Upload { file } => deliver::upload(&client, &file).await,
        }
    })
}
