//! One chat of a platform whose chats are looked at one by one: what stands in it, and what was tried there.
//!
//! Not here: platforms that tell of all that they showed, by whom it was for ([`crate::Shows`]).

use std::time::Duration;

use crate::service::{Fake, TimedOut, wait_for_count};

/// A platform with chats that bots write to.
pub trait Converses: Fake {
    /// A message of a bot.
    type Message: Send;
    /// A request to send one, whatever came of it.
    type Attempt;

    /// What bots have sent to the chat of this id and nobody deleted, in the order in which it appeared.
    fn standing(&self, chat: &str) -> Vec<Self::Message>;

    /// What was tried there.
    fn tried(&self, chat: &str) -> Vec<Self::Attempt>;
}

/// A chat of such a platform.
#[derive(Clone, Debug)]
pub struct Conversation<F> {
    fake: F,
    id: String,
}

impl<F: Converses> Conversation<F> {
    /// The one of this id, whether the platform knows it or not.
    pub(crate) fn of(fake: &F, id: &str) -> Self {
        Self {
            fake: fake.clone(),
            id: id.to_owned(),
        }
    }

    /// What bots have sent and nobody deleted.
    pub fn messages(&self) -> Vec<F::Message> {
        self.fake.standing(&self.id)
    }

    /// What was tried.
    pub fn attempts(&self) -> Vec<F::Attempt> {
        self.fake.tried(&self.id)
    }

    /// Waits until at least `count` messages stand in it, and gives them all.
    ///
    /// # Errors
    /// When there are fewer after `timeout`.
    pub async fn wait_for_messages(
        &self,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<F::Message>, TimedOut> {
        let look = || (self.messages(), self.attempts().len());
        wait_for_count(&self.fake, &self.id, count, timeout, look).await
    }
}
