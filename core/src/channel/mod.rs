//! The channels: where results are shown. One folder for each member of the port.

pub mod feishu;
