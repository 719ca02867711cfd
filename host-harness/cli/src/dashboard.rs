//! `--ui`: the page of `host-harness/dashboard`, beside the timer.

use std::net::SocketAddr;

use ::dashboard::Page;
use host::Harness;

use super::print;

/// Starts the page where one is wanted, and tells its address to whoever sees standard error: the token in it is the key
/// to the page.
///
/// # Errors
/// The sentence for behind the ❌.
pub(crate) async fn start(
    harness: &Harness,
    address: Option<SocketAddr>,
) -> Result<Option<Page>, String> {
    let Some(address) = address else {
        return Ok(None);
    };
    let page = Page::start(harness.clone(), address)
        .await
        .map_err(|error| format!("The page can't be shown at {address}: {error}"))?;
    // To standard error: standard output may be a log that others read.
    print::hint(&format!("The page: {}", page.url()));
    Ok(Some(page))
}
