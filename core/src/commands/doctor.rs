//! `doctor`: finds out which link of the chain is broken, from the key to the chat. It asks each service once and says
//! of each link what to do about it. With a chat it sends a text and a picture there; else nothing reaches anybody.

use serde_json::{Value, json};

use super::Reply;
use crate::channel::feishu::Messenger;
use crate::channel::feishu::answer::Answer;
use crate::config::{HarnessState, Settings};
use crate::io::{HttpError, Io, Method, Request, USER_AGENT, digest};
use crate::multipart::Form;
use crate::problem::Problem;
use crate::session::Content;
use crate::types::{Finding, Health};
use crate::upstream::KeyStatus;
use crate::upstream::results::{Store, stores};

/// A play button, 64 by 64 pixels.
const PICTURE: &[u8] = include_bytes!("doctor.png");
/// An answer of the media store about a file that isn't there is a short page.
const MAX_PAGE_BYTES: u64 = 64 * 1024;

/// What was found, link by link.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn note(&mut self, link: &str, health: Health, detail: &str, advice: &str) {
        self.0.push(Finding {
            link: link.to_owned(),
            health,
            detail: super::tasks::printable(detail),
            advice: (!advice.is_empty()).then(|| advice.to_owned()),
        });
    }

    fn problem(&mut self, link: &str, problem: &Problem) {
        let failure = problem.failure();
        let advice = failure.advice.as_deref().unwrap_or_default();
        self.note(link, Health::Broken, &failure.message, advice);
    }
}

/// Looks at every link, also behind a broken one.
pub async fn run(io: &Io, settings: &Settings, chat_id: Option<&str>) -> Vec<Finding> {
    let mut findings = Findings::default();
    service(io, settings, &mut findings).await;
    media_store(io, &mut findings).await;
    harness(settings, &mut findings);
    messenger(io, settings, chat_id, &mut findings).await;
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
        checks.push(json!({"link": link, "health": name, "detail": detail, "advice": advice}));
    }
    let json = json!({"healthy": !broken, "checks": checks});
    Reply {
        exit_code: u8::from(broken),
        ..Reply::good(lines, json)
    }
}

async fn service(io: &Io, settings: &Settings, findings: &mut Findings) {
    const LINK: &str = "Key";
    if let Err(reason) = &settings.stored {
        findings.problem(
            "Configuration",
            &crate::config::damaged(&settings.config_path, reason),
        );
    }
    let upstream = match settings.upstream() {
        Ok(upstream) => upstream,
        Err(problem) => return findings.problem(LINK, &problem),
    };
    io.err(format!("Asking {} …", upstream.base())).await;
    let (masked, base) = (upstream.secret().masked(), upstream.base());
    let used_up = "Replace it with: libtv-video update-key --api-key K";
    let (health, words, advice) = match upstream.check(io).await {
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
        Err(error) => return findings.problem(LINK, &error.problem()),
    };
    findings.note(LINK, health, &words, advice);
}

/// Any answer will do: that there is no such file is one.
async fn media_store(io: &Io, findings: &mut Findings) {
    const LINK: &str = "Media store";
    let Some(url) = stores().find_map(Store::probe) else {
        return;
    };
    io.err("Asking the media store …").await;
    let answer = io
        .http(Request {
            method: Method::Get,
            url,
            headers: vec![("user-agent", USER_AGENT.to_owned())],
            credential: None,
            body: Vec::new(),
            max_response_bytes: MAX_PAGE_BYTES,
        })
        .await;
    match answer {
        Ok(_) => findings.note(LINK, Health::Good, "results can be fetched", ""),
        Err(error) => findings.note(LINK, Health::Broken, error.reason(), network_advice(&error)),
    }
}

const fn network_advice(error: &HttpError) -> &'static str {
    match error {
        HttpError::Denied(_) => {
            "The sandbox doesn't grant this request: see the reason behind 🔒, and the overrides LIBTV_… and FEISHU_BASE_URL."
        }
        HttpError::Setting(_) => {
            "That is a setting or the network of this machine: trying again changes nothing."
        }
        HttpError::NotSent(_) | HttpError::Lost(_) => {
            "Check the network, the name service, HTTPS_PROXY and SSL_CERT_FILE of this process."
        }
    }
}

fn harness(settings: &Settings, findings: &mut Findings) {
    const LINK: &str = "Harness";
    match settings.harness {
        HarnessState::Polling => findings.note(LINK, Health::Good, "one is polling", ""),
        HarnessState::PollingWithItsApp => findings.note(
            LINK,
            Health::Good,
            "one is polling, with Feishu or Lark credentials that this command has not",
            "",
        ),
        HarnessState::Lacking(lack) => {
            let (what, remedy) = lack.words();
            findings.note(LINK, Health::Broken, what, remedy);
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

async fn messenger(io: &Io, settings: &Settings, chat_id: Option<&str>, findings: &mut Findings) {
    let Some(app) = &settings.feishu else {
        if settings.harness == HarnessState::PollingWithItsApp {
            let said = "the harness that polls has them, this command has not";
            return findings.note("Feishu credentials", Health::Good, said, "");
        }
        return findings.note(
            "Feishu credentials",
            Health::Broken,
            &settings.no_feishu,
            "",
        );
    };
    findings.note(
        "Feishu credentials",
        Health::Good,
        &format!("found in {} (app {})", app.found_in, app.app_id),
        "",
    );
    io.err(format!("Asking {} …", app.base_url)).await;
    let mut messenger = Messenger::new(app);
    let form = Form::new(&io.nonce()).field("image_type", "message").file(
        "image",
        "doctor.png",
        "image/png",
    );
    let uploaded = messenger
        .upload_bytes(io, "im/v1/images", &form, PICTURE)
        .await;
    let image_key = match &uploaded {
        Answer::Done(data) => data
            .get("image_key")
            .and_then(Value::as_str)
            .map(str::to_owned),
        _ => None,
    };
    tell(
        &messenger,
        "Upload",
        "the app may upload media",
        &uploaded,
        findings,
    );
    let Some(chat_id) = chat_id else {
        return findings.note(
            "Chat",
            Health::Doubtful,
            "not looked at",
            "Send a test there with: libtv-video doctor --chat-id ID",
        );
    };
    let to = match contract::recipient::read(chat_id) {
        Ok(to) => to,
        Err(reason) => {
            let advice = format!("Accepted: {}.", contract::recipient::ACCEPTED);
            let reason = format!("nothing was sent: {reason}");
            return findings.note("Chat", Health::Broken, &reason, &advice);
        }
    };
    let text = json!({"text": "libtv-video: this is a test. Videos and images will arrive here."});
    let picture = image_key.map(|key| ("Picture", "image", json!({"image_key": key})));
    for (link, msg_type, content) in [("Text", "text", text)].into_iter().chain(picture) {
        let content = Content {
            msg_type: msg_type.to_owned(),
            content: content.to_string(),
        };
        let uuid = digest(&["doctor", &io.nonce(), msg_type], 40);
        let answer = messenger.send(io, &to, &content, &uuid, true).await;
        tell(&messenger, link, "arrived in the chat", &answer, findings);
    }
}

/// What an answer says of a link to the messenger.
fn tell(
    messenger: &Messenger<'_>,
    link: &str,
    good: &str,
    answer: &Answer,
    findings: &mut Findings,
) {
    const NETWORK: &str = "Check the network, the name service and HTTPS_PROXY of this process.";
    let (reason, advice) = match answer {
        Answer::Done(_) => return findings.note(link, Health::Good, good, ""),
        Answer::NoScope(page, reason) => {
            let page = page.clone().unwrap_or_else(|| messenger.permission_page());
            (
                reason,
                format!("Have an administrator of the app grant the permission here: {page}"),
            )
        }
        Answer::Refused(reason)
        | Answer::NoReply(reason)
        | Answer::Withheld(reason)
        | Answer::TooLong(reason) => (reason, refusal_advice(reason).to_owned()),
        Answer::TokenRefused(reason) => (
            reason,
            "Check the app's id and secret on its page.".to_owned(),
        ),
        Answer::Wait(_, reason) => (
            reason,
            "Too many messages at once: try again in a moment.".to_owned(),
        ),
        Answer::NotSent(reason)
        | Answer::NoMedia(reason)
        | Answer::Gone(reason)
        | Answer::Unclear(reason)
        | Answer::ForeignKey(reason) => (reason, NETWORK.to_owned()),
    };
    findings.note(link, Health::Broken, reason, &advice);
}

/// `docs/apis/feishu.md`, the table of codes.
fn refusal_advice(reason: &str) -> &'static str {
    const ADVICE: [(&str, &str); 6] = [
        ("230002", "Add the bot to the chat."),
        ("230013", "Widen the app's availability to this user."),
        ("230006", "Switch the app's bot ability on."),
        ("234007", "Switch the app's bot ability on."),
        (
            "230001",
            "Check the chat's id: ou_… for a user, oc_… for a chat.",
        ),
        (
            "99992361",
            "That user's id belongs to another app: take the one this app sees.",
        ),
    ];
    ADVICE
        .iter()
        .find(|(code, _)| reason.split(' ').next() == Some(code))
        .map_or(
            "Check the app's id and secret, and what its page says of its state.",
            |(_, advice)| advice,
        )
}
