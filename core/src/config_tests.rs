use super::{HarnessState, ServiceId, Settings, Stored};
use crate::upstream::ApiKey;

fn settings(stored: &str, vars: &[(&str, &str)]) -> Settings {
    let vars: Vec<(String, String)> = vars
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Settings::parse(
        &|name| {
            vars.iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        },
        Stored::Text(stored.to_owned()),
    )
}

#[test]
fn a_keys_prefix_decides_where_it_goes() {
    assert!(
        ApiKey::parse("mgk_abc", None)
            .is_some_and(|key| key.service == ServiceId::of(&crate::upstream::nexu::NEXU))
    );
    assert!(
        ApiKey::parse(" sk-libtv-abc\n", None)
            .is_some_and(|key| key.service == ServiceId::of(&crate::upstream::libtv::LIBTV))
    );
    for bad in [
        "",
        "mgk_",
        "sk-abc",
        "mgk_a b",
        "mgk_ä",
        "xmgk_a",
        "mgk_a\r\nX: y",
    ] {
        assert!(ApiKey::parse(bad, None).is_none(), "{bad:?}");
    }
}

#[test]
fn the_environments_key_and_ratio_stand_above_the_stored_ones() {
    let found = settings(
        r#"{"apiKey":"mgk_stored","videoRatio":"4:3"}"#,
        &[
            ("LIBTV_API_KEY", "sk-libtv-env"),
            ("LIBTV_VIDEO_RATIO", "9:16"),
        ],
    );
    assert!(
        found
            .meant(None)
            .is_ok_and(|held| held.key.service == ServiceId::of(&crate::upstream::libtv::LIBTV))
    );
    assert_eq!(found.ratio.to_string(), "9:16");
    assert_eq!(
        settings(r#"{"videoRatio":"4:3"}"#, &[("LIBTV_VIDEO_RATIO", "0:0")])
            .ratio
            .to_string(),
        "4:3"
    );
    assert_eq!(settings("{}", &[]).ratio.to_string(), "16:9");
}

#[test]
fn an_override_is_https_or_this_machine() {
    for (url, good) in [
        ("https://proxy.example/base/", true),
        ("http://127.0.0.1:8080", true),
        ("http://localhost:1", true),
        ("http://[::1]:1", true),
        ("http://example.com", false),
        ("http://127.0.0.1.example.com", false),
        ("ftp://127.0.0.1", false),
        ("https://user:pw@example.com", false),
        ("https://example.com/?a", false),
        ("nonsense", false),
    ] {
        assert_eq!(
            settings("{}", &[("LIBTV_GATEWAY_URL", url)])
                .base_url(ServiceId::of(&crate::upstream::nexu::NEXU))
                .is_ok(),
            good,
            "{url}"
        );
    }
    assert_eq!(
        settings("{}", &[("LIBTV_GATEWAY_URL", "https://a.b/c//")])
            .base_url(ServiceId::of(&crate::upstream::nexu::NEXU)),
        Ok("https://a.b/c")
    );
}

#[test]
fn a_damaged_file_is_named_by_what_needs_it() {
    let found = settings("{broken", &[]);
    assert!(
        found
            .require_key()
            .is_err_and(|problem| problem.failure().message.contains("can't be used"))
    );
    assert!(
        settings("{broken", &[("LIBTV_API_KEY", "mgk_x")])
            .require_key()
            .is_ok()
    );
}

#[test]
fn a_session_is_a_calls_alone_only_when_it_is_said() {
    for (vars, alone) in [
        (&[][..], false),
        (&[("LIBTV_SESSION", "leased")], true),
        (&[("LIBTV_SESSION", "")], false),
        (&[("LIBTV_SESSION", "shared")], false),
    ] {
        assert_eq!(settings("{}", vars).is_alone, alone, "{vars:?}");
    }
}

#[test]
fn a_harness_is_known_only_when_it_is_said() {
    let state = |vars: &[(&str, &str)]| settings("{}", vars).harness.state(None, None);
    assert_eq!(state(&[]), HarnessState::Unknown);
    assert_eq!(
        state(&[("LIBTV_HARNESS", "polling")]),
        HarnessState::Polling
    );
}

#[test]
fn an_interval_is_bounded() {
    let interval =
        |text| settings("{}", &[("LIBTV_POLL_INTERVAL_SECONDS", text)]).fixed_interval_ms;
    assert_eq!(
        [
            interval("2"),
            interval("0.5"),
            interval("1e9"),
            interval("0"),
            interval("x"),
            interval("NaN")
        ],
        [Some(2000), Some(500), Some(3_600_000), None, None, None]
    );
}
