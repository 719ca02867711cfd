//! Makes a request of forty thousand headers, in the host's memory.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let mut ask = Ask::gateway("/api/v1/key/status");
    for n in 0..40_000 {
        ask = ask.header(&format!("x-{n}"), "1");
    }
    Ok(got(format!("status {}", ask.send()?.status())))
}
