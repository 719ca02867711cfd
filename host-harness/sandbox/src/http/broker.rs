//! Puts secrets into requests: each into the header it belongs to, for the service it belongs to. A placeholder
//! anywhere else is refused, and so is a request that carries a real secret. Bodies are searched elsewhere
//! (`search.rs`), for what is known here.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use bytes::Bytes;
use contract::services::{
    Asks, CREDENTIAL_SEGMENT, Credential, Exchange, Granted, Position, Route, SIGNATURE, SIGNED_AT,
    SIGNED_ID, Service, Success,
};
use http::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue};
use http::{HeaderMap, Request, Response, Uri};
use http_body_util::{BodyExt, Limited};
use wasmtime_wasi_http::{Error as WasiError, WasiBody};

use super::app::{App, Contexts};
use super::base_url::BaseUrl;
use super::query::{in_query, secret_key, without_key};
use super::refusal::RefusalReason;
use super::signature;
use super::target::segment;
use super::tokens::{Token, Tokens};
use crate::secrets::{ApiKey, Finding, Secret, Spellings, marks, stands_for};

/// What is signed is read whole: a message that a program reads.
const SIGNED_BYTES: usize = 64 << 10;
/// The token route's request has two short strings.
const TOKEN_REQUEST_BYTES: usize = 16 << 10;

/// What is to be done with an authorised request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Send it: keys are in place.
    Send,
    /// The same, as a request of the app at this place, whose conversations are known by something.
    SendAs(usize),
    /// Put the token of the app at this place into its header or its key of the query, then send it.
    AddToken(usize),
    /// Sign it with the secret of the app at this place, as it leaves.
    Sign(usize),
    /// Don't send it: it is the token route, which is answered here.
    AnswerToken {
        /// `cache-control: no-cache`: the service refused the cached token.
        drop_cached: bool,
    },
}

/// Sends a small request of the harness's own.
pub type ExchangeFuture = Pin<Box<dyn Future<Output = Result<Response<Bytes>, WasiError>> + Send>>;

/// The secrets of one call and the rules for them.
pub struct Broker {
    /// Every service there is: their headers for credentials, and what stands for credentials, are known by them.
    services: &'static [&'static Service],
    /// What every placeholder of `services` holds: where one stands, a placeholder stands.
    marks: Vec<String>,
    /// The user's API keys, each bound to one service.
    keys: Vec<ApiKey>,
    /// What identifies the user to services that know apps.
    pub apps: Vec<Arc<App>>,
    /// Shared by all calls of a harness, so that one exchange serves them all.
    tokens: Arc<Tokens>,
    /// What to search for, and how many tokens had been issued when it was put together.
    search: Mutex<Option<(u64, Arc<Spellings>)>>,
}

impl Broker {
    /// With these keys and apps; `services` are all that there are, granted or not.
    pub fn new(
        services: &'static [&'static Service],
        keys: Vec<ApiKey>,
        apps: Vec<Arc<App>>,
        tokens: Arc<Tokens>,
    ) -> Self {
        Self {
            services,
            marks: marks(services),
            keys,
            apps,
            tokens,
            search: Mutex::default(),
        }
    }

    /// Every secret in use, in every spelling.
    pub fn spellings(&self) -> Arc<Spellings> {
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
        let keys = self.keys.iter().map(|key| key.secret.expose());
        let apps = self.apps.iter().map(|app| app.secret.expose());
        let tokens = tokens.iter().map(|token| token.expose());
        let contexts = self.apps.iter().filter_map(|app| app.contexts.as_ref());
        let contexts = contexts.flat_map(|known| known.of.values().map(Secret::expose));
        let secrets: Vec<&str> = keys.chain(apps).chain(tokens).chain(contexts).collect();
        let spellings = self.tokens.spellings.of(&secrets, &self.marks);
        *search = Some((count, Arc::clone(&spellings)));
        spellings
    }

    /// Checks a request for `service` and puts API keys into its headers.
    ///
    /// # Errors
    /// The reason for the refusal. Headers may have been filled by then: the request must not be sent.
    pub fn authorise(
        &self,
        service: &Service,
        route: &Route,
        uri: &Uri,
        headers: &mut HeaderMap,
    ) -> Result<Verdict, RefusalReason> {
        let own = service.credential;
        let in_query = self.check_target(service, route, uri)?;
        let mut verdict = in_query.map_or(Verdict::Send, Verdict::AddToken);
        for (name, value) in headers.iter_mut() {
            // Lossy: what isn't UTF-8 can't hide a secret that stands beside it.
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            match own {
                Some(own) if is_header(own.position, name) => {
                    match self.filled(service, own, (&text, uri))? {
                        Filled::With(filled, app) => {
                            *value = filled;
                            verdict = app.map_or(verdict, Verdict::SendAs);
                        }
                        Filled::ByToken(app) => verdict = Verdict::AddToken(app),
                        Filled::BySignature(app) => verdict = Verdict::Sign(app),
                    }
                }
                _ if !self.is_credential_header(name) => self.check_text(&text)?,
                // The more exact reason first: somebody put a placeholder into a header of another service.
                _ if self.marks.iter().any(|mark| text.contains(mark)) => {
                    return Err(RefusalReason::MisplacedPlaceholder);
                }
                _ => return Err(RefusalReason::CredentialHeader),
            }
        }
        // The end is enough: the policy has matched the whole path, and an overridden base URL may put a
        // prefix before it.
        if exchange_of(service).is_some_and(|exchange| uri.path().ends_with(exchange.path)) {
            let drop_cached = headers
                .get(http::header::CACHE_CONTROL)
                .is_some_and(|value| value.to_str().is_ok_and(|text| text.contains("no-cache")));
            verdict = Verdict::AnswerToken { drop_cached };
        }
        Ok(verdict)
    }

    /// The name of the credential that a request for `service` asks for with a placeholder.
    pub fn handle(
        &self,
        service: &Service,
        route: &Route,
        headers: &HeaderMap,
    ) -> Option<&'static str> {
        let credential = service.credential?;
        let (name, prefix) = match credential.position {
            Position::Header { name, prefix } => (name, prefix),
            Position::Signature => (SIGNATURE, ""),
            // Whoever has a route of it asks for it: without its placeholder the path is refused.
            Position::PathSegment { .. } => return Some(credential.name),
            // Likewise, but for the exchange.
            Position::Query { .. } => return route.credential.then_some(credential.name),
        };
        let asked = headers.get(name)?.to_str().ok()?.strip_prefix(prefix)?;
        // Of a named account something stands behind it.
        if asked.starts_with(&stands_for(credential.name)) {
            return Some(credential.name);
        }
        Some(self.key(asked)?.handle)
    }

    /// The credential's header with the secret that its placeholder stands for.
    fn filled(
        &self,
        service: &Service,
        credential: Credential,
        (text, uri): (&str, &Uri),
    ) -> Result<Filled, RefusalReason> {
        let unknown = RefusalReason::UnknownPlaceholder;
        let (prefix, signs) = match credential.position {
            Position::Header { prefix, .. } => (prefix, false),
            Position::Signature => ("", true),
            Position::PathSegment { .. } | Position::Query { .. } => return Err(unknown),
        };
        let asked = text.strip_prefix(prefix).ok_or(unknown)?;
        if service.granted == Granted::WithApp {
            let asked = self.app_asked(service, (credential.name, asked), uri);
            let (at, app) = asked.ok_or(unknown)?;
            if credential.exchange.is_some() {
                return Ok(Filled::ByToken(at));
            }
            if signs {
                let key = signature::key(app.secret.expose());
                return key.map(|_| Filled::BySignature(at)).ok_or(unknown);
            }
            let filled = sensitive(prefix, app.secret.expose()).ok_or(unknown)?;
            return Ok(Filled::With(filled, app.contexts.as_ref().map(|_| at)));
        }
        let key = self.key(asked).ok_or(unknown)?;
        if !key.is_for(service) {
            return Err(RefusalReason::MisplacedPlaceholder);
        }
        let filled = sensitive(prefix, key.secret.expose()).ok_or(unknown)?;
        Ok(Filled::With(filled, None))
    }

    /// What the conversations of the app are known by that sends a request.
    pub fn contexts(&self, verdict: Verdict) -> Option<&Contexts> {
        let app = match verdict {
            Verdict::SendAs(app) => self.apps.get(app)?,
            // Where a token is exchanged, or a signature made, no service wants one so far.
            Verdict::Send
            | Verdict::AddToken(_)
            | Verdict::Sign(_)
            | Verdict::AnswerToken { .. } => return None,
        };
        app.contexts.as_ref()
    }

    /// Whether a header is for credentials: of a service, or by its meaning.
    fn is_credential_header(&self, name: &HeaderName) -> bool {
        let credentials = self
            .services
            .iter()
            .filter_map(|service| service.credential);
        // These mean credentials to every server, whatever headers the services here use.
        [AUTHORIZATION, COOKIE, http::header::PROXY_AUTHORIZATION].contains(name)
            || credentials
                .into_iter()
                .any(|known| is_header(known.position, name))
    }

    /// The key that this placeholder stands for, whole: a text that only begins like one is none.
    fn key(&self, placeholder: &str) -> Option<&ApiKey> {
        self.keys.iter().find(|key| key.placeholder == placeholder)
    }

    /// The app of this service for which `asked` stands as what is called `name`, and its place.
    fn app_asked(
        &self,
        service: &Service,
        (name, asked): (&str, &str),
        uri: &Uri,
    ) -> Option<(usize, &App)> {
        let of_service = |app: &App| app.service.id == service.id;
        let apps = self.apps.iter().map(AsRef::as_ref).enumerate();
        let mut apps = apps.filter(|(_, app)| of_service(app));
        let found = apps.find(|(_, app)| app.stands_for(name) == asked)?;
        // Of several accounts one may be elsewhere, and that place is granted as well: none's secret goes to another's.
        let is_only = self.apps.iter().filter(|app| of_service(app)).count() == 1;
        let is_there = || {
            let origin = format!("{}://{}", uri.scheme_str()?, uri.authority()?);
            let there = BaseUrl::parse(&origin).ok()?;
            Some(found.1.base.same_origin(&there))
        };
        (is_only || is_there() == Some(true)).then_some(found)
    }

    /// The app at this place, the exchange of its secret, and what is got by it.
    fn exchanged(&self, at: usize) -> Option<(&App, Credential, Exchange)> {
        let app = self.apps.get(at)?;
        let credential = app.service.credential?;
        Some((app, credential, credential.exchange?))
    }

    /// Neither a placeholder nor a secret may stand in a path or query, but for the placeholder in its own segment or key. The
    /// place of the app whose token belongs into that key.
    ///
    /// # Errors
    /// Which of the two stands there, or that another placeholder stands in that segment or key.
    fn check_target(
        &self,
        service: &Service,
        route: &Route,
        uri: &Uri,
    ) -> Result<Option<usize>, RefusalReason> {
        let path = uri.path();
        if let Some(key) = secret_key(service, route) {
            let (asked, rest) = without_key(uri.query().unwrap_or_default(), key);
            self.check_text(&format!("{path}?{rest}"))?;
            // That of an exchange is read with the app's id, where it is answered.
            if !route.credential {
                return Ok(None);
            }
            let unknown = RefusalReason::UnknownPlaceholder;
            let credential = service.credential.ok_or(unknown)?;
            let asked = self.app_asked(service, (credential.name, asked), uri);
            let (at, _) = asked.ok_or(unknown)?;
            // A secret that stands there itself would be a variant of its own: there is no service that has it so.
            return credential.exchange.map(|_| Some(at)).ok_or(unknown);
        }
        let Some(at) = segment(path, route.path, CREDENTIAL_SEGMENT) else {
            let target = uri.path_and_query().map_or("", |path| path.as_str());
            return self.check_text(target).map(|()| None);
        };
        self.in_segment(service, &path[at.clone()], uri)?;
        for rest in [&path[..at.start], &path[at.end..]] {
            self.check_text(rest)?;
        }
        self.check_query(uri).map(|()| None)
    }

    /// Neither a placeholder nor a secret may stand in a query.
    ///
    /// # Errors
    /// Which of the two stands there.
    pub fn check_query(&self, uri: &Uri) -> Result<(), RefusalReason> {
        self.check_text(uri.query().unwrap_or_default())
    }

    /// The prefix and the secret that a segment's placeholder stands for.
    fn in_segment(
        &self,
        service: &Service,
        text: &str,
        uri: &Uri,
    ) -> Result<(&'static str, &Secret), RefusalReason> {
        let unknown = RefusalReason::UnknownPlaceholder;
        let credential = service.credential.ok_or(unknown)?;
        let Position::PathSegment { prefix } = credential.position else {
            return Err(unknown);
        };
        let asked = text.strip_prefix(prefix).ok_or(unknown)?;
        let asked = self.app_asked(service, (credential.name, asked), uri);
        let (_, app) = asked.ok_or(unknown)?;
        let secret = app.secret.expose();
        // What would end a segment, or be read as an escape, is no credential of any service.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":_-".contains(&byte);
        let good =
            credential.exchange.is_none() && !secret.is_empty() && secret.bytes().all(is_plain);
        good.then_some((prefix, &*app.secret)).ok_or(unknown)
    }

    /// The target with the secret in its segment, of a request that was [authorised](Self::authorise); none where the
    /// credential stands elsewhere. It is a secret itself.
    ///
    /// # Errors
    /// As of the authorisation.
    pub fn target(
        &self,
        service: &Service,
        route: &Route,
        uri: &Uri,
    ) -> Result<Option<Uri>, RefusalReason> {
        let path = uri.path();
        let Some(at) = segment(path, route.path, CREDENTIAL_SEGMENT) else {
            return Ok(None);
        };
        let (prefix, secret) = self.in_segment(service, &path[at.clone()], uri)?;
        let rest = uri
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        let text = zeroize::Zeroizing::new(format!(
            "{}{prefix}{}{}{rest}",
            &path[..at.start],
            secret.expose(),
            &path[at.end..]
        ));
        let mut parts = uri.clone().into_parts();
        let filled = text.parse().map_err(|_| RefusalReason::Url)?;
        parts.path_and_query = Some(filled);
        Uri::from_parts(parts)
            .map(Some)
            .map_err(|_| RefusalReason::Url)
    }

    /// Neither a placeholder nor a secret may stand in `text`.
    fn check_text(&self, text: &str) -> Result<(), RefusalReason> {
        match self.spellings().find(text.as_bytes()) {
            None => Ok(()),
            Some(Finding::Placeholder) => Err(RefusalReason::MisplacedPlaceholder),
            Some(Finding::Secret) => Err(RefusalReason::Secret),
        }
    }

    /// The token for the app at this place, or the service's own answer when it refused the exchange.
    ///
    /// # Errors
    /// The exchange's transport error; the request itself was not sent then.
    pub async fn token(
        &self,
        at: usize,
        exchange: impl FnOnce(Request<Bytes>) -> ExchangeFuture,
    ) -> Result<Result<Token, Response<Bytes>>, WasiError> {
        let known = self.exchanged(at);
        let (app, _, asks) = known.ok_or(WasiError::HttpRequestDenied)?;
        self.tokens.get(app, (asks, false), exchange).await
    }

    /// Puts the token of the app at this place into a request that was [authorised](Self::authorise): into its header, or into
    /// the target that it gives, which is a secret itself.
    ///
    /// # Errors
    /// It can't stand there.
    pub fn placed<B>(
        &self,
        at: usize,
        token: &Token,
        request: &mut Request<B>,
    ) -> Result<Option<Uri>, WasiError> {
        let (_, credential, _) = self.exchanged(at).ok_or(WasiError::HttpRequestDenied)?;
        let token = token.secret.expose();
        match credential.position {
            Position::Header { name, prefix } => {
                let header = HeaderName::from_bytes(name.as_bytes());
                let header = header.map_err(|_| WasiError::ConfigurationError)?;
                let value = sensitive(prefix, token).ok_or(WasiError::HttpProtocolError)?;
                request.headers_mut().insert(header, value);
                Ok(None)
            }
            Position::Query { name } => {
                let target = in_query(request.uri(), name, token);
                target.map(Some).ok_or(WasiError::HttpProtocolError)
            }
            Position::PathSegment { .. } | Position::Signature => {
                Err(WasiError::ConfigurationError)
            }
        }
    }

    /// A request with its signature by the app at this place. What is signed is what leaves, and the time is this machine's.
    ///
    /// # Errors
    /// It has no id that can be signed, or no end.
    pub async fn signed(
        &self,
        at: usize,
        request: Request<WasiBody>,
    ) -> Result<Request<WasiBody>, WasiError> {
        let (mut head, body) = request.into_parts();
        let body = Limited::new(body, SIGNED_BYTES).collect().await;
        let body = body.map_err(|_| WasiError::HttpRequestDenied)?.to_bytes();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let unix_s = now.unwrap_or_default().as_secs();
        let id = head.headers.get(SIGNED_ID);
        let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
        let app = self.apps.get(at);
        let key = app.and_then(|app| signature::key(app.secret.expose()));
        let signature = key.and_then(|key| signature::of(&key, id, unix_s, &body));
        let signature = signature.and_then(|text| HeaderValue::from_str(&text).ok());
        let signature = signature.ok_or(WasiError::HttpRequestDenied)?;
        head.headers.insert(SIGNATURE, signature);
        head.headers.insert(SIGNED_AT, HeaderValue::from(unix_s));
        Ok(Request::from_parts(head, super::full(body)))
    }

    /// Notes a response to a request that carried a token. One that isn't accepted has one of the statuses that the
    /// contract names, among other things.
    pub async fn note_answer(&self, at: usize, status: http::StatusCode) {
        if let Some((app, _, asks)) = self.exchanged(at)
            && asks.refused.contains(&status.as_u16())
        {
            self.tokens.note_refused(app).await;
        }
    }

    /// The place of the app for which a request asks the token route, by its id and its placeholder.
    ///
    /// # Errors
    /// What to refuse it for.
    pub async fn admit_token_request(
        &self,
        service: &Service,
        uri: &Uri,
        body: WasiBody,
    ) -> Result<usize, RefusalReason> {
        let body = Limited::new(body, TOKEN_REQUEST_BYTES)
            .collect()
            .await
            .map_err(|_| RefusalReason::TokenRequest)?
            .to_bytes();
        let found = exchange_of(service).and_then(|asks| {
            let (id, secret) = match asks.asks {
                Asks::Json => {
                    let asked: serde_json::Value = serde_json::from_slice(&body).ok()?;
                    let text = |name| asked[name].as_str().map(str::to_owned);
                    (text(asks.app)?, text(asks.secret)?)
                }
                Asks::Query => {
                    let query = uri.query().unwrap_or_default();
                    let text = |name| without_key(query, name).0.to_owned();
                    (text(asks.app), text(asks.secret))
                }
            };
            let (at, app) = self.app_asked(service, (asks.secret_name, &secret), uri)?;
            (id == app.app_id).then_some(at)
        });
        found.ok_or(RefusalReason::TokenRequest)
    }

    /// Answers the token route: from the cache, or after a real exchange. The component never sees the token.
    ///
    /// # Errors
    /// The exchange's transport error.
    pub async fn answer_token_route(
        &self,
        at: usize,
        drop_cached: bool,
        exchange: impl FnOnce(Request<Bytes>) -> ExchangeFuture,
    ) -> Result<Response<Bytes>, WasiError> {
        let known = self.exchanged(at);
        let (app, credential, asks) = known.ok_or(WasiError::HttpRequestDenied)?;
        let token = self.tokens.get(app, (asks, drop_cached), exchange).await?;
        Ok(match token {
            Ok(Token { expires_in_s, .. }) => {
                let mut answer = serde_json::json!({
                    asks.token: app.stands_for(credential.name),
                    asks.expires_in_s: expires_in_s,
                });
                match asks.success {
                    Success::Status => {}
                    Success::Number { member, is } => answer[member] = is.into(),
                    Success::True { member } => answer[member] = true.into(),
                }
                json_response(answer.to_string())
            }
            Err(refused) => refused,
        })
    }
}

/// What a header's placeholder becomes.
enum Filled {
    /// This; of the app at this place, where its conversations are known by something.
    With(HeaderValue, Option<usize>),
    /// The token of the app at this place, which may have to be fetched first.
    ByToken(usize),
    /// The signature by the secret of the app at this place, once the whole request is there.
    BySignature(usize),
}

/// Whether a credential stands in this header.
fn is_header(position: Position, name: &HeaderName) -> bool {
    position
        .header()
        .is_some_and(|known| name.as_str().eq_ignore_ascii_case(known))
}

fn exchange_of(service: &Service) -> Option<Exchange> {
    service.credential?.exchange
}

/// A header's value with a secret in it; `None` for a secret with bytes that no header may have.
fn sensitive(scheme: &str, secret: &str) -> Option<HeaderValue> {
    // The joined text is a copy of the secret, so it is wiped like the secret itself; marked sensitive, the
    // value isn't printed with the other headers.
    let text = zeroize::Zeroizing::new(format!("{scheme}{secret}"));
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A response in a service's place, with status 200: what was wrong stands in the body, as with the service.
pub(super) fn json_response(text: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(text));
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    response
}

#[cfg(test)]
#[path = "tests/in_path.rs"]
mod in_path;
#[cfg(test)]
#[path = "tests/in_query.rs"]
mod in_query_tests;
#[cfg(test)]
#[path = "tests/broker.rs"]
mod tests;
