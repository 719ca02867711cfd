//! The fakes, asked as a client would ask them.

#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml spares test functions, but not their helpers"
)]

mod client;
mod discord;
mod faults;
mod feishu;
mod libtv;
mod media;
mod world;
