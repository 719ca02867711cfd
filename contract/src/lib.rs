//! What the component, the harness, the documents and other runtimes must agree on: plain tables, each fact once.
//!
//! No IO, no allocation, no dependency: `core` and the harness both read it, and it builds wherever either does.
//! Not here: what anybody does with a fact.

pub mod transport;
