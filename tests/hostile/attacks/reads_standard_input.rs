//! Waits for what somebody types.

use wasip2::io::streams::StreamError;

use crate::{Attempt, got};

pub fn attack() -> Attempt {
    match wasip2::cli::stdin::get_stdin().blocking_read(4096) {
        Ok(bytes) => Ok(got(format!("{} bytes", bytes.len()))),
        Err(StreamError::Closed) => Err("closed".to_owned()),
        Err(StreamError::LastOperationFailed(error)) => Err(error.to_debug_string()),
    }
}
