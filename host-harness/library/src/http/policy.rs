//! Which requests may leave: scheme, host, port, method and path, all of them. Pure: no names are resolved, no
//! secrets are known here. What a refusal says is in `refusal.rs`, which routes there are in `capabilities.rs`.

use http::{Method, Uri};

use super::base_url::BaseUrl;
use super::refusal::{Refusal, RefusalReason};
use crate::capabilities::{DIRECT_ROUTES, FEISHU_ROUTES, GATEWAY_ROUTES, MEDIA, MEDIA_ROUTES};

/// Whose routes a rule grants; credentials are bound to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Nexu's gateway: `X-API-KEY`.
    Gateway,
    /// LibTV's own API: a bearer key.
    Direct,
    /// The store of finished media: no credentials.
    Media,
    /// Feishu or Lark: a tenant token.
    Feishu,
}

impl Service {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Direct => "direct LibTV",
            Self::Media => "media store",
            Self::Feishu => "Feishu",
        }
    }
}

/// The path of Feishu's token route, which the harness answers itself.
pub const TOKEN_ROUTE: &str = "/open-apis/auth/v3/tenant_access_token/internal";

/// Feishu's route for messages: what leaves on it, and on replies below it, is checked by `messages.rs`.
pub(super) const MESSAGES_ROUTE: &str = "/open-apis/im/v1/messages";

/// Routes with a session's id, in which `%2F` may stand: an id may hold a slash. A server that decodes it too early sees
/// a longer path below the same route, and the method is GET.
const SESSION_ROUTES: [&str; 3] = [
    "/libtv/v1/session/{}",
    "/libtv/v1/session/{}/results",
    "/openapi/session/{}",
];

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    service: Service,
    base: BaseUrl,
    /// In a path `{}` is one segment, `{..}` one or more.
    routes: &'static [(Method, &'static str)],
}

/// The rules in force for one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    rules: Vec<Rule>,
}

/// One route that is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedRoute {
    /// Whose it is.
    pub service: Service,
    /// The only method.
    pub method: String,
    /// Scheme, host and port.
    pub origin: String,
    /// The path; `{id}` is one segment, `…` one or more.
    pub path: String,
    /// Whether it leads to this machine, and nowhere else, instead of to public addresses.
    pub loopback: bool,
}

/// What a granted request may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Whose route it is.
    pub service: Service,
    /// Whether the connection may go to a loopback address: only where the base URL names one.
    pub loopback: bool,
    /// Whether it needs a connection of its own. A kept connection may die in the moment it is used again, and for a
    /// paid request nobody could tell whether it arrived.
    pub fresh_connection: bool,
    /// Scheme, host and port, for the record.
    pub origin: String,
    /// The path's template, for the record: nothing of the request itself.
    pub path: String,
}

impl Policy {
    /// No rules: everything is refused.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Grants the gateway's routes under `base`.
    #[must_use]
    pub fn gateway(self, base: BaseUrl) -> Self {
        self.rule(Service::Gateway, base, &GATEWAY_ROUTES)
    }

    /// Grants the direct API's routes under `base`.
    #[must_use]
    pub fn direct(self, base: BaseUrl) -> Self {
        self.rule(Service::Direct, base, &DIRECT_ROUTES)
    }

    /// Grants reading finished media.
    #[must_use]
    pub fn media(self) -> Self {
        match BaseUrl::parse(MEDIA) {
            Ok(base) => self.rule(Service::Media, base, &MEDIA_ROUTES),
            Err(_) => self,
        }
    }

    /// Grants Feishu's (or Lark's) token, upload and message routes under `base`.
    #[must_use]
    pub fn feishu(self, base: BaseUrl) -> Self {
        self.rule(Service::Feishu, base, &FEISHU_ROUTES)
    }

    fn rule(
        mut self,
        service: Service,
        base: BaseUrl,
        routes: &'static [(Method, &'static str)],
    ) -> Self {
        self.rules.push(Rule {
            service,
            base,
            routes,
        });
        self
    }

    /// Decides about one request.
    ///
    /// # Errors
    /// The refusal, with its reason.
    pub fn check(&self, method: &Method, uri: &Uri) -> Result<Grant, Refusal> {
        let refuse = |reason| Refusal::new(method, uri, reason);
        let target = Target::read(uri).ok_or_else(|| refuse(RefusalReason::Url))?;
        for rule in self.rules.iter().filter(|rule| target.is_at(&rule.base)) {
            let route = rule.routes.iter().find(|(allowed, route)| {
                allowed == method && matches_path(target.path, &rule.base.prefix, route)
            });
            if let Some((_, route)) = route {
                return Ok(Grant {
                    service: rule.service,
                    loopback: rule.base.is_loopback(),
                    fresh_connection: *method == Method::POST
                        && matches!(rule.service, Service::Gateway | Service::Direct),
                    origin: rule.base.origin(),
                    path: format!("{}{}", rule.base.prefix, template(route)),
                });
            }
        }
        Err(refuse(if has_encoded_slash(target.path) {
            RefusalReason::Url
        } else {
            self.missing(&target)
        }))
    }

    /// Which part of a target that is not granted is the first without a rule.
    fn missing(&self, target: &Target) -> RefusalReason {
        let on_host = || {
            self.rules
                .iter()
                .filter(|rule| rule.base.host == target.host)
        };
        let on_origin = || self.rules.iter().filter(|rule| target.is_at(&rule.base));
        let has_path = |rule: &Rule| {
            let mut routes = rule.routes.iter();
            routes.any(|(_, route)| matches_path(target.path, &rule.base.prefix, route))
        };
        if on_host().next().is_none() {
            RefusalReason::Host
        } else if !on_host().any(|rule| rule.base.https == target.https) {
            RefusalReason::Scheme
        } else if on_origin().next().is_none() {
            RefusalReason::Port
        } else if on_origin().any(has_path) {
            RefusalReason::Method
        } else {
            RefusalReason::Path
        }
    }

    /// The rules, one for each route.
    pub fn routes(&self) -> Vec<GrantedRoute> {
        let of_rule = |rule: &Rule| {
            let (service, origin) = (rule.service, rule.base.origin());
            let route = |(method, route): &(Method, &str)| GrantedRoute {
                service,
                method: method.to_string(),
                origin: origin.clone(),
                path: format!("{}{}", rule.base.prefix, template(route)),
                loopback: rule.base.is_loopback(),
            };
            rule.routes.iter().map(route).collect::<Vec<_>>()
        };
        self.rules.iter().flat_map(of_rule).collect()
    }

    /// The rules, one line each, for people.
    pub fn describe(&self) -> Vec<String> {
        let line = |route: GrantedRoute| {
            let GrantedRoute {
                service,
                method,
                origin,
                path,
                ..
            } = route;
            format!("{}: {method} {origin}{path}", service.name())
        };
        self.routes().into_iter().map(line).collect()
    }
}

/// A route as people read it.
fn template(route: &str) -> String {
    route.replace("{}", "{id}").replace("{..}", "…")
}

struct Target<'a> {
    https: bool,
    host: String,
    port: u16,
    path: &'a str,
}

impl<'a> Target<'a> {
    /// `None` for whatever two programs might read differently.
    fn read(uri: &'a Uri) -> Option<Self> {
        let https = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        let text = authority.as_str();
        // `host:`, `host:+80` and `host:0080` parse, but not everywhere alike.
        let written = text.strip_prefix(authority.host())?;
        let usual = authority.port_u16().map(|port| format!(":{port}"));
        if text.contains('@') || written != usual.unwrap_or_default() {
            return None;
        }
        // Brackets are for IPv6 addresses: around a name some programs cut them off and others don't.
        let host = match authority.host().strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').filter(|host| is_v6(host))?,
            None => authority.host(),
        }
        .to_ascii_lowercase();
        if host.is_empty() || host.ends_with('.') || host.contains('%') {
            return None;
        }
        let path = uri.path();
        is_plain_path(path).then_some(Self {
            https,
            host,
            port: authority.port_u16().unwrap_or(if https { 443 } else { 80 }),
            path,
        })
    }

    fn is_at(&self, base: &BaseUrl) -> bool {
        (self.https, self.host.as_str(), self.port) == (base.https, base.host.as_str(), base.port)
    }
}

fn is_v6(host: &str) -> bool {
    host.parse::<std::net::Ipv6Addr>().is_ok()
}

const ENCODED_SLASH: &str = "%2f";

fn has_encoded_slash(path: &str) -> bool {
    path.to_ascii_lowercase().contains(ENCODED_SLASH)
}

/// No dot segments, also none between encoded slashes; no encoded dots, backslashes or NULs: servers decode them at
/// different moments.
fn is_plain_path(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let encoded = ["%2e", "%5c", "%00", "%25"];
    let mut segments = lower.split('/');
    path.starts_with('/')
        && !path.contains('\\')
        && !encoded.iter().any(|code| lower.contains(code))
        && segments.all(|segment| {
            let mut pieces = segment.split(ENCODED_SLASH);
            let is_one = !segment.contains(ENCODED_SLASH);
            pieces.all(|piece| !is_dots(piece) && (is_one || !piece.is_empty()))
        })
}

/// `.` or `..`, also with the parameters that some servers cut off.
fn is_dots(segment: &str) -> bool {
    matches!(segment.split(';').next(), Some("." | ".."))
}

fn matches_path(path: &str, prefix: &str, route: &str) -> bool {
    let Some(rest) = path.strip_prefix(prefix) else {
        return false;
    };
    let mut given = rest.split('/');
    let mut wanted = route.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some("{..}"), Some(first)) => {
                let plain = |segment: &str| !segment.is_empty() && !has_encoded_slash(segment);
                return plain(first) && given.all(plain);
            }
            (Some("{}"), Some(segment))
                if !segment.is_empty()
                    && (!has_encoded_slash(segment) || SESSION_ROUTES.contains(&route)) => {}
            (Some(literal), Some(segment)) if literal == segment && !literal.starts_with('{') => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
