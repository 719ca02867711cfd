//! Where a submit's results go: what the request names, else the environment, else the session that goes on. A chat that can't be
//! one, one that takes no answer by then, and one whose platform says that nothing can ever be shown in it, are refused before
//! anything is stored. Not here: whether the chat may be written to now, which can be mended until there is a result.

use contract::channels::Threads;

use super::request::{self, Destination, Medium, Request};
use crate::channel::calls::Calls;
use crate::channel::heard::Deaf;
use crate::channel::{self, Member};
use crate::config::Settings;
use crate::io::{Io, UnixMs};
use crate::problem::Problem;
use crate::session::{Route, Session};

const TO_NOWHERE: &str = "To have it made all the same, submit it to nowhere (--channel '' --chat-id '') and fetch it later.";

/// The channel and chat that the request names, else the environment. `known` is the session that goes on.
///
/// # Errors
/// Permanent: that can't be sent to, or it isn't said in which channel that chat is.
pub(super) fn named(
    settings: &Settings,
    request: &Request,
    known: Option<&Session>,
) -> Result<Route, Problem> {
    let wanted = match &request.destination {
        Some(Destination::Nowhere) => return Ok(Route::default()),
        Some(Destination::To(wanted)) => wanted.clone(),
        None => request::Route::default(),
    };
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let default_channel = settings.default_channel.clone();
    let default_chat = settings.default_chat.clone();
    let mut route = Route {
        channel: known_channel(filled(&wanted.channel).or(default_channel).as_ref())?,
        account: filled(&wanted.account)
            .map(|name| account(&name))
            .transpose()?,
        chat: filled(&wanted.chat)
            .or(default_chat)
            .unwrap_or_default()
            .trim()
            .to_owned(),
        ..Route::default()
    };
    if route.channel.is_empty() && !route.chat.is_empty() {
        route.channel = channel_of(known, &route.chat)?;
    }
    // A record may name no channel: the usual one is meant then.
    let Some(member) = channel::of(&route.channel).or_else(channel::usual) else {
        return Ok(route);
    };
    place(member, &wanted, &mut route)?;
    if !route.chat.is_empty() {
        let read = (member.recipients.read)(&route.chat);
        let target = read.map_err(|reason| no_recipient(member, reason))?;
        // What the options say stands above the topic in the chat's id.
        if target.reply_to.is_some() || target.thread.is_some() {
            route.chat = (member.recipients.text)(&target);
            route.reply_to = route.reply_to.or(target.reply_to);
            route.thread = route.thread.or(target.thread);
        }
    }
    Ok(route)
}

/// The channel of a chat that is named without one, where a session goes on: its own, for the chat that its results go to
/// already. Empty where the usual one is meant.
///
/// # Errors
/// Permanent: another chat, of a session whose channel isn't the usual one. Two channels write ids alike, and the harness lets
/// messages go to nobody but whom the options name, so it has to be said and not guessed.
fn channel_of(known: Option<&Session>, chat: &str) -> Result<String, Problem> {
    let Some(stored) = known.and_then(stored) else {
        return Ok(String::new());
    };
    let is_usual = |member: &&Member| channel::usual().is_some_and(|usual| usual.id == member.id);
    let Some(member) = channel::of(&stored.channel).filter(|member| !is_usual(member)) else {
        return Ok(String::new());
    };
    if channel::is_same_chat(&stored.channel, chat, &stored.chat) {
        return Ok(stored.channel.clone());
    }
    Err(Problem::permanent(format!(
        "In which channel is that chat? This session's results go to {}. Nothing was submitted.",
        member.name
    ))
    .advise(format!(
        "Name it beside the chat: --channel {}",
        stored.channel
    )))
}

/// Where the results of a session went so far.
fn stored(session: &Session) -> Option<&Route> {
    let routes = session.turns.iter().rev().map(|turn| &turn.asked.route);
    routes.into_iter().find(|route| !route.chat.is_empty())
}

/// The name of an account. Whether there is one of it is known where the credentials are.
///
/// # Errors
/// Permanent: it is none.
fn account(name: &str) -> Result<String, Problem> {
    // OpenClaw cuts the ids of its accounts there; a record with a longer one would be kept for nothing.
    const MAX_CHARS: usize = 64;
    let name = name.trim();
    let plain = !name.chars().any(contract::text::is_unseen);
    if plain && name.chars().count() <= MAX_CHARS {
        return Ok(name.to_owned());
    }
    Err(Problem::permanent(
        "--account can't be used: it is no name of an account. Nothing was sent.",
    ))
}

/// Whether it is clear with which account the results are sent. Where none here has a name nothing is claimed: whoever polls may
/// have others.
///
/// # Errors
/// Permanent: there is none of that name, or a name is needed.
pub(super) fn by_whom(settings: &Settings, route: &Route) -> Result<(), Problem> {
    let Some(member) = channel::of(&route.channel).filter(|_| route.is_complete()) else {
        return Ok(());
    };
    let accounts = &settings.accounts;
    let why = match &route.account {
        None => accounts.names_to_choose(member).map(|names| {
            [
                "Several accounts of ",
                member.id,
                " are configured: ",
                &names,
                ". Name one with --account.",
            ]
            .concat()
        }),
        Some(name) => accounts.not_among_named(member, name).map(|names| {
            [
                "No account of ",
                member.id,
                " is called ",
                name,
                ". There are: ",
                &names,
                ".",
            ]
            .concat()
        }),
    };
    why.map_or(Ok(()), |why| {
        Err(Problem::permanent(
            [&why, " Nothing was submitted."].concat(),
        ))
    })
}

/// The place in the chat that results belong in: a message that they answer, a topic or thread.
fn place(member: &Member, wanted: &request::Route, route: &mut Route) -> Result<(), Problem> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let refuse = |option: &str, reason: &str| {
        Problem::permanent(format!(
            "{option} can't be used: {reason}. Nothing was sent."
        ))
    };
    let recipients = member.recipients;
    if let Some(message) = given(&wanted.reply_to) {
        let read = (recipients.message)(&message);
        route.reply_to = Some(read.map_err(|reason| refuse("--reply-to", reason))?);
    }
    let Some(thread) = given(&wanted.thread) else {
        return Ok(());
    };
    let refused = |reason| refuse("--thread", reason);
    match recipients.threads {
        Threads::None => return Err(refused("there are no threads")),
        // A message says more than a thread: it names the place in it.
        Threads::ByMessage(_) if route.reply_to.is_some() => {}
        Threads::ByMessage(advice) => {
            let read = (recipients.message)(&thread);
            route.reply_to = Some(read.map_err(|_| refused(advice))?);
        }
        Threads::AsChat => {
            let target = (recipients.read)(&thread).map_err(refused)?;
            route.chat = (recipients.text)(&target);
        }
        Threads::ById(read) => route.thread = Some(read(&thread).map_err(refused)?),
    }
    Ok(())
}

/// What is said of a chat that can't be one. The text itself isn't repeated: it may be a key in the wrong
/// place.
fn no_recipient(member: &Member, reason: &str) -> Problem {
    Problem::permanent(format!(
        "That chat can't be sent to: {reason}. Nothing was submitted. Accepted: {}.",
        member.recipients.accepted
    ))
}

/// The channel in lower case, if it is one that can be delivered to.
fn known_channel(name: Option<&String>) -> Result<String, Problem> {
    let name = name
        .map(|name| name.trim().to_ascii_lowercase())
        .unwrap_or_default();
    if name.is_empty() || channel::of(&name).is_some() {
        return Ok(name);
    }
    let shown = contract::text::seen(&name, 40);
    let platforms = channel::all().flat_map(|member| member.platforms);
    let known: Vec<&str> = platforms.map(|platform| platform.word).collect();
    Err(Problem::permanent(format!(
        "Unknown channel: {shown}. Known channels: {}.",
        known.join(", ")
    )))
}

/// A continued session keeps its chat unless another is named.
pub(super) fn merge(named: Route, known: Option<&Session>) -> Route {
    let stored = known.and_then(stored);
    let Some(stored) = stored else { return named };
    // A topic belongs to its chat: of another one it isn't kept.
    let same_chat = named.chat.is_empty() || named.chat == stored.chat;
    let kept = |named: Option<String>, stored: &Option<String>| {
        named.or_else(|| stored.clone().filter(|_| same_chat))
    };
    Route {
        account: kept(named.account, &stored.account),
        thread: kept(named.thread, &stored.thread),
        reply_to: kept(named.reply_to, &stored.reply_to),
        channel: if named.channel.is_empty() {
            stored.channel.clone()
        } else {
            named.channel
        },
        chat: if named.chat.is_empty() {
            stored.chat.clone()
        } else {
            named.chat
        },
    }
}

/// What is said of a chat that takes nothing now.
fn no_longer(member: &Member, deaf: Deaf) -> Problem {
    let why = match deaf {
        Deaf::Unheard => "hasn't written to this account",
        Deaf::TooLongAgo => "wrote too long ago for a result to arrive in time",
        Deaf::Full => "has got as many since they wrote",
    };
    let said = [
        member.name,
        " takes messages only for a while after somebody wrote, and so many, and this person ",
        why,
        ". Nothing was submitted.",
    ];
    Problem::permanent(said.concat()).advise(
        "Have them write to the account, and submit it again; or to nowhere (--channel '' --chat-id ''), to fetch it later.",
    )
}

/// Whether the chat still takes an answer when the job is usually done.
///
/// # Errors
/// Permanent: it doesn't, and nothing was sent.
pub(super) fn in_time(
    settings: &Settings,
    route: &Route,
    kind: Option<Medium>,
    now_ms: UnixMs,
) -> Result<(), Problem> {
    const MINUTE_MS: u64 = 60 * 1000;
    // As the note to the user has it; twice the minute of a picture, since that is no more than "about" one.
    let (what, takes_ms) = match kind {
        Some(Medium::Image) => ("a picture takes about 1", 2 * MINUTE_MS),
        Some(Medium::Video) | None => ("a video takes up to 30", 30 * MINUTE_MS),
    };
    let member = crate::channel::of(&route.channel).filter(|_| route.is_complete());
    let Some((member, deadline_ms)) =
        member.and_then(|member| Some((member, member.traits.deadline_ms?)))
    else {
        return Ok(());
    };
    if takes_ms <= deadline_ms {
        let account = settings.accounts.of(member, route.account.as_deref());
        let heard = account.ok().and_then(|account| account.heard.as_ref());
        // Read as it is sent: an agent may have written more before the id.
        let chat = (member.recipients.read)(&route.chat).map(|read| read.id);
        let deaf = heard.zip(chat.ok()).and_then(|(heard, chat)| {
            heard.deaf(&chat, member.traits, now_ms.saturating_add(takes_ms))
        });
        return deaf.map_or(Ok(()), |deaf| Err(no_longer(member, deaf)));
    }
    Err(Problem::permanent(format!(
        "{} takes answers for {} minutes only, and {what}: the result could not be shown there. Nothing was submitted.",
        member.name,
        deadline_ms / MINUTE_MS
    ))
    .advise(TO_NOWHERE))
}

/// Whether the chat's platform lets anything be shown there at all, as far as it can be asked here. An account that isn't known
/// here asks nothing: whoever polls may have it.
///
/// # Errors
/// Permanent: it never does, and nothing was sent.
pub(super) fn shows(io: &Io, settings: &Settings, route: &Route) -> Result<(), Problem> {
    let Some(member) = channel::of(&route.channel).filter(|_| route.is_complete()) else {
        return Ok(());
    };
    let Ok(account) = settings.accounts.of(member, route.account.as_deref()) else {
        return Ok(());
    };
    let mut channel = (member.open)(account);
    match channel.never_shows(&Calls::harmless(io), route) {
        None => Ok(()),
        Some(why) => Err(Problem::permanent(
            [member.name, ": ", why, ". Nothing was submitted."].concat(),
        )
        .advise(TO_NOWHERE)),
    }
}
