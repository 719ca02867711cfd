//! Which requests may leave: scheme, host, port, method, path and query, all of them. Pure: no names are resolved, no
//! secrets are known here. What a refusal says is in `refusal.rs`, how a URL is read in `target.rs`, which routes there
//! are in the contract; `request.rs` judges headers and body.

use contract::services::{Route, Service, stands_for};
use http::{Method, Uri};

use super::base_url::BaseUrl;
use super::refusal::{Refusal, RefusalReason};
use super::target::{Target, matches_path};

/// A service that is granted, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    service: &'static Service,
    base: BaseUrl,
    /// Those of the service's that were taken away, by their places among them.
    denied: Vec<usize>,
}

impl Rule {
    /// The routes whose path is the target's.
    fn routes(&self, target: &Target) -> impl Iterator<Item = &'static Route> {
        self.granted()
            .map(|granted| granted.1)
            .filter(|route| matches_path(target.path, &self.base.prefix, route.path))
    }

    /// The routes that are granted, with their places among the service's.
    fn granted(&self) -> impl Iterator<Item = (usize, &'static Route)> {
        let routes = self.service.routes.iter().enumerate();
        routes.filter(|(place, _)| !self.denied.contains(place))
    }

    /// One of them, as it is told.
    fn told(&self, route: &'static Route) -> GrantedRoute {
        GrantedRoute {
            service: self.service,
            method: route.method.name().to_owned(),
            origin: self.base.origin(),
            path: format!("{}{}", self.base.prefix, template(route.path)),
            loopback: self.base.is_loopback(),
            route,
        }
    }
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
    pub service: &'static Service,
    /// The only method.
    pub method: String,
    /// Scheme, host and port.
    pub origin: String,
    /// The path; `{id}` is one segment, `…` one or more.
    pub path: String,
    /// Whether it leads to this machine, and nowhere else, instead of to public addresses.
    pub loopback: bool,
    /// What the contract says about it: headers, query, body, kinds of call.
    pub route: &'static Route,
}

/// What a granted request may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Whose route it is. Credentials are bound to it.
    pub service: &'static Service,
    /// Whether the connection may go to a loopback address: only where the base URL names one.
    pub loopback: bool,
    /// Whether it needs a connection of its own.
    pub fresh_connection: bool,
    /// Scheme, host and port, for the record.
    pub origin: String,
    /// The same of the request itself, where the record's stands for a domain.
    pub own_origin: String,
    /// The path's template, for the record: nothing of the request itself.
    pub path: String,
    /// What the contract says about the route.
    pub route: &'static Route,
}

impl Policy {
    /// No rules: everything is refused.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Grants the routes of `service` under `base`.
    #[must_use]
    pub fn grant(mut self, service: &'static Service, base: BaseUrl) -> Self {
        self.rules.push(Rule {
            service,
            base,
            denied: Vec::new(),
        });
        self
    }

    /// Takes away the routes that aren't allowed; of a service without any its host is not granted either.
    #[must_use]
    pub fn narrowed(mut self, allowed: impl Fn(&GrantedRoute) -> bool) -> Self {
        for rule in &mut self.rules {
            let denied = rule
                .granted()
                .filter(|(_, route)| !allowed(&rule.told(route)));
            let denied: Vec<usize> = denied.map(|(place, _)| place).collect();
            rule.denied.extend(denied);
        }
        self.rules.retain(|rule| rule.granted().next().is_some());
        self
    }

    /// Grants the routes of `service` at each of its origins: of one that nothing moves they are one service's places.
    #[must_use]
    pub fn grant_at_home(self, service: &'static Service) -> Self {
        let bases = service
            .origins
            .iter()
            .filter_map(|origin| BaseUrl::parse(origin).ok());
        bases.fold(self, |policy, base| policy.grant(service, base))
    }

    /// Decides about one request, as far as method and URL tell.
    ///
    /// # Errors
    /// The refusal, with its reason.
    pub fn check(&self, method: &Method, uri: &Uri) -> Result<Grant, Refusal> {
        let refuse = |reason| Refusal::new(method, uri, reason);
        let target = Target::read(uri).ok_or_else(|| refuse(RefusalReason::Url))?;
        for rule in self.rules.iter().filter(|rule| target.is_at(&rule.base)) {
            let route = rule
                .routes(&target)
                .find(|route| method.as_str() == route.method.name());
            // Two services may be moved to one origin: what this one doesn't have the next may.
            let Some(route) = route else { continue };
            if let Some(key) = target.odd_key(route.query) {
                return Err(refuse(RefusalReason::Query).about(key));
            }
            return Ok(Grant {
                service: rule.service,
                loopback: rule.base.is_loopback(),
                fresh_connection: route.own_connection,
                origin: rule.base.origin(),
                own_origin: BaseUrl {
                    host: target.host.clone(),
                    ..rule.base.clone()
                }
                .origin(),
                path: format!("{}{}", rule.base.prefix, template(route.path)),
                route,
            });
        }
        Err(refuse(self.missing(&target)))
    }

    /// Which part of a target that is not granted is the first without a rule.
    fn missing(&self, target: &Target) -> RefusalReason {
        let on_host = || {
            self.rules
                .iter()
                .filter(|rule| stands_for(&rule.base.host, &target.host))
        };
        let on_origin = || self.rules.iter().filter(|rule| target.is_at(&rule.base));
        // From the widest to the narrowest: the reason says which setting would have to be another one.
        if on_host().next().is_none() {
            RefusalReason::Host
        } else if !on_host().any(|rule| rule.base.https == target.https) {
            RefusalReason::Scheme
        } else if on_origin().next().is_none() {
            RefusalReason::Port
        } else if on_origin().any(|rule| rule.routes(target).next().is_some()) {
            RefusalReason::Method
        } else {
            RefusalReason::Path
        }
    }

    /// The rules, one for each route.
    pub fn routes(&self) -> Vec<GrantedRoute> {
        let of_rule = |rule: &Rule| {
            let told = rule.granted().map(|(_, route)| rule.told(route));
            told.collect::<Vec<_>>()
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
            format!("{}: {method} {origin}{path}", service.short)
        };
        self.routes().into_iter().map(line).collect()
    }
}

/// A route as people read it.
fn template(route: &str) -> String {
    route.replace("{}", "{id}").replace("{..}", "…")
}

#[cfg(test)]
#[path = "tests/policy.rs"]
mod tests;
