//! A sandbox for one WASI 0.2 component: it is compiled once, and each call runs on a fresh instance, with bounds, with the
//! folders and the hosts that it is granted, without secrets, and on record.
//!
//! Generic: it knows no service and no command. What a component is for, who may be asked what, and where credentials are
//! kept comes in as values; `host`, the harness of this repository, fills them from its contract.
//!
//! | module | is |
//! |---|---|
//! | [`engine`] | how components run: wasmtime's configuration, and the tick that interrupts them |
//! | [`component`] | compiled code, kept between processes |
//! | [`limits`] | every bound on a call, with its reason |
//! | [`audit`] | the record: one line a call, chained by digests |
//! | [`files`], [`folder`] | private files, writing that survives a crash, folders held by their descriptor |
#![deny(unsafe_code)]

pub mod audit;
pub mod component;
pub mod engine;
pub mod error;
#[cfg(feature = "fault-injection")]
pub mod fault_injection;
pub mod files;
pub mod folder;
pub mod limits;
pub mod stopped;
pub mod time;
