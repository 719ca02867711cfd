//! An app of a company: its secret is its own, the company's id is shared.

/// An app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// The company's id.
    pub corp_id: String,
    /// The app's secret.
    pub secret: String,
    /// The app's number.
    pub agent_id: u64,
}

impl App {
    /// One that may send messages.
    pub fn new(corp_id: &str, secret: &str, agent_id: u64) -> Self {
        Self {
            corp_id: corp_id.to_owned(),
            secret: secret.to_owned(),
            agent_id,
        }
    }
}
