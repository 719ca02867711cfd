//! What would grant a refused request, in the words of this harness: its variables, its commands, its documents.
//! Not here: why it was refused, and what is said where no setting has a part in it (`sandbox::http`).

use std::borrow::Cow;

use contract::channels::CHANNELS;
use contract::services::SERVICES;
use sandbox::http::{RefusalReason, Words};

use crate::wording::Wording;

/// What would grant it in the words of a library or of a command line.
pub(crate) fn words(wording: Wording) -> Words {
    match wording {
        Wording::CommandLine => granted_by,
        Wording::Library => granted_by_library,
    }
}

/// The same for who embeds the harness, and has neither variables nor commands.
fn granted_by_library(reason: RefusalReason) -> Option<Cow<'static, str>> {
    match reason {
        RefusalReason::Recipient => Some("a submit that names it: Submit::to".into()),
        // The sandbox's own words name no variable.
        RefusalReason::Host
        | RefusalReason::Port
        | RefusalReason::TokenRequest
        | RefusalReason::Address(_) => None,
        other => granted_by(other),
    }
}

/// What would grant it; `None` where the sandbox's own words are all there is to say.
fn granted_by(reason: RefusalReason) -> Option<Cow<'static, str>> {
    let said: Cow<'static, str> = match reason {
        RefusalReason::Host | RefusalReason::Port => {
            format!("{} ({})", reason.granted_by(), movers()).into()
        }
        RefusalReason::TokenRequest => {
            format!("{}; another app is set by {}", reason.granted_by(), apps()).into()
        }
        RefusalReason::Address(_) => {
            "a public address behind that name; for tests LIBTV_CONNECT_TO, which leads to loopback only".into()
        }
        RefusalReason::Recipient => {
            "a submit that names it: create-session with --chat-id, or Submit::to".into()
        }
        RefusalReason::Message => {
            "nothing as it is: send the one JSON object that its route names in capabilities.json, with no other members, and no other query".into()
        }
        RefusalReason::Query | RefusalReason::Header | RefusalReason::Body => {
            "nothing as it is: a request has what its route names in capabilities.json, and nothing else".into()
        }
        RefusalReason::Call => "a call of a kind that the route names in capabilities.json".into(),
        RefusalReason::Paid => {
            "another submit: each sends its request once, and once more where it certainly did not arrive".into()
        }
        RefusalReason::Limit => {
            "a higher jobsPerDay or jobsPerChatPerDay under limits in libtv.json, or a day's time".into()
        }
        _ => return None,
    };
    Some(said)
}

/// The variables that move a service.
fn movers() -> String {
    let movers = SERVICES.iter().filter_map(|service| service.moved_by);
    movers.collect::<Vec<_>>().join(", ")
}

/// The variables that set an app.
fn apps() -> String {
    let apps = CHANNELS.map(|channel| {
        let names: Vec<&str> = channel.variables.of_app().collect();
        names.join(" and ")
    });
    apps.join(", or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_settings_and_the_command_that_would_grant_it() {
        for (reason, names) in [
            (RefusalReason::Recipient, "--chat-id"),
            (RefusalReason::Host, "LIBTV_GATEWAY_URL"),
            (RefusalReason::Port, "LIBTV_DIRECT_BASE_URL"),
            (RefusalReason::TokenRequest, "FEISHU_APP_ID and"),
            (RefusalReason::Query, "capabilities.json"),
            (RefusalReason::Limit, "jobsPerDay"),
        ] {
            let said = granted_by(reason).unwrap();
            assert!(said.contains(names), "{said}");
        }
        assert_eq!(granted_by(RefusalReason::Secret), None);
    }

    #[test]
    fn who_embeds_the_harness_reads_of_no_option_and_no_variable() {
        let of = |reason| granted_by_library(reason).unwrap_or_else(|| reason.granted_by().into());
        for reason in [
            RefusalReason::Recipient,
            RefusalReason::Host,
            RefusalReason::Port,
            RefusalReason::TokenRequest,
            RefusalReason::Address(sandbox::http::AddressClass::Private),
        ] {
            let said = of(reason);
            assert!(!said.contains("--") && !said.contains('_'), "{said}");
        }
    }
}
