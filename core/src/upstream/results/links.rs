//! Which links lead to the same result. Stores sign links anew for every answer, and make smaller pictures of a file by
//! its query: what a link leads to is said by host and path alone.

use std::collections::BTreeMap;

use super::{ResultUrl, path};

/// Tells results apart: what is delivered once has one of these. It is stored in the names of deliveries, and so never
/// changes for a result that has been seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResultId(String);

impl ResultId {
    /// As text, for digests: the service's name for the result behind `id:`, else host and path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Queries that have a store make something else of a file: a frame, a smaller picture. Aliyun, Tencent, Volcengine,
/// Qiniu, Baidu.
// By name and not "any query": a signature stands in the query too, and without it the store refuses the link.
const PROCESSING: [&str; 6] = [
    "x-oss-process=",
    "ci-process=",
    "x-tos-process=",
    "x-bce-process=",
    "imageMogr2",
    "imageView2",
];

impl ResultUrl {
    /// Which result it is: the service's own name for it, else what the address leads to. Two addresses of one identity
    /// are delivered once.
    #[must_use]
    pub fn identity(&self) -> ResultId {
        ResultId(match &self.id {
            Some(id) => format!("id:{id}"),
            None => self.leads_to(),
        })
    }

    /// What it leads to, whatever its query, its fragment and its spelling: host and path, in the one spelling in which
    /// nothing is percent-encoded that need not be. An encoded slash is no slash.
    fn leads_to(&self) -> String {
        // Two spellings of one path would be two identities, and the result be shown twice.
        let mut normal = String::with_capacity(self.as_str().len());
        let mut rest = path(self.as_str()).as_bytes();
        while let Some((&first, after)) = rest.split_first() {
            let encoded = match rest {
                [b'%', high, low, after @ ..] => hex_digit(*high)
                    .zip(hex_digit(*low))
                    .map(|(high, low)| (high << 4 | low, after)),
                _ => None,
            };
            match encoded {
                Some((byte, after)) if is_plain(byte) => {
                    normal.push(char::from(byte));
                    rest = after;
                }
                Some((byte, after)) => {
                    normal.push_str(&format!("%{byte:02X}"));
                    rest = after;
                }
                None => {
                    normal.push(char::from(first));
                    rest = after;
                }
            }
        }
        normal
    }

    /// The file's name as people wrote it: decoded; bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn file_name(&self) -> String {
        let mut rest = path(self.as_str())
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .as_bytes();
        let mut name = Vec::with_capacity(rest.len());
        while let Some((&first, after)) = rest.split_first() {
            let decoded = match rest {
                [b'%', high, low, after @ ..] => hex_digit(*high)
                    .zip(hex_digit(*low))
                    .map(|(high, low)| (high << 4 | low, after)),
                _ => None,
            };
            let (byte, after) = decoded.unwrap_or((first, after));
            name.push(byte);
            rest = after;
        }
        String::from_utf8_lossy(&name).into_owned()
    }

    /// Whether it leads to something that the store makes of the file.
    #[must_use]
    pub fn is_variant(&self) -> bool {
        parameters(self.as_str()).any(is_processing)
    }

    /// The link of the file itself. That of a variant is the same without the query that makes it one; where a signature
    /// stands beside it the query is signed too, and the link stays as it is.
    #[must_use]
    pub fn of_the_file(&self) -> Self {
        let is_only = parameters(self.as_str()).all(is_processing);
        if self.is_variant() && is_only {
            Self {
                url: path(self.as_str()).to_owned(),
                id: self.id.clone(),
            }
        } else {
            self.clone()
        }
    }
}

/// The parameters of a query, without the fragment.
fn parameters(url: &str) -> impl Iterator<Item = &str> {
    let query = url.split('#').next().and_then(|url| url.split_once('?'));
    query.map_or("", |(_, query)| query).split('&')
}

/// Whether a parameter has the store make something else of the file.
fn is_processing(parameter: &str) -> bool {
    PROCESSING.iter().any(|name| parameter.starts_with(name))
}

/// The value of a hexadecimal digit in either case.
fn hex_digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// Whether a byte stands for itself in a path (RFC 3986, `pchar`).
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
}

/// Links in the order in which their results were first found, one for each result: the newest that leads to the file
/// itself.
#[derive(Debug, Clone, Default)]
pub struct Links {
    links: Vec<ResultUrl>,
    places: BTreeMap<ResultId, usize>,
}

impl Links {
    /// Takes a link; true when its result is new. A newer link takes the place of an older one, but for one of a variant
    /// where the file's is known.
    pub fn add(&mut self, url: ResultUrl) -> bool {
        let identity = url.identity();
        if let Some(known) = self.places.get(&identity).copied() {
            if let Some(link) = self.links.get_mut(known)
                // A thumbnail must not take the place of the film.
                && (link.is_variant() || !url.is_variant())
            {
                *link = url;
            }
            return false;
        }
        self.places.insert(identity, self.links.len());
        self.links.push(url);
        true
    }

    /// The newest link of a result.
    #[must_use]
    pub fn of(&self, url: &ResultUrl) -> Option<&ResultUrl> {
        self.links.get(*self.places.get(&url.identity())?)
    }

    /// Whether there is a link to the same.
    #[must_use]
    pub fn contains(&self, url: &ResultUrl) -> bool {
        self.places.contains_key(&url.identity())
    }

    /// How many results there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// The links.
    #[must_use]
    pub fn into_vec(self) -> Vec<ResultUrl> {
        self.links
    }
}

impl Extend<ResultUrl> for Links {
    fn extend<T: IntoIterator<Item = ResultUrl>>(&mut self, urls: T) {
        for url in urls {
            self.add(url);
        }
    }
}

impl FromIterator<ResultUrl> for Links {
    fn from_iter<T: IntoIterator<Item = ResultUrl>>(urls: T) -> Self {
        let mut links = Self::default();
        links.extend(urls);
        links
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Stored, Written};

    fn url(tail: &str) -> ResultUrl {
        ResultUrl::parse(&format!("https://libtv-res.liblib.art/claw/{tail}")).unwrap()
    }

    #[test]
    fn signatures_fragments_and_spellings_lead_to_the_same_result() {
        let same = [
            "p/a%20b!.mp4",
            "p/a%20b!.mp4?Expires=1&Signature=x%2B",
            "p/a%20b!.mp4?Token=2#t=10",
            "p/%61%20b%21.mp4",
            "p/a%20b!%2Emp4?x-oss-process=video/snapshot,t_0",
        ];
        for tail in same {
            assert_eq!(url(tail).identity(), url(same[0]).identity(), "{tail}");
        }
        assert_eq!(
            url("%e7%8B%90.mp4").identity(),
            url("%E7%8b%90.mp4").identity()
        );
    }

    #[test]
    fn a_services_own_name_is_the_identity_whatever_the_link_is() {
        let one = url("p/a.mp4?X-Tos-Signature=1").identified("cgt-1".to_owned());
        let again = url("q/b.mp4?X-Tos-Signature=2").identified("cgt-1".to_owned());
        let other = url("p/a.mp4").identified("cgt-2".to_owned());
        assert_eq!(one.identity(), again.identity());
        assert_ne!(one.identity(), other.identity());
        assert_ne!(other.identity(), url("p/a.mp4").identity());
        let links: Links = [one, again.clone(), other].into_iter().collect();
        assert_eq!((links.len(), links.of(&again)), (2, Some(&again)));
        for written in [url("p/a.mp4"), again] {
            assert_eq!(ResultUrl::from_json(&written.to_json()), Some(written));
        }
    }

    #[test]
    fn other_paths_are_other_results() {
        for (one, other) in [
            ("p/a.mp4", "p/A.mp4"),
            ("p/a.mp4", "p//a.mp4"),
            ("p/a%2Fb.mp4", "p/a/b.mp4"),
            ("p/a+b.mp4", "p/a%20b.mp4"),
            ("p/a%25b.mp4", "p/a%b.mp4"),
            ("p/a%3Fb.mp4", "p/a?b.mp4"),
        ] {
            assert_ne!(url(one).identity(), url(other).identity(), "{one} {other}");
        }
    }

    #[test]
    fn the_identity_of_a_plain_link_is_the_link() {
        let plain = url("p/0f-e_1~2.mp4");
        assert_eq!(plain.identity().as_str(), plain.as_str());
    }

    #[test]
    fn the_newest_link_counts_and_a_thumbnail_never_stands_for_the_file() {
        let mut links = Links::default();
        assert!(links.add(url("a.mp4?x-oss-process=video/snapshot,t_0")));
        assert!(!links.add(url("a.mp4?Expires=1&Signature=x")));
        assert!(!links.add(url("a.mp4?Expires=2&Signature=y")));
        assert!(!links.add(url("a.mp4?x-oss-process=video/snapshot,t_0")));
        assert!(links.add(url("b.png")));
        assert_eq!(
            links.into_vec(),
            [url("a.mp4?Expires=2&Signature=y"), url("b.png")]
        );
    }

    #[test]
    fn the_file_of_an_unsigned_thumbnail_is_known() {
        let thumbnail = url("a.mp4?x-oss-process=video/snapshot,t_0");
        assert_eq!(thumbnail.of_the_file(), url("a.mp4"));
        for other in [
            "a.mp4?Expires=1&x-oss-process=image/resize",
            "a.mp4?Expires=1",
            "a.mp4",
        ] {
            assert_eq!(url(other).of_the_file(), url(other));
        }
    }
}
