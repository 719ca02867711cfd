//! Puts secrets into requests: each into the header it belongs to, for the service it belongs to. A placeholder
//! anywhere else is refused, and so is a request that carries a real secret. Bodies are searched elsewhere
//! (`search.rs`), for what is known here.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue};
use http::{HeaderMap, Request, Response, Uri};
use http_body_util::{BodyExt, Limited};
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

use super::app::FeishuApp;
use super::policy::Service;
use super::refusal::RefusalReason;
use super::tenant_token::{TenantTokens, Token};
use crate::secrets::{
    FEISHU_SECRET, Finding, KeyMode, Placeholders, Spellings, TENANT_TOKEN, mentions_placeholder,
};

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const BEARER: &str = "Bearer ";
/// Names of credentials in the record.
pub(crate) const FEISHU_APP_SECRET: &str = "feishu-app-secret";
pub(crate) const FEISHU_TENANT_TOKEN: &str = "feishu-tenant-token";
/// The token route's request has two short strings.
const TOKEN_REQUEST_BYTES: usize = 16 << 10;

/// What is to be done with an authorised request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Send it: keys are in place.
    Send,
    /// Put the tenant token into `Authorization`, then send it.
    AddTenantToken,
    /// Don't send it: it is the token route, which is answered here.
    AnswerToken {
        /// `cache-control: no-cache`: Feishu refused the cached token.
        drop_cached: bool,
    },
}

/// Sends a small request of the harness's own.
pub(crate) type ExchangeFuture =
    Pin<Box<dyn Future<Output = Result<Response<Bytes>, WasiError>> + Send>>;

/// The secrets of one call and the rules for them.
pub(crate) struct Broker {
    pub(crate) keys: Placeholders,
    pub(crate) feishu: Option<Arc<FeishuApp>>,
    tokens: Arc<TenantTokens>,
    /// What to search for, and how many tokens had been issued when it was put together.
    search: Mutex<Option<(u64, Arc<Spellings>)>>,
}

impl Broker {
    pub(crate) fn new(
        keys: Placeholders,
        feishu: Option<Arc<FeishuApp>>,
        tokens: Arc<TenantTokens>,
    ) -> Self {
        Self {
            keys,
            feishu,
            tokens,
            search: Mutex::default(),
        }
    }

    /// Every secret in use, in every spelling.
    pub(crate) fn spellings(&self) -> Arc<Spellings> {
        let (count, tokens) = self.tokens.issued();
        let mut search = self
            .search
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((known, spellings)) = search.as_ref()
            && *known == count
        {
            return Arc::clone(spellings);
        }
        let keys = self.keys.all().map(|key| key.secret.expose());
        let app = self.feishu.iter().map(|app| app.secret.expose());
        let tokens = tokens.iter().map(|token| token.expose());
        let secrets: Vec<&str> = keys.chain(app).chain(tokens).collect();
        let spellings = self.tokens.spellings.of(&secrets);
        *search = Some((count, Arc::clone(&spellings)));
        spellings
    }

    /// Checks a request for `service` and puts API keys into its headers.
    pub(crate) fn authorise(
        &self,
        service: Service,
        uri: &Uri,
        headers: &mut HeaderMap,
    ) -> Result<Verdict, RefusalReason> {
        self.check_target(uri)?;
        let mut verdict = Verdict::Send;
        for (name, value) in headers.iter_mut() {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            if !is_credential_header(name) {
                self.check_text(&text)?;
                continue;
            }
            match (service, name) {
                (Service::Gateway, name) if *name == X_API_KEY => {
                    *value = self.key(&text, KeyMode::Gateway, "")?
                }
                (Service::Direct, name) if *name == AUTHORIZATION => {
                    *value = self.key(&text, KeyMode::Direct, BEARER)?
                }
                (Service::Feishu, name) if *name == AUTHORIZATION => {
                    if text.strip_prefix(BEARER) != Some(TENANT_TOKEN) {
                        return Err(RefusalReason::UnknownPlaceholder);
                    }
                    verdict = Verdict::AddTenantToken;
                }
                _ if mentions_placeholder(&text) => {
                    return Err(RefusalReason::MisplacedPlaceholder);
                }
                _ => return Err(RefusalReason::CredentialHeader),
            }
        }
        if service == Service::Feishu && uri.path().ends_with(contract::services::TOKEN_PATH) {
            let drop_cached = headers
                .get(http::header::CACHE_CONTROL)
                .is_some_and(|value| value.to_str().is_ok_and(|text| text.contains("no-cache")));
            verdict = Verdict::AnswerToken { drop_cached };
        }
        Ok(verdict)
    }

    /// The name of the credential that a request for `service` asks for with a placeholder.
    pub(crate) fn handle(&self, service: Service, headers: &HeaderMap) -> Option<&'static str> {
        let asked = |name: HeaderName, scheme: &str| {
            let text = headers.get(name)?.to_str().ok()?;
            text.strip_prefix(scheme)
        };
        match service {
            Service::Gateway => Some(self.keys.find(asked(X_API_KEY, "")?)?.handle),
            Service::Direct => Some(self.keys.find(asked(AUTHORIZATION, BEARER)?)?.handle),
            Service::Feishu => {
                (asked(AUTHORIZATION, BEARER)? == TENANT_TOKEN).then_some(FEISHU_TENANT_TOKEN)
            }
            Service::Media => None,
        }
    }

    fn key(&self, text: &str, mode: KeyMode, scheme: &str) -> Result<HeaderValue, RefusalReason> {
        let placeholder = text
            .strip_prefix(scheme)
            .ok_or(RefusalReason::UnknownPlaceholder)?;
        let key = self
            .keys
            .find(placeholder)
            .ok_or(RefusalReason::UnknownPlaceholder)?;
        if key.mode != Some(mode) {
            return Err(RefusalReason::MisplacedPlaceholder);
        }
        sensitive(scheme, key.secret.expose()).ok_or(RefusalReason::UnknownPlaceholder)
    }

    /// Neither a placeholder nor a secret may stand in a path or query.
    pub(crate) fn check_target(&self, uri: &Uri) -> Result<(), RefusalReason> {
        let target = uri.path_and_query().map_or("", |path| path.as_str());
        self.check_text(target)
    }

    /// Neither a placeholder nor a secret may stand in `text`.
    fn check_text(&self, text: &str) -> Result<(), RefusalReason> {
        match self.spellings().find(text.as_bytes()) {
            None => Ok(()),
            Some(Finding::Placeholder) => Err(RefusalReason::MisplacedPlaceholder),
            Some(Finding::Secret) => Err(RefusalReason::Secret),
        }
    }

    /// The `Authorization` value for Feishu, or Feishu's own answer when it refused the exchange.
    pub(crate) async fn tenant_token(
        &self,
        exchange: impl FnOnce(Request<Bytes>) -> ExchangeFuture,
    ) -> Result<Result<HeaderValue, Response<Bytes>>, WasiError> {
        let app = self.feishu.as_ref().ok_or(WasiError::HttpRequestDenied)?;
        let token = self.tokens.get(app, false, exchange).await?;
        Ok(match token {
            Ok(token) => {
                Ok(sensitive(BEARER, token.secret.expose()).ok_or(WasiError::HttpProtocolError)?)
            }
            Err(refused) => Err(refused),
        })
    }

    /// Notes an answer to a request that carried the tenant token. A token that isn't accepted is told with one of these
    /// statuses, among other things.
    pub(crate) async fn note_answer(&self, status: http::StatusCode) {
        let refused = [
            http::StatusCode::BAD_REQUEST,
            http::StatusCode::UNAUTHORIZED,
        ];
        if let Some(app) = self.feishu.as_ref().filter(|_| refused.contains(&status)) {
            self.tokens.note_refused(app).await;
        }
    }

    /// Whether `body` asks the token route for the app in use, by its placeholder.
    ///
    /// # Errors
    /// What to refuse it for.
    pub(crate) async fn admit_token_request(&self, body: WasiBody) -> Result<(), RefusalReason> {
        let body = Limited::new(body, TOKEN_REQUEST_BYTES)
            .collect()
            .await
            .map_err(|_| RefusalReason::TokenRequest)?
            .to_bytes();
        let asked: serde_json::Value =
            serde_json::from_slice(&body).map_err(|_| RefusalReason::TokenRequest)?;
        let is_ours = self.feishu.as_ref().is_some_and(|app| {
            asked["app_id"] == app.app_id.as_str() && asked["app_secret"] == FEISHU_SECRET
        });
        is_ours.then_some(()).ok_or(RefusalReason::TokenRequest)
    }

    /// Answers the token route: from the cache, or after a real exchange. The component never sees the token.
    pub(crate) async fn answer_token_route(
        &self,
        drop_cached: bool,
        exchange: impl FnOnce(Request<Bytes>) -> ExchangeFuture,
    ) -> Result<Response<Bytes>, WasiError> {
        let app = self.feishu.as_ref().ok_or(WasiError::HttpRequestDenied)?;
        Ok(match self.tokens.get(app, drop_cached, exchange).await? {
            Ok(Token { expires_in_s, .. }) => {
                let answer = serde_json::json!({"code": 0, "msg": "ok", "tenant_access_token": TENANT_TOKEN, "expire": expires_in_s});
                json_response(answer.to_string())
            }
            Err(refused) => refused,
        })
    }
}

fn is_credential_header(name: &HeaderName) -> bool {
    *name == X_API_KEY
        || *name == AUTHORIZATION
        || *name == COOKIE
        || *name == http::header::PROXY_AUTHORIZATION
}

fn sensitive(scheme: &str, secret: &str) -> Option<HeaderValue> {
    let text = zeroize::Zeroizing::new(format!("{scheme}{secret}"));
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

pub(super) fn json_response(text: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(text));
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    response
}

#[cfg(test)]
#[path = "broker_tests.rs"]
mod tests;
