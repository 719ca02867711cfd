//! What the runtime says of a harness that polls this state folder, in words of `LIBTV_HARNESS`: the first says whether one does,
//! and with which key; each further one, `<how>:<channel>` or `<how>:<service>`, in what its app of a channel, or its key of a
//! service with a place of its own, differs from this process's.

use crate::channel::{self, Member};
use crate::upstream::ServiceId;

/// Whether a harness polls, and with what.
#[derive(Default)]
pub struct Harness {
    polls: Option<bool>,
    lacks: Option<LackOfKey>,
    /// The same of services whose keys have a place of their own.
    keys: Vec<(ServiceId, LackOfKey)>,
    apps: Vec<(&'static Member, App)>,
}

/// How its key differs from this process's.
#[derive(Clone, Copy)]
enum LackOfKey {
    /// It has none.
    Any,
    /// It has one of another kind.
    Kind,
    /// It has another one of its kind.
    Same,
}

/// How its app of a channel differs from this process's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum App {
    /// This process has none, and it has one.
    ItsOwn,
    /// It has none.
    None,
    /// It has another, for which people and chats may have other ids.
    Another,
}

/// Whether a harness polls this state folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HarnessState {
    /// One does.
    Polling,
    /// One does, and this process has no app of this channel (its name for people).
    PollingWithItsApp(&'static str),
    /// One does that can't bring the results.
    Lacking(Lack),
    /// None does.
    Absent,
    /// This runtime doesn't say.
    Unknown,
}

/// What a harness that polls lacks beside this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// What it has instead.
    pub what: String,
    /// What to do, for whoever runs the machine.
    pub remedy: String,
}

impl Harness {
    /// What a runtime says; what isn't known is passed over.
    pub(super) fn read(said: Option<&str>) -> Self {
        let mut words = said.unwrap_or_default().split(' ');
        let (polls, lacks) = match words.next().unwrap_or_default() {
            "polling" => (Some(true), None),
            "polling-without-key" => (Some(true), Some(LackOfKey::Any)),
            "polling-with-another-kind-of-key" => (Some(true), Some(LackOfKey::Kind)),
            "polling-with-another-key" => (Some(true), Some(LackOfKey::Same)),
            "absent" => (Some(false), None),
            _ => (None, None),
        };
        Self {
            polls,
            lacks,
            keys: words.clone().filter_map(key).collect(),
            apps: words.filter_map(app).collect(),
        }
    }

    /// Whether one polls that can bring the results of this service to this channel; of any of them where none is named.
    #[must_use]
    pub fn state(&self, channel: Option<&Member>, service: Option<ServiceId>) -> HarnessState {
        match self.polls {
            None => return HarnessState::Unknown,
            Some(false) => return HarnessState::Absent,
            Some(true) => {}
        }
        // A key of another service is no matter of a job's.
        let own_place = service.filter(|service| service.key_prefix().is_empty());
        let lacks = match own_place {
            Some(service) => self
                .keys
                .iter()
                .find(|(known, _)| *known == service)
                .map(|(_, lack)| *lack),
            None => self.lacks,
        };
        if let Some(lacks) = lacks {
            return HarnessState::Lacking(lacks.lack());
        }
        let is_meant = |known: &Member| channel.is_none_or(|channel| channel.id == known.id);
        let mut apps = self.apps.iter().filter(|(known, _)| is_meant(known));
        match apps.next() {
            None => HarnessState::Polling,
            Some((member, App::ItsOwn)) => HarnessState::PollingWithItsApp(member.name),
            Some((member, App::None)) => HarnessState::Lacking(no_app(member)),
            Some((member, App::Another)) => HarnessState::Lacking(another_app(member)),
        }
    }
}

/// One word about the key of a service.
fn key(word: &str) -> Option<(ServiceId, LackOfKey)> {
    let (how, service) = word.split_once(':')?;
    let lack = match how {
        "without-key" => LackOfKey::Any,
        "with-another-key" => LackOfKey::Same,
        _ => return None,
    };
    Some((ServiceId::called(service)?, lack))
}

/// One word about an app.
fn app(word: &str) -> Option<(&'static Member, App)> {
    let (how, id) = word.split_once(':')?;
    let app = match how {
        "with-its-own-app" => App::ItsOwn,
        "without-app" => App::None,
        "with-another-app" => App::Another,
        _ => return None,
    };
    Some((channel::all().find(|member| member.id == id)?, app))
}

impl LackOfKey {
    fn lack(self) -> Lack {
        const SAME: &str = "Give both the same key: save it with libtv-video setup, and take LIBTV_API_KEY, or the service's own variable, out of either's environment";
        let (what, remedy) = match self {
            Self::Any => (
                "The harness that polls has no API key",
                "Save it with: libtv-video setup (a key in LIBTV_API_KEY, or in a service's own variable, is known to this process alone)",
            ),
            Self::Kind => ("The harness that polls has a key of another kind", SAME),
            Self::Same => ("The harness that polls has another API key", SAME),
        };
        Lack {
            what: what.to_owned(),
            remedy: remedy.to_owned(),
        }
    }
}

fn no_app(member: &Member) -> Lack {
    let names: Vec<&str> = member.variables.of_app().collect();
    let are = if names.len() == 1 { " is" } else { " are" };
    let names = names.join(" and ");
    Lack {
        what: [
            "The harness that polls has no ",
            member.name,
            " credentials",
        ]
        .concat(),
        remedy: [
            "Start libtv-video serve where ",
            &names,
            are,
            " set, or keep them in openclaw.json",
        ]
        .concat(),
    }
}

fn another_app(member: &Member) -> Lack {
    let names: Vec<&str> = member.variables.of_app().collect();
    Lack {
        what: ["The harness that polls has another ", member.name, " app"].concat(),
        remedy: [
            "Start libtv-video serve with the same ",
            &names.join(", "),
            " and ",
            member.variables.base_url,
            ", or keep them in openclaw.json",
        ]
        .concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(said: &str, channel: Option<&str>) -> String {
        let channel = channel.and_then(channel::of);
        match Harness::read(Some(said)).state(channel, None) {
            HarnessState::Lacking(lack) => lack.what,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn what_a_harness_lacks_for_one_channel_is_not_held_against_another() {
        let said = "polling without-app:toy with-its-own-app:unheard-of";
        assert_eq!(told(said, Some("feishu")), "Polling");
        assert!(told(said, Some("toy")).contains("no Toy credentials"));
        assert!(told(said, None).contains("no Toy credentials"));
        let keys_first = "polling-without-key without-app:toy";
        assert!(told(keys_first, Some("toy")).contains("no API key"));
        let one = Harness::read(Some("polling-without-key with-another-key:ark"));
        let of = |word: &str| one.state(None, ServiceId::called(word));
        assert!(matches!(of("ark"), HarnessState::Lacking(lack) if lack.what.contains("another")));
        assert_eq!(of("modelark"), HarnessState::Polling);
        assert!(
            matches!(of("nexu"), HarnessState::Lacking(lack) if lack.what.contains("no API key"))
        );
        for (said, state) in [
            ("polling", "Polling"),
            ("absent", "Absent"),
            ("odd", "Unknown"),
        ] {
            assert_eq!(told(said, None), state);
        }
    }
}
