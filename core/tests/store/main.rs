//! The files of the state folder, as they were ever written: each kept as it is, with what it means.

#![allow(clippy::unwrap_used, reason = "a test that can't go on says where")]

mod folder;
mod legacy;
mod links;
mod prune;
mod records;
mod recover;
mod samples;
