//! Who is let in: whoever knows the token, asks for this host by a loopback name, and comes from this page or from
//! nowhere. The second keeps out web pages whose name was made to lead here (DNS rebinding), the third keeps out forms
//! and scripts of other pages.

use std::net::SocketAddr;

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Method, StatusCode, Uri};

use crate::token;

/// The one path that changes something: it stops a job.
pub(crate) const CANCEL: &str = "api/cancel";

/// The page's address and what to know for it.
pub(crate) struct Guard {
    address: SocketAddr,
    token: String,
}

impl Guard {
    pub(crate) const fn new(address: SocketAddr, token: String) -> Self {
        Self { address, token }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/{}/", self.address, self.token)
    }

    /// The path behind the token, without a slash at its beginning.
    ///
    /// # Errors
    /// What to answer. Without the token nothing is told, not even what there is.
    pub(crate) fn admit<'a>(
        &self,
        method: &Method,
        uri: &'a Uri,
        headers: &HeaderMap,
    ) -> Result<&'a str, StatusCode> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        // First, so that a page of a foreign name learns nothing else.
        if !text(HOST).is_some_and(|host| self.is_ours(host)) {
            return Err(StatusCode::MISDIRECTED_REQUEST);
        }
        let foreign = |origin: &str| {
            !origin
                .strip_prefix("http://")
                .is_some_and(|host| self.is_ours(host))
        };
        // Absent is fine: a browser sends none when a person opens the address.
        if headers.contains_key(ORIGIN) && text(ORIGIN).is_none_or(foreign) {
            return Err(StatusCode::FORBIDDEN);
        }
        let behind = uri
            .path()
            .strip_prefix('/')
            .and_then(|path| path.split_once('/'));
        match behind {
            // In constant time: see `token`.
            Some((given, path)) if token::same(given, &self.token) => match *method {
                // What changes something says where it comes from: a browser always does, for a page's own script too.
                Method::POST if path == CANCEL && headers.contains_key(ORIGIN) => Ok(path),
                Method::POST if path == CANCEL => Err(StatusCode::FORBIDDEN),
                Method::GET if path != CANCEL => Ok(path),
                _ => Err(StatusCode::METHOD_NOT_ALLOWED),
            },
            _ => Err(StatusCode::NOT_FOUND),
        }
    }

    fn is_ours(&self, host: &str) -> bool {
        host == self.address.to_string() || host == format!("localhost:{}", self.address.port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<String, StatusCode> {
        let guard = Guard::new("127.0.0.1:8080".parse().unwrap(), "secret".to_owned());
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        guard
            .admit(&method, &path.parse().unwrap(), &headers)
            .map(str::to_owned)
    }

    #[test]
    fn with_the_token_everything_is_shown() {
        for host in ["127.0.0.1:8080", "localhost:8080"] {
            assert_eq!(
                admitted(Method::GET, "/secret/api/status", &[("host", host)]),
                Ok("api/status".to_owned())
            );
        }
    }

    #[test]
    fn without_the_token_there_is_nothing() {
        for path in [
            "/",
            "/secret",
            "/secre/",
            "/Secret/",
            "/x/api/status",
            "//secret/",
            "/secret2/",
        ] {
            assert_eq!(
                admitted(Method::GET, path, &[("host", "127.0.0.1:8080")]),
                Err(StatusCode::NOT_FOUND),
                "{path}"
            );
        }
    }

    #[test]
    fn a_name_that_was_made_to_lead_here_is_refused() {
        for host in [
            "evil.example",
            "evil.example:8080",
            "127.0.0.1",
            "127.0.0.1:81",
            "127.0.0.1:8080.evil",
        ] {
            assert_eq!(
                admitted(Method::GET, "/secret/", &[("host", host)]),
                Err(StatusCode::MISDIRECTED_REQUEST),
                "{host}"
            );
        }
        assert!(admitted(Method::GET, "/secret/", &[]).is_err());
    }

    #[test]
    fn another_page_is_refused_even_with_the_token() {
        for origin in [
            "https://evil.example",
            "null",
            "http://127.0.0.1:81",
            "http://localhost.evil:8080",
        ] {
            let headers = [("host", "127.0.0.1:8080"), ("origin", origin)];
            assert_eq!(
                admitted(Method::GET, "/secret/", &headers),
                Err(StatusCode::FORBIDDEN),
                "{origin}"
            );
        }
        let own = [
            ("host", "127.0.0.1:8080"),
            ("origin", "http://127.0.0.1:8080"),
        ];
        assert!(admitted(Method::GET, "/secret/", &own).is_ok());
    }

    #[test]
    fn a_job_is_cancelled_by_the_page_itself_and_by_nobody_else() {
        let (host, own) = (("host", "127.0.0.1:8080"), "http://127.0.0.1:8080");
        let path = "/secret/api/cancel";
        let ask = |method, headers: &[(&str, &str)]| admitted(method, path, headers);
        assert!(ask(Method::POST, &[host, ("origin", own)]).is_ok());
        for headers in [&[host][..], &[host, ("origin", "https://evil.example")]] {
            assert_eq!(ask(Method::POST, headers), Err(StatusCode::FORBIDDEN));
        }
        // A link, a picture or a form that leads here does nothing.
        let get = ask(Method::GET, &[host, ("origin", own)]);
        assert_eq!(get, Err(StatusCode::METHOD_NOT_ALLOWED));
    }

    #[test]
    fn nothing_else_can_be_changed() {
        for method in [
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::OPTIONS,
            Method::HEAD,
        ] {
            let headers = [("host", "127.0.0.1:8080")];
            assert_eq!(
                admitted(method, "/secret/", &headers),
                Err(StatusCode::METHOD_NOT_ALLOWED)
            );
        }
    }
}
