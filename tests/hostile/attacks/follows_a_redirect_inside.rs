//! Asks the media store, which answers with a redirect into the private network, and follows it.

use wasip2::http::types::Scheme;

use crate::wasi::Ask;
use crate::{Attempt, got};

pub fn attack() -> Attempt {
    let answer = Ask::at("libtv-res.liblib.art", "/claw/moved.png").send()?;
    if answer.status() != 302 {
        return Ok(got(format!("status {}: it was followed for it", answer.status())));
    }
    let location = answer.headers().get("location").concat();
    let location = String::from_utf8_lossy(&location).into_owned();
    let rest = location.strip_prefix("http://").ok_or("no address")?;
    let (authority, path) = rest.split_once('/').ok_or("no path")?;
    let inside = Ask::at(authority, &format!("/{path}"))
        .scheme(Scheme::Http)
        .send()?;
    Ok(got(format!("status {} from inside", inside.status())))
}
