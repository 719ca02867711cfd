//! Many harnesses, many tenants, on PostgreSQL: the component's state folder is records in a database, and whoever has time
//! takes the next session that is due. Any number of processes run side by side; one that dies is missed for as long as a
//! lease takes to end. Not here: how a call runs (`host`, `sandbox`), and anything that one machine needs.
//!
//! ```text
//! due ── claim (a random token, until a time) ── poll on the records ── each sync: one transaction, fenced by the token
//!                                                     │                    └ refused: the call ends, and sends nothing more
//!                                                     └ before each request that isn't a read: time left, or renewed
//! ── end: what is left to store, the next time, the token goes, in one transaction
//! ```
//!
//! | module | is |
//! |---|---|
//! | [`schema`] | the tables, and their migrations |
//! | [`database`] | connections |
//! | [`claim`], [`lease`] | whose a session is, and what its holder may store and send |
//! | `call` | what a call works on |
//! | [`paths`] | what a path of the component is in the tables, and whose |
//! | [`recipients`], [`spending`] | whom messages may go to, and how many jobs there may be |
//! | [`tenants`], [`secrets`], [`harnesses`] | who has jobs, where their secrets are, and what their calls are made of |
//! | [`worker`], [`step`], [`sweep`], [`submit`] | what runs |
//! | [`upload`], [`pictures`] | the user's own pictures, for requests that take them along |
//! | [`metrics`], [`health`] | what is told to whoever runs it |
//! | [`moving`] | a home's jobs become a tenant's, and the other way round |
//! | `uncertain` | which messages nobody knows the outcome of |
//! | `demo`, `private` | the demonstration, and a PostgreSQL of its own |
//! | [`command`] | `libtv-video fleet …` |
#![deny(unsafe_code)]

mod call;
pub mod claim;
pub mod clock;
pub mod command;
pub mod database;
#[cfg(feature = "demo")]
mod demo;
pub mod harnesses;
pub mod health;
pub mod lease;
pub mod metrics;
pub mod moving;
pub mod paths;
pub mod pictures;
#[cfg(feature = "demo")]
pub mod private;
pub mod recipients;
pub mod schema;
pub mod secrets;
mod share;
pub mod spending;
pub mod step;
pub mod submit;
pub mod sweep;
pub mod tenants;
mod uncertain;
pub mod upload;
pub mod worker;
