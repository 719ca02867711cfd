//! Opens the file with the key, one folder above the one that is granted.

use crate::{Attempt, got, wasi};

pub fn attack() -> Attempt {
    Ok(got(wasi::content(&wasi::read("../libtv.json")?)?))
}
