//! Pippit (小云雀), in China and abroad: a session service. Words go to a thread, a run of it works on them, asks back and
//! shows results. There is no list, no balance and no cancelling: a submit whose answer was lost stays unknown.
//! docs/apis/pippit.md is the source of every route and code.

mod calls;
mod errors;
mod run;
mod words;

use serde_json::{Map, Value};

use super::results::Store;
use super::{
    Answer, Baseline, Error, Job, KeyStatus, Meaning, Member, Order, Pictures, Port, References,
    Shape, Submitted, Traits, Upstream, View,
};
use crate::io::{HttpError, Io, Request, Response};
use crate::json::object;

/// In China.
pub static PIPPIT: Member = Member {
    entry: &contract::services::PIPPIT,
    record_name: "pippit",
    in_version_1: false,
    title: "Pippit",
    keys: "keys of Pippit (小云雀)",
    a_key: "a key of Pippit (小云雀)",
    warning: None,
    traits: Traits {
        stores: &[&STORE],
        ..TRAITS
    },
    port: &Threads,
};

/// Abroad.
pub static PIPPIT_INTL: Member = Member {
    entry: &contract::services::PIPPIT_INTL,
    record_name: "pippit_intl",
    title: "Pippit (international)",
    keys: "keys of Pippit abroad",
    a_key: "a key of Pippit abroad",
    traits: Traits {
        stores: &[&STORE_INTL],
        ..TRAITS
    },
    ..PIPPIT
};

/// What both can do.
const TRAITS: Traits = Traits {
    shape: Shape::Session,
    continues: true,
    ends_each: true,
    asks: true,
    lists: false,
    cancels: false,
    pictures: Pictures::AsResults,
    ratio_in_words: false,
    // "Under 200 MB".
    references: References::Uploaded(200 * 1024 * 1024 - 1),
    // Links are signed; how long they live isn't documented, and each look brings new ones.
    links_live_ms: None,
    stores: &[],
    projects_at: None,
};

/// Where results made in China are.
static STORE: Store = Store {
    entry: &contract::services::PIPPIT_MEDIA,
    uploads: None,
    referer: None,
    first_frame: None,
};

/// Where those made abroad are.
static STORE_INTL: Store = Store {
    entry: &contract::services::PIPPIT_INTL_MEDIA,
    ..STORE
};

/// The port of both.
struct Threads;

impl Port for Threads {
    fn submit(&self, io: &Io, upstream: &Upstream<'_>, order: &Order<'_>) -> Answer<Submitted> {
        let title = upstream.service().member().title;
        let Some(body) = body(order) else {
            let message = format!("{title} takes no request without words.");
            return Err(Error::refused(message));
        };
        let data = calls::post(io, upstream, calls::SUBMIT, &body)?;
        run::submitted(&data)
            .ok_or_else(|| Error::incomplete("Failed: no thread_id and run_id returned".to_owned()))
    }

    fn observe(&self, io: &Io, upstream: &Upstream<'_>, job: &Job<'_>) -> Answer<View> {
        // By its run: a thread has others, and may be one that was there before.
        let Some(latest) = job.turns.last() else {
            // Before a submit that goes on there is nothing to note: what answers it is told by its own run.
            return Ok(nothing());
        };
        let asked = |run_id| {
            let body = thread(job.session_id, run_id, job.after);
            calls::post(io, upstream, calls::THREAD, &body).map(run::runs)
        };
        let mut runs = asked(latest.project)?;
        // Whether an answer has the thread's other runs isn't documented. One that is missing and goes on is asked for by itself;
        // what stands in the way of that is none of the others' trouble.
        let open = job.turns.iter().rev().filter(|turn| !turn.is_over);
        for turn in open.take(MAX_ASKED) {
            if run::of_id(&runs, turn.project).is_none() {
                runs.extend(asked(turn.project).unwrap_or_default());
            }
        }
        Ok(run::view(&runs, job))
    }

    fn check(&self, io: &Io, upstream: &Upstream<'_>) -> Answer<KeyStatus> {
        // There is no call for it. A thread that can't be there is refused with a good key, too, but in other words.
        let body = thread(NO_THREAD, NO_THREAD, None);
        match calls::post(io, upstream, calls::THREAD, &body) {
            Err(error) if !(error.from_service && error.meaning == Meaning::Refused) => Err(error),
            Ok(_) | Err(_) => Ok(KeyStatus::Good {
                uses: None,
                expires_at: None,
            }),
        }
    }

    fn upload(&self, upstream: &Upstream<'_>, content_type: &str) -> Option<Request> {
        let content_type = content_type.to_owned();
        Some(calls::request(
            upstream,
            calls::UPLOAD,
            content_type,
            Vec::new(),
        ))
    }

    fn uploaded(
        &self,
        _io: &Io,
        answer: Result<Response, HttpError>,
    ) -> Result<Option<String>, Error> {
        // The address says which of the two it was; the sentence needn't.
        let data = calls::read(TITLE, answer)?;
        Ok(words::reference(&data))
    }
}

/// The newest turns that are looked for: whoever asks for more at once in one thread waits for the oldest until others have ended.
const MAX_ASKED: usize = 8;
/// What it is called where no account is at hand.
const TITLE: &str = "Pippit";
/// An id that no thread has.
const NO_THREAD: &str = "marketing_00000000-0000-4000-8000-000000000000";

/// Nothing to see.
fn nothing() -> View {
    View {
        shown: Value::Array(Vec::new()),
        turns: Vec::new(),
        results: Vec::new(),
        end: Baseline::default(),
    }
}

/// Asks for a thread. Which entries have a number isn't documented, so that all are asked for unless somebody wants less.
fn thread(thread_id: &str, run_id: &str, after: Option<u64>) -> Value {
    // The service counts the number itself among what it gives, and whoever asks means what is behind it.
    let from = after.map_or(0, |after| after.saturating_add(1));
    object! {"thread_id": thread_id, "run_id": run_id, "after_seq": from}
}

/// The body of a submit; none without words.
fn body(order: &Order<'_>) -> Option<Value> {
    let (message, assets) = words::split(order.words?);
    let mut body = Map::new();
    body.insert("message".to_owned(), message.into());
    if let Some(thread_id) = order.session_id {
        body.insert("thread_id".to_owned(), thread_id.into());
    }
    if !assets.is_empty() {
        body.insert("asset_ids".to_owned(), assets.into());
    }
    // Only where one is given: what the words leave open is left to the service.
    if let Some(ratio) = order
        .ratio
        .and_then(|ratio| words::ratio(&ratio.to_string()))
    {
        let settings = object! { "ratio": ratio };
        body.insert("general_agent_settings".to_owned(), settings);
    }
    Some(Value::Object(body))
}
