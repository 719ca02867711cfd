//! Where a channel takes messages for a while only, and so many: who has written to which account, when, and what left for them
//! since. The component asks it before it pays for something that could not be shown. It says nothing about secrets.

use std::time::SystemTime;

use contract::channels::Channel;
use sandbox::http::App;
use serde_json::{Map, Value, json};

use crate::recipients::{Recipient, Recipients};

/// What is known of each of these apps whose channel's plug-in keeps its conversations; none where no plug-in does.
pub(crate) fn of<'a>(
    apps: impl Iterator<Item = (&'a App, &'static Channel)>,
    recipients: &Recipients,
) -> Option<String> {
    let known: Vec<Value> = apps
        .filter_map(|(app, channel)| from(app, channel, recipients))
        .collect();
    (!known.is_empty()).then(|| Value::from(known).to_string())
}

/// From whom one app has heard: when the latest message of anybody came, and of each person how many messages left since theirs.
/// None where the plug-in doesn't say who has written, or the time of that isn't known.
fn from(app: &App, channel: &'static Channel, recipients: &Recipients) -> Option<Value> {
    let contexts = app.contexts.as_ref()?;
    let mut chats = Map::new();
    // By the ids as the plug-in has them, which are those that the component reads.
    for id in contexts.of.keys() {
        let named = Recipient::named_by(channel.id, id);
        let sent = named
            .zip(contexts.mark(id))
            .map_or(0, |(to, mark)| recipients.sent(&to, &mark));
        chats.insert(id.clone(), sent.into());
    }
    let latest = contexts
        .latest?
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()?;
    Some(json!({
        "channel": channel.id,
        "account": app.account,
        "atMs": u64::try_from(latest.as_millis()).ok()?,
        "chats": chats,
    }))
}
