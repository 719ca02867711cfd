//! A world in which everything can go wrong and nothing is real: disk, network, clock and both
//! services are simulated, and the processes in it are the core's own procedures. Same seed, same run.
//!
//! It is not the place to test the component's wiring (that's `tests/`), nor the services' fine print
//! (that's the stand-ins). What it looks for are crashes, faults and interleavings that lose a result, show
//! one twice or pay for one twice.

mod check;
mod disk;
mod feishu;
mod legacy;
mod libtv;
mod media;
mod network;
mod plant;
mod process;
mod rng;
mod run;
mod scenario;
mod search;
mod world;

pub use check::{Kind, Violation};
pub use disk::Fate;
pub use plant::Plant;
pub use run::{MAX_POLLS_TO_SETTLE, Options, Report, Trouble, run};
pub use scenario::Scenario;
pub use search::{Finding, Tally, exhaustive, random, random_options};
