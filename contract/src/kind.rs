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
    /// Changes the configuration; no network.
    Settings,
    /// Asks whether keys and permissions are good.
    Check,
}
