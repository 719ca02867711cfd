//! The kinds of call: what a call is for decides what it may reach.

/// What a call is for. Each route says for which of these it is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Reads the state folder; no network at all.
    Look,
    /// Reads the service and the media store, and delivers to the chat. Never begins anything that costs money.
    Poll,
    /// Begins a request that may cost money: the paid routes, a handful of requests.
    Submit,
    /// Sends one of the user's files to the service.
    Upload,
    /// Fetches results for the user.
    Download,
    /// Stops a job that the user doesn't want any more. What it may do can lose what was paid for, so that no poll may.
    Cancel,
    /// Changes the configuration; no network.
    Settings,
    /// Asks whether keys and permissions are good.
    Check,
    /// Tries every link of the chain, and with a chat sends test messages to it.
    Doctor,
}

impl Kind {
    /// Every kind, for documents and tests.
    pub const ALL: [Self; 9] = [
        Self::Look,
        Self::Poll,
        Self::Submit,
        Self::Upload,
        Self::Download,
        Self::Cancel,
        Self::Settings,
        Self::Check,
        Self::Doctor,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Poll => "poll",
            Self::Submit => "submit",
            Self::Upload => "upload",
            Self::Download => "download",
            Self::Cancel => "cancel",
            Self::Settings => "settings",
            Self::Check => "check",
            Self::Doctor => "doctor",
        }
    }

    /// How many requests such a call sends at most, where that is known to be fewer than the limit for all calls.
    ///
    /// A submit looks at the session that it continues and submits, a cancel looks at its job and stops it; the rest is room
    /// for a second attempt of each.
    #[must_use]
    pub const fn max_requests(self) -> Option<u32> {
        match self {
            Self::Submit | Self::Upload | Self::Cancel => Some(8),
            _ => None,
        }
    }

    /// How many of its requests may cost money. A submit sends one; the second is for an attempt that certainly did not
    /// arrive.
    #[must_use]
    pub const fn max_paid(self) -> u32 {
        match self {
            Self::Submit => 2,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::SERVICES;

    #[test]
    fn a_look_has_no_route_only_a_submit_may_cost_money_and_only_calls_for_a_chat_send_messages() {
        for route in SERVICES.iter().flat_map(|service| service.routes) {
            assert!(!route.kinds.contains(&Kind::Look), "{}", route.path);
            assert!(!route.kinds.contains(&Kind::Settings), "{}", route.path);
            if route.paid {
                assert_eq!(route.kinds, [Kind::Submit], "{}", route.path);
            }
            if route.commits {
                assert_eq!(route.kinds, [Kind::Poll, Kind::Doctor], "{}", route.path);
            }
        }
        for kind in Kind::ALL {
            assert_eq!(kind.max_paid() > 0, kind == Kind::Submit);
        }
    }
}
