//! What may happen to a request on its way, and how long it takes.

use libtv_video_core::io::{HttpError, Response};

use super::rng::Rng;

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing.
    None,
    /// No connection.
    Refused,
    /// It left and never arrived.
    LostBefore,
    /// It took effect, and its answer was lost.
    LostAfter,
    /// A page of the edge; whether it took effect is open.
    Html(bool),
    /// Too fast; it took no effect.
    TooFast,
    /// Something that is no answer; whether it took effect is open.
    Garbage(bool),
    /// It took effect, and half of the answer came.
    Truncated,
}

const FAULTS: [Fault; 9] = [
    Fault::Refused,
    Fault::LostBefore,
    Fault::LostAfter,
    Fault::Html(false),
    Fault::Html(true),
    Fault::TooFast,
    Fault::Garbage(false),
    Fault::Garbage(true),
    Fault::Truncated,
];

impl Fault {
    pub(super) fn draw(rng: &mut Rng, per_mille: u64) -> Self {
        if rng.chance(per_mille) {
            rng.pick(&FAULTS)
        } else {
            Self::None
        }
    }

    /// Whether the service acts on the request.
    pub(super) const fn applies(self) -> bool {
        match self {
            Self::None | Self::LostAfter | Self::Truncated => true,
            Self::Html(applies) | Self::Garbage(applies) => applies,
            Self::Refused | Self::LostBefore | Self::TooFast => false,
        }
    }

    /// What comes back; `answer` is the service's, when it acted.
    pub(super) fn outcome(self, answer: Option<Response>) -> Result<Response, HttpError> {
        match (self, answer) {
            (Self::None, Some(answer)) => Ok(answer),
            (Self::Truncated, Some(mut answer)) => {
                answer.body.truncate(answer.body.len() / 2);
                Ok(answer)
            }
            (Self::Refused, _) => Err(HttpError::NotSent("connection refused".to_owned())),
            (Self::Html(_), _) => Ok(response(502, "<html>502 Bad Gateway</html>")),
            (Self::TooFast, _) => {
                let mut refused = response(429, "{\"error\":\"slow down\"}");
                refused
                    .headers
                    .push(("retry-after".to_owned(), "7".to_owned()));
                Ok(refused)
            }
            (Self::Garbage(_), _) => Ok(response(200, "\u{fffd}{[garbage")),
            (Self::LostBefore | Self::LostAfter | Self::None | Self::Truncated, _) => {
                Err(HttpError::Lost("connection reset".to_owned()))
            }
        }
    }

    /// How long it takes: there, and back.
    pub(super) fn times_ms(self, rng: &mut Rng) -> (u64, u64) {
        let there = rng.between(20, 300);
        match self {
            // A time-out is noticed only after a while.
            Self::LostBefore | Self::LostAfter if rng.chance(500) => {
                (there, rng.between(5_000, 60_000))
            }
            _ => (there, rng.between(20, 300)),
        }
    }
}

/// An answer without headers.
pub(super) fn response(status: u16, body: &str) -> Response {
    Response {
        status,
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
        truncated: false,
    }
}
