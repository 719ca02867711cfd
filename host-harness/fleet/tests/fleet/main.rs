//! The fleet on a real PostgreSQL, with the real component and the fakes. By name only (`cargo test -p fleet --test
//! fleet`): they need a server and take minutes. Where there is none they say so and pass; `.ci/run fleet` installs one and sets
//! `LIBTV_FLEET_REQUIRED`, with which they fail instead.

#![allow(clippy::unwrap_used, reason = "a test that can't go on says where")]

mod chaos;
mod leases;
mod path;
mod postgres;
mod proxy;
mod rig;
