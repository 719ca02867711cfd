//! Which requests a fault or a question about recorded requests means. Not a router: each service
//! finds its own routes.

/// A pattern of method and path, written as `"POST /libtv/v1/session"`, `"/open-apis/**"` or `"*"`.
///
/// Without a method every method fits. `*` stands for one segment of the path, `**` for the rest of
/// it, a lone `*` for everything. The query plays no part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    method: Option<String>,
    path: Vec<String>,
}

impl Route {
    /// Every request, and every connection before its first one.
    pub fn any() -> Self {
        Self {
            method: None,
            path: vec!["**".into()],
        }
    }

    /// Whether it fits everything. Only such a pattern can mean a connection, which has neither method nor path
    /// yet.
    pub(crate) fn is_any(&self) -> bool {
        self.method.is_none() && self.path == ["**"]
    }

    /// Whether a request fits.
    pub fn fits(&self, method: &str, path: &str) -> bool {
        if self
            .method
            .as_deref()
            .is_some_and(|wanted| wanted != method)
        {
            return false;
        }
        let mut segments = path.trim_matches('/').split('/');
        for wanted in &self.path {
            if wanted == "**" {
                return true;
            }
            match segments.next() {
                Some(segment) if wanted == "*" || wanted == segment => {}
                _ => return false,
            }
        }
        segments.next().is_none()
    }
}

impl From<&str> for Route {
    fn from(pattern: &str) -> Self {
        let pattern = pattern.trim();
        if pattern == "*" {
            return Self::any();
        }
        let (method, path) = match pattern.split_once(' ') {
            Some((method, path)) => (Some(method.to_owned()), path.trim()),
            None => (None, pattern),
        };
        Self {
            method,
            path: path
                .trim_matches('/')
                .split('/')
                .map(str::to_owned)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_one_segment_and_two_are_the_rest() {
        let one = Route::from("GET /libtv/v1/session/*");
        assert!(one.fits("GET", "/libtv/v1/session/abc"));
        assert!(!one.fits("GET", "/libtv/v1/session/abc/results"));
        assert!(!one.fits("GET", "/libtv/v1/session"));
        assert!(!one.fits("POST", "/libtv/v1/session/abc"));
        assert!(Route::from("/claw/**").fits("HEAD", "/claw/a/b.mp4"));
        assert!(Route::from("*").fits("PUT", "/"));
    }
}
