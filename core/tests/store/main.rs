//! The files of the state folder, as they were ever written: each kept as it is, with what it means.

mod folder;
mod legacy;
mod prune;
mod records;
mod recover;
