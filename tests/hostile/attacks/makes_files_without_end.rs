//! Makes one empty file after the other: they take no bytes, and a disk all the same.

use crate::Attempt;

pub fn attack() -> Attempt {
    for number in 0_u64.. {
        std::fs::File::create(format!("/state/{number}")).map_err(|error| error.to_string())?;
    }
    Err("there are no more numbers".to_owned())
}
