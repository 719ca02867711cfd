//! What must never be reached: tables that a reader can skim, and that every row of them is refused for its reason.

mod addresses;
mod reached;
mod urls;
