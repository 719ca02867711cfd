//! Sends one request after the other.

use crate::Attempt;
use crate::wasi::Ask;

pub fn attack() -> Attempt {
    loop {
        // A refusal is no reason to stop.
        let _ = Ask::at("evil.example", "/").send();
    }
}
