//! Ark (Volcengine) and ModelArk (BytePlus): one task makes one clip of the words, and nothing of it is remembered. Both
//! speak the same; keys, models and stores are each one's own. docs/apis/ark.md is the source of every route and code.

mod calls;
mod errors;
mod lost;
mod request;
mod task;

use super::{
    Answer, Error, Job, KeyStatus, Listing, Lost, Member, Order, Port, References, Shape, Sighting,
    Stopped, Submitted, Traits, Upstream, View,
};
use crate::io::{HttpError, Io, Method, Response};
use crate::upstream::results::Store;

/// Ark.
pub static ARK: Member = Member {
    entry: &contract::services::ARK,
    record_name: "ark",
    in_version_1: false,
    title: "Ark",
    keys: "keys of Ark",
    a_key: "a key of Volcengine Ark",
    warning: None,
    traits: Traits {
        stores: &[&ARK_STORE],
        ..TRAITS
    },
    port: &Service {
        clips: "doubao-seedance-2-5-260628",
    },
};

/// ModelArk.
pub static MODELARK: Member = Member {
    entry: &contract::services::MODELARK,
    record_name: "modelark",
    in_version_1: false,
    title: "ModelArk",
    keys: "keys of ModelArk",
    a_key: "a key of BytePlus ModelArk",
    warning: None,
    traits: Traits {
        stores: &[&MODELARK_STORE],
        ..TRAITS
    },
    port: &Service {
        clips: "dreamina-seedance-2-5-260628",
    },
};

/// What both can do.
const TRAITS: Traits = Traits {
    shape: Shape::Task,
    continues: false,
    asks: false,
    lists: true,
    cancels: true,
    // There is a route for them that nothing here calls: whatever was asked for would become a clip, and be charged.
    pictures: false,
    ratio_in_words: false,
    // "Under 30 MB".
    references: References::InRequest(30 * 1024 * 1024),
    links_live_ms: Some(24 * 60 * 60 * 1000),
    stores: &[],
    projects_at: None,
};

/// Where Ark puts results.
static ARK_STORE: Store = Store {
    entry: &contract::services::ARK_MEDIA,
    uploads: None,
    referer: None,
    // The whole query is signed: the store makes nothing of a file that the link doesn't say.
    first_frame: None,
};

/// Where ModelArk puts them.
static MODELARK_STORE: Store = Store {
    entry: &contract::services::MODELARK_MEDIA,
    ..ARK_STORE
};

/// What one of the two has of its own.
struct Service {
    /// The model that makes clips where none is chosen.
    clips: &'static str,
}

impl Service {
    /// The model in use.
    fn model<'a>(&self, upstream: &Upstream<'a>) -> &'a str {
        upstream.choices().model.as_deref().unwrap_or(self.clips)
    }
}

impl Port for Service {
    fn submit(&self, io: &Io, upstream: &Upstream<'_>, order: &Order<'_>) -> Answer<Submitted> {
        let body = request::clip(self.model(upstream), upstream.choices(), order);
        let made = calls::post(io, upstream, calls::TASKS, &body)?;
        let id = task::id(&made)
            .ok_or_else(|| Error::incomplete("Failed: no task id returned".to_owned()))?;
        Ok(Submitted {
            session_id: id.to_owned(),
            project_uuid: String::new(),
        })
    }

    fn observe(&self, io: &Io, upstream: &Upstream<'_>, job: &Job<'_>) -> Answer<View> {
        let shown = calls::ask(io, upstream, Method::Get, job.session_id)?;
        Ok(task::view(shown, job))
    }

    fn check(&self, io: &Io, upstream: &Upstream<'_>) -> Answer<KeyStatus> {
        // The smallest that can be asked for: it proves the key, and costs nothing.
        calls::list(io, upstream, 1)?;
        Ok(KeyStatus::Good {
            uses: None,
            expires_at: None,
        })
    }

    fn list(&self, io: &Io, upstream: &Upstream<'_>) -> Answer<Listing> {
        let shown = calls::list(io, upstream, calls::SHOWN_TASKS)?.items;
        let jobs = shown.iter().map(task::listed).collect();
        Ok(Listing { shown, jobs })
    }

    fn cancel(&self, io: &Io, upstream: &Upstream<'_>, job: &Job<'_>) -> Answer<Stopped> {
        task::cancel(io, upstream, job.session_id)
    }

    fn traced_by(&self, upstream: &Upstream<'_>, nonce: &str) -> Option<String> {
        Some(lost::trace(nonce, self.model(upstream)))
    }

    fn look_for(&self, io: &Io, upstream: &Upstream<'_>, lost: &Lost<'_>) -> Answer<Sighting> {
        match lost.trace.and_then(lost::Trace::read) {
            Some(trace) => lost::look_for(io, upstream, lost, trace),
            None => Ok(Sighting::default()),
        }
    }

    fn uploaded(
        &self,
        _io: &Io,
        _answer: Result<Response, HttpError>,
    ) -> Result<Option<String>, Error> {
        // Nothing is uploaded: pictures travel in the request.
        Ok(None)
    }
}
