//! Progress notifications, for calls that asked for them.

use std::pin::pin;

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::RequestContext;
use rmcp::{Peer, RoleServer};

use crate::limits::HEARTBEAT;

/// Where a call's progress goes.
pub(crate) struct Progress {
    token: Option<ProgressToken>,
    peer: Peer<RoleServer>,
    told: u32,
}

impl Progress {
    /// Of a call, by what the client asked for with it.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Self {
        Self {
            token: context.meta.get_progress_token(),
            peer: context.peer.clone(),
            told: 0,
        }
    }

    /// Tells the client, if it asked. How much is left nobody knows: the number only grows.
    pub(crate) async fn tell(&mut self, message: &str) {
        let Some(token) = &self.token else { return };
        self.told += 1;
        let progress =
            ProgressNotificationParam::new(token.clone(), self.told.into()).with_message(message);
        // A client that is gone notices nothing; its call ends elsewhere.
        let _ = self.peer.notify_progress(progress).await;
    }

    /// Does the work, and says now and then that it goes on.
    pub(crate) async fn during<T>(&mut self, message: &str, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            let beat = async {
                tokio::time::sleep(HEARTBEAT).await;
                self.tell(message).await;
            };
            tokio::select! {
                // The work first: a call that is done must not send a notification behind its answer.
                biased;
                done = &mut work => return done,
                () = beat => {}
            }
        }
    }
}
