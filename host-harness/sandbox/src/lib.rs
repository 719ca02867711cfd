//! A sandbox for one WASI 0.2 component: it is compiled once, and each call runs on a fresh instance, with bounds, with the
//! folders and the hosts that it is granted, without secrets, and on record.
//!
//! Generic: it knows no service and no command. What a component is for, who may be asked what, and where credentials are
//! kept comes in as values: of the crate `contract` it knows the types (services, routes, kinds of call) and none of the entries.
//! `host`, the harness of this repository, hands those in.
//!
//! | module | is |
//! |---|---|
//! | [`engine`] | how components run: wasmtime's configuration, and the tick that interrupts them |
//! | [`call`] | one call: a fresh store with its grants and limits |
//! | [`http`] | the only way out: policy, credentials, client, checks of addresses |
//! | [`secrets`] | secrets, what stands for them inside, and the search for them |
//! | [`component`] | compiled code, kept between processes |
//! | [`limits`] | every bound on a call, with its reason |
//! | [`audit`] | the record: one line a call, chained by digests |
//! | [`files`], [`folder`] | private files, writing that survives a crash, folders held by their descriptor |
//! | [`aside`] | work that may wait for a disk |
#![deny(unsafe_code)]

#[cfg(windows)]
mod access_list;
pub mod aside;
pub mod audit;
pub mod call;
pub mod component;
pub mod engine;
pub mod error;
#[cfg(feature = "fault-injection")]
pub mod fault_injection;
pub mod files;
pub mod folder;
pub mod http;
pub mod limits;
pub mod secrets;
pub mod stopped;
pub mod time;
