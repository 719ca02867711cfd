//! Where a credential is a key of the query: which one, what stands there, and the target with a token in it. Not here: what may
//! stand there (`broker.rs`).

use contract::services::{Asks, Position, Route, Service};
use http::Uri;

use super::tokens;

/// The key of the query that holds what identifies the user on this route, where that is its place.
pub(super) fn secret_key(service: &Service, route: &Route) -> Option<&'static str> {
    let credential = service.credential?;
    match (credential.position, credential.exchange) {
        (Position::Query { name }, _) if route.credential => Some(name),
        (_, Some(exchange)) if exchange.asks == Asks::Query && exchange.path == route.path => {
            Some(exchange.secret)
        }
        _ => None,
    }
}

/// A key's value in a query, empty where it has none, and the rest of it. No key stands in a granted query twice.
pub(super) fn without_key<'a>(query: &'a str, key: &str) -> (&'a str, String) {
    let is_it = |pair: &&str| pair.split('=').next() == Some(key);
    let pair = query.split('&').find(is_it).unwrap_or_default();
    let value = pair.split_once('=').map_or("", |(_, value)| value);
    let rest: Vec<&str> = query.split('&').filter(|pair| !is_it(pair)).collect();
    (value, rest.join("&"))
}

/// The target with a token as the value of this key, which stands there already.
pub(super) fn in_query(uri: &Uri, key: &str, token: &str) -> Option<Uri> {
    let (_, rest) = without_key(uri.query()?, key);
    let and = if rest.is_empty() { "" } else { "&" };
    let token = tokens::in_query(token);
    let text = format!("{}?{rest}{and}{key}={}", uri.path(), *token);
    let text = zeroize::Zeroizing::new(text);
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(text.parse().ok()?);
    Uri::from_parts(parts).ok()
}
