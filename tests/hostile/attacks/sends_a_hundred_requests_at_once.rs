//! Sends a hundred requests and waits for none: each has a connection.

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let mut under_way = Vec::new();
    for n in 0..100 {
        let path = format!("/claw/{n}.png");
        under_way.push(Ask::at("libtv-res.liblib.art", &path).start()?);
    }
    Ok(got(format!("{} requests at once", under_way.len())))
}
