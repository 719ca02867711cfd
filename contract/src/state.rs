//! The state folder, as far as others than the component have to know it: whoever serves it from elsewhere than a folder. What
//! stands in it is the component's own.

/// The folders that the component makes with whatever it stores first, and finds from then on.
pub const FOLDERS: [&str; 5] = ["active", "finished", "pace", "sessions", SUBMITS];
/// Where the intents of submits are. Calls wait for each other there.
pub const SUBMITS: &str = "submits";
