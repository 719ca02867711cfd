//! Requests that must not leave, with the first thing that is wrong with each. The policy is the usual one (gateway, media store
//! and Feishu at their own hosts), and beside it Ark and Pippit with the stores of their results. A URL that isn't one at all counts as [`Url`].

use http::{Method, Uri};

use super::GATEWAY;
use crate::http::RefusalReason::{self, Host, Method as Verb, Path, Port, Scheme, Url};
use crate::http::{BaseUrl, Policy};

/// What must not leave, by what is tried: method, URL, and the reason's name. JSON, because the package for Node has the same
/// rules and reads the same table.
const REFUSED: &str = include_str!("../../../../../../contract/refused.json");

#[derive(serde::Deserialize)]
struct Group {
    rows: Vec<(String, String, String)>,
}

fn refused() -> Vec<(String, String, String)> {
    let groups: Vec<Group> = serde_json::from_str(REFUSED).unwrap();
    groups.into_iter().flat_map(|group| group.rows).collect()
}

/// The same with the gateway moved: its rule is there and nowhere else.
const REFUSED_WHEN_MOVED: [(&str, &str, &str, RefusalReason); 22] = [
    // To a path on another host: the prefix belongs to the rule.
    (
        "https://gw.example.com/a",
        "GET",
        "https://gw.example.com/api/v1/tasks",
        Path,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "https://gw.example.com/a/a/api/v1/tasks",
        Path,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "https://gw.example.com/ab/api/v1/tasks",
        Path,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "https://gw.example.com/A/api/v1/tasks",
        Path,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "https://gw.example.com/a/",
        Path,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "https://gw.example.com/a/../a/api/v1/tasks",
        Url,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "http://gw.example.com/a/api/v1/tasks",
        Scheme,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "https://gw.example.com:8443/a/api/v1/tasks",
        Port,
    ),
    (
        "https://gw.example.com/a",
        "POST",
        "https://gw.example.com/a/api/v1/tasks",
        Verb,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "https://x.gw.example.com/a/api/v1/tasks",
        Host,
    ),
    // From where it was: no rule stays behind.
    (
        "https://gw.example.com/a",
        "GET",
        "https://seedance.nexu.io/api/v1/tasks",
        Host,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "https://seedance.nexu.io/a/api/v1/tasks",
        Host,
    ),
    // To another port of the same host.
    (
        "https://seedance.nexu.io:8443",
        "GET",
        "https://seedance.nexu.io/api/v1/tasks",
        Port,
    ),
    // To loopback: that address, that port, that scheme.
    (
        "http://127.0.0.1:9000",
        "GET",
        "http://127.0.0.1:9001/api/v1/tasks",
        Port,
    ),
    (
        "http://127.0.0.1:9000",
        "GET",
        "http://127.0.0.1/api/v1/tasks",
        Port,
    ),
    (
        "http://127.0.0.1:9000",
        "GET",
        "https://127.0.0.1:9000/api/v1/tasks",
        Scheme,
    ),
    (
        "http://127.0.0.1:9000",
        "GET",
        "http://127.0.0.2:9000/api/v1/tasks",
        Host,
    ),
    (
        "http://127.0.0.1:9000",
        "GET",
        "http://localhost:9000/api/v1/tasks",
        Host,
    ),
    (
        "http://127.0.0.1:9000",
        "GET",
        "http://[::1]:9000/api/v1/tasks",
        Host,
    ),
    (
        "http://127.0.0.1:9000",
        "GET",
        "http://127.1:9000/api/v1/tasks",
        Host,
    ),
    (
        "http://127.0.0.1:9000",
        "GET",
        "http://10.0.0.1:9000/api/v1/tasks",
        Host,
    ),
    (
        "http://127.0.0.1:9000",
        "POST",
        "http://127.0.0.1:9000/api/v1/tasks",
        Verb,
    ),
];

/// Why a request is refused; none when it isn't.
pub(super) fn reason(policy: &Policy, method: &str, url: &str) -> Option<RefusalReason> {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    match url.parse::<Uri>() {
        Ok(uri) => policy
            .check(&method, &uri)
            .err()
            .map(|refusal| refusal.reason),
        Err(_) => Some(Url),
    }
}

/// The usual rules, with the gateway at `gateway`.
pub(super) fn policy(gateway: &str) -> Policy {
    Policy::nothing()
        .grant(
            &contract::services::GATEWAY,
            BaseUrl::parse(gateway).unwrap(),
        )
        .grant_at_home(&contract::services::MEDIA)
        .grant_at_home(&contract::services::ARK)
        .grant_at_home(&contract::services::ARK_MEDIA)
        .grant_at_home(&contract::services::PIPPIT)
        .grant_at_home(&contract::services::PIPPIT_MEDIA)
        .grant(
            &contract::services::FEISHU,
            BaseUrl::parse("https://open.feishu.cn").unwrap(),
        )
}

#[test]
fn no_request_of_the_table_leaves_and_each_is_refused_for_its_own_reason() {
    let policy = policy(GATEWAY);
    let rows = refused();
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(method, url, wanted)| {
            let got = reason(&policy, method, url).map(RefusalReason::name);
            (got != Some(wanted)).then(|| format!("{method} {url}: {got:?} and not {wanted}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows.len() >= 120);
}

#[test]
fn a_moved_rule_is_where_it_was_moved_to_and_no_wider() {
    for (base, method, url, wanted) in REFUSED_WHEN_MOVED {
        let moved = policy(base);
        assert_eq!(reason(&moved, method, url), Some(wanted), "{base}: {url}");
        // So that a row can't be refused because the rule is nowhere.
        let inside = format!("{base}/api/v1/tasks");
        assert_eq!(reason(&moved, "GET", &inside), None, "{inside}");
    }
}

#[test]
fn a_name_that_is_too_long_for_the_dns_is_another_host() {
    let label = "a".repeat(63);
    for url in [
        format!("https://{label}.{label}.{label}.{label}.seedance.nexu.io/api/v1/tasks"),
        format!(
            "https://{}/api/v1/tasks",
            "a.".repeat(4_000) + "seedance.nexu.io"
        ),
    ] {
        assert_eq!(reason(&policy(GATEWAY), "GET", &url), Some(Host));
    }
}
