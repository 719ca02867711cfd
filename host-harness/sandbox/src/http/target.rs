//! Where a request is going, read so that no two programs can read it differently. What could be is refused: a server, a
//! proxy and a store each decode at a moment of their own. Pure.

use std::ops::Range;

use contract::ids::{is_room_id, is_service_id};
use contract::services::{CREDENTIAL_SEGMENT, Key, OWN_MESSAGE_SEGMENT, ROOM_SEGMENT, stands_for};
use http::Uri;

use super::base_url::BaseUrl;

/// A request's target.
pub(super) struct Target<'a> {
    /// The only two schemes that there are.
    pub(super) https: bool,
    /// Lower case, without brackets.
    pub(super) host: String,
    /// The scheme's own where the URL names none.
    pub(super) port: u16,
    /// As it was written; no segment of it means something else when it is decoded.
    pub(super) path: &'a str,
    /// As it was written; judged by [`odd_key`](Self::odd_key).
    pub(super) query: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// `None` for whatever two programs might read differently.
    pub(super) fn read(uri: &'a Uri) -> Option<Self> {
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
            query: uri.query(),
        })
    }

    /// Whether it has the base's origin. The path is judged apart.
    pub(super) fn is_at(&self, base: &BaseUrl) -> bool {
        (self.https, self.port) == (base.https, base.port) && stands_for(&base.host, &self.host)
    }

    /// The first key of the query that none of `keys` covers, that stands twice, or whose value can't be read for certain.
    pub(super) fn odd_key(&self, keys: &[Key]) -> Option<&'a str> {
        let query = self.query?;
        if query.is_empty() && !keys.is_empty() {
            return None;
        }
        let mut seen: Vec<&str> = Vec::new();
        query.split('&').find_map(|piece| {
            let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
            let plain = keys.iter().any(|known| known.covers(key))
                && !seen.contains(&key)
                && [key, value].iter().all(|text| is_plain_value(text));
            seen.push(key);
            (!plain).then_some(key)
        })
    }
}

fn is_v6(host: &str) -> bool {
    host.parse::<std::net::Ipv6Addr>().is_ok()
}

/// Segments that mean the same whether they are decoded or not.
fn is_plain_path(path: &str) -> bool {
    path.starts_with('/') && path.split('/').all(is_plain_segment)
}

fn is_plain_segment(segment: &str) -> bool {
    let Some(decoded) = decoded(segment) else {
        return false;
    };
    let dots = |text: &str| text.matches('.').count();
    !decoded.chars().any(is_separator_or_worse)
        // A dot needs no escape: who escapes one means to hide it.
        && dots(&decoded) == dots(segment)
        && !is_dots(&decoded)
}

/// What its escapes stand for: UTF-8 in ASCII, each escape of two digits. `None` when it isn't that.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            let value = digit(digits.first()?)? << 4 | digit(digits.last()?)?;
            bytes.push(u8::try_from(value).ok()?);
            rest = after;
        } else if first.is_ascii_graphic() {
            bytes.push(*first);
        } else {
            return None;
        }
    }
    String::from_utf8(bytes).ok()
}

/// What ends a segment for somebody, is an escape once more, or isn't seen: format characters, and the slashes of other
/// alphabets, which some programs take for one. A line break is none of these: films have been named so, and as an escape
/// it ends no line.
fn is_separator_or_worse(c: char) -> bool {
    matches!(
        c,
        '\0' | '/' | '\\'
            | '%'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2044}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2215}'
            | '\u{29f5}'
            | '\u{29f8}'
            | '\u{feff}'
            | '\u{ff0f}'
            | '\u{ff3c}'
            | '\u{ff05}'
            | '\u{fe68}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// `.` or `..`, also with the parameters and spaces that some servers cut off, and in the dots of other alphabets.
fn is_dots(segment: &str) -> bool {
    let name = segment.split(';').next().unwrap_or_default();
    let name = name.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    let is_dot = |c| {
        matches!(
            c,
            '.' | '\u{2024}' | '\u{3002}' | '\u{fe52}' | '\u{ff0e}' | '\u{ff61}'
        )
    };
    let is_leader = |c| matches!(c, '\u{2025}');
    !name.is_empty()
        && (name.chars().all(is_dot) && name.chars().count() <= 2 || name.chars().all(is_leader))
}

/// A key or value of a query. Escapes are common here, and slashes of links too; what would end a line is not.
fn is_plain_value(text: &str) -> bool {
    let marks = |c: char| !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}');
    decoded(text)
        .is_some_and(|decoded| text.chars().all(marks) && !decoded.chars().any(char::is_control))
}

/// Whether a path is the route's, below a prefix.
pub(super) fn matches_path(path: &str, prefix: &str, route: &str) -> bool {
    let Some(rest) = path.strip_prefix(prefix) else {
        return false;
    };
    // A folder's own name, as some stores have for a film: the template ends with the slash as well.
    let (rest, route) = match route.strip_suffix("{..}/") {
        Some(_) => match rest.strip_suffix('/') {
            Some(rest) => (rest, route.trim_end_matches('/')),
            None => return false,
        },
        None => (rest, route),
    };
    let mut given = rest.split('/');
    let mut wanted = route.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some("{..}"), Some(first)) => return is_name(first) && given.all(is_name),
            // What stands for a credential is an id to look at; which one it may be is the broker's to say.
            (Some("{}" | CREDENTIAL_SEGMENT | OWN_MESSAGE_SEGMENT), Some(segment))
                if is_service_id(segment) => {}
            (Some(ROOM_SEGMENT), Some(segment)) if is_room_id(segment) => {}
            // Braces in a path are not the template's own.
            (Some(literal), Some(segment)) if literal == segment && !literal.starts_with('{') => {}
            _ => return false,
        }
    }
}

/// Where in a path the segment is that stands in the template as `named`, the first one of several. What the service is moved
/// behind stands before it, so it is counted from the end; none where a template has no fixed number of segments.
pub(super) fn segment(path: &str, route: &str, named: &str) -> Option<Range<usize>> {
    if route.ends_with("{..}") {
        return None;
    }
    let behind = route.rsplit('/').collect::<Vec<_>>();
    let at = behind.iter().rposition(|segment| *segment == named)?;
    let after: usize = path
        .rsplit('/')
        .take(at)
        .map(|segment| segment.len() + 1)
        .sum();
    let end = path.len().checked_sub(after)?;
    let begin = path.get(..end)?.rfind('/')? + 1;
    Some(begin..end)
}

/// A folder's or a file's name, as a URL may hold it (RFC 3986, `pchar`).
fn is_name(segment: &str) -> bool {
    !segment.is_empty()
        && segment
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%".contains(&byte))
}
