//! Opens the file with the key by the path that is shown to users.

use crate::{Attempt, got, wasi};

pub fn attack() -> Attempt {
    let path = std::env::var("LIBTV_CONFIG_PATH").map_err(|error| error.to_string())?;
    Ok(got(wasi::content(&wasi::read(&path)?)?))
}
