//! Opens the file with the key through spellings that a check might miss.

use crate::{Attempt, got, wasi};

pub fn attack() -> Attempt {
    let mut refused = String::new();
    for path in [
        "../libtv.json/",
        "./../libtv.json",
        "active/../../libtv.json",
        "..//libtv.json",
        "active/.././../libtv.json",
    ] {
        match wasi::read(path).and_then(|file| wasi::content(&file)) {
            Ok(text) => return Ok(got(text)),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}
