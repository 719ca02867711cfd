//! Tokens that a service gives for an app's secret: exchanged by the harness as the contract says, cached until five minutes
//! before they expire, never shown to the component. Steps that need one at the same moment share one exchange.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use contract::services::{Asks, Exchange};
use http::{Request, Response, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::Instant;
use wasmtime_wasi_http::Error as WasiError;

use super::app::App;
use super::broker::{ExchangeFuture, json_response};
use super::json_body;
use crate::secrets::{LatestSpellings, Secret, Spellings};

/// A token isn't used in its last five minutes: an upload may take as long.
const MARGIN: Duration = Duration::from_secs(300);
/// Tokens of known services live for hours; a claim beyond a day is nonsense.
const LONGEST: Duration = Duration::from_secs(86_400);
/// The longest that a service says its tokens may be.
const TOKEN_BYTES: usize = 4 << 10;

/// The least time between two exchanges that a caller asks for. A token that expires is replaced all the same.
const BETWEEN_DROPS: Duration = Duration::from_secs(60);

/// A token that can be used now.
#[derive(Clone)]
pub struct Token {
    /// The token itself, which the component never sees.
    pub secret: Arc<Secret>,
    /// Seconds until it expires.
    pub expires_in_s: u64,
}

/// What stands in a query's value as an escape: everything but RFC 3986's unreserved characters.
const OF_QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Tokens that are remembered for the search: each app has at most two that are good at a time.
const ISSUED: usize = 16;

/// A token with its times, all by the monotonic clock: a wall clock that is set back doesn't make it good
/// again.
struct Cached {
    secret: Arc<Secret>,
    /// Tells a caller that waited whether this is newer than the token it saw refused.
    fetched: Instant,
    /// Not used any more from here on, though it is good until `expires`.
    usable_until: Instant,
    expires: Instant,
}

/// What is known of one app's token.
#[derive(Default)]
struct Held {
    token: Option<Cached>,
    /// When a token was last dropped because a caller asked for that.
    dropped: Option<Instant>,
    /// Whether the service refused something since the token was fetched.
    refused: bool,
}

impl Held {
    /// Whether a caller may have the token dropped: services limit exchanges for each app, which the user's other programs
    /// share, so a token that nobody refused stays, and one that was refused goes once in [`BETWEEN_DROPS`].
    fn may_drop(&self) -> bool {
        let recently = |at: Instant| at.elapsed() < BETWEEN_DROPS;
        self.refused && !self.dropped.is_some_and(recently)
    }
}

type Slot = Arc<tokio::sync::Mutex<Held>>;

/// Where an app is, its id, and which of those with that id it is.
type Place = (String, String, Option<String>);

/// The cache, one slot for each app and host.
#[derive(Default)]
pub struct Tokens {
    slots: Mutex<HashMap<Place, Slot>>,
    /// How many were issued in all, and the latest [`ISSUED`] of them.
    issued: Mutex<(u64, VecDeque<Arc<Secret>>)>,
    /// Of these tokens and the secrets that each call knows.
    pub spellings: LatestSpellings,
}

impl Tokens {
    /// The token for `app`; `Err` inside is the service's own refusal, to be passed on.
    ///
    /// # Errors
    /// The transport error of the exchange.
    pub async fn get(
        &self,
        app: &App,
        (asks, drop_cached): (Exchange, bool),
        exchange: impl FnOnce(Request<Bytes>) -> ExchangeFuture,
    ) -> Result<Result<Token, Response<Bytes>>, WasiError> {
        let asked = Instant::now();
        let slot = self.slot(app);
        // Held during the exchange: whoever needs the same token waits here and finds it.
        let mut held = slot.lock().await;
        let may_drop = drop_cached && held.may_drop();
        if let Some(token) = held.token.as_ref() {
            let now = Instant::now();
            // Fetched while this caller waited: it is newer than the one that was refused.
            let wanted = !may_drop || token.fetched >= asked;
            if wanted && now < token.usable_until {
                let expires_in_s = token.expires.saturating_duration_since(now).as_secs();
                return Ok(Ok(Token {
                    secret: Arc::clone(&token.secret),
                    expires_in_s,
                }));
            }
        }
        // Before the exchange: when it fails, a token that was refused or has expired isn't used once more.
        held.token = None;
        if may_drop {
            held.dropped = Some(Instant::now());
        }
        let request = request(asks, app)?;
        let answer = exchange(request).await?;
        let Some((secret, life)) = read_answer(asks, &answer) else {
            return Ok(Err(without_secret(asks, answer, &app.secret)));
        };
        let now = Instant::now();
        // A life shorter than the margin: half of it, so that a token is never fetched for every request.
        let usable = life
            .checked_sub(MARGIN)
            .filter(|rest| !rest.is_zero())
            .unwrap_or(life / 2);
        let secret = Arc::new(secret);
        self.note_issued(Arc::clone(&secret));
        held.refused = false;
        held.token = Some(Cached {
            secret: Arc::clone(&secret),
            fetched: now,
            usable_until: now + usable,
            expires: now + life,
        });
        Ok(Ok(Token {
            secret,
            expires_in_s: life.as_secs(),
        }))
    }

    /// Notes that the service refused a request that carried the token of `app`, for whatever reason.
    pub async fn note_refused(&self, app: &App) {
        self.slot(app).lock().await.refused = true;
    }

    /// How many tokens have been issued, and the latest of them: an older one stays good to its end.
    pub fn issued(&self) -> (u64, Vec<Arc<Secret>>) {
        let issued = self
            .issued
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        (issued.0, issued.1.iter().cloned().collect())
    }

    /// Has it searched for from now on, in requests and in answers.
    fn note_issued(&self, secret: Arc<Secret>) {
        let mut issued = self
            .issued
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        issued.0 += 1;
        if issued.1.len() == ISSUED {
            issued.1.pop_front();
        }
        issued.1.push_back(secret);
    }

    /// One for each app and host: the same id at another host is another app.
    fn slot(&self, app: &App) -> Slot {
        let key = (app.base.text(), app.app_id.clone(), app.agent.clone());
        let mut slots = self
            .slots
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(slots.entry(key).or_default())
    }
}

fn request(asks: Exchange, app: &App) -> Result<Request<Bytes>, WasiError> {
    let url = format!("{}{}", app.base.text(), asks.path);
    if asks.asks == Asks::Query {
        let (id, secret) = (in_query(&app.app_id), in_query(app.secret.expose()));
        // Wiped like the secret in it. The client sends it to where it leads, and records another address.
        let url = format!("{url}?{}={}&{}={}", asks.app, *id, asks.secret, *secret);
        let url = zeroize::Zeroizing::new(url);
        return Request::get(url.as_str())
            .body(Bytes::new())
            .map_err(|_| WasiError::ConfigurationError);
    }
    let body = serde_json::json!({asks.app: app.app_id, asks.secret: app.secret.expose()});
    let body = body.to_string();
    Request::post(url)
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(header::CONTENT_LENGTH, body.len())
        .body(Bytes::from(body))
        .map_err(|_| WasiError::ConfigurationError)
}

/// A text as a value of a query, wiped like the secret that it may be.
pub(super) fn in_query(text: &str) -> zeroize::Zeroizing<String> {
    utf8_percent_encode(text, OF_QUERY).to_string().into()
}

/// The token and its life; `None` for a refusal and for anything that isn't certainly a token.
fn read_answer(asks: Exchange, answer: &Response<Bytes>) -> Option<(Secret, Duration)> {
    let json: serde_json::Value = serde_json::from_slice(answer.body()).ok()?;
    let text = json[asks.token]
        .as_str()
        .filter(|text| !text.is_empty() && text.len() <= TOKEN_BYTES)?;
    let life = Duration::from_secs(seconds(&json[asks.expires_in_s])).min(LONGEST);
    // A token beside a code that doesn't say success would be a contradiction.
    let succeeded = json_body::succeeded(asks.success, &json);
    (succeeded && !life.is_zero()).then(|| (Secret::new(text), life))
}

/// A number, or as some services write it, a text of one; zero for anything else.
fn seconds(value: &serde_json::Value) -> u64 {
    let written = value.as_str().and_then(|text| text.parse().ok());
    value.as_u64().or(written).unwrap_or(0)
}

/// What the service answered, unless it echoed the secret back, or sent a token in an answer we can't use.
fn without_secret(asks: Exchange, answer: Response<Bytes>, secret: &Secret) -> Response<Bytes> {
    let echoed = Spellings::of([secret.expose()].into_iter(), &[]).find(answer.body());
    if echoed.is_some() || String::from_utf8_lossy(answer.body()).contains(asks.token) {
        return json_response(asks.withheld.to_owned());
    }
    let (mut head, body) = answer.into_parts();
    let content_type = head.headers.remove(header::CONTENT_TYPE);
    // Only the body was searched.
    head.headers.clear();
    if let Some(content_type) = content_type {
        head.headers.insert(header::CONTENT_TYPE, content_type);
    }
    Response::from_parts(head, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::BaseUrl;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn asks() -> Exchange {
        contract::services::FEISHU
            .credential
            .unwrap()
            .exchange
            .unwrap()
    }

    fn app() -> App {
        App {
            service: &contract::services::FEISHU,
            account: None,
            app_id: "cli_1".into(),
            agent: None,
            secret: Arc::new(Secret::new("s-e-c-r-e-t")),
            base: BaseUrl::parse("https://open.feishu.cn").unwrap(),
            found_in: String::new(),
            contexts: None,
        }
    }

    async fn get(tokens: &Tokens, drop_cached: bool, calls: &AtomicU32) -> String {
        let number = calls.load(Ordering::Relaxed);
        let exchange = |_| -> ExchangeFuture {
            calls.fetch_add(1, Ordering::Relaxed);
            let body = format!(r#"{{"code":0,"tenant_access_token":"t-{number}","expire":7200}}"#);
            Box::pin(async move {
                tokio::task::yield_now().await;
                Ok(json_response(body))
            })
        };
        tokens
            .get(&app(), (asks(), drop_cached), exchange)
            .await
            .unwrap()
            .unwrap_or_else(|_| panic!("refused"))
            .secret
            .expose()
            .to_owned()
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_used_until_five_minutes_before_it_expires() {
        let (tokens, calls) = (Tokens::default(), AtomicU32::new(0));
        assert_eq!(get(&tokens, false, &calls).await, "t-0");
        tokio::time::advance(Duration::from_secs(7200 - 301)).await;
        assert_eq!(get(&tokens, false, &calls).await, "t-0");
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(get(&tokens, false, &calls).await, "t-1");
    }

    #[tokio::test(start_paused = true)]
    async fn no_cache_fetches_a_new_one_and_steps_at_the_same_moment_share_it() {
        let (tokens, calls) = (Tokens::default(), AtomicU32::new(0));
        let (a, b) = tokio::join!(get(&tokens, false, &calls), get(&tokens, false, &calls));
        assert_eq!(
            (a.as_str(), b.as_str(), calls.load(Ordering::Relaxed)),
            ("t-0", "t-0", 1)
        );
        tokio::time::advance(Duration::from_secs(1)).await;
        tokens.note_refused(&app()).await;
        let (a, b) = tokio::join!(get(&tokens, true, &calls), get(&tokens, true, &calls));
        assert_eq!(
            (a, b, calls.load(Ordering::Relaxed)),
            ("t-1".into(), "t-1".into(), 2)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_nobody_refused_stays_and_a_refused_one_goes_once_a_minute() {
        let (tokens, calls) = (Tokens::default(), AtomicU32::new(0));
        assert_eq!(get(&tokens, false, &calls).await, "t-0");
        for _ in 0..200 {
            tokio::time::advance(Duration::from_millis(10)).await;
            assert_eq!(get(&tokens, true, &calls).await, "t-0");
        }
        for _ in 0..200 {
            tokens.note_refused(&app()).await;
            tokio::time::advance(Duration::from_millis(10)).await;
            assert_eq!(get(&tokens, true, &calls).await, "t-1");
        }
        tokio::time::advance(BETWEEN_DROPS).await;
        assert_eq!(get(&tokens, true, &calls).await, "t-2");
        assert_eq!(calls.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn an_answer_that_echoes_the_secret_is_withheld_however_it_writes_it() {
        for echo in [
            "s-e-c-r-e-t",
            "cy1lLWMtci1lLXQ=",
            "732D652D632D722D652D74",
            "s%2De%2Dc%2Dr%2De%2Dt",
        ] {
            let answer = json_response(format!(r#"{{"code":10014,"msg":"bad {echo}"}}"#));
            let answer = without_secret(asks(), answer, &Secret::new("s-e-c-r-e-t"));
            assert!(
                !String::from_utf8_lossy(answer.body()).contains(echo),
                "{echo}"
            );
        }
    }

    #[test]
    fn how_long_a_token_is_good_may_be_written_as_a_number_or_as_a_text_of_one() {
        for (said, good) in [
            ("7200", true),
            ("\"7200\"", true),
            ("0", false),
            ("\"x\"", false),
            ("-1", false),
        ] {
            let text = format!(r#"{{"code":0,"tenant_access_token":"t","expire":{said}}}"#);
            assert_eq!(
                read_answer(asks(), &json_response(text)).is_some(),
                good,
                "{said}"
            );
        }
    }
}
