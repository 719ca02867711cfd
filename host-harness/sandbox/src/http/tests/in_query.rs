//! A service whose token, and the secret that it is exchanged for, stand in the query.

use contract::services::WECOM;

use super::*;

const SECRET: &str = "corp-secret_0123456789";
const TOKEN: &str = "token_of-WeCom+/=0123456789";

fn broker() -> Broker {
    let app = App {
        service: &WECOM,
        account: None,
        app_id: "ww1".into(),
        agent: Some("7".into()),
        secret: Arc::new(Secret::new(SECRET)),
        base: BaseUrl::parse("https://qyapi.weixin.qq.com").unwrap(),
        found_in: "a test".into(),
        contexts: None,
    };
    static SERVICES: [&Service; 1] = [&WECOM];
    Broker::new(&SERVICES, Vec::new(), vec![Arc::new(app)], Arc::default())
}

fn uri(target: &str) -> Uri {
    let url = format!("https://qyapi.weixin.qq.com{target}");
    url.parse().unwrap()
}

fn authorised(target: &str) -> Result<Verdict, RefusalReason> {
    let uri = uri(target);
    let mut routes = WECOM.routes.iter();
    let route = routes.find(|route| route.path == uri.path()).unwrap();
    broker().authorise(&WECOM, route, &uri, &mut HeaderMap::new())
}

#[test]
fn the_placeholder_in_its_key_becomes_the_token_and_the_rest_of_the_query_stays() {
    let target = "/cgi-bin/media/upload?type=file&access_token=placeholder-wecom-token";
    assert_eq!(authorised(target), Ok(Verdict::AddToken(0)));
    let token = Token {
        secret: Arc::new(Secret::new(TOKEN)),
        expires_in_s: 1,
    };
    let mut request = Request::new(());
    *request.uri_mut() = uri(target);
    let placed = broker().placed(0, &token, &mut request).unwrap();
    let expected = "/cgi-bin/media/upload?type=file&access_token=token_of-WeCom%2B%2F%3D0123456789";
    assert_eq!(placed, Some(uri(expected)));
    // What is noted of the request is noted by this one.
    assert_eq!(*request.uri(), uri(target));
}

#[test]
fn nothing_else_in_that_key_is_filled_and_the_placeholder_nowhere_else() {
    let (unknown, misplaced) = (
        RefusalReason::UnknownPlaceholder,
        RefusalReason::MisplacedPlaceholder,
    );
    for (query, reason) in [
        ("type=file", unknown),
        ("access_token=", unknown),
        ("access_token=guessed", unknown),
        ("access_token=placeholder-wecom-token-", unknown),
        ("access_token=%70laceholder-wecom-token", unknown),
        ("access_token=placeholder-wecom-corp-secret", unknown),
        ("type=placeholder-wecom-token", misplaced),
        (
            "access_token=placeholder-wecom-token&type=placeholder-wecom-token",
            misplaced,
        ),
        (
            "access_token=placeholder-wecom-token&type=corp-secret_0123456789",
            RefusalReason::Secret,
        ),
    ] {
        let target = format!("/cgi-bin/media/upload?{query}");
        assert_eq!(authorised(&target), Err(reason), "{query}");
    }
}

#[tokio::test]
async fn an_exchange_is_for_the_app_that_its_query_names_and_its_placeholder_stands_for() {
    for (query, expected) in [
        ("corpid=ww1&corpsecret=placeholder-wecom-corp-secret", true),
        ("corpsecret=placeholder-wecom-corp-secret&corpid=ww1", true),
        ("corpid=ww2&corpsecret=placeholder-wecom-corp-secret", false),
        ("corpid=ww1&corpsecret=placeholder-wecom-token", false),
        ("corpid=ww1&corpsecret=guessed", false),
        ("corpid=ww1", false),
    ] {
        let target = format!("/cgi-bin/gettoken?{query}");
        let answer = Verdict::AnswerToken { drop_cached: false };
        assert_eq!(authorised(&target), Ok(answer), "{query}");
        let body = crate::http::full(Bytes::new());
        let (broker, uri) = (broker(), uri(&target));
        let admitted = broker.admit_token_request(&WECOM, &uri, body).await;
        assert_eq!(admitted.is_ok(), expected, "{query}");
    }
    let misplaced = "/cgi-bin/gettoken?corpid=placeholder-wecom-corp-secret&corpsecret=x";
    assert_eq!(
        authorised(misplaced),
        Err(RefusalReason::MisplacedPlaceholder)
    );
}

#[tokio::test]
async fn the_exchange_asks_with_the_secret_in_its_query_and_nothing_else_of_it() {
    let exchange = |request: Request<Bytes>| -> ExchangeFuture {
        let expected = format!("/cgi-bin/gettoken?corpid=ww1&corpsecret={SECRET}");
        assert_eq!(request.method(), http::Method::GET);
        assert_eq!(*request.uri(), uri(&expected));
        assert!(request.body().is_empty());
        let said = r#"{"errcode":0,"access_token":"t-0123456789","expires_in":7200}"#;
        Box::pin(async move { Ok(json_response(said.to_owned())) })
    };
    let broker = broker();
    let answer = broker.answer_token_route(0, false, exchange).await.unwrap();
    let said: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(said["access_token"], "placeholder-wecom-token");
    assert_eq!(
        (&said["errcode"], &said["expires_in"]),
        (&0.into(), &7200.into())
    );
    assert!(broker.spellings().find(b"t-0123456789").is_some());
}
