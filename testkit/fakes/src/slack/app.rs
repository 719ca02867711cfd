//! Apps, their tokens and scopes.

use super::refusal::Refusal;
use crate::record::Recorded;

/// What an app may be granted, as far as the calls here ask for it.
const SCOPES: &[&str] = &[
    "chat:write",
    "chat:write.public",
    "chat:write.customize",
    "files:write",
    "files:read",
    "im:write",
    "channels:read",
    "groups:read",
    "im:read",
    "channels:history",
    "groups:history",
    "im:history",
];

/// An app as it is installed in the workspace. Begins with all scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    pub(crate) token: String,
    pub(crate) user_id: String,
    pub(crate) scopes: Vec<String>,
    /// Every call is refused with this, for example `token_revoked`.
    pub(crate) refused: Option<String>,
}

impl App {
    /// An app with a bot token (`xoxb-…`) and the id of its bot user (`U…`).
    pub fn new(token: &str, user_id: &str) -> Self {
        Self {
            token: token.to_owned(),
            user_id: user_id.to_owned(),
            scopes: SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
            refused: None,
        }
    }

    /// Without one scope.
    pub fn without_scope(mut self, scope: &str) -> Self {
        self.scopes.retain(|held| held != scope);
        self
    }

    /// With these scopes and no others.
    pub fn with_scopes(mut self, scopes: &[&str]) -> Self {
        self.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self
    }

    pub(crate) fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }

    /// Refused when the app lacks the scope.
    pub(crate) fn needs(&self, scope: &str) -> Result<(), Refusal> {
        if self.has(scope) {
            Ok(())
        } else {
            Err(Refusal::scope(scope, &self.scopes))
        }
    }
}

/// Whose token a call carries, in the one place where a token belongs. A token among the parameters, which Slack still
/// takes, is refused: it would stand in the bodies of requests.
pub(crate) fn authorize<'a>(
    apps: &'a [App],
    request: &Recorded,
    token_among_params: bool,
) -> Result<&'a App, Refusal> {
    let mut headers = request.headers.get_all("authorization").iter();
    let (header, another) = (headers.next(), headers.next());
    let header = header
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| Refusal::of("not_authed"))?;
    let invalid = || Refusal::of("invalid_auth");
    if another.is_some() || token_among_params {
        return Err(invalid());
    }
    let token = header.strip_prefix("Bearer ").ok_or_else(invalid)?;
    let app = apps
        .iter()
        .find(|app| app.token == token)
        .ok_or_else(invalid)?;
    match &app.refused {
        Some(error) => Err(Refusal::of(error)),
        None => Ok(app),
    }
}
