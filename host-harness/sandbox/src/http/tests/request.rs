use bytes::Bytes;
use http_body_util::Full;

use super::*;
use crate::http::refused::GATEWAY;
use crate::http::{BaseUrl, Policy};

const SESSION: &str = "https://seedance.nexu.io/libtv/v1/session";
const STATUS: &str = "https://seedance.nexu.io/api/v1/key/status";
const MEDIA: &str = "https://libtv-res.liblib.art/claw/x.mp4";
const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

fn granted(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Request<WasiBody>, Refusal> {
    let body: WasiBody = if body.is_empty() {
        Empty::new().map_err(|never| match never {}).boxed_unsync()
    } else {
        Full::new(Bytes::from(body.to_owned()))
            .map_err(|never| match never {})
            .boxed_unsync()
    };
    let mut builder = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let request = builder.body(body).unwrap();
    let policy = Policy::nothing()
        .grant(
            &contract::services::GATEWAY,
            BaseUrl::parse(GATEWAY).unwrap(),
        )
        .grant_at_home(&contract::services::MEDIA)
        .grant(
            &contract::services::FEISHU,
            BaseUrl::parse("https://open.feishu.cn").unwrap(),
        );
    let grant = policy.check(request.method(), request.uri())?;
    anew(request, &grant)
}

#[track_caller]
fn refused(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (RefusalReason, String) {
    let refusal = granted(method, url, headers, body).err();
    let refusal = refusal.unwrap_or_else(|| panic!("{method} {url} {headers:?} left"));
    (refusal.reason, refusal.part.into())
}

/// What some server, proxy or framework reads as another method, path, host, key or length.
const INSTRUCTIONS: [&str; 60] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
    "x-original-uri",
    "x-original-path",
    "x-forwarded-host",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-server",
    "x-host",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "forwarded",
    "via",
    "expect",
    "te",
    "trailer",
    "range",
    "if-range",
    "if-none-match",
    "if-modified-since",
    "accept-encoding",
    "accept-charset",
    "accept-language",
    "content-encoding",
    "content-length",
    "content-type",
    "content-md5",
    "content-range",
    "content-location",
    "content-disposition",
    "apikey",
    "api-key",
    "x-auth-token",
    "x-access-token",
    "x-amz-security-token",
    "x-api-version",
    "authentication",
    "x-user-id",
    "x-tenant-key",
    "x-csrf-token",
    "origin",
    "referer",
    "from",
    "cookie2",
    "pragma",
    "cache-control",
    "max-forwards",
    "destination",
    "depth",
    "overwrite",
    "soapaction",
    "sec-websocket-key",
    "x-made-up",
];

#[test]
fn a_header_that_the_route_does_not_name_is_refused_by_its_name() {
    for name in INSTRUCTIONS {
        let wanted = (RefusalReason::Header, name.to_owned());
        assert_eq!(refused("GET", STATUS, &[(name, "1")], ""), wanted);
        // In capitals it is the same header.
        assert_eq!(
            refused("GET", STATUS, &[(&name.to_uppercase(), "1")], ""),
            wanted
        );
    }
}

#[test]
fn a_header_stands_once_and_says_what_the_route_lets_it() {
    for (method, url, headers) in [
        ("GET", STATUS, vec![("x-api-key", "a"), ("x-api-key", "b")]),
        ("GET", STATUS, vec![("accept", "text/html")]),
        (
            "GET",
            STATUS,
            vec![
                ("accept", "application/json"),
                ("accept", "application/json"),
            ],
        ),
        ("GET", STATUS, vec![("user-agent", "\u{e9}")]),
        ("GET", MEDIA, vec![("x-api-key", "a")]),
        ("GET", MEDIA, vec![("referer", "https://evil.example/")]),
        ("GET", MEDIA, vec![("range", "bytes=0-15,30-40")]),
        ("GET", MEDIA, vec![("range", "bytes=-5")]),
        ("GET", MEDIA, vec![("range", "bytes=5-")]),
        ("GET", MEDIA, vec![("range", "items=0-5")]),
        ("POST", SESSION, vec![JSON, JSON]),
        (
            "POST",
            SESSION,
            vec![("content-type", "application/json; charset=utf-16")],
        ),
        ("POST", SESSION, vec![("content-type", "text/plain")]),
        (
            "POST",
            SESSION,
            vec![("content-type", "application/x-www-form-urlencoded")],
        ),
        (
            "POST",
            SESSION,
            vec![("content-type", "multipart/form-data; boundary=x")],
        ),
        ("POST", SESSION, vec![JSON, ("content-length", "4194305")]),
        ("POST", SESSION, vec![JSON, ("content-length", "+5")]),
    ] {
        let (reason, _) = refused(
            method,
            url,
            &headers,
            if method == "GET" { "" } else { "{}" },
        );
        assert_eq!(reason, RefusalReason::Header, "{headers:?}");
    }
    let form = "https://seedance.nexu.io/libtv/v1/upload";
    for kind in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"a b\"",
        "multipart/mixed; boundary=x",
        "multipart/form-data; boundary=x; charset=utf-7",
    ] {
        let (reason, part) = refused("POST", form, &[("content-type", kind)], "x");
        assert_eq!(
            (reason, part.as_str()),
            (RefusalReason::Header, "content-type"),
            "{kind}"
        );
    }
}

#[test]
fn only_a_route_with_a_body_takes_one_and_only_of_its_kind() {
    for (method, url, headers) in [
        ("GET", STATUS, vec![]),
        ("GET", MEDIA, vec![]),
        ("POST", SESSION, vec![]),
    ] {
        let smuggled = "POST /libtv/v1/session?smuggled HTTP/1.1\r\nx-swallow: ";
        let (reason, _) = refused(method, url, &headers, smuggled);
        assert_eq!(reason, RefusalReason::Body, "{method} {url}");
    }
}

#[tokio::test]
async fn a_body_that_is_longer_than_was_said_is_cut_off() {
    let long = "x".repeat(16 << 10) + "y";
    let token = "https://open.feishu.cn/open-apis/auth/v3/tenant_access_token/internal";
    let request = granted("POST", token, &[JSON], &long).unwrap();
    let error = request.into_body().collect().await.unwrap_err();
    assert!(
        matches!(error, WasiError::HttpRequestBodySize(Some(16384))),
        "{error:?}"
    );
}

#[test]
fn what_the_component_sends_leaves_as_it_is() {
    let agent = ("user-agent", "LibTVSkill/1.0");
    let accept = ("accept", "application/json");
    let length = ("content-length", "2");
    let form = ("content-type", "multipart/form-data; boundary=libtv-0f");
    for (method, url, headers) in [
        ("GET", STATUS, vec![agent, accept, ("x-api-key", "k")]),
        (
            "GET",
            "https://seedance.nexu.io/libtv/v1/session/a-1?afterSeq=7",
            vec![agent, accept],
        ),
        (
            "POST",
            SESSION,
            vec![agent, accept, JSON, length, ("x-api-key", "k")],
        ),
        (
            "POST",
            "https://seedance.nexu.io/libtv/v1/upload",
            vec![form, length],
        ),
        (
            "GET",
            MEDIA,
            vec![
                agent,
                ("referer", "https://www.liblib.art/"),
                ("range", "bytes=0-65535"),
            ],
        ),
        (
            "POST",
            "https://open.feishu.cn/open-apis/im/v1/messages?receive_id_type=chat_id",
            vec![agent, JSON, length, ("authorization", "Bearer t")],
        ),
        (
            "POST",
            "https://open.feishu.cn/open-apis/auth/v3/tenant_access_token/internal",
            vec![JSON, ("cache-control", "no-cache")],
        ),
    ] {
        let body = if method == "GET" { "" } else { "{}" };
        let left = granted(method, url, &headers, body);
        let left = left.unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(
            (left.method().as_str(), left.uri().to_string()),
            (method, url.to_owned())
        );
        assert_eq!(left.headers().len(), headers.len());
        for (name, value) in headers {
            assert_eq!(left.headers()[name], value);
        }
    }
}

#[test]
fn the_target_is_written_as_the_settings_have_it() {
    let url = "https://SEEDANCE.nexu.io:443/api/v1/tasks";
    let left = granted("GET", url, &[], "").unwrap();
    assert_eq!(left.uri(), "https://seedance.nexu.io/api/v1/tasks");
}
