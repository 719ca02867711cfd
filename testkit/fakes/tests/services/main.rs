//! The fakes, asked as a client would ask them.

#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml spares test functions, but not their helpers"
)]

mod ark;
mod client;
mod discord;
mod faults;
mod feishu;
mod libtv;
mod media;
mod pippit;
mod slack;
mod telegram;
mod world;
