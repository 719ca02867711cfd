//! Asks a server whose header never ends.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::gateway("/api/v1/tasks/header").send()?;
    Ok(got(format!("{} headers", answer.headers().entries().len())))
}
