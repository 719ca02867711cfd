//! Apps and their tenant tokens.

use super::answer::Refusal;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// The same token is handed out while at least so much of its life is left.
const RENEWAL: Duration = Duration::from_secs(30 * 60);
/// `expire` of a fresh token.
const LIFETIME: Duration = Duration::from_secs(7200);

/// What an upload needs: one of these.
pub(crate) const UPLOAD_SCOPES: &[&str] = &["im:resource:upload", "im:resource"];
/// What sending needs: one of these.
pub(crate) const SEND_SCOPES: &[&str] =
    &["im:message:send", "im:message", "im:message:send_as_bot"];
/// What updating a card needs: one of these.
pub(crate) const UPDATE_SCOPES: &[&str] =
    &["im:message", "im:message:send_as_bot", "im:message:update"];

/// An app as its developer set it up. Begins with all scopes and bot ability.
#[derive(Clone, Debug)]
pub struct App {
    /// `cli_…`; no secret.
    pub(crate) id: String,
    /// What a token is given for.
    pub(crate) secret: String,
    /// What was granted.
    pub(crate) scopes: HashSet<String>,
    /// Whether it may write at all.
    pub(crate) bot: bool,
}

impl App {
    /// An app with all scopes that are asked for here, and bot ability.
    pub fn new(id: &str, secret: &str) -> Self {
        let all = UPLOAD_SCOPES.iter().chain(SEND_SCOPES).chain(UPDATE_SCOPES);
        let scopes = all.map(|scope| (*scope).to_owned()).collect();
        Self {
            id: id.into(),
            secret: secret.into(),
            scopes,
            bot: true,
        }
    }

    /// Without a scope and those under it: `im:resource` takes `im:resource:upload` along.
    pub fn without_scope(mut self, scope: &str) -> Self {
        let under = format!("{scope}:");
        self.scopes
            .retain(|held| held != scope && !held.starts_with(&under));
        self
    }

    /// Without bot ability.
    pub fn without_bot(mut self) -> Self {
        self.bot = false;
        self
    }

    /// Whether one of these was granted: each is enough.
    pub(crate) fn has_one_of(&self, scopes: &[&str]) -> bool {
        scopes.iter().any(|scope| self.scopes.contains(*scope))
    }
}

/// A token that was issued; it stays known when it is over.
#[derive(Clone, Debug)]
struct Token {
    value: String,
    app_id: String,
    expires: Duration,
    revoked: bool,
}

/// All apps and every token issued.
#[derive(Debug)]
pub(crate) struct Apps {
    /// By their ids.
    pub(crate) by_id: HashMap<String, App>,
    tokens: Vec<Token>,
    /// Of new tokens.
    pub(crate) lifetime: Duration,
}

impl Apps {
    /// With one app and no tokens.
    pub(crate) fn new(first: App) -> Self {
        Self {
            by_id: HashMap::from([(first.id.clone(), first)]),
            tokens: Vec::new(),
            lifetime: LIFETIME,
        }
    }

    /// The body of the token route. Its errors are HTTP 200.
    pub(crate) fn issue(&mut self, body: Option<&Value>, now: Duration) -> Result<Value, Refusal> {
        let text = |field: &str| {
            body.and_then(|body| body[field].as_str())
                .filter(|text| !text.is_empty())
        };
        let (Some(app_id), Some(secret)) = (text("app_id"), text("app_secret")) else {
            return Err(Refusal::new(10003, "invalid param").with_status(200));
        };
        let app = self.by_id.get(app_id);
        let app = app.ok_or_else(|| Refusal::new(10014, "app id not exists").with_status(200))?;
        if app.secret != secret {
            return Err(Refusal::new(10014, "app secret invalid").with_status(200));
        }
        let fresh = |token: &&Token| {
            token.app_id == app_id && !token.revoked && token.expires >= now + RENEWAL
        };
        let token = match self.tokens.iter().rev().find(fresh) {
            Some(token) => token.clone(),
            None => {
                let value = format!(
                    "t-testkit{:032x}",
                    (self.tokens.len() as u128 + 1) * 0x9e37_79b9_7f4a_7c15
                );
                let expires = now + self.lifetime;
                let token = Token {
                    value,
                    app_id: app_id.to_owned(),
                    expires,
                    revoked: false,
                };
                self.tokens.push(token.clone());
                token
            }
        };
        let expire = token.expires.saturating_sub(now).as_secs();
        Ok(json!({"code": 0, "msg": "ok", "tenant_access_token": token.value, "expire": expire}))
    }

    /// Every token issued so far stops working.
    pub(crate) fn revoke(&mut self) {
        self.tokens
            .iter_mut()
            .for_each(|token| token.revoked = true);
    }

    /// All that were issued, valid or not.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.tokens
            .iter()
            .map(|token| token.value.clone())
            .collect()
    }

    /// Whose token a call carries.
    pub(crate) fn authorize(
        &self,
        authorization: Option<&str>,
        now: Duration,
    ) -> Result<&App, Refusal> {
        let header = authorization.filter(|header| !header.is_empty());
        let header = header
            .ok_or_else(|| Refusal::new(99991661, "Missing access token for authorization."))?;
        let malformed = || Refusal::new(99991668, "Invalid access token for authorization.");
        let value = header
            .strip_prefix("Bearer ")
            .filter(|value| value.starts_with("t-"))
            .ok_or_else(malformed)?;
        let invalid = || {
            Refusal::new(
                99991663,
                "Invalid access token for authorization. Please make a new one.",
            )
        };
        let token = self.tokens.iter().find(|token| token.value == value);
        let token = token
            .filter(|token| !token.revoked && token.expires > now)
            .ok_or_else(invalid)?;
        self.by_id.get(&token.app_id).ok_or_else(invalid)
    }
}
