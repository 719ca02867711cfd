//! The program `libtv-video`, and under this name the library it is made of, which programs embed:
//!
//! ```toml
//! host-harness = { version = "0.1", default-features = false }
//! ```
//!
//! Everything of the library is [`host`]; the MCP server (`mcp/`) and the dashboard build on that one, the command line (`cli/`) on
//! them, and the program on the command line.
#![deny(unsafe_code)]

#[cfg(all(feature = "program", feature = "unstable"))]
pub use cli::keep_state_in;
#[cfg(feature = "program")]
pub use cli::{program, program_with};
pub use host::*;
