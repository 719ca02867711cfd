//! The protocol's transport for lines of JSON. The crate's own drops what is too long or can't be read, and its sender would
//! wait for ever: this one answers it. Writing is the crate's.

use std::io;
use std::pin::Pin;

use rmcp::RoleServer;
use rmcp::model::{ErrorData, RequestId};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use tokio::io::{AsyncRead, AsyncWrite, Empty};
use tokio_util::sync::CancellationToken;

use crate::Log;
use crate::envelope::Answer;
use crate::incoming::{Incoming, Line};
use crate::limits::MESSAGE_BYTES;
use crate::message::{self, Read};

/// An answer on its way to the client.
type Sending = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// Reads lines with answers to all of them, and writes as the crate does.
pub(crate) struct Answering<R, W: AsyncWrite> {
    incoming: Incoming<R>,
    outgoing: AsyncRwTransport<RoleServer, Empty, W>,
    ended: CancellationToken,
    log: Log,
    /// Kept over the end of a `receive`, which is given up whenever there is something else to do.
    sending: Option<Sending>,
}

impl<R, W> Answering<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    /// `ended` is cancelled when the client closes its half.
    pub(crate) fn new(reader: R, writer: W, ended: CancellationToken, log: Log) -> Self {
        Self {
            incoming: Incoming::new(reader),
            outgoing: AsyncRwTransport::new_server(tokio::io::empty(), writer),
            ended,
            log,
            sending: None,
        }
    }

    /// What a line is; one that is too long is noted in the log.
    fn read(&self, line: Line) -> Read {
        let answer = match line {
            Line::Whole(line) => return message::read(&line),
            Line::TooLong(answer) => answer,
        };
        (self.log)(&format!(
            "a message of more than {MESSAGE_BYTES} bytes was dropped"
        ));
        let text = format!(
            "The message has more than {MESSAGE_BYTES} bytes and was dropped unread. Send a shorter one."
        );
        match answer {
            Answer::Error(id) => Read::Refused(id, ErrorData::invalid_request(text, None)),
            Answer::Nothing => Read::Nothing,
        }
    }

    /// A pipe that is broken ends the conversation by its other half.
    fn refuse(&mut self, id: Option<RequestId>, error: ErrorData) {
        let response = TxJsonRpcMessage::<RoleServer>::error(error, id);
        self.sending = Some(Box::pin(self.outgoing.send(response)));
    }
}

impl<R, W> Transport<RoleServer> for Answering<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        self.outgoing.send(item)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(sending) = &mut self.sending {
                let _ = sending.await;
                self.sending = None;
            }
            // A pipe that can't be read brings nothing more.
            let Ok(Some(line)) = self.incoming.next().await else {
                // The server is told by this: calls that only wait end with it.
                self.ended.cancel();
                return None;
            };
            match self.read(line) {
                Read::Message(message) => return Some(*message),
                Read::Refused(id, error) => self.refuse(id, error),
                Read::Nothing => {}
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.outgoing.close().await
    }
}
