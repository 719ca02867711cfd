use contract::services::{FEISHU, TOKEN_PATH};

use super::*;
use crate::http::refused::GATEWAY;

fn policy() -> Policy {
    Policy::nothing()
        .grant(
            &contract::services::GATEWAY,
            BaseUrl::parse(GATEWAY).unwrap(),
        )
        .grant_at_home(&contract::services::MEDIA)
        .grant(
            &contract::services::FEISHU,
            BaseUrl::parse("https://open.feishu.cn").unwrap(),
        )
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
    let policy = Policy::nothing().grant(
        &contract::services::GATEWAY,
        BaseUrl::parse("http://127.0.0.1:9000/gw/").unwrap(),
    );
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
    for path in [TOKEN_PATH, "/open-apis/im/v1/messages"] {
        let mut routes = FEISHU.routes.iter();
        let is_posted =
            |route: &&Route| route.path == path && route.method == contract::services::Method::Post;
        assert!(routes.any(|route| is_posted(&route)), "{path}");
    }
}

#[test]
fn an_id_is_letters_digits_hyphens_and_underscores() {
    let long = "a".repeat(128);
    for id in [
        "90f05e0c-5a1d-4c2e-9d3f-0123456789ab",
        "om_dc13",
        "A",
        &long,
    ] {
        for (method, url) in [
            (
                Method::GET,
                format!("https://seedance.nexu.io/libtv/v1/session/{id}"),
            ),
            (
                Method::GET,
                format!("https://seedance.nexu.io/libtv/v1/session/{id}/results"),
            ),
            (
                Method::POST,
                format!("https://open.feishu.cn/open-apis/im/v1/messages/{id}/reply"),
            ),
        ] {
            assert_eq!(reason(method, &url), None, "{url}");
        }
    }
    let longer = "a".repeat(129);
    for id in [
        "a%2Fb", "a%20b", "a%3Fb", "a%23b", "a%0d%0ab", "a%00", "%61", "a.b", "a;b", "a:b", "a@b",
        "a=b", "a+b", "a~b", "$(id)", "a,b", &longer,
    ] {
        for (method, url) in [
            (
                Method::GET,
                format!("https://seedance.nexu.io/libtv/v1/session/{id}"),
            ),
            (
                Method::GET,
                format!("https://seedance.nexu.io/api/v1/tasks/{id}"),
            ),
            (
                Method::POST,
                format!("https://open.feishu.cn/open-apis/im/v1/messages/{id}/reply"),
            ),
        ] {
            let refused = reason(method, &url);
            let expected = [Some(RefusalReason::Url), Some(RefusalReason::Path)];
            assert!(expected.contains(&refused), "{url}: {refused:?}");
        }
    }
}

#[test]
fn links_of_a_media_store_are_granted_with_their_names_and_signatures() {
    for rest in [
        "a/b/%E7%AB%96%E5%B1%8F.png",
        "a%20b/c%20(1).mp4",
        "x.mp4?x-oss-process=video/snapshot,t_0,f_jpg,m_fast",
        "x.mp4?Expires=1764400000&OSSAccessKeyId=LTAI5t&Signature=a%2Bb%2Fc%3D",
        "x.mp4?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-date=20261129T000000Z&x-oss-signature=0f",
        "x.mp4?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2Fb&X-Amz-Signature=0f",
        "x.png?auth_key=1764400000-0-0-0f0f&v=2",
        "x.png?q-sign-algorithm=sha1&q-ak=a&q-signature=0f",
        "x.png?imageView2/2/w/200",
        "x.png?response-content-disposition=attachment%3B%20filename%3D%22a.png%22",
        "x.png?",
    ] {
        let url = format!("https://libtv-res.liblib.art/claw/{rest}");
        assert_eq!(reason(Method::GET, &url), None, "{url}");
    }
}

#[test]
fn a_domain_grants_the_hosts_below_it_and_a_folders_own_name() {
    let policy = Policy::nothing().grant_at_home(&contract::services::PIPPIT_MEDIA);
    let reason = |url: &str| {
        let uri: Uri = url.parse().unwrap();
        policy.check(&Method::GET, &uri).err().map(|no| no.reason)
    };
    for url in [
        "https://v26-artist.vlabvod.com/0a1b/6826f450/video/tos/cn/tos-cn-v-1/x/?a=4066&cd=0%7C0%7C0&mime_type=video_mp4",
        "https://p3-sign.byteimg.com/tos-cn-i-1/x~tplv-aigc_resize:0:0.webp?lk3s=4&x-expires=1&x-signature=s%2B1",
        "https://a.b.byteimg.com/x.png",
    ] {
        assert_eq!(reason(url), None, "{url}");
        // The record tells the domain, and the request goes to its own host.
        let granted = policy.check(&Method::GET, &url.parse().unwrap()).unwrap();
        assert!(granted.origin.starts_with("https://*."));
        assert!(url.starts_with(&granted.own_origin), "{url}");
    }
    for (url, expected) in [
        ("https://vlabvod.com/x.mp4", RefusalReason::Host),
        ("https://xvlabvod.com/x.mp4", RefusalReason::Host),
        (
            "https://v26.vlabvod.com.evil.com/x.mp4",
            RefusalReason::Host,
        ),
        ("http://v26.vlabvod.com/x.mp4", RefusalReason::Scheme),
        ("https://v26.vlabvod.com:8443/x.mp4", RefusalReason::Port),
        ("https://v26.vlabvod.com/a//", RefusalReason::Path),
        ("https://v26.vlabvod.com/", RefusalReason::Path),
        ("https://v26.vlabvod.com/x.mp4?acl=1", RefusalReason::Query),
    ] {
        assert_eq!(reason(url), Some(expected), "{url}");
    }
}

#[test]
fn nobody_moves_a_service_to_a_domain() {
    let text = "https://*.example.com";
    BaseUrl::of(&contract::services::GATEWAY, text).unwrap_err();
}

#[test]
fn a_narrowed_policy_has_less_and_a_service_without_routes_no_host() {
    let narrowed = policy().narrowed(|route| {
        route.service.id == contract::services::GATEWAY.id && route.method == "GET"
    });
    assert!(narrowed.routes().iter().all(|route| route.method == "GET"));
    let refused = |method: Method, url: &str| {
        let uri = url.parse::<Uri>().unwrap();
        narrowed
            .check(&method, &uri)
            .err()
            .map(|refusal| refusal.reason)
    };
    let submit = "https://seedance.nexu.io/libtv/v1/session";
    assert_eq!(refused(Method::POST, submit), Some(RefusalReason::Path));
    let status = "https://seedance.nexu.io/api/v1/key/status";
    assert_eq!(refused(Method::GET, status), None);
    let message = "https://open.feishu.cn/open-apis/im/v1/messages?receive_id_type=chat_id";
    assert_eq!(refused(Method::POST, message), Some(RefusalReason::Host));
    // What was taken away once is away, whatever is allowed later.
    assert_eq!(narrowed.clone().narrowed(|_| true), narrowed);
}
