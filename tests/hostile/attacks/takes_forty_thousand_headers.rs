//! Asks a server that answers with forty thousand headers.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/tasks/headers-40000").send()?;
    Ok(got(format!("{} headers", answer.headers().entries().len())))
}
