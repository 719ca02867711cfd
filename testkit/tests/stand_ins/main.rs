//! The stand-ins, asked as a client would ask them.

mod client;
mod faults;
mod feishu;
mod libtv;
mod media;
mod world;
