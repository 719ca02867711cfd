//! A service whose credential is a segment of the path, and what must not become of it.

use contract::kind::Kind;
use contract::services::{Body, FEISHU, Key, Route};
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wasmtime_wasi_http::RequestOptions;

use super::*;
use crate::http::{
    BaseUrl, CallMeter, Client, ClientSettings, Egress, Pending, Place, Policy, Spending, Standing,
    full,
};
use crate::limits::Limits;

const TOKEN: &str = "123456789:AAsecret-secret_secretsecretsecret";

static SERVICE: Service = Service {
    id: "bots",
    granted: Granted::WithApp,
    credential: Some(Credential {
        name: "bot-token",
        what: "the bot's token",
        position: Position::PathSegment { prefix: "bot" },
        exchange: None,
    }),
    routes: &[Route {
        path: "/{credential}/sendVideo",
        query: &[Key::Is("chat")],
        body: Body::Multipart(1 << 20),
        recipient: None,
        commits: false,
        members: &[],
        names: &[],
        credential: true,
        ..FEISHU.routes[1]
    }],
    ..FEISHU
};

static SERVICES: [&Service; 2] = [&SERVICE, &FEISHU];

fn broker(token: &str) -> Broker {
    let app = App {
        service: &SERVICE,
        account: None,
        app_id: String::new(),
        agent: None,
        secret: Arc::new(Secret::new(token)),
        base: BaseUrl::parse("https://bots.example").unwrap(),
        found_in: "a test".into(),
        contexts: None,
    };
    Broker::new(&SERVICES, Vec::new(), vec![Arc::new(app)], Arc::default())
}

fn authorised(broker: &Broker, target: &str) -> Result<Option<String>, RefusalReason> {
    let uri: Uri = format!("https://bots.example{target}").parse().unwrap();
    let route = &SERVICE.routes[0];
    let verdict = broker.authorise(&SERVICE, route, &uri, &mut HeaderMap::new())?;
    assert_eq!(verdict, Verdict::Send);
    let filled = broker.target(&SERVICE, route, &uri)?;
    Ok(filled.map(|uri| uri.to_string()))
}

#[test]
fn the_placeholder_in_its_segment_becomes_the_token_also_below_a_prefix() {
    for prefix in ["", "/moved/here"] {
        let target = |segment: &str| format!("{prefix}/{segment}/sendVideo?chat=42");
        let filled = authorised(&broker(TOKEN), &target("botplaceholder-bot-token"));
        let expected = format!("https://bots.example{}", target(&format!("bot{TOKEN}")));
        assert_eq!(filled, Ok(Some(expected)));
    }
}

#[test]
fn nothing_else_in_that_segment_is_filled_and_the_placeholder_nowhere_else() {
    let (unknown, misplaced) = (
        RefusalReason::UnknownPlaceholder,
        RefusalReason::MisplacedPlaceholder,
    );
    for (target, reason) in [
        ("/bot/sendVideo", unknown),
        ("/botplaceholder-bot-token-/sendVideo", unknown),
        ("/placeholder-bot-token/sendVideo", unknown),
        ("/Botplaceholder-bot-token/sendVideo", unknown),
        ("/botplaceholder-feishu-app-secret/sendVideo", unknown),
        ("/bot1234/sendVideo", unknown),
        (
            "/botplaceholder-bot-token/sendVideo?chat=placeholder-bot-token",
            misplaced,
        ),
        (
            "/placeholder-bot-token/botplaceholder-bot-token/sendVideo",
            misplaced,
        ),
    ] {
        assert_eq!(authorised(&broker(TOKEN), target), Err(reason), "{target}");
    }
    let real = format!("/botplaceholder-bot-token/sendVideo?chat={TOKEN}");
    assert_eq!(
        authorised(&broker(TOKEN), &real),
        Err(RefusalReason::Secret)
    );
}

#[test]
fn a_secret_that_would_end_its_segment_is_never_put_in() {
    for token in ["a/../b", "a?chat=1", "a%2fb", "a#b", "a b", "a.b", ""] {
        let target = "/botplaceholder-bot-token/sendVideo";
        let refused = authorised(&broker(token), target);
        assert_eq!(refused, Err(RefusalReason::UnknownPlaceholder), "{token}");
    }
}

/// No request of these costs money.
struct Nothing;

impl Spending for Nothing {
    fn take<'a>(&'a self, _group: Option<&'a str>) -> Pending<'a, Result<Place, String>> {
        Box::pin(async { Err("nothing may be spent".to_owned()) })
    }

    fn give_back(&self, _place: Place) -> Pending<'_, ()> {
        Box::pin(async {})
    }

    fn standing<'a>(&'a self, _group: Option<&'a str>) -> Pending<'a, Result<Standing, String>> {
        Box::pin(async { Err("nothing is counted".to_owned()) })
    }
}

/// Sends one request, to a server at `base`.
async fn sent(base: &str) -> (Result<http::Response<WasiBody>, WasiError>, Arc<CallMeter>) {
    let egress = Egress {
        policy: Arc::new(Policy::nothing().grant(&SERVICE, BaseUrl::parse(base).unwrap())),
        broker: Arc::new(broker(TOKEN)),
        recipients: Arc::new(Nobody),
        gate: None,
        client: Client::new(ClientSettings::default()).unwrap(),
        meter: Arc::new(CallMeter::new(&Limits::default())),
        kind: Kind::Poll,
        spending: Arc::new(Nothing),
        group: None,
    };
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("{base}/botplaceholder-bot-token/sendVideo?chat=42"))
        .header("content-type", "multipart/form-data; boundary=b")
        .header("content-length", "2")
        .body(full(Bytes::from_static(b"hi")))
        .unwrap();
    let meter = Arc::clone(&egress.meter);
    let (request, verdict, grant, open) = egress.grant(request).unwrap();
    let asked = (RequestOptions::default(), open);
    (egress.pass(request, verdict, &grant, asked).await, meter)
}

struct Nobody;

impl crate::http::Recipients for Nobody {
    fn is_named(&self, _: &str, _: &str) -> bool {
        false
    }

    fn has_message(&self, _: &str) -> bool {
        false
    }

    fn note_message(&self, _: String) {}

    fn note_derived(&self, _: (&str, &str), _: &str, _: String) {}
}

#[tokio::test]
async fn the_token_is_in_the_path_that_leaves_and_in_no_record_error_or_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; 4_096];
        let read = stream.read(&mut asked).await.unwrap();
        let (percent, body) = (TOKEN.replace(':', "%3A"), format!("no such bot: {TOKEN}"));
        let answer = format!(
            "HTTP/1.1 302 Found\r\nLocation: https://elsewhere/bot{percent}/x\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&asked[..read]).into_owned()
    });
    let (answer, meter) = sent(&base).await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert!(!answer.headers().contains_key("location"));
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let stars = "*".repeat(TOKEN.len());
    assert_eq!(body, format!("no such bot: {stars}"));
    let asked = server.await.unwrap();
    assert!(asked.starts_with(&format!("POST /bot{TOKEN}/sendVideo?chat=42 HTTP/1.1\r\n")));
    let recorded = format!("{:?}", meter.trace());
    assert!(recorded.contains("/{credential}/sendVideo"), "{recorded}");
    assert!(!recorded.contains("secret_secret"), "{recorded}");
    // Nobody listens any more.
    let (answer, meter) = sent(&base).await;
    let told = format!(
        "{:?} {:?} {:?}",
        answer.err().unwrap(),
        meter.trace(),
        meter.refusals()
    );
    assert!(!told.contains("secret_secret"), "{told}");
}
