//! The skill without IO.
//!
//! It is told what happened and says what to do next: a procedure (`commands`, `poll`) runs as a
//! [`io::Task`], hands out one [`io::Effect`] at a time and goes on with its [`io::Outcome`] and
//! the time. No clock, no randomness, no files, no environment: the component's driver and the
//! simulated world drive the very same code.

// The tests here and those in tests/ share a state folder in memory.
#[cfg(test)]
extern crate self as libtv_video_core;

#[cfg(test)]
#[allow(
    dead_code,
    reason = "its other users are the tests of the state folder"
)]
#[path = "../tests/store/folder.rs"]
mod folder;

pub mod backoff;
pub mod channel;
pub mod cli;
pub mod commands;
pub mod config;
pub mod deliver;
pub mod io;
pub mod json;
pub mod media;
pub mod multipart;
pub mod poll;
pub mod problem;
pub mod ratio;
pub mod secret;
pub mod session;
pub mod skill;
pub mod store;
pub mod submit;
pub mod time;
pub mod types;
pub mod upstream;
