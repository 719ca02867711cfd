//! Where the media store is reached.
//!
//! Its address is fixed: a result is recognised by it. `LIBTV_MEDIA_URL` leads the requests to this machine
//! without changing what counts as a result, for tests and closed networks in runtimes that can't be told so
//! themselves. Our harness can (`LIBTV_CONNECT_TO`) and never passes the variable on.

use contract::services::MEDIA;
use url::{Position, Url};

use crate::environment::MEDIA_URL;

/// The address to ask for `url`, which is another one only for the media store and with an override.
///
/// # Errors
/// The override names anything but an address of this machine.
pub fn reached_at(url: Url, override_url: Option<&str>) -> Result<Url, String> {
    let Some(base) = override_url else {
        return Ok(url);
    };
    let origin = url.origin().ascii_serialization();
    // Nothing but the store can be led elsewhere: a key must not follow a variable.
    if !MEDIA.origins.contains(&origin.as_str()) {
        return Ok(url);
    }
    of_this_machine(base)
        .and_then(|base| {
            let origin = &base[..Position::BeforePath];
            Url::parse(&format!("{origin}{}", &url[Position::BeforePath..])).ok()
        })
        .ok_or_else(|| format!("{MEDIA_URL} must be http://127.0.0.1:PORT or another address of this machine, without a path"))
}

/// An address of this machine without anything behind its port.
fn of_this_machine(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    (here && bare && matches!(url.scheme(), "http" | "https")).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULT: &str =
        "https://libtv-res.liblib.art/claw/a%20b/c.mp4?x-oss-process=video/snapshot,t_0";

    fn asked(url: &str, base: Option<&str>) -> Result<String, String> {
        reached_at(Url::parse(url).unwrap(), base).map(String::from)
    }

    #[test]
    fn only_the_media_store_is_reached_elsewhere() {
        let base = Some("http://127.0.0.1:8080");
        assert_eq!(
            asked(RESULT, base).unwrap(),
            "http://127.0.0.1:8080/claw/a%20b/c.mp4?x-oss-process=video/snapshot,t_0"
        );
        for other in [
            "https://seedance.nexu.io/api/v1/tasks",
            "https://libtv-res.liblib.art.evil.example/claw/a.mp4",
            "http://libtv-res.liblib.art/claw/a.mp4",
        ] {
            assert_eq!(asked(other, base).unwrap(), other);
        }
        assert_eq!(asked(RESULT, None).unwrap(), RESULT);
    }

    #[test]
    fn nothing_but_this_machine_can_take_its_place() {
        for base in [
            "https://evil.example",
            "http://10.0.0.1:80",
            "http://127.0.0.1.evil.example/",
            "http://user@127.0.0.1:80",
            "http://127.0.0.1:80/path",
            "ftp://127.0.0.1",
            "127.0.0.1:80",
            "",
        ] {
            let refused = asked(RESULT, Some(base)).unwrap_err();
            assert!(refused.contains(MEDIA_URL), "{base}: {refused}");
        }
    }

    #[test]
    fn a_path_cannot_lead_away_from_it() {
        // What would be another host if it were taken as a reference and not as a path.
        for path in [
            "/evil.example/x",
            "\\evil.example/x",
            "https://evil.example/",
        ] {
            let url = format!("{}/{path}", MEDIA.origins[0]);
            let asked = reached_at(Url::parse(&url).unwrap(), Some("http://127.0.0.1:9"));
            assert!(
                asked
                    .as_ref()
                    .is_ok_and(|url| url.host_str() == Some("127.0.0.1")),
                "{url}: {asked:?}"
            );
        }
    }
}
