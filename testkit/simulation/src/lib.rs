//! A world in which everything can go wrong and nothing is real: disk, network, clock, the services that make media and the
//! chats that show them are simulated, and the processes in it are the core's own procedures. Same seed, same run.
//!
//! It is not the place to test the component's wiring (that's `tests/`), nor the services' fine print
//! (that's the fakes). What it looks for are crashes, faults and interleavings that lose a result, show
//! one twice or pay for one twice.

mod actors;
mod cast;
mod chats;
mod check;
mod disk;
mod exchange;
mod exhaustive;
mod legacy;
mod media;
mod network;
mod plant;
mod process;
mod replay;
mod report;
mod rng;
mod run;
mod scenario;
mod search;
mod services;
mod stage;
mod storm;
mod task;
mod trouble;
mod weather;
mod world;

pub use cast::{Cast, Channel, Service};
pub use check::{Kind, Violation};
pub use disk::Fate;
pub use exhaustive::{Crashes, Extent, crashes, failing, repeated};
pub use network::{Fault, Wait};
pub use plant::Plant;
pub use replay::{command, parse, told};
pub use report::{EffectKind, MAX_POLLS_TO_SETTLE, Options, Performed, Report};
pub use run::run;
pub use scenario::Scenario;
pub use search::{Finding, Tally, planted, random, random_options};
pub use stage::{Only, Stage};
pub use trouble::{Mishap, Point, StorageFault, Trouble};
pub use weather::Possible;
