//! The skill without IO.
//!
//! It is told what happened and says what to do next: a procedure (`commands`, `poll`) hands one
//! [`io::Effect`] at a time to its [`io::Driver`] and goes on with the [`io::Outcome`] and the
//! time. No clock, no randomness, no files, no environment: the component's driver and the
//! simulated world drive the very same code.

// The tests here and those in tests/ share a state folder in memory; with the simulation they share what stops at effects.
#[cfg(test)]
extern crate self as libtv_video_core;

#[cfg(test)]
#[allow(
    dead_code,
    reason = "its other users are the tests of the state folder"
)]
#[path = "../tests/store/folder.rs"]
mod folder;
#[cfg(test)]
#[path = "../../testkit/simulation/src/task.rs"]
mod task;

pub mod backoff;
pub mod base64;
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
