//! Where results are: the stores of all services, as the contract grants them.

use contract::services::{Service, stands_for};

use super::super::MEMBERS;
use super::SCHEME;
use crate::io::{Method, Request, USER_AGENT};

/// How the path of a route ends that leads to files.
const ANY_FILE: &str = "{..}";

/// Where a service puts its results.
#[derive(Debug)]
pub struct Store {
    /// Its addresses, and below which paths there are files.
    pub entry: &'static Service,
    /// The path below which users' own files are, among results.
    pub uploads: Option<&'static str>,
    /// The page that a client says it comes from, where the store wants one.
    pub referer: Option<&'static str>,
    /// The query that makes a picture of a film's first frame, where the store makes one.
    pub first_frame: Option<&'static str>,
}

impl Store {
    /// What the addresses of its files begin with, in two parts.
    fn prefixes(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let entry = self.entry;
        let paths = entry.routes.iter();
        let paths = paths.filter_map(|route| route.path.strip_suffix(ANY_FILE));
        paths.flat_map(|path| entry.origins.iter().map(move |origin| (*origin, path)))
    }

    /// How long the prefix is that a text begins with; `in_words`, where nobody said that it is a result.
    pub(super) fn prefix_len(&self, text: &str, in_words: bool) -> Option<usize> {
        let mut prefixes = self.prefixes();
        prefixes.find_map(|(origin, path)| {
            // Below a domain may be anything that its owner serves: in words it is no result, but only where the service
            // calls it one.
            if in_words && origin.contains('*') {
                return None;
            }
            // The origin ends in no slash and the path begins with one: `https://store.example.evil` is no
            // address below it.
            let origin = origin_len(origin, text)?;
            let is_below = text.get(origin..)?.starts_with(path);
            is_below.then_some(origin + path.len())
        })
    }

    /// An address at which there is nothing: any answer to it shows that the store is reached.
    #[must_use]
    pub fn probe(&self) -> Option<String> {
        // Of a domain no host is known that is there for certain.
        let known = self.prefixes().filter(|(origin, _)| !origin.contains('*'));
        let (origin, path) = known.last()?;
        Some([origin, path, "libtv-video-doctor"].concat())
    }

    /// Whether an address stands where users' own files are.
    pub(super) fn is_upload(&self, url: &str) -> bool {
        self.uploads.is_some_and(|uploads| {
            let mut below = self
                .entry
                .origins
                .iter()
                .filter_map(|origin| url.strip_prefix(*origin));
            below.any(|path| path.starts_with(uploads))
        })
    }
}

/// How long the origin is that a text begins with, where it is this one, or one of those that it stands for.
fn origin_len(origin: &str, text: &str) -> Option<usize> {
    if !origin.contains('*') {
        return text.starts_with(origin).then_some(origin.len());
    }
    // The host ends at the first slash: whatever stands behind another sign there is no plain name.
    let scheme = SCHEME.len();
    let host = text.strip_prefix(SCHEME)?.split('/').next()?;
    stands_for(origin.get(scheme..)?, host).then_some(scheme + host.len())
}

/// The stores of all services; one that several share as often as that.
pub fn stores() -> impl Iterator<Item = &'static Store> {
    MEMBERS
        .iter()
        .flat_map(|member| member.traits.stores.iter().copied())
}

/// The store of an address.
pub(super) fn of(url: &str) -> Option<&'static Store> {
    stores().find(|store| store.prefix_len(url, false).is_some())
}

/// The page that a request for this address says it comes from, where its store wants one.
#[must_use]
fn referer(url: &str) -> Option<&'static str> {
    of(url)?.referer
}

/// How a store is asked for a result. It carries no credential: the store wants none.
#[must_use]
pub fn ask(url: &str, max_response_bytes: u64) -> Request {
    let mut headers = vec![("user-agent", USER_AGENT.to_owned())];
    // Some of the stores' clients were refused without the page that shows the result: docs/apis of the
    // service.
    headers.extend(referer(url).map(|page| ("referer", page.to_owned())));
    Request {
        method: Method::Get,
        url: url.to_owned(),
        headers,
        credential: None,
        body: Vec::new(),
        max_response_bytes,
    }
}

/// What the address of a result may begin with, each once, in the order of the services.
#[must_use]
pub fn prefixes() -> Vec<String> {
    let mut found = Vec::new();
    for (origin, path) in stores().flat_map(Store::prefixes) {
        let prefix = [origin, path].concat();
        // Two services share a store.
        if !found.contains(&prefix) {
            found.push(prefix);
        }
    }
    found
}
