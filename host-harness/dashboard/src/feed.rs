//! The timer's events for pages that are open: server-sent events (WHATWG HTML, section 9.2). Nothing is kept for a page
//! that isn't: what happened stands in the status, the logs and the record.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use host::Event;
use http_body::{Body, Frame};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender, channel};
use tokio::time::timeout;

/// Events a slow page may be behind; then it is told to look anew.
// More would be kept for a page that nobody reads.
const BACKLOG: usize = 256;
/// A line now and then, so that a browser which has gone is noticed.
const PULSE: Duration = Duration::from_secs(15);

/// All open pages.
pub(crate) struct Feed(Sender<Bytes>);

impl Default for Feed {
    fn default() -> Self {
        Self(channel(BACKLOG).0)
    }
}

impl Feed {
    pub(crate) fn note(&self, event: &Event) {
        // Nobody looks: fine.
        let _ = self
            .0
            .send(Bytes::from(format!("data: {}\n\n", event.to_json())));
    }

    /// What one page gets from now on.
    pub(crate) fn subscribe(&self) -> Subscription {
        Subscription(Box::pin(next(self.0.subscribe(), true)))
    }
}

type Next = Pin<Box<dyn Future<Output = (Option<Bytes>, Receiver<Bytes>)> + Send>>;

/// The body of one page's feed.
pub(crate) struct Subscription(Next);

async fn next(mut events: Receiver<Bytes>, first: bool) -> (Option<Bytes>, Receiver<Bytes>) {
    if first {
        // The head of the response leaves with the first piece.
        return (Some(Bytes::from_static(b": open\n\n")), events);
    }
    let piece = match timeout(PULSE, events.recv()).await {
        Ok(Ok(event)) => Some(event),
        // It isn't told what it missed: the status says it all, and the page asks for that.
        Ok(Err(RecvError::Lagged(_))) => {
            Some(Bytes::from_static(b"data: {\"event\":\"missed\"}\n\n"))
        }
        Ok(Err(RecvError::Closed)) => None,
        Err(_) => Some(Bytes::from_static(b": still here\n\n")),
    };
    (piece, events)
}

impl Body for Subscription {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let (piece, events) = std::task::ready!(self.0.as_mut().poll(context));
        self.0 = Box::pin(next(events, false));
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }
}
