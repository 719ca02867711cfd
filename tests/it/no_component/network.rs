//! Where a component could go, and how much it could send and take on the way.

use std::time::Duration;

use fakes::{ALWAYS, Fake, Fault};
use host_harness::http::RefusalReason;
use host_harness::{LimitHit, limits};

use super::{Attack, OddServer, attack};
use crate::env::TestEnv;

#[test]
pub fn opens_a_tcp_connection() {
    attack!(opens_a_tcp_connection)
        .end()
        .told("access-denied")
        .nothing_left();
}

#[test]
pub fn listens_for_connections() {
    attack!(listens_for_connections).end().told("access-denied");
}

#[test]
pub fn sends_a_datagram() {
    attack!(sends_a_datagram).end().told("access-denied");
}

#[test]
pub fn looks_a_name_up() {
    attack!(looks_a_name_up)
        .end()
        .told("permanent-resolver-failure");
}

#[test]
pub fn reaches_another_host() {
    attack!(reaches_another_host)
        .end()
        .refused(RefusalReason::Host);
}

#[test]
pub fn reaches_another_port() {
    attack!(reaches_another_port)
        .end()
        .refused(RefusalReason::Port);
}

#[test]
pub fn speaks_without_encryption() {
    attack!(speaks_without_encryption)
        .end()
        .refused(RefusalReason::Scheme);
}

#[test]
pub fn reaches_the_metadata_service() {
    attack!(reaches_the_metadata_service)
        .end()
        .refused(RefusalReason::Host);
}

#[test]
pub fn reaches_another_path() {
    attack!(reaches_another_path)
        .end()
        .refused(RefusalReason::Path);
}

#[test]
pub fn reaches_another_path_by_dots() {
    attack!(reaches_another_path_by_dots)
        .end()
        .refused(RefusalReason::Url);
}

#[test]
pub fn uses_another_method() {
    attack!(uses_another_method)
        .end()
        .refused(RefusalReason::Method);
}

#[test]
pub fn makes_a_method_up() {
    attack!(makes_a_method_up)
        .end()
        .refused(RefusalReason::Method);
}

#[test]
pub fn writes_to_another_chat() {
    attack!(writes_to_another_chat)
        .end()
        .refused(RefusalReason::Recipient);
}

#[test]
pub fn writes_to_another_discord_channel() {
    let env = TestEnv::builder()
        .var("DISCORD_BOT_TOKEN", fakes::DISCORD_BOT_TOKEN)
        .start();
    let end = Attack::in_env("writes_to_another_discord_channel", env).end();
    end.refused(RefusalReason::Recipient);
}

#[test]
pub fn writes_to_another_matrix_room() {
    let end = Attack::in_env("writes_to_another_matrix_room", with_matrix()).end();
    end.refused(RefusalReason::Recipient);
}

#[test]
pub fn changes_what_another_wrote_in_matrix() {
    let attack = Attack::in_env("changes_what_another_wrote_in_matrix", with_matrix());
    let named = "!named:matrix.example";
    attack.harness().name_recipient("matrix", named).unwrap();
    attack.end().refused(RefusalReason::Recipient);
}

#[test]
pub fn writes_to_another_telegram_chat() {
    let end = Attack::in_env("writes_to_another_telegram_chat", with_telegram()).end();
    end.refused(RefusalReason::Recipient);
}

#[test]
pub fn sends_a_film_to_another_telegram_chat() {
    let attack = Attack::in_env("sends_a_film_to_another_telegram_chat", with_telegram());
    attack.end().refused(RefusalReason::Recipient);
}

#[test]
pub fn changes_what_another_wrote_in_telegram() {
    let attack = Attack::in_env("changes_what_another_wrote_in_telegram", with_telegram());
    // The chat itself is one that was named.
    attack.harness().name_recipient("telegram", "-5").unwrap();
    attack.end().refused(RefusalReason::Recipient);
}

#[test]
pub fn changes_what_another_wrote_in_discord() {
    let env = TestEnv::builder()
        .var("DISCORD_BOT_TOKEN", fakes::DISCORD_BOT_TOKEN)
        .start();
    let attack = Attack::in_env("changes_what_another_wrote_in_discord", env);
    let named = "200000000000000001";
    attack.harness().name_recipient("discord", named).unwrap();
    attack.end().refused(RefusalReason::Recipient);
}

#[test]
pub fn changes_what_another_wrote_in_slack() {
    let attack = Attack::in_env("changes_what_another_wrote_in_slack", with_slack());
    let named = "C0123456789";
    attack.harness().name_recipient("slack", named).unwrap();
    attack.end().refused(RefusalReason::Recipient);
}

#[test]
pub fn changes_another_card() {
    // Also one that a submit answers.
    let attack = attack!(changes_another_card);
    let named = "oc_named:topic:om_anothers";
    attack.harness().name_recipient("feishu", named).unwrap();
    attack.end().refused(RefusalReason::Recipient);
}

#[test]
pub fn writes_to_another_slack_channel() {
    let end = Attack::in_env("writes_to_another_slack_channel", with_slack()).end();
    end.refused(RefusalReason::Recipient);
}

#[test]
pub fn shows_a_file_in_another_slack_channel() {
    let end = Attack::in_env("shows_a_file_in_another_slack_channel", with_slack()).end();
    end.refused(RefusalReason::Recipient);
}

#[test]
pub fn calls_everybody_in_slack() {
    let attack = Attack::in_env("calls_everybody_in_slack", with_slack());
    attack
        .harness()
        .name_recipient("slack", "C0123456789")
        .unwrap();
    attack.end().refused(RefusalReason::Message);
}

#[test]
pub fn uploads_where_slack_named_nothing() {
    let end = Attack::in_env("uploads_where_slack_named_nothing", with_slack()).end();
    end.refused(RefusalReason::Unnamed);
}

#[test]
pub fn signs_for_another_chat() {
    let builder = TestEnv::builder().var("LIBTV_WEBHOOK_URL", "https://hooks.example.com/in");
    let env = builder.var("LIBTV_WEBHOOK_SECRET", fakes::WEBHOOK_SECRET);
    let end = Attack::in_env("signs_for_another_chat", env.start()).end();
    end.refused(RefusalReason::Recipient);
}

#[test]
pub fn writes_to_somebody_else_in_dingtalk() {
    let end = Attack::in_env("writes_to_somebody_else_in_dingtalk", with_dingtalk()).end();
    end.refused(RefusalReason::Recipient);
}

#[test]
pub fn writes_to_two_people_in_dingtalk() {
    let attack = Attack::in_env("writes_to_two_people_in_dingtalk", with_dingtalk());
    // One of them is somebody who was named.
    let named = attack.harness().name_recipient("dingtalk", "manager1");
    named.unwrap();
    attack.end().refused(RefusalReason::Message);
}

#[test]
pub fn has_dingtalk_show_a_picture_of_its_own() {
    let attack = Attack::in_env("has_dingtalk_show_a_picture_of_its_own", with_dingtalk());
    let named = attack.harness().name_recipient("dingtalk", "manager1");
    named.unwrap();
    attack.end().refused(RefusalReason::Message);
}

fn with_dingtalk() -> TestEnv {
    let env = TestEnv::builder().var("DINGTALK_CLIENT_ID", fakes::DINGTALK_CLIENT_ID);
    env.var("DINGTALK_CLIENT_SECRET", fakes::DINGTALK_CLIENT_SECRET)
        .start()
}

#[test]
pub fn writes_to_somebody_else_in_wechat() {
    let end = Attack::in_env("writes_to_somebody_else_in_wechat", with_wechat()).end();
    end.refused(RefusalReason::Recipient);
}

#[test]
pub fn makes_up_a_conversation_in_wechat() {
    let attack = Attack::in_env("makes_up_a_conversation_in_wechat", with_wechat());
    let named = attack.harness().name_recipient("wechat", "o9fox@im.wechat");
    named.unwrap();
    attack.end().refused(RefusalReason::Message);
}

#[test]
pub fn hides_a_link_in_wechat() {
    let attack = Attack::in_env("hides_a_link_in_wechat", with_wechat());
    let named = attack.harness().name_recipient("wechat", "o9fox@im.wechat");
    named.unwrap();
    attack.end().refused(RefusalReason::Message);
}

#[test]
pub fn uploads_to_wechat_without_an_address() {
    let end = Attack::in_env("uploads_to_wechat_without_an_address", with_wechat()).end();
    end.refused(RefusalReason::Unnamed);
}

#[test]
pub fn sends_wechats_token_to_another_host() {
    let end = Attack::in_env("sends_wechats_token_to_another_host", with_wechat()).end();
    end.refused(RefusalReason::Unnamed);
}

fn with_wechat() -> TestEnv {
    let env = TestEnv::builder().var("WECHAT_BOT_TOKEN", fakes::WECHAT_BOT_TOKEN);
    env.start()
}

#[test]
pub fn writes_to_somebody_else_in_wecom() {
    let end = Attack::in_env("writes_to_somebody_else_in_wecom", with_wecom()).end();
    end.refused(RefusalReason::Recipient);
}

#[test]
pub fn writes_to_everybody_in_wecom() {
    let attack = Attack::in_env("writes_to_everybody_in_wecom", with_wecom());
    // One of them is somebody who was named.
    attack
        .harness()
        .name_recipient("wecom", "ZhangSan")
        .unwrap();
    attack.end().refused(RefusalReason::Recipient);
}

#[test]
pub fn sends_wecoms_token_elsewhere() {
    let end = Attack::in_env("sends_wecoms_token_elsewhere", with_wecom()).end();
    end.refused(RefusalReason::MisplacedPlaceholder);
}

#[test]
pub fn asks_for_wecoms_token_twice() {
    let end = Attack::in_env("asks_for_wecoms_token_twice", with_wecom()).end();
    end.refused(RefusalReason::MisplacedPlaceholder);
}

fn with_wecom() -> TestEnv {
    let env = TestEnv::builder().var("WECOM_CORP_ID", fakes::WECOM_CORP_ID);
    let env = env.var("WECOM_AGENT_ID", fakes::WECOM_AGENT_ID.to_string());
    env.var("WECOM_CORP_SECRET", fakes::WECOM_CORP_SECRET)
        .start()
}

fn with_slack() -> TestEnv {
    TestEnv::builder()
        .var("SLACK_BOT_TOKEN", fakes::SLACK_BOT_TOKEN)
        .start()
}

fn with_matrix() -> TestEnv {
    TestEnv::builder()
        .var("MATRIX_HOMESERVER", "https://matrix.example.com")
        .var("MATRIX_ACCESS_TOKEN", fakes::MATRIX_ACCESS_TOKEN)
        .start()
}

fn with_telegram() -> TestEnv {
    TestEnv::builder()
        .var("TELEGRAM_BOT_TOKEN", fakes::TELEGRAM_BOT_TOKEN)
        .start()
}

#[test]
pub fn names_another_host_in_a_header() {
    attack!(names_another_host_in_a_header)
        .end()
        .told("Forbidden")
        .nothing_left();
}

#[test]
pub fn sends_a_header_of_the_connection() {
    attack!(sends_a_header_of_the_connection)
        .end()
        .told("Forbidden")
        .nothing_left();
}

#[test]
pub fn smuggles_a_second_request() {
    attack!(smuggles_a_second_request)
        .end()
        .told("InvalidSyntax")
        .nothing_left();
}

#[test]
pub fn follows_a_redirect_inside() {
    let attack = attack!(follows_a_redirect_inside);
    let inside = Fault::Redirect("http://10.0.0.1/admin".to_owned());
    attack.env.media().fault("GET /claw/moved.png", inside, 1);
    let end = attack.end().told("HttpRequestDenied");
    assert_eq!(end.usage.refusals[0].wanted(), "GET http://10.0.0.1/admin");
    assert_eq!(end.usage.refusals[0].reason, RefusalReason::Host);
    assert_eq!(end.env.media().requests().len(), 1);
}

#[test]
pub fn sends_forty_thousand_headers() {
    attack!(sends_forty_thousand_headers)
        .end()
        .stopped_at(LimitHit::Fields(limits::FIELDS_BYTES))
        .nothing_left();
}

/// A component whose gateway is a server that misbehaves.
fn at_an_odd_server(name: &'static str) -> (Attack, OddServer) {
    let server = OddServer::start();
    let env = TestEnv::builder()
        .var("LIBTV_GATEWAY_URL", server.base())
        .start();
    (Attack::in_env(name, env), server)
}

#[test]
pub fn takes_forty_thousand_headers() {
    let (attack, _server) = at_an_odd_server("takes_forty_thousand_headers");
    attack
        .end()
        .told("HttpResponseHeaderSectionSize(Some(65536))");
}

#[test]
pub fn takes_a_header_without_end() {
    let (attack, _server) = at_an_odd_server("takes_a_header_without_end");
    attack
        .end()
        .told("HttpResponseHeaderSectionSize(Some(65536))");
}

#[test]
pub fn takes_an_endless_answer() {
    let (attack, _server) = at_an_odd_server("takes_an_endless_answer");
    attack
        .limits(|limits| limits.response_bytes = 1 << 20)
        .end()
        .stopped_at(LimitHit::Response(1 << 20));
}

#[test]
pub fn waits_for_an_answer_for_ever() {
    const WALL: Duration = Duration::from_secs(1);
    let (attack, _server) = at_an_odd_server("waits_for_an_answer_for_ever");
    attack
        .limits(|limits| limits.wall = WALL)
        .end()
        .stopped_at(LimitHit::Wall(WALL));
}

#[test]
pub fn sends_an_endless_body() {
    attack!(sends_an_endless_body)
        .limits(|limits| limits.transfer_bytes = 1 << 20)
        .end()
        .stopped_at(LimitHit::Sent(1 << 20));
}

#[test]
pub fn sends_requests_for_ever() {
    let end = attack!(sends_requests_for_ever)
        .end()
        .stopped_at(LimitHit::Requests(limits::STEP_REQUESTS))
        .nothing_left();
    assert_eq!(end.usage.requests, limits::STEP_REQUESTS + 1);
    // A thousand refusals don't make the record's line long.
    let log = host_harness::AuditLog::at(end.env.home().join("libtv-audit"));
    log.read(|text, line| {
        assert!(text.len() < 2_000, "{} bytes", text.len());
        if line["session"] == "sends_requests_for_ever" {
            assert_eq!(line["refused"].as_array().unwrap().len(), 1);
            assert!(line["refused_count"].as_u64().unwrap() >= 1_000, "{line}");
        }
    })
    .unwrap();
}

#[test]
pub fn sends_a_hundred_requests_at_once() {
    let attack = attack!(sends_a_hundred_requests_at_once);
    // So that none is over before the last one begins.
    attack
        .env
        .media()
        .fault("*", Fault::Latency(600_000), ALWAYS);
    let end = attack
        .end()
        .stopped_at(LimitHit::OpenRequests(limits::OPEN_REQUESTS));
    assert!(end.env.media().requests().len() <= limits::OPEN_REQUESTS as usize);
}

#[test]
pub fn overrides_the_method() {
    attack!(overrides_the_method)
        .end()
        .refused(RefusalReason::Header);
}

#[test]
pub fn names_another_path_in_a_header() {
    let end = attack!(names_another_path_in_a_header)
        .end()
        .refused(RefusalReason::Header);
    let told = end.usage.refusals[0].to_string();
    assert!(told.contains("(x-original-url)"), "{told}");
}

#[test]
pub fn puts_the_method_into_the_query() {
    attack!(puts_the_method_into_the_query)
        .end()
        .refused(RefusalReason::Query);
}

#[test]
pub fn hides_dots_in_another_encoding() {
    attack!(hides_dots_in_another_encoding)
        .end()
        .refused(RefusalReason::Url);
}

#[test]
pub fn sends_a_body_with_a_get() {
    attack!(sends_a_body_with_a_get)
        .end()
        .refused(RefusalReason::Body);
}
