//! What is granted at this moment, as data: for `libtv-video grants`, and for the digest under which the record names the
//! policy of each call. Put together from the very objects that enforce it. Not here: words for people.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use contract::channels::{self, CHANNELS};
use contract::services::{Asks, Position, SERVICES, Service};
use serde::Serialize;

use crate::grants::{Basis, GUEST_CONFIG, GUEST_STATE, apps, unusable_overrides, with_keys};
use crate::home::Home;
use crate::limits::{LimitRow, rows};
use crate::recipients::{Recipient, Recipients};
use crate::route_report::RouteReport;
use crate::settings::Settings;
use sandbox::audit::digest;
use sandbox::http::{GrantedRoute, Policy};
use sandbox::secrets::ApiKey;

/// Everything a component may do here.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GrantsReport {
    /// SHA-256 of the rest but for the recipients that were named, in hex: what the record calls the policy.
    pub policy: String,
    /// The requests that may leave; every other one is refused.
    pub network: Vec<RouteReport>,
    /// Which placeholder stands for which secret, and where the harness puts the secret itself.
    pub credentials: Vec<CredentialReport>,
    /// The files and folders a call sees.
    pub files: Vec<FileReport>,
    /// Names of the environment variables a call sees.
    pub environment: Vec<String>,
    /// Who may get messages.
    pub recipients: RecipientsReport,
    /// What single calls may do beside all that, by their arguments.
    pub calls: Vec<CallReport>,
    /// The bounds of a step and of a command.
    pub limits: Vec<LimitRow>,
    /// Overrides of base URLs that grant nothing, and why.
    pub unusable: Vec<String>,
    /// What isn't granted for want of a key or an app, and what would change that.
    pub missing: Vec<String>,
}

/// One secret that stays outside.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CredentialReport {
    /// Its name, as in the record.
    pub name: &'static str,
    /// The only origin it goes to.
    pub origin: String,
    /// The only place in a request to it.
    pub place: String,
}

/// One file or folder.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct FileReport {
    /// Which calls see it.
    pub calls: String,
    /// What it is.
    pub path: String,
    /// How the component sees it.
    pub seen_as: String,
    /// `read` or `read and write`.
    pub access: &'static str,
}

/// Who may get messages.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RecipientsReport {
    /// The rule.
    pub rule: &'static str,
    /// Where they are kept, one file each, out of the component's reach.
    pub folder: String,
    /// Those that submits have named.
    pub named: Vec<RecipientReport>,
    /// Why not all of them are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// One recipient, in its platform's words.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RecipientReport {
    /// The kind of its id, such as `chat_id` or `email`.
    pub receive_id_type: String,
    /// The id.
    pub receive_id: String,
}

/// What some calls are granted for their arguments, files apart.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CallReport {
    /// Which calls, with the argument.
    pub calls: &'static str,
    /// What it grants, and for how long.
    pub grants: &'static str,
}

const CALLS: [CallReport; 3] = [
    CallReport {
        calls: "create-session --chat-id ID, else OPENCLAW_CHAT_ID",
        grants: "messages to that recipient, from then on",
    },
    CallReport {
        calls: "doctor --chat-id ID",
        grants: "messages to that recipient, in that call alone",
    },
    CallReport {
        calls: "setup, update-key --api-key K",
        grants: "the routes of the service that K belongs to, with K in its header, in that call alone",
    },
];

impl GrantsReport {
    /// What `settings` and the files under their home grant now. Needs no network, no key and no component.
    pub fn of(settings: &Settings) -> Self {
        let home = Home::at(&settings.nexu_home);
        let basis = Basis::gather(settings, &home, &Default::default(), None);
        let environment = basis.environment(settings, &home);
        // Recipients come only after the digest: each new chat would otherwise be another policy.
        let mut report = Self::new(settings, &home, &basis, &environment);
        match Recipients::at(home.recipients()).all() {
            Ok(named) => {
                let told = |recipient: Recipient| RecipientReport {
                    receive_id_type: recipient.kind,
                    receive_id: recipient.id,
                };
                report.recipients.named = named.into_iter().map(told).collect();
            }
            Err(error) => report.recipients.trouble = Some(error.to_string()),
        }
        report
    }

    fn new(
        settings: &Settings,
        home: &Home,
        basis: &Basis,
        environment: &[(String, String)],
    ) -> Self {
        let routes = basis.policy.routes();
        let mut report = Self {
            policy: String::new(),
            credentials: credentials(basis, &routes),
            network: routes.iter().map(RouteReport::of).collect(),
            files: files(home, settings.downloads.as_deref()),
            environment: environment.iter().map(|(name, _)| name.clone()).collect(),
            recipients: RecipientsReport {
                rule: "a message leaves only for a recipient that a submit named",
                folder: home.recipients().display().to_string(),
                named: Vec::new(),
                trouble: None,
            },
            calls: CALLS.to_vec(),
            limits: rows(&settings.step_limits, &settings.command_limits),
            unusable: unusable_overrides(settings),
            missing: missing(basis),
        };
        // Sorted, so that the digest says what is granted and not in which order it was found.
        report.environment.sort_unstable();
        // A structure of texts and numbers can always be written.
        report.policy = digest(&serde_json::to_vec(&report).unwrap_or_default());
        report
    }
}

/// The digest of the policy in force, put together anew only when what is granted differs from the call before: every call
/// needs it, and next to none differs. For one harness: its settings, limits and folders stay as they are.
#[derive(Default)]
pub(crate) struct PolicyDigest(Mutex<Option<Known>>);

/// What of a call a report is made of, and its digest.
struct Known {
    policy: Arc<Policy>,
    credentials: Vec<Handle>,
    apps: Vec<&'static str>,
    environment: Vec<String>,
    digest: Arc<str>,
}

impl PolicyDigest {
    /// The digest under which the record names what this call is granted.
    pub(crate) fn digest(
        &self,
        settings: &Settings,
        home: &Home,
        basis: &Basis,
        environment: &[(String, String)],
    ) -> Arc<str> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref()
            && known.is_of(basis, environment)
        {
            return Arc::clone(&known.digest);
        }
        let digest: Arc<str> = GrantsReport::new(settings, home, basis, environment)
            .policy
            .into();
        *known = Some(Known {
            policy: Arc::clone(&basis.policy),
            credentials: handles(basis).collect(),
            apps: with_apps(basis).collect(),
            environment: environment.iter().map(|(name, _)| name.clone()).collect(),
            digest: Arc::clone(&digest),
        });
        digest
    }
}

impl Known {
    /// Whether a call with these would get the same report.
    fn is_of(&self, basis: &Basis, environment: &[(String, String)]) -> bool {
        // The names of variables and not their values: what the digest covers are the names, and a key that
        // was renewed grants no more than before.
        self.policy == basis.policy
            && self.apps.iter().copied().eq(with_apps(basis))
            && self.credentials.iter().copied().eq(handles(basis))
            && self
                .environment
                .iter()
                .eq(environment.iter().map(|(name, _)| name))
    }
}

/// A key's name, and the service it belongs to.
type Handle = (&'static str, Option<&'static str>);

fn handles(basis: &Basis) -> impl Iterator<Item = Handle> {
    let handle = |key: &ApiKey| (key.handle, key.service.map(|service| service.id));
    basis.keys.all().map(handle)
}

/// The channels that have an app.
fn with_apps(basis: &Basis) -> impl Iterator<Item = &'static str> {
    let has_app =
        |channel: &&channels::Channel| apps(&basis.broker).any(|(_, of)| of.id == channel.id);
    CHANNELS
        .into_iter()
        .filter(has_app)
        .map(|channel| channel.id)
}

fn credentials(basis: &Basis, routes: &[GrantedRoute]) -> Vec<CredentialReport> {
    let origin = |service: &Service| {
        let mut of_service = routes.iter().filter(|route| route.service.id == service.id);
        of_service.next().map(|route| route.origin.clone())
    };
    let mut credentials = Vec::new();
    let mut add = |name, service: &'static Service, place: String| {
        if let Some(origin) = origin(service) {
            credentials.push(CredentialReport {
                name,
                origin,
                place,
            });
        }
    };
    for key in basis.keys.all() {
        if let Some((service, known)) = key.service.and_then(|s| Some((s, s.credential?))) {
            add(key.handle, service, place(known.position));
        }
    }
    // Several accounts of one service have one place.
    let of_apps = SERVICES.into_iter();
    let has_app = |service: &&Service| {
        let mut apps = basis.broker.apps.iter();
        apps.any(|app| app.service.id == service.id)
    };
    for service in of_apps.filter(has_app) {
        let Some(known) = service.credential else {
            continue;
        };
        if let Some(exchange) = known.exchange {
            let asks = match exchange.asks {
                Asks::Json => "body of POST",
                Asks::Query => "query of GET",
            };
            let place = format!("{asks} {}, by the harness itself", exchange.path);
            add(exchange.secret_name, service, place);
        }
        add(known.name, service, place(known.position));
    }
    credentials
}

fn place(position: Position) -> String {
    match position {
        Position::Header { name, .. } => format!("header {name}"),
        Position::PathSegment { .. } => "a segment of the path".to_owned(),
        Position::Query { name } => format!("{name} in the query"),
        Position::Signature => "no place: it signs what is sent".to_owned(),
    }
}

fn files(home: &Home, downloads: Option<&Path>) -> Vec<FileReport> {
    let file = |calls: &str, path: String, seen_as: &str, access| FileReport {
        calls: calls.to_owned(),
        path,
        seen_as: seen_as.to_owned(),
        access,
    };
    let default = downloads.map_or(String::new(), |folder| {
        format!(" (else {})", folder.display())
    });
    vec![
        file(
            "every call",
            home.state().display().to_string(),
            GUEST_STATE,
            "read and write",
        ),
        file(
            "upload",
            "the one file of --file".to_owned(),
            "standard input",
            "read",
        ),
        file(
            "download-results",
            format!("the folder of --output-dir{default}"),
            "under its own path",
            "read and write",
        ),
        file(
            &setting_commands(),
            format!(
                "a copy of apiKey, videoRatio, progress, service and services of {}, keys replaced",
                home.config().display()
            ),
            GUEST_CONFIG,
            "read and write",
        ),
    ]
}

fn missing(basis: &Basis) -> Vec<String> {
    let mut missing = Vec::new();
    for service in with_keys().filter(|service| !basis.keys.has(service)) {
        let Some(keys) = service.keys() else { continue };
        missing.push(match keys.prefix {
            "" => format!(
                "{}: a key ({}, or setup --service {}) grants its routes and those to its results",
                service.short, keys.variable, keys.service
            ),
            prefix => format!(
                "the {}: a key that begins with {prefix} grants its routes",
                service.short
            ),
        });
    }
    for channel in CHANNELS {
        if !with_apps(basis).any(|id| id == channel.id) {
            let variables: Vec<&str> = channel.variables.of_app().collect();
            missing.push(format!(
                "{}: an app ({}, or OpenClaw's configuration) grants uploads and messages",
                channel.name,
                variables.join(" and ")
            ));
        }
    }
    missing
}

/// The commands that write `libtv.json`.
fn setting_commands() -> String {
    let commands = contract::commands::of_component();
    let settings = commands.filter(|command| command.kind == contract::kind::Kind::Settings);
    let names: Vec<&str> = settings.map(|command| command.name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;

    fn report(variables: &'static [(&'static str, &'static str)]) -> GrantsReport {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::from_lookup(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.into())
        });
        GrantsReport::of(&Settings::new(folder.path()).with_environment(environment))
    }

    #[test]
    fn the_report_holds_no_secret_and_names_where_each_one_goes() {
        let report = report(&[
            ("LIBTV_API_KEY", "mgk_realkey1234"),
            ("FEISHU_APP_ID", "cli_1"),
            ("FEISHU_APP_SECRET", "real-app-secret"),
        ]);
        let text = serde_json::to_string(&report).unwrap();
        assert!(!text.contains("real"), "{text}");
        let places: Vec<_> = report
            .credentials
            .iter()
            .map(|credential| (credential.name, credential.origin.as_str()))
            .collect();
        assert_eq!(
            places,
            [
                ("libtv-api-key", "https://seedance.nexu.io"),
                ("feishu-app-secret", "https://open.feishu.cn"),
                ("feishu-tenant-token", "https://open.feishu.cn"),
            ]
        );
    }

    /// The digest as it is remembered, and as it is made anew, in a home whose `libtv.json` is `config`.
    fn digests(known: &PolicyDigest, folder: &Path, config: &str, app: bool) -> (Arc<str>, String) {
        std::fs::write(folder.join("libtv.json"), config).unwrap();
        let environment = Environment::from_lookup(|name| match name {
            "FEISHU_APP_ID" if app => Some("cli_1".into()),
            "FEISHU_APP_SECRET" if app => Some("real-app-secret".into()),
            _ => None,
        });
        let settings = Settings::new(folder).with_environment(environment);
        let home = Home::at(folder);
        let basis = Basis::gather(&settings, &home, &Default::default(), None);
        let variables = basis.environment(&settings, &home);
        let made = GrantsReport::new(&settings, &home, &basis, &variables).policy;
        (known.digest(&settings, &home, &basis, &variables), made)
    }

    #[test]
    fn a_policy_that_stays_is_digested_once_and_one_that_changes_is_never_mistaken() {
        let folder = tempfile::tempdir().unwrap();
        let known = PolicyDigest::default();
        let gateway = r#"{"apiKey": "mgk_realkey1234"}"#;
        let cases = [
            (gateway, false),
            (r#"{"apiKey": "sk-libtv-realkey1234"}"#, false),
            ("{}", false),
            ("{}", true),
            (gateway, true),
            ("damaged", true),
            (gateway, false),
        ];
        let mut all = Vec::new();
        for (config, app) in cases {
            let (first, made) = digests(&known, folder.path(), config, app);
            assert_eq!(*first, *made, "{config} {app}");
            // Another key of the same kind grants the same.
            let other = config.replace("1234", "9999");
            let (second, _) = digests(&known, folder.path(), &other, app);
            assert!(Arc::ptr_eq(&first, &second), "{config} {app}");
            all.push(made);
        }
        assert_eq!(all[0], all[6]);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 6);
    }

    #[test]
    fn without_a_key_it_says_what_would_grant_more() {
        let report = report(&[]);
        assert!(report.credentials.is_empty());
        assert!(report.network.iter().all(|route| route.method == "GET"));
        let all = with_keys().count() + CHANNELS.len();
        assert_eq!(report.missing.len(), all);
    }
}
