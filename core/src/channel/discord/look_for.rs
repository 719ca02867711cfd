//! What became of a message whose response was lost, by the list of messages. A nonce isn't in it: a film is known again by its
//! file's name, a text by its words. The list is complete for who may read it; for who may not it is **empty**, and no error:
//! it proves nothing until a message is seen in it.

use serde_json::Value;

use super::written::{shown, tag};
use super::{Bot, JSON};
use crate::channel::Sending;
use crate::channel::answer::{Answer, Found};
use crate::channel::calls::Calls;
use crate::io::{Method, UnixMs};

/// How many messages are asked for at once, and how often: four hundred in the few minutes since an attempt are more than a chat
/// with a bot in it has. Beyond them nothing is claimed.
const PAGE: usize = 50;
const MAX_PAGES: usize = 8;
/// A message has some kilobytes, with embeds.
const MAX_PAGE_BYTES: u64 = 1024 * 1024;
/// The first attempt may look so much younger to Discord's clock than to this one's.
const CLOCKS_DIFFER_MS: u64 = 10 * 60 * 1000;
/// The milliseconds in an id count from the beginning of 2015.
const EPOCH_MS: u64 = 1_420_070_400_000;

/// Looks for a message since its first attempt.
pub(super) fn look_for(bot: &mut Bot<'_>, calls: &Calls<'_>, sending: &Sending<'_>) -> Found {
    let channel = match bot.channel_of(calls, &sending.route.chat) {
        Ok(channel) => channel,
        Err(answer) => return unknown(answer),
    };
    let first_ms = sending.first_sent_at_ms.unwrap_or_default();
    let mut since_ms = first_ms.saturating_sub(CLOCKS_DIFFER_MS);
    let age_ms = calls.io().now_ms().saturating_sub(first_ms);
    let words = sending.message.words().map(shown);
    let mut before = String::new();
    for _ in 0..MAX_PAGES {
        let path = format!("channels/{channel}/messages?limit={PAGE}{before}");
        let mut request = bot.request(Method::Get, &path, Vec::new(), JSON);
        request.max_response_bytes = MAX_PAGE_BYTES;
        let listed = match bot.ask(calls, request) {
            Ok(listed) => listed,
            Err(answer) => return unknown(answer),
        };
        let Some(messages) = listed.as_array() else {
            return Found::Unknown("Discord's list of messages is none".to_owned());
        };
        if let Some(found) = messages
            .iter()
            .find(|one| is_it(one, sending.key, words.as_deref()))
        {
            let id = found.get("id").and_then(Value::as_str);
            return Found::Sent(id.map(str::to_owned));
        }
        let Some(oldest) = messages.last() else {
            // Behind a full page the conversation has just ended; a first page that is empty may be one of a chat that
            // the bot may not read.
            return if before.is_empty() {
                let reason = "the bot may not read the chat (Read Message History)";
                Found::Unknown(reason.to_owned())
            } else {
                Found::NotSent
            };
        };
        if before.is_empty()
            && let Some((_, newest_ms)) = messages.first().and_then(id_and_time)
        {
            // By Discord's clock alone: this machine's may be hours ahead of it, and the first attempt with it.
            let by_theirs_ms = newest_ms.saturating_sub(age_ms.saturating_add(CLOCKS_DIFFER_MS));
            since_ms = since_ms.min(by_theirs_ms);
        }
        let Some((id, at_ms)) = id_and_time(oldest) else {
            return Found::Unknown("a message in Discord's list has no id".to_owned());
        };
        if at_ms < since_ms || messages.len() < PAGE {
            return Found::NotSent;
        }
        before = format!("&before={id}");
    }
    Found::Unknown("the chat has too many messages since".to_owned())
}

fn unknown(answer: Answer) -> Found {
    match answer {
        Answer::NotDispatched(reason) | Answer::Refused(_, reason) | Answer::Unknown(reason) => {
            Found::Unknown(reason)
        }
        Answer::Committed(_) => Found::Unknown(String::new()),
    }
}

/// Whether a message of the list is the one with this key: written by a bot, with a file of that name; of a text, with the same
/// words. Of two texts with the same words in one chat one may be lost: people have read them then.
fn is_it(message: &Value, key: &str, words: Option<&str>) -> bool {
    if message.pointer("/author/bot") != Some(&Value::Bool(true)) {
        return false;
    }
    if let Some(words) = words {
        let content = message.get("content").and_then(Value::as_str);
        // Discord takes blanks off both ends.
        return content.is_some_and(|content| content.trim() == words.trim());
    }
    let files = message.get("attachments").and_then(Value::as_array);
    let mut names = files
        .into_iter()
        .flatten()
        .filter_map(|file| file.get("filename")?.as_str());
    names.any(|name| name.contains(tag(key)))
}

/// The id of a message, and when it was made.
fn id_and_time(message: &Value) -> Option<(&str, UnixMs)> {
    let id = message.get("id")?.as_str()?;
    let number: u64 = id.parse().ok()?;
    Some((id, (number >> 22) + EPOCH_MS))
}
