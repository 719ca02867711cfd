//! What must never be reached: tables that a reader can skim, and that every row of them is refused for its reason.

/// Where the gateway is.
pub(super) const GATEWAY: &str = "https://seedance.nexu.io";

mod addresses;
mod reached;
mod urls;
