//! The channels that a step writes to, each opened once: what it learned, such as a token, serves all its messages.

use crate::channel::{Channel, Member};
use crate::config::Settings;

/// The channels of one step.
pub(super) struct OpenedChannels<'a> {
    settings: &'a Settings,
    opened: Vec<Opened<'a>>,
}

/// One of them.
struct Opened<'a> {
    member: &'static Member,
    account: Option<String>,
    channel: Box<dyn Channel + 'a>,
}

impl<'a> OpenedChannels<'a> {
    /// None so far.
    pub(super) const fn new(settings: &'a Settings) -> Self {
        Self {
            settings,
            opened: Vec::new(),
        }
    }

    /// The channel of a route.
    ///
    /// # Errors
    /// There are no credentials for it; why, for whoever runs the machine.
    pub(super) fn get(
        &mut self,
        member: &'static Member,
        account: Option<&str>,
    ) -> Result<&mut (dyn Channel + 'a), String> {
        let known = self.opened.iter().position(|opened| {
            // Two accounts of one channel have tokens of their own.
            opened.member.id == member.id && opened.account.as_deref() == account
        });
        let at = match known {
            Some(at) => at,
            None => {
                let app = self.settings.accounts.of(member, account)?;
                self.opened.push(Opened {
                    member,
                    account: account.map(str::to_owned),
                    channel: (member.open)(app),
                });
                self.opened.len() - 1
            }
        };
        Ok(self.opened[at].channel.as_mut())
    }
}
