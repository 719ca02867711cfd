use contract::services::{DIRECT, FEISHU, GATEWAY, MEDIA, SERVICES};

use super::*;
use crate::http::BaseUrl;
use crate::secrets::Secret;

const GATEWAY_KEY: &str = "mgk_realrealreal1234";
const DIRECT_KEY: &str = "sk-libtv-realrealreal9999";

fn broker() -> Broker {
    let key = |text: &str, handle, service| {
        ApiKey::new(Arc::new(Secret::new(text)), handle, Some(service))
    };
    let app = App {
        service: &FEISHU,
        account: None,
        app_id: "cli_1".into(),
        agent: None,
        secret: Arc::new(Secret::new("app-secret-app-secret")),
        base: BaseUrl::parse("https://open.feishu.cn").unwrap(),
        found_in: "a test".into(),
        contexts: None,
    };
    Broker::new(
        &SERVICES,
        vec![
            key(GATEWAY_KEY, "libtv-api-key", &GATEWAY),
            key(DIRECT_KEY, "libtv-api-key-env", &DIRECT),
        ],
        vec![Arc::new(app)],
        Arc::default(),
    )
}

fn authorise(
    service: &Service,
    url: &str,
    headers: &[(&str, &str)],
) -> Result<(Verdict, HeaderMap), RefusalReason> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    let verdict =
        broker().authorise(service, &service.routes[0], &url.parse().unwrap(), &mut map)?;
    Ok((verdict, map))
}

const PH_GATEWAY: &str = "mgk_placeholder-libtv-api-key-1234";
const PH_DIRECT: &str = "Bearer sk-libtv-placeholder-libtv-api-key-env-9999";
const PH_TENANT: &str = "Bearer placeholder-feishu-tenant-token";

#[test]
fn a_placeholder_becomes_the_key_in_its_header_for_its_service() {
    let (verdict, headers) =
        authorise(&GATEWAY, "https://g/x", &[("x-api-key", PH_GATEWAY)]).unwrap();
    assert_eq!(
        (verdict, headers["x-api-key"].as_bytes()),
        (Verdict::Send, GATEWAY_KEY.as_bytes())
    );
    assert!(headers["x-api-key"].is_sensitive());
    let (_, headers) = authorise(&DIRECT, "https://d/x", &[("authorization", PH_DIRECT)]).unwrap();
    assert_eq!(
        headers["authorization"].as_bytes(),
        format!("Bearer {DIRECT_KEY}").as_bytes()
    );
}

#[test]
fn a_key_of_one_service_never_goes_to_another() {
    let placeholder = PH_DIRECT.trim_start_matches("Bearer ");
    assert_eq!(
        authorise(&GATEWAY, "https://g/x", &[("x-api-key", placeholder)]).unwrap_err(),
        RefusalReason::MisplacedPlaceholder
    );
    let gateway = format!("Bearer {PH_GATEWAY}");
    assert_eq!(
        authorise(&DIRECT, "https://d/x", &[("authorization", &gateway)]).unwrap_err(),
        RefusalReason::MisplacedPlaceholder
    );
    assert_eq!(
        authorise(&MEDIA, "https://m/x", &[("x-api-key", PH_GATEWAY)]).unwrap_err(),
        RefusalReason::MisplacedPlaceholder
    );
    assert_eq!(
        authorise(&FEISHU, "https://f/x", &[("authorization", PH_DIRECT)]).unwrap_err(),
        RefusalReason::UnknownPlaceholder
    );
    assert_eq!(
        authorise(&GATEWAY, "https://g/x", &[("authorization", PH_TENANT)]).unwrap_err(),
        RefusalReason::MisplacedPlaceholder
    );
}

#[test]
fn a_placeholder_in_another_header_or_in_the_url_is_refused() {
    for (url, headers) in [
        ("https://g/x?k=mgk_placeholder-libtv-api-key-1234", vec![]),
        ("https://g/placeholder-feishu-app-secret", vec![]),
        ("https://g/x", vec![("referer", PH_GATEWAY)]),
        (
            "https://g/x",
            vec![("x-note", "see placeholder-feishu-tenant-token")],
        ),
        ("https://g/x", vec![("cookie", PH_GATEWAY)]),
    ] {
        assert_eq!(
            authorise(&GATEWAY, url, &headers).unwrap_err(),
            RefusalReason::MisplacedPlaceholder,
            "{url} {headers:?}"
        );
    }
}

#[test]
fn a_real_secret_in_a_request_is_refused_wherever_it_stands() {
    assert_eq!(
        authorise(&MEDIA, &format!("https://m/{DIRECT_KEY}"), &[]).unwrap_err(),
        RefusalReason::Secret
    );
    assert_eq!(
        authorise(&MEDIA, "https://m/x", &[("referer", GATEWAY_KEY)]).unwrap_err(),
        RefusalReason::Secret
    );
    assert_eq!(
        authorise(&GATEWAY, "https://g/x", &[("x-api-key", GATEWAY_KEY)]).unwrap_err(),
        RefusalReason::UnknownPlaceholder
    );
    assert_eq!(
        authorise(&MEDIA, "https://m/x", &[("authorization", "Basic abc")]).unwrap_err(),
        RefusalReason::CredentialHeader
    );
}

#[test]
fn feishu_requests_wait_for_the_tenant_token_and_the_token_route_is_answered_here() {
    let (verdict, _) = authorise(
        &FEISHU,
        "https://f/open-apis/im/v1/files",
        &[("authorization", PH_TENANT)],
    )
    .unwrap();
    assert_eq!(verdict, Verdict::AddToken(0));
    let route = format!("https://f{}", contract::services::TOKEN_PATH);
    assert_eq!(
        authorise(&FEISHU, &route, &[]).unwrap().0,
        Verdict::AnswerToken { drop_cached: false }
    );
    assert_eq!(
        authorise(&FEISHU, &route, &[("cache-control", "no-cache")])
            .unwrap()
            .0,
        Verdict::AnswerToken { drop_cached: true }
    );
}

#[tokio::test]
async fn the_component_gets_a_placeholder_for_the_token_and_one_exchange_serves_many() {
    let broker = broker();
    let exchange = |request: Request<Bytes>| -> ExchangeFuture {
        assert!(String::from_utf8_lossy(request.body()).contains("app-secret-app-secret"));
        Box::pin(async {
            Ok(json_response(
                r#"{"code":0,"tenant_access_token":"t-real-token","expire":7200}"#.into(),
            ))
        })
    };
    let answer = broker.answer_token_route(0, false, exchange).await.unwrap();
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    assert!(
        text.contains("placeholder-feishu-tenant-token") && !text.contains("t-real"),
        "{text}"
    );
    let never = |_| -> ExchangeFuture { panic!("the cached token was there") };
    let token = broker.token(0, never).await.unwrap();
    let Ok(token) = token else {
        panic!("it was refused");
    };
    let mut request = Request::get("https://open.feishu.cn/").body(()).unwrap();
    assert_eq!(broker.placed(0, &token, &mut request).unwrap(), None);
    let (name, value) = request.headers().iter().next().unwrap();
    assert_eq!(
        (name.as_str(), value.as_bytes()),
        ("authorization", b"Bearer t-real-token".as_slice())
    );
}

#[tokio::test]
async fn a_token_is_asked_for_by_the_app_in_use_and_its_placeholder_alone() {
    let broker = broker();
    let long = format!(r#"{{"pad":"{}"}}"#, "x".repeat(16 << 10));
    let good = r#"{"app_id":"cli_1","app_secret":"placeholder-feishu-app-secret"}"#;
    for (body, admitted) in [
        (good, true),
        (
            r#"{"app_id":"cli_2","app_secret":"placeholder-feishu-app-secret"}"#,
            false,
        ),
        (r#"{"app_id":"cli_1","app_secret":"guessed"}"#, false),
        (r#"{"app_id":"cli_1"}"#, false),
        ("[]", false),
        ("no json", false),
        (&long, false),
    ] {
        let body_of = crate::http::full(Bytes::from(body.to_owned()));
        let told = broker
            .admit_token_request(&FEISHU, &Uri::from_static("https://f/x"), body_of)
            .await;
        let wanted = if admitted {
            Ok(0)
        } else {
            Err(RefusalReason::TokenRequest)
        };
        assert_eq!(told, wanted, "{body:.80}");
    }
}

#[tokio::test]
async fn a_refused_exchange_is_passed_on_in_feishus_own_words() {
    let refused = |_| -> ExchangeFuture {
        Box::pin(async {
            Ok(json_response(
                r#"{"code":10014,"msg":"app secret invalid"}"#.into(),
            ))
        })
    };
    let Err(answer) = broker().token(0, refused).await.unwrap() else {
        panic!("it was given a token");
    };
    assert!(String::from_utf8_lossy(answer.body()).contains("10014"));
}

/// Two accounts of Feishu and two of Slack, of which one each has a name; the named ones are elsewhere.
fn of_accounts() -> Broker {
    let app = |service, account: Option<&str>, base: &str| {
        Arc::new(App {
            service,
            account: account.map(str::to_owned),
            app_id: account.unwrap_or("cli_1").to_owned(),
            agent: None,
            secret: Arc::new(Secret::new(format!("secret-of-{account:?}-{base}"))),
            base: BaseUrl::parse(base).unwrap(),
            found_in: "a test".into(),
            contexts: None,
        })
    };
    let slack = &contract::services::SLACK;
    let apps = vec![
        app(&FEISHU, None, "https://open.feishu.cn"),
        app(&FEISHU, Some("ops"), "https://open.larksuite.com"),
        app(slack, None, "https://slack.com"),
        app(slack, Some("ops"), "https://slack-gov.com"),
    ];
    Broker::new(&SERVICES, Vec::new(), apps, Arc::default())
}

#[tokio::test]
async fn each_account_has_a_placeholder_of_its_own_and_none_is_good_where_another_one_is() {
    let broker = of_accounts();
    let unknown = Err(RefusalReason::UnknownPlaceholder);
    let placeholder = |app: usize| {
        let app = &broker.apps[app];
        app.stands_for(app.service.credential.unwrap().name)
    };
    let ask = |service: &Service, url: &str, placeholder: &str| {
        let mut headers = HeaderMap::new();
        let value = format!("Bearer {placeholder}");
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&value).unwrap());
        let uri = url.parse().unwrap();
        let verdict = broker.authorise(service, &service.routes[0], &uri, &mut headers)?;
        let value = headers[AUTHORIZATION].to_str().unwrap().to_owned();
        Ok((verdict, value))
    };
    assert_ne!(placeholder(2), placeholder(3));
    assert_eq!(placeholder(2), "placeholder-slack-bot-token");
    let slack = &contract::services::SLACK;
    let (here, there) = ("https://slack.com/api/x", "https://slack-gov.com/api/x");
    for (url, app) in [(here, 2), (there, 3)] {
        let filled = ask(slack, url, &placeholder(app)).unwrap();
        let secret = broker.apps[app].secret.expose();
        assert_eq!(filled, (Verdict::Send, format!("Bearer {secret}")));
    }
    for (url, asked) in [
        (here, placeholder(3)),
        (there, placeholder(2)),
        (here, format!("{}-00", placeholder(2))),
        (here, placeholder(0)),
    ] {
        assert_eq!(ask(slack, url, &asked), unknown, "{url} {asked}");
    }
    // Those whose secret is exchanged first.
    let (here, there) = ("https://open.feishu.cn/x", "https://open.larksuite.com/x");
    for (url, app) in [(here, 0), (there, 1)] {
        let verdict = ask(&FEISHU, url, &placeholder(app)).unwrap().0;
        assert_eq!(verdict, Verdict::AddToken(app));
        let body = |secret: &str| {
            let id = &broker.apps[app].app_id;
            let body = format!(r#"{{"app_id":"{id}","app_secret":"{secret}"}}"#);
            crate::http::full(Bytes::from(body))
        };
        let secret = broker.apps[app].stands_for("feishu-app-secret");
        let uri = url.parse().unwrap();
        let told = broker
            .admit_token_request(&FEISHU, &uri, body(&secret))
            .await;
        assert_eq!(told, Ok(app));
        let other = broker.apps[1 - app].stands_for("feishu-app-secret");
        let told = broker
            .admit_token_request(&FEISHU, &uri, body(&other))
            .await;
        assert_eq!(told, Err(RefusalReason::TokenRequest));
    }
    assert_eq!(ask(&FEISHU, here, &placeholder(1)), unknown);
}
