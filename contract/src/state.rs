//! The state folder, as far as others than the component have to know it: whoever serves it from elsewhere than a folder. What
//! stands in it is the component's own.

/// The folders that the component makes with whatever it stores first, and finds from then on.
pub const FOLDERS: [&str; 5] = ["active", "finished", "pace", "sessions", SUBMITS];
/// Where the user's own pictures are, for services that take them in the request: `<digest>-<bytes>-<when>`. Made with the first.
pub const PICTURES: &str = "pictures";
/// What stands in the words for such a picture, in front of its digest.
pub const PICTURE_MARK: &str = "libtv-file:";
/// Where the intents of submits are. Calls wait for each other there.
pub const SUBMITS: &str = "submits";
