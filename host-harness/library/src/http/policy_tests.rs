use super::*;
use crate::capabilities::GATEWAY;

fn policy() -> Policy {
    Policy::nothing()
        .gateway(BaseUrl::parse(GATEWAY).unwrap())
        .media()
        .feishu(BaseUrl::parse("https://open.feishu.cn").unwrap())
}

fn reason(method: Method, url: &str) -> Option<RefusalReason> {
    match url.parse::<Uri>() {
        Ok(uri) => policy()
            .check(&method, &uri)
            .err()
            .map(|refusal| refusal.reason),
        // What the URI type refuses never gets as far as the policy.
        Err(_) => Some(RefusalReason::Url),
    }
}

#[test]
fn the_documented_routes_are_granted() {
    for (method, url) in [
        (Method::GET, "https://seedance.nexu.io/api/v1/key/status"),
        (Method::POST, "https://seedance.nexu.io/libtv/v1/session"),
        (
            Method::GET,
            "https://seedance.nexu.io/libtv/v1/session/abc-1?afterSeq=7",
        ),
        (
            Method::GET,
            "https://seedance.nexu.io:443/libtv/v1/session/abc-1/results",
        ),
        (
            Method::GET,
            "https://libtv-res.liblib.art/claw/p/x.mp4?x-oss-process=video/snapshot,t_0,f_jpg,m_fast",
        ),
        (
            Method::GET,
            "https://libtv-res.liblib.art/sd-gen-save-img/a/b/%E7%AB%96.png",
        ),
        (
            Method::POST,
            "https://open.feishu.cn/open-apis/im/v1/messages?receive_id_type=chat_id",
        ),
        (
            Method::POST,
            "https://open.feishu.cn/open-apis/im/v1/messages/om_1/reply",
        ),
    ] {
        assert_eq!(reason(method, url), None, "{url}");
    }
}

#[test]
fn another_scheme_host_or_port_is_refused_as_that() {
    for (url, expected) in [
        (
            "http://seedance.nexu.io/api/v1/tasks",
            RefusalReason::Scheme,
        ),
        (
            "https://seedance.nexu.io:8443/api/v1/tasks",
            RefusalReason::Port,
        ),
        ("https://im.liblib.tv/openapi/session", RefusalReason::Host),
        (
            "https://seedance.nexu.io.evil.com/api/v1/tasks",
            RefusalReason::Host,
        ),
        (
            "https://evil.com/seedance.nexu.io/api/v1/tasks",
            RefusalReason::Host,
        ),
        (
            "https://open.larksuite.com/open-apis/im/v1/files",
            RefusalReason::Host,
        ),
        ("https://127.0.0.1/api/v1/tasks", RefusalReason::Host),
        ("https://[::1]/api/v1/tasks", RefusalReason::Host),
        (
            "https://xn--sedance-p1a.nexu.io/api/v1/tasks",
            RefusalReason::Host,
        ),
    ] {
        assert_eq!(reason(Method::GET, url), Some(expected), "{url}");
    }
}

#[test]
fn what_programs_read_differently_is_refused() {
    for url in [
        "https://user@seedance.nexu.io/api/v1/tasks",
        "https://seedance.nexu.io@evil.com/api/v1/tasks",
        "https://seedance.nexu.io./api/v1/tasks",
        "https://seedance.nexu.io/api/v1/tasks/../key/status",
        "https://seedance.nexu.io/api/v1/tasks/%2e%2e/key",
        "https://seedance.nexu.io/api/v1/tasks/a%2Fb",
        "https://seedance.nexu.io/api/v1/tasks/a%252Fb",
        "https://seedance.nexu.io/api/v1/tasks/a%5Cb",
        "https://libtv-res.liblib.art/claw/%00",
        "ftp://seedance.nexu.io/api/v1/tasks",
        "/api/v1/tasks",
    ] {
        assert_eq!(reason(Method::GET, url), Some(RefusalReason::Url), "{url}");
    }
}

#[test]
fn only_the_granted_method_and_the_whole_path_match() {
    let (method, path) = (RefusalReason::Method, RefusalReason::Path);
    for (verb, url, expected) in [
        (
            Method::POST,
            "https://seedance.nexu.io/api/v1/tasks",
            method,
        ),
        (
            Method::DELETE,
            "https://seedance.nexu.io/libtv/v1/session/abc",
            method,
        ),
        (Method::GET, "https://seedance.nexu.io/api/v1/tasks/", path),
        (Method::GET, "https://seedance.nexu.io//api/v1/tasks", path),
        (
            Method::GET,
            "https://seedance.nexu.io/api/v1/tasks/1/2",
            path,
        ),
        (Method::GET, "https://seedance.nexu.io/API/v1/tasks", path),
        (
            Method::GET,
            "https://seedance.nexu.io/libtv/v1/session/{}/x",
            path,
        ),
        (Method::GET, "https://seedance.nexu.io/", path),
        (
            Method::POST,
            "https://libtv-res.liblib.art/claw/x.mp4",
            method,
        ),
        (
            Method::GET,
            "https://libtv-res.liblib.art/other/x.mp4",
            path,
        ),
        (Method::GET, "https://libtv-res.liblib.art/claw/", path),
        (Method::GET, "https://libtv-res.liblib.art/claw//x", path),
        (
            Method::POST,
            "https://open.feishu.cn/open-apis/im/v1/chats",
            path,
        ),
        (
            Method::GET,
            "https://open.feishu.cn/open-apis/im/v1/messages",
            method,
        ),
    ] {
        assert_eq!(reason(verb, url), Some(expected), "{url}");
    }
}

#[test]
fn an_overridden_base_moves_the_rule_and_does_not_widen_it() {
    let policy = Policy::nothing().gateway(BaseUrl::parse("http://127.0.0.1:9000/gw/").unwrap());
    let check = |url: &str| policy.check(&Method::GET, &url.parse().unwrap());
    assert!(
        check("http://127.0.0.1:9000/gw/api/v1/tasks")
            .unwrap()
            .loopback
    );
    for (url, expected) in [
        ("http://127.0.0.1:9000/api/v1/tasks", RefusalReason::Path),
        (
            "http://127.0.0.1:9000/gwx/api/v1/tasks",
            RefusalReason::Path,
        ),
        ("http://127.0.0.1:9001/gw/api/v1/tasks", RefusalReason::Port),
        (
            "https://127.0.0.1:9000/gw/api/v1/tasks",
            RefusalReason::Scheme,
        ),
        ("https://seedance.nexu.io/api/v1/tasks", RefusalReason::Host),
    ] {
        assert_eq!(check(url).unwrap_err().reason, expected, "{url}");
    }
}

#[test]
fn a_paid_request_gets_a_connection_of_its_own() {
    let grant = |method, url: &str| policy().check(&method, &url.parse().unwrap()).unwrap();
    assert!(grant(Method::POST, "https://seedance.nexu.io/libtv/v1/session").fresh_connection);
    assert!(!grant(Method::GET, "https://seedance.nexu.io/libtv/v1/session/1").fresh_connection);
    assert!(
        !grant(
            Method::POST,
            "https://open.feishu.cn/open-apis/im/v1/messages"
        )
        .fresh_connection
    );
}

#[test]
fn the_routes_that_the_harness_treats_apart_are_among_the_granted_ones() {
    for route in [TOKEN_ROUTE, MESSAGES_ROUTE] {
        assert!(FEISHU_ROUTES.contains(&(Method::POST, route)), "{route}");
    }
}

#[test]
fn a_session_id_may_hold_a_slash_and_nothing_else_may() {
    let session = "https://seedance.nexu.io/libtv/v1/session";
    for id in ["a%2Fb", "a%2fb", "a%2Fb%2Fc"] {
        for rest in ["", "/results", "?afterSeq=1"] {
            let url = format!("{session}/{id}{rest}");
            assert_eq!(reason(Method::GET, &url), None, "{url}");
        }
    }
    for url in [
        "https://seedance.nexu.io/libtv/v1/session/a%2F..",
        "https://seedance.nexu.io/libtv/v1/session/..%2F..%2Fadmin",
        "https://seedance.nexu.io/libtv/v1/session/a%2F..%2Fb",
        "https://seedance.nexu.io/libtv/v1/session/a%2F%2e%2e%2Fb",
        "https://seedance.nexu.io/libtv/v1/session/a%2F.%2Fb",
        "https://seedance.nexu.io/libtv/v1/session/a%2F..;x%2Fb",
        "https://seedance.nexu.io/libtv/v1/session/%2Fb",
        "https://seedance.nexu.io/libtv/v1/session/a%2F",
        "https://seedance.nexu.io/libtv/v1/session/a%2F%2Fb",
        "https://seedance.nexu.io/libtv/v1/session/a%252Fb",
        "https://seedance.nexu.io/libtv/v1/session/a%2Fb/other",
        "https://seedance.nexu.io/libtv/v1%2Fsession/a",
        "https://seedance.nexu.io/api/v1/tasks/a%2Fb",
        "https://libtv-res.liblib.art/claw/a%2Fb.png",
        "https://libtv-res.liblib.art/claw/x/a%2Fb.png",
    ] {
        assert_eq!(reason(Method::GET, url), Some(RefusalReason::Url), "{url}");
    }
    let reply = "https://open.feishu.cn/open-apis/im/v1/messages/a%2Fb/reply";
    assert_eq!(reason(Method::POST, reply), Some(RefusalReason::Url));
}
