//! The program `libtv-video`, and under this name the library it is made of, which programs embed:
//!
//! ```toml
//! host-harness = { version = "0.1", default-features = false }
//! ```
//!
//! Everything of the library is [`libtv_harness`]; the crates under `doors/` build on that one, the command line (`cli/`) on
//! them, and the program on the command line.
#![deny(unsafe_code)]

#[cfg(feature = "program")]
pub use libtv_cli::{program, program_with};
pub use libtv_harness::*;
