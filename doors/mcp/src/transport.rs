//! The protocol's transport for lines of JSON, which also answers the messages that are too long for it: it drops them, and
//! their sender would wait for ever.

use std::io;
use std::pin::Pin;

use rmcp::RoleServer;
use rmcp::model::{ErrorData, RequestId};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::Receiver;

use crate::incoming::Incoming;
use crate::limits::MESSAGE_BYTES;

type Sending = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

pub(crate) struct Answering<R: AsyncRead + Unpin, W: AsyncWrite> {
    inner: AsyncRwTransport<RoleServer, Incoming<R>, W>,
    dropped: Receiver<Option<RequestId>>,
    /// Kept over the end of a `receive`, which is given up whenever there is something else to do.
    sending: Option<Sending>,
}

impl<R, W> Answering<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    /// `dropped` brings the ids that `incoming` notes.
    pub(crate) fn new(
        incoming: Incoming<R>,
        writer: W,
        dropped: Receiver<Option<RequestId>>,
    ) -> Self {
        let inner =
            AsyncRwTransport::new_server(incoming, writer).with_max_line_length(MESSAGE_BYTES);
        Self {
            inner,
            dropped,
            sending: None,
        }
    }
}

fn refusal(id: Option<RequestId>) -> TxJsonRpcMessage<RoleServer> {
    let text = format!(
        "The message has more than {MESSAGE_BYTES} bytes and was dropped unread. Send a shorter one."
    );
    TxJsonRpcMessage::<RoleServer>::error(ErrorData::invalid_request(text, None), id)
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
        self.inner.send(item)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(sending) = &mut self.sending {
                // A pipe that is broken ends the conversation by its other half.
                let _ = sending.await;
                self.sending = None;
            }
            tokio::select! {
                biased;
                Some(id) = self.dropped.recv() => {
                    self.sending = Some(Box::pin(self.inner.send(refusal(id))));
                }
                message = self.inner.receive() => return message,
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.inner.close().await
    }
}
