//! Ark (Volcengine) and ModelArk (BytePlus): one task makes one clip of the words, or one request pictures, and nothing of
//! it is remembered. Both speak the same; keys, models and stores are each one's own. docs/apis/ark.md is the source of every
//! route and code.

mod calls;
mod errors;
mod lost;
mod picture;
mod references;
mod request;
mod task;

use super::{
    Answer, Error, Job, KeyStatus, Listing, Lost, Member, Order, Pictures, Port, References, Shape,
    Sighting, Stopped, Submitted, Traits, Upstream, View,
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
        pictures: "doubao-seedream-5-0-260128",
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
        pictures: "seedream-5-0-260128",
    },
};

/// What both can do.
const TRAITS: Traits = Traits {
    shape: Shape::Task,
    continues: false,
    ends_each: true,
    asks: false,
    lists: true,
    cancels: true,
    pictures: Pictures::InAnswer,
    ratio_in_words: false,
    // "Under 30 MB".
    references: References::InRequest(30 * 1024 * 1024 - 1),
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
    /// The one that makes pictures.
    pictures: &'static str,
}

impl Service {
    /// The model that makes what is asked for: the one that is chosen, where it makes such.
    fn model<'a>(&self, upstream: &Upstream<'a>, order: &Order<'_>) -> &'a str {
        let usual = if order.picture {
            self.pictures
        } else {
            self.clips
        };
        // One choice for both: who chose a model for clips gets pictures by the usual one, and is not refused.
        let chosen = upstream.choices().model.as_deref();
        let fits = |model: &&str| request::makes_pictures(model) == order.picture;
        chosen.filter(fits).unwrap_or(usual)
    }
}

impl Port for Service {
    fn submit(&self, io: &Io, upstream: &Upstream<'_>, order: &Order<'_>) -> Answer<Submitted> {
        let model = self.model(upstream, order);
        if order.picture {
            let body = request::picture(model, order).ok_or_else(|| {
                let title = upstream.service().member().title;
                Error::refused(format!("{title} makes no picture without words."))
            })?;
            let answer = calls::post(io, upstream, calls::PICTURES, &body, order)?;
            return picture::given(upstream, &answer, order.nonce);
        }
        let body = request::clip(model, upstream.choices(), order);
        let made = calls::post(io, upstream, calls::TASKS, &body, order)?;
        let id = task::id(&made)
            .ok_or_else(|| Error::incomplete("Failed: no task id returned".to_owned()))?;
        Ok(Submitted::job(id.to_owned(), String::new()))
    }

    fn fits(&self, upstream: &Upstream<'_>, order: &Order<'_>) -> Answer<()> {
        let title = upstream.service().member().title;
        references::fit(self.model(upstream, order), order)
            .map_err(|reason| Error::refused(format!("{title} {reason}.")))
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

    fn traced_by(&self, upstream: &Upstream<'_>, order: &Order<'_>) -> Option<String> {
        // Pictures are in no list.
        let is_listed = !order.picture;
        is_listed.then(|| lost::trace(order.nonce, self.model(upstream, order)))
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
