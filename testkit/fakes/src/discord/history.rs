//! The list of a channel's messages, which a client reads to learn whether its own is among them.

use super::message::SentMessage;
use super::refusal::Refusal;
use super::snowflake;
use crate::record::Recorded;

/// When `limit` isn't given.
const DEFAULT_LIMIT: usize = 50;
/// The most messages of one answer.
const MAX_LIMIT: usize = 100;

/// Which messages are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Newest,
    Before(u64),
    After(u64),
    Around(u64),
}

/// A question for messages, well formed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query {
    limit: usize,
    place: Place,
}

impl Query {
    /// Reads the query.
    ///
    /// # Errors
    /// 50035: a limit out of range, no snowflake, or more than one place.
    pub(crate) fn read(request: &Recorded) -> Result<Self, Refusal> {
        let limit = match request.query_value("limit") {
            None => DEFAULT_LIMIT,
            Some(text) => {
                let limit = text
                    .parse()
                    .ok()
                    .filter(|limit| (1..=MAX_LIMIT).contains(limit));
                let words = "int value should be between 1 and 100.";
                limit.ok_or_else(|| Refusal::form(&["limit"], "NUMBER_TYPE_MAX", words))?
            }
        };
        let mut places = Vec::new();
        for (name, place) in [
            ("before", Place::Before as fn(u64) -> Place),
            ("after", Place::After),
            ("around", Place::Around),
        ] {
            let Some(text) = request.query_value(name) else {
                continue;
            };
            // Any number is taken here, also 0 for "from the beginning".
            let id = text.parse().map_err(|_| not_a_snowflake(name, &text))?;
            places.push(place(id));
        }
        match places[..] {
            [] => Ok(Self {
                limit,
                place: Place::Newest,
            }),
            [place] => Ok(Self { limit, place }),
            // (?) What the real service does with several isn't documented.
            _ => Err(Refusal::form(
                &["after"],
                "EXCLUSIVE",
                "before, after and around are mutually exclusive",
            )),
        }
    }

    /// The newest first, whatever was asked for.
    pub(crate) fn pick<'a>(
        &self,
        messages: impl Iterator<Item = &'a SentMessage>,
    ) -> Vec<&'a SentMessage> {
        let mut all: Vec<_> = messages
            .filter_map(|message| Some((snowflake::parse(&message.message_id)?, message)))
            .collect();
        all.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
        let older = |than: u64| {
            all.iter()
                .filter(move |(id, _)| *id < than)
                .take(self.limit)
        };
        let strip = |picked: Vec<&(u64, &'a SentMessage)>| {
            picked.into_iter().map(|(_, message)| *message).collect()
        };
        match self.place {
            Place::Newest => strip(older(u64::MAX).collect()),
            Place::Before(than) => strip(older(than).collect()),
            // Those that follow at once, not the newest.
            Place::After(than) => {
                let newer: Vec<_> = all.iter().filter(|(id, _)| *id > than).collect();
                strip(newer[newer.len().saturating_sub(self.limit)..].to_vec())
            }
            Place::Around(id) => {
                let newer = all.iter().filter(|(other, _)| *other >= id).count();
                let start = newer.saturating_sub(self.limit / 2 + 1);
                strip(all.iter().skip(start).take(self.limit).collect())
            }
        }
    }
}

/// 50035 for a place that can't be an id.
fn not_a_snowflake(name: &str, text: &str) -> Refusal {
    Refusal::form(
        &[name],
        "NUMBER_TYPE_COERCE",
        &format!("Value \"{text}\" is not snowflake."),
    )
}
