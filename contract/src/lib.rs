//! What the component, the harness, the documents and other runtimes must agree on: plain tables, each fact once.
//!
//! No IO. `core` and the harness both read it, and it builds wherever either does. The one thing that runs here is the
//! reading of a command line by its table, with lexopt: two readers of one table would be two grammars.
//! Not here: what anybody does with a fact.

pub mod channels;
pub mod commands;
pub mod ids;
pub mod imports;
pub mod kind;
pub mod names;
pub mod services;
pub mod settings;
pub mod state;
pub mod text;
pub mod transport;
