//! What the tests in `it/` (one binary for all of them) share with the program they run: the search for secrets.

pub mod canary;
pub mod memory;
