//! `doctor`: finds out which link of the chain is broken, from the key to the chat. It asks each service once and says
//! of each link what to do about it. With a chat it sends a text and a picture there; else nothing reaches anybody.

use super::Reply;
use crate::channel::account::Account;
use crate::channel::answer::Answer;
use crate::channel::calls::Calls;
use crate::channel::media::{Media, Source};
use crate::channel::{self, Channel, Content, Member, Sending};
use crate::config::{HarnessState, Settings};
use crate::io::{HttpError, Io, Method, Request, USER_AGENT, digest};
use crate::json::object;
use crate::problem::Problem;
use crate::session::{Message, Route, Shape};
use crate::store::layout::{self, Strange};
use crate::types::{Finding, Health};
use crate::upstream::results::{Store, stores};
use crate::upstream::{KeyStatus, ServiceId, Upstream};

/// A play button, 64 by 64 pixels.
// In the program, so that the test of a chat depends on no media store.
const PICTURE: &[u8] = include_bytes!("doctor.png");
/// An answer of the media store about a file that isn't there is a short page.
const MAX_PAGE_BYTES: u64 = 64 * 1024;

/// What was found, link by link.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    /// Adds what was found of a link. `detail` may come from outside: what a terminal would obey is taken out
    /// of it.
    fn note(&mut self, link: &str, health: Health, detail: &str, advice: &str) {
        self.0.push(Finding {
            // Platforms' and services' words stand in it.
            link: link.to_owned(),
            health,
            detail: super::tasks::printable(detail),
            advice: (!advice.is_empty()).then(|| advice.to_owned()),
        });
    }

    /// Adds a failure as a broken link, with its own advice.
    fn problem(&mut self, link: &str, problem: &Problem) {
        let failure = problem.failure();
        let advice = failure.advice.as_deref().unwrap_or_default();
        self.note(link, Health::Broken, &failure.message, advice);
    }
}

/// Looks at every link, also behind a broken one.
pub fn run(
    io: &Io,
    settings: &Settings,
    channel: Option<&str>,
    chat_id: Option<&str>,
) -> Vec<Finding> {
    let mut findings = Findings::default();
    // In the order in which a job passes them: the first broken link explains those behind it.
    services(io, settings, &mut findings);
    media_store(io, &mut findings);
    harness(settings, &mut findings);
    state(io, &mut findings);
    chats(io, settings, channel, chat_id, &mut findings);
    findings.0
}

/// As the command line writes it.
#[must_use]
pub fn reply(findings: &[Finding]) -> Reply {
    let (mut lines, mut checks, mut broken) = (Vec::new(), Vec::new(), false);
    for Finding {
        link,
        health,
        detail,
        advice,
    } in findings
    {
        let (icon, name) = match health {
            Health::Good => ("✅", "good"),
            Health::Doubtful => ("⚠️", "doubtful"),
            Health::Broken => ("❌", "broken"),
        };
        broken |= *health == Health::Broken;
        let advice = advice.as_deref().unwrap_or_default();
        lines.push(format!("{icon} {link}: {detail}"));
        lines.extend(advice.lines().map(|line| format!("   → {line}")));
        checks.push(object! {"link": link, "health": name, "detail": detail, "advice": advice});
    }
    let json = object! {"healthy": !broken, "checks": checks};
    Reply {
        exit_code: u8::from(broken),
        ..Reply::good(lines, json)
    }
}

/// Each service that is set up: its key, by one request, which costs nothing. The one that requests go to stands first.
fn services(io: &Io, settings: &Settings, findings: &mut Findings) {
    const LINK: &str = "Key";
    if let Err(reason) = &settings.stored {
        findings.problem(
            "Configuration",
            &crate::config::damaged(&settings.config_path, reason),
        );
    }
    let in_use = settings.upstream(None);
    let held = settings.services.held();
    let first = match &in_use {
        Ok(upstream) => Some(upstream.service()),
        Err(problem) => {
            // That the one that is meant has no key, or none is meant of several, is no fault of the keys that are there.
            let is_choice = settings.meant(None).is_err() && !held.is_empty();
            findings.problem(if is_choice { "Service" } else { LINK }, problem);
            None
        }
    };
    // Put in front and not sorted: sorting is 4 KB of code for each type.
    let all = held.iter().map(|held| held.key.service);
    let others = all.filter(|service| Some(*service) != first);
    for service in first.into_iter().chain(others) {
        // Of the only one no name is needed; its link has been called so since the first version.
        let link = if held.len() > 1 {
            format!("{LINK} ({})", service.word())
        } else {
            LINK.to_owned()
        };
        match settings.upstream_of(service) {
            Ok(Some(upstream)) => key(io, &upstream, &link, findings),
            // Told above, where it is the only one.
            Err(problem) if held.len() > 1 => findings.problem(&link, &problem),
            Ok(None) | Err(_) => {}
        }
    }
}

/// One key.
fn key(io: &Io, upstream: &Upstream<'_>, link: &str, findings: &mut Findings) {
    io.err(format!("Asking {} …", upstream.base()));
    let (masked, base) = (upstream.secret().masked(), upstream.base());
    let used_up = "Replace it with: libtv-video update-key --api-key K";
    let (health, words, advice) = match upstream.check(io) {
        Ok(KeyStatus::Unverifiable(api)) => (
            Health::Doubtful,
            format!("{masked} for {base}: {api} has no call that tells whether it is good"),
            "",
        ),
        Ok(KeyStatus::Unclear(reason)) => (
            Health::Broken,
            reason.to_owned(),
            "Try again in a moment; submit nothing until then.",
        ),
        Ok(KeyStatus::Good {
            uses: Some((0, max)),
            ..
        }) => (
            Health::Broken,
            format!("{masked} is used up: 0 of {max} uses remain"),
            used_up,
        ),
        Ok(KeyStatus::Good {
            uses: Some((remaining, max)),
            ..
        }) => (
            Health::Good,
            format!("{masked} is good at {base}, {remaining} of {max} uses remain"),
            "",
        ),
        Ok(KeyStatus::Good { uses: None, .. }) => {
            (Health::Good, format!("{masked} is good at {base}"), "")
        }
        Err(error) => return findings.problem(link, &error.problem()),
    };
    findings.note(link, health, &words, advice);
}

/// The service that new requests go to, where that is clear.
fn in_use(settings: &Settings) -> Option<ServiceId> {
    Some(settings.meant(None).ok()?.key.service)
}

/// Any answer will do: that there is no such file is one.
fn media_store(io: &Io, findings: &mut Findings) {
    const LINK: &str = "Media store";
    // Nothing is at this address, so that no film is fetched for a look.
    let Some(url) = stores().find_map(Store::probe) else {
        return;
    };
    io.err("Asking the media store …");
    let answer = io.http(Request {
        method: Method::Get,
        url,
        headers: vec![("user-agent", USER_AGENT.to_owned())],
        credential: None,
        body: Vec::new(),
        max_response_bytes: MAX_PAGE_BYTES,
    });
    match answer {
        Ok(_) => findings.note(LINK, Health::Good, "results can be fetched", ""),
        Err(error) => findings.note(LINK, Health::Broken, error.reason(), network_advice(&error)),
    }
}

/// What to do about a request that got no response.
const fn network_advice(error: &HttpError) -> &'static str {
    match error {
        HttpError::Denied(_) => {
            "The sandbox doesn't grant this request: see the reason behind 🔒, and the variables that move services (…_URL)."
        }
        HttpError::Setting(_) => {
            "That is a setting or the network of this machine: trying again changes nothing."
        }
        HttpError::NotSent(_) | HttpError::Limit(_) | HttpError::Lost(_) => {
            "Check the network, the name service, HTTPS_PROXY and SSL_CERT_FILE of this process."
        }
    }
}

/// Whether somebody polls, and with what.
fn harness(settings: &Settings, findings: &mut Findings) {
    const LINK: &str = "Harness";
    match settings.harness.state(None, in_use(settings)) {
        HarnessState::Polling => findings.note(LINK, Health::Good, "one is polling", ""),
        HarnessState::PollingWithItsApp(name) => {
            let words =
                format!("one is polling, with {name} credentials that this command has not");
            findings.note(LINK, Health::Good, &words, "");
        }
        HarnessState::Lacking(lack) => {
            findings.note(LINK, Health::Broken, &lack.what, &lack.remedy);
        }
        HarnessState::Absent => findings.note(
            LINK,
            Health::Broken,
            "none is polling, so results don't arrive by themselves",
            "Start one with: libtv-video serve. To have it always: libtv-video service print",
        ),
        HarnessState::Unknown => {
            findings.note(LINK, Health::Doubtful, "this runtime doesn't say", "");
        }
    }
}

/// What the state folder holds that this version doesn't know: it may be a newer one's, so it is left alone.
fn state(io: &Io, findings: &mut Findings) {
    const LINK: &str = "State";
    match layout::strange(io) {
        Ok(None) => {}
        Ok(Some(Strange { count, first })) => {
            let entries = if count == 1 { "entry" } else { "entries" };
            findings.note(
                LINK,
                Health::Doubtful,
                &format!("{count} {entries} in the state folder that this version doesn't know, the first is {first}"),
                "They are left alone: a newer version may have made them. If none ran here, look at them and remove them; they count for the folder's quota.",
            );
        }
        Err(problem) => findings.problem(LINK, &problem),
    }
}

/// Of each channel that has credentials, or of the one that is named: whether the app may upload, and, where a chat of it is
/// named, whether it may write there. A chat without a channel's name is one of the usual channel.
fn chats(
    io: &Io,
    settings: &Settings,
    channel: Option<&str>,
    chat_id: Option<&str>,
    findings: &mut Findings,
) {
    let named = channel.and_then(channel::of);
    if let (Some(_), None) = (channel, named) {
        let advice = "Write its name as in --channel of create-session.";
        return findings.note(
            "Channel",
            Health::Broken,
            "there is no such channel",
            advice,
        );
    }
    let Some(chats_own) = named.or_else(channel::usual) else {
        return;
    };
    let of_chat = |member: &Member| chat_id.filter(|_| member.id == chats_own.id);
    let mut looked_at =
        channel::all().filter(|member| named.is_none_or(|named| named.id == member.id));
    let mut found = 0;
    for member in looked_at.by_ref() {
        if let Ok(account) = settings.accounts.of(member, None) {
            found += 1;
            let link = format!("{} credentials", channel::title(member));
            findings.note(&link, Health::Good, &account.found(), "");
            chat(io, account, of_chat(member), findings);
        }
    }
    // Who uses one channel need not be told of all the others that have no credentials.
    let has_chats = settings.accounts.of(chats_own, None).is_ok();
    if has_chats || (found > 0 && chat_id.is_none()) {
        return;
    }
    let link = format!("{} credentials", channel::title(chats_own));
    let harness = settings.harness.state(Some(chats_own), in_use(settings));
    if matches!(harness, HarnessState::PollingWithItsApp(_)) {
        let said = "the harness that polls has them, this command has not";
        findings.note(&link, Health::Good, said, "");
    } else {
        let detail = settings.accounts.missing(chats_own);
        let advice = if found > 0 {
            "A chat of another channel is named with it: --channel NAME --chat-id ID"
        } else {
            ""
        };
        findings.note(&link, Health::Broken, &detail, advice);
    }
}

/// What the app may do, and with a chat whether it may write there: two messages that are not kept on record.
fn chat(io: &Io, account: &Account, chat_id: Option<&str>, findings: &mut Findings) {
    let member = account.member();
    let mut opened = (member.open)(account);
    let channel = opened.as_mut();
    io.err(format!("Asking {} …", account.base_url));
    let media = Media {
        source: Source::Here(PICTURE),
        name: "doctor.png".to_owned(),
        content_type: "image/png",
    };
    let calls = Calls::harmless(io);
    // An upload shows nobody anything, so that it is tried also where no chat was named.
    let prepared = channel.prepare(&calls, &media, Shape::Image, None);
    let (picture, answer) = match prepared {
        Ok(message) => (Some(("Picture", message)), Answer::Committed(None)),
        Err(answer) => (None, answer),
    };
    let (link, good) = member.proves;
    tell(channel, link, good, &answer, findings);
    let Some(chat_id) = chat_id else {
        return findings.note(
            "Chat",
            Health::Doubtful,
            "not looked at",
            "Send a test there with: libtv-video doctor --chat-id ID",
        );
    };
    let recipient = match (member.recipients.read)(chat_id) {
        Ok(recipient) => recipient,
        Err(reason) => {
            let advice = format!("Accepted: {}.", member.recipients.accepted);
            let reason = format!("nothing was sent: {reason}");
            return findings.note("Chat", Health::Broken, &reason, &advice);
        }
    };
    let route = Route {
        channel: member.id.to_owned(),
        chat: chat_id.to_owned(),
        thread: recipient.thread,
        reply_to: recipient.reply_to,
        ..Route::default()
    };
    let text = "libtv-video: this is a test. Videos and images will arrive here.".to_owned();
    let text = ("Text", Message::text(text));
    // The text goes first: it shows that the chat can be written to also where pictures can't be uploaded.
    for (link, message) in [text].into_iter().chain(picture) {
        let sending = Sending {
            route: &route,
            message: &message,
            // A fresh key each time: a second test within the hour has to appear as well.
            key: &digest(&["doctor", &io.nonce(), message.shape.name()], 40),
            is_first: true,
            first_sent_at_ms: Some(io.now_ms()),
            content: Some(Content::Here(PICTURE)),
        };
        // Nothing is stored of it: whoever asked for a test sees whether it arrived.
        let answer = channel.commit(&Calls::committing(io), &sending);
        tell(channel, link, "arrived in the chat", &answer, findings);
    }
}

/// What an answer says of a link to a chat.
fn tell(channel: &dyn Channel, link: &str, good: &str, answer: &Answer, findings: &mut Findings) {
    let reason = match answer {
        Answer::Committed(_) => return findings.note(link, Health::Good, good, ""),
        Answer::NotDispatched(reason) | Answer::Refused(_, reason) | Answer::Unknown(reason) => {
            reason
        }
    };
    findings.note(link, Health::Broken, reason, &channel.advice(answer));
}
