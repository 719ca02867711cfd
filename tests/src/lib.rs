//! What the tests in `it/` (one binary for all of them) share with the program they run: the search for secrets, and a store in the place of the folder.

pub mod canary;
pub mod memory;
#[cfg(all(unix, feature = "postgres"))]
pub mod on_postgres;
