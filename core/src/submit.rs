//! Submitting: the one call that costs the user money. Its intent is stored before, its outcome
//! after, and it is never repeated by itself.

mod references;
mod repeated;
pub mod request;
mod route;
pub mod stranded;

use contract::ids::is_service_id;

use crate::channel;
use crate::config::{HarnessState, Lack, Settings};
use crate::io::Io;
use crate::problem::Problem;
use crate::ratio::{self, Ratio};
use crate::session::{Asked, Route, Session, folder_name};
use crate::store::{self, Found, submits};
use crate::upstream::{Baseline, Error, Job, Order, ServiceId, Submitted, Upstream};
use repeated::Claim;
use request::{Destination, Medium, Request};
use route::{by_whom, in_time, merge, named, shows};

/// What to do about a submit of unknown outcome.
const FIND_OUT: &str = "Whether the request was taken isn't known; it may have been charged and isn't sent again by itself. Find out with: libtv-video tasks, or libtv-video recover";

/// What a submit answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The session.
    pub session_id: String,
    /// Its project.
    pub project_uuid: String,
    /// The canvas link.
    pub project_url: String,
    /// The channel.
    pub channel: Option<String>,
    /// Whether results arrive by themselves.
    pub deliverable: bool,
    /// A sentence for the user, to acknowledge with.
    pub note: String,
    /// What only whoever runs this machine can do, so that the result arrives by itself.
    pub operator_note: Option<String>,
}

/// Submits.
///
/// # Errors
/// Permanent when it is refused, temporary when nothing was sent, and of unknown outcome when the
/// answer was lost.
pub fn run(io: &Io, settings: &Settings, request: Request) -> Result<Submission, Problem> {
    let text = request
        .text
        .as_deref()
        .map(without_mark)
        .filter(|text| !text.trim().is_empty());
    if text.is_none() && request.session_id.is_none() {
        return Err(Problem::permanent(
            "Guard check failed: create-session requires a message or an existing session-id.",
        ));
    }
    let nowhere = request.destination == Some(Destination::Nowhere);
    // Before anything is asked or stored: a wrong chat costs nothing then.
    let known = match &request.session_id {
        Some(id) => known(io, id)?,
        None => None,
    };
    let named = named(settings, &request, known.as_ref())?;
    let ratio = ratio_of(settings, &request)?;
    let chosen = request
        .ratio
        .as_ref()
        .map(|_| ratio)
        .or(settings.chosen_ratio);
    let (upstream, continued) = match &request.session_id {
        Some(id) => {
            let (upstream, continued) = continued(io, settings, &request, (id, known))?;
            (upstream, Some(continued))
        }
        None => (settings.upstream(request.service.as_deref())?, None),
    };
    if request.kind == Some(Medium::Image) {
        upstream.makes_pictures().map_err(|error| error.problem())?;
    }
    let known = continued.as_ref().and_then(|(_, known, _)| known.as_ref());
    let route = if nowhere {
        Route::default()
    } else {
        merge(named, known)
    };
    // Before the intent, so that nothing is kept of what can't be shown.
    in_time(settings, &route, request.kind, io.now_ms())?;
    by_whom(settings, &route)?;
    shows(io, settings, &route)?;
    let words = match (text, &continued) {
        // A picture's ratio is in its words or left to the service.
        (Some(text), None) if wants_ratio(&upstream, &request) => ratio::with_ratio(text, &ratio),
        (Some(text), _) => text.to_owned(),
        (None, _) => String::new(),
    };
    // Drawn once, and stored with the intent: every key of the turn's messages derives from it, also after a
    // crash.
    let nonce = io.nonce();
    let sent = references::named(io, &upstream, &words)?;
    let session_id = continued.as_ref().map(|(id, ..)| id.clone());
    let mut order = Order {
        words: sent.words.as_deref(),
        session_id: session_id.as_deref(),
        picture: request.kind == Some(Medium::Image),
        references: &sent.pictures,
        ratio: ratio::named_in(&words).or(chosen),
        trace: None,
        nonce: &nonce,
    };
    // Before the intent, too: what is certain to be refused is no submit.
    upstream.fits(&order).map_err(unfit)?;
    // Before the request leaves, so that the service can be asked for it should the answer be lost.
    let trace = upstream.traced_by(&order);
    order.trace = trace.as_deref();
    let mut intent = submits::Submit {
        not_taken: false,
        trace: trace.clone(),
        takes_long: upstream.takes_long(&order),
        nonce: nonce.clone(),
        text: words.clone(),
        session_id: session_id.clone().unwrap_or_default(),
        service: upstream.service(),
        started_at_ms: io.now_ms(),
        unknown: None,
        told: false,
        file: String::new(),
        route,
        baseline: continued.as_ref().map(|(.., baseline)| baseline.clone()),
        notice: None,
        became: None,
    };
    let wanted = Acknowledged {
        kind: request.kind,
        continues: continued.is_some(),
    };
    // From here on the intent is durable, and only then may the request leave: a crash in between leaves one
    // that was charged or not, which is told and never sent again.
    match repeated::claim(io, &mut intent)? {
        Claim::Free => {}
        Claim::Answered(asked) => return Ok(submission(settings, &asked, &wanted)),
    }
    let submitted = match upstream.submit(io, &order) {
        Ok(submitted) => submitted,
        // No retry, whatever the error says: `submit-repeated` in the simulation shows what that costs.
        Err(error) => return Err(not_submitted(io, &mut intent, &error)),
    };
    match begin(io, &intent, &submitted) {
        Ok(asked) => {
            // The intent goes last: until the turn is stored and to be polled, it is all that knows of the
            // charge.
            repeated::done(io, &mut intent, &asked);
            Ok(submission(settings, &asked, &wanted))
        }
        // The job runs and this machine can't keep it: neither "failed" nor "try again" would be true.
        Err(problem) => {
            let session_id = &submitted.session_id;
            intent.unknown = Some(format!(
                "it became session {session_id}, which could not be stored"
            ));
            submits::save(io, &intent).ok();
            Err(Problem::outcome_unknown(format!(
                "The request was submitted as session {session_id}, but: {}",
                problem.failure().message
            ))
            .because(problem.failure().cause)
            .advise(
                "Don't submit it again. Mend the state folder, then look with: libtv-video tasks",
            ))
        }
    }
}

/// Stores what a submit became. It was charged: whatever fails here, it must not look as if nothing was sent.
fn begin(io: &Io, intent: &submits::Submit, submitted: &Submitted) -> Result<Asked, Problem> {
    let asked = asked(io, intent, submitted)?;
    store::begin_turn(io, &asked)?;
    Ok(asked)
}

/// What is said of an order that the service wouldn't take.
fn unfit(mut error: Error) -> Problem {
    error.message.push_str(" Nothing was submitted.");
    error.problem()
}

/// Whether the ratio is put beside the words. A picture's is in its words or left to the service.
fn wants_ratio(upstream: &Upstream<'_>, request: &Request) -> bool {
    upstream.service().traits().ratio_in_words && request.kind != Some(Medium::Image)
}

/// The ratio that is asked for where the words name none.
///
/// # Errors
/// Permanent: the request has one that is none.
fn ratio_of(settings: &Settings, request: &Request) -> Result<Ratio, Problem> {
    let named = request.ratio.as_deref();
    named.map_or(Ok(settings.ratio), Ratio::read)
}

/// A byte order mark in front of the words, as editors of Windows leave one in a file, isn't part of them.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The session to continue: its id, what is known of it, and where the new turn's messages begin.
type Continued = (String, Option<Session>, Baseline);

/// The session to continue, as it is stored here; none where another machine began it.
fn known(io: &Io, id: &str) -> Result<Option<Session>, Problem> {
    match store::find(io, id)? {
        Found::Key(key) => Ok(store::load(io, &key)?.map(|loaded| loaded.session)),
        Found::None => Ok(None),
        Found::Several => Err(Problem::permanent(format!(
            "Several sessions begin with {id}: give more of the id."
        ))),
    }
}

/// The session to continue, and the service that has it.
fn continued<'a>(
    io: &Io,
    settings: &'a Settings,
    request: &Request,
    (id, known): (&str, Option<Session>),
) -> Result<(Upstream<'a>, Continued), Problem> {
    let named = request.service.as_deref();
    let bound = known.as_ref().and_then(Session::latest);
    let upstream = match bound.map(|turn| turn.asked.service) {
        Some(service) => of_session(settings, service, named)?,
        None => settings.upstream(named)?,
    };
    if !upstream.service().traits().continues {
        let title = upstream.service().member().title;
        return Err(Problem::permanent(format!(
            "{title} makes one clip from one request and remembers none: begin a new request."
        )));
    }
    let session_id = known
        .as_ref()
        .map_or_else(|| id.to_owned(), |session| session.id().to_owned());
    // One that an earlier version stored may be anything.
    if known.is_none() && !is_service_id(&session_id) {
        let shown: String = id.chars().filter(|c| !c.is_control()).take(40).collect();
        return Err(Problem::unknown_session(&shown));
    }
    let job = Job {
        session_id: &session_id,
        turns: &[],
        after: None,
    };
    // Asked before the submit: what is there now belongs to earlier turns. Without this baseline their results
    // would answer the new request (`baseline-ignored`).
    let seen = upstream.observe(io, &job);
    let end = seen.map_err(|error| error.problem())?.end;
    Ok((upstream, (session_id, known, end)))
}

/// The service that a session is bound to: no other one continues it.
fn of_session<'a>(
    settings: &'a Settings,
    service: ServiceId,
    named: Option<&str>,
) -> Result<Upstream<'a>, Problem> {
    let is_another = named.is_some_and(|word| ServiceId::meant_by(word) != Some(service));
    let upstream = if is_another {
        None
    } else {
        settings.upstream_of(service)?
    };
    upstream.ok_or_else(|| {
        Problem::permanent(format!(
            "This session was submitted with another kind of key ({}).",
            service.key_shown()
        ))
        .advise("Switch back to that key with update-key, or begin a new session.")
    })
}

/// Stores what became of a submit without a session, and words it. Where that can't be stored the intent stays,
/// and counts as one of unknown outcome after a while.
fn not_submitted(io: &Io, intent: &mut submits::Submit, error: &Error) -> Problem {
    // Whatever an error means, only that nothing can have been taken removes an intent.
    if !error.may_be_applied {
        stranded::remove_own(io, intent);
        return error.problem();
    }
    intent.unknown = Some(error.message.clone());
    // That this can't be stored changes nothing: the intent alone says the same, once it is old enough.
    submits::save(io, intent).ok();
    Problem::outcome_unknown(error.message.clone())
        .because(error.cause())
        .advise(FIND_OUT)
}

/// The new turn, numbered behind those of the session it landed in: a new request may land in an
/// existing one.
fn asked(io: &Io, intent: &submits::Submit, submitted: &Submitted) -> Result<Asked, Problem> {
    let landed = store::load(io, &folder_name(&submitted.session_id))?;
    let without_words = !intent.session_id.is_empty() && intent.text.is_empty();
    let latest = landed.as_ref().and_then(|loaded| loaded.session.latest());
    // Ids are each service's own: what another one calls so would be asked about there.
    if latest.is_some_and(|latest| latest.asked.service != intent.service) {
        return Err(Problem::permanent(
            "a session of another service has the same id, and stays as it is",
        ));
    }
    let baseline = match (latest, intent.baseline.clone()) {
        // No words were sent: nothing new is asked for, what is there answers it.
        (Some(latest), _) if without_words => latest.asked.baseline.clone(),
        (_, Some(baseline)) => baseline,
        (Some(latest), None) => Baseline {
            last_seq: None,
            count: latest.asked.baseline.count + latest.progress.seen,
        },
        (None, None) => Baseline::default(),
    };
    Ok(Asked {
        session_id: submitted.session_id.clone(),
        project_uuid: submitted.project_uuid.clone(),
        // Behind the latest one: a name that is taken would replace a turn that was paid for.
        turn: latest.map_or(1, |turn| turn.asked.turn + 1),
        nonce: intent.nonce.clone(),
        text: intent.text.clone(),
        service: intent.service,
        route: intent.route.clone(),
        baseline,
        // The intent's time and not now: a turn that is stored by whoever finds it later is as old as its
        // request.
        submitted_at_ms: intent.started_at_ms,
        given: submitted.given.clone(),
    })
}

/// What an acknowledgement speaks of.
struct Acknowledged {
    /// What is asked for, where that is known.
    kind: Option<Medium>,
    /// Whether a session goes on.
    continues: bool,
}

/// What the caller is told of a submit that was taken: a sentence for the user, and one for whoever runs the
/// machine where something keeps the result from arriving.
fn submission(settings: &Settings, asked: &Asked, wanted: &Acknowledged) -> Submission {
    let obstacle = obstacle(settings, asked);
    let begun = if wanted.continues {
        "Passed on to the job that is there."
    } else {
        "Submitted."
    };
    let takes = match wanted.kind {
        Some(Medium::Image) => "a picture takes about a minute",
        Some(Medium::Video) => "a video takes 5 to 30 minutes",
        None => "a picture takes about a minute, a video 5 to 30 minutes",
    };
    let (note, operator_note) = match obstacle {
        None => (
            format!("{begun} The result will arrive in this chat by itself; {takes}."),
            None,
        ),
        Some(Obstacle { user, operator }) => (
            format!("{begun} The result won't arrive by itself, {user}; {takes}."),
            Some(operator),
        ),
    };
    Submission {
        session_id: asked.session_id.clone(),
        project_uuid: asked.project_uuid.clone(),
        project_url: asked.project_link().unwrap_or_default(),
        channel: named_text(&asked.route.channel),
        deliverable: operator_note.is_none(),
        note,
        operator_note,
    }
}

/// What is empty where nothing was named.
fn named_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Why results would not arrive by themselves.
struct Obstacle {
    /// For the user, behind "won't arrive by itself, ".
    user: &'static str,
    /// What whoever runs the machine can do.
    operator: String,
}

/// What keeps results of this turn from arriving by themselves, as far as this process knows; `None` where
/// nothing does.
fn obstacle(settings: &Settings, asked: &Asked) -> Option<Obstacle> {
    let route = &asked.route;
    let obstacle = |user, operator: &str| {
        let operator = operator.to_owned();
        Some(Obstacle { user, operator })
    };
    if route.channel.is_empty() || route.chat.is_empty() {
        return obstacle(
            "since no chat was named: ask for it later",
            "No chat was named (--channel and --chat-id). Look later with: libtv-video recover",
        );
    }
    let member = channel::of(&route.channel)?;
    let harness = settings.harness.state(Some(member), Some(asked.service));
    // In the order in which somebody can do something about it: first what the user can, then what whoever runs
    // the machine can.
    let account = settings.accounts.of(member, route.account.as_deref());
    if let (Err(why), false) = (
        account,
        matches!(harness, HarnessState::PollingWithItsApp(_)),
    ) {
        return obstacle(
            "since this assistant can't write to the chat yet: ask for it later",
            &format!("{} credentials to send results with: {why}", member.name),
        );
    }
    if settings.no_harness_claim {
        return obstacle(
            "as far as is known here: ask for it later",
            "This command makes no claim about a running harness (LIBTV_SKIP_BACKGROUND_WAITER).",
        );
    }
    match harness {
        HarnessState::Polling | HarnessState::PollingWithItsApp(_) => None,
        HarnessState::Lacking(Lack { what, remedy }) => obstacle(
            "since what watches for it can't bring it yet: ask for it later",
            &format!("{what}. {remedy}."),
        ),
        HarnessState::Absent | HarnessState::Unknown => obstacle(
            "since nothing watches for it at the moment: ask for it later",
            "No harness is polling. Start one with: libtv-video serve (it takes this job up), or run libtv-video wait-and-deliver",
        ),
    }
}
