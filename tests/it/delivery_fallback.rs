//! docs/spec.md section 7, the table's last row and what follows it: when a link takes the media's place.

use fakes::media::{self, ContentLength, Serving};
use fakes::{App, FEISHU_APP_ID, FEISHU_APP_SECRET, Fake, Fault};

use crate::delivery::{FILES, IMAGES, deliver, only, recovered, show, url};
use crate::env::{CHAT, TestEnv};

const VIDEO: &str = "/sd-gen-save-img/cat.mp4";

#[test]
fn a_video_over_thirty_mebibytes_is_a_link_that_says_why_and_nothing_is_uploaded() {
    for content_length in [ContentLength::Right, ContentLength::Absent] {
        let env = TestEnv::new();
        env.media().serve(Serving {
            ranges: content_length == ContentLength::Right,
            content_length,
            ..Serving::default()
        });
        let message = show(&env, VIDEO, media::mp4(5_000, (30 << 20) + 1, false));
        let text = message.text().unwrap();
        assert!(
            text.contains(&url(VIDEO)) && text.contains("30 MB"),
            "{text}"
        );
        assert!(env.feishu().requests_to(FILES).is_empty());
        assert!(env.feishu().requests_to(IMAGES).is_empty());
    }
}

#[test]
fn what_feishu_refuses_to_take_is_a_link_that_says_why() {
    let body = |code: u32, msg: &str| serde_json::json!({"code": code, "msg": msg});
    for (fault, why) in [
        (Fault::moderated(), "40009"),
        (Fault::Html(444), "444"),
        (
            Fault::Json(400, body(234006, "The file size exceed the max value.")),
            "234006",
        ),
        (
            Fault::Json(400, body(234007, "App does not enable bot feature.")),
            "234007",
        ),
    ] {
        let env = TestEnv::new();
        env.feishu().fault(FILES, fault, 1);
        let message = show(&env, VIDEO, media::mp4(5_000, 300_000, false));
        let text = message.text().unwrap();
        assert!(text.contains(&url(VIDEO)) && text.contains(why), "{text}");
        assert_eq!(env.feishu().requests_to(FILES).len(), 1, "{why}");
    }
}

#[test]
fn a_link_with_a_parameter_that_no_store_is_asked_with_goes_out_as_it_is_and_nothing_is_fetched() {
    let env = TestEnv::new();
    let link = format!("{VIDEO}?policy=anything");
    let message = show(&env, VIDEO, media::mp4(5_000, 300_000, false));
    assert_eq!(message.msg_type, "media");
    let fetched = env.media().requests().len();
    let id = deliver(&env, &[&link]);
    let text = env.chat()[1].text().unwrap().to_owned();
    assert!(text.contains(&url(&link)), "{text}");
    assert_eq!(env.media().requests().len(), fetched);
    let told = recovered(&env, &id);
    assert_eq!(told["results"][0]["delivery"], "link_only", "{told}");
}

#[test]
fn an_edge_that_fails_is_tried_again_and_the_video_comes_as_media() {
    let env = TestEnv::new();
    env.feishu().fault(FILES, Fault::Html(502), 1);
    let message = show(&env, VIDEO, media::mp4(5_000, 300_000, false));
    assert_eq!(message.msg_type, "media");
}

#[test]
fn one_result_that_is_refused_does_not_stop_the_others() {
    let env = TestEnv::new();
    let paths = [
        "/sd-gen-save-img/1.png",
        "/sd-gen-save-img/2.png",
        "/sd-gen-save-img/3.png",
    ];
    env.feishu().fault_after(IMAGES, 1, Fault::moderated(), 1);
    let id = deliver(&env, &paths);
    let sent = env.chat();
    let kinds: Vec<&str> = sent
        .iter()
        .map(|message| message.msg_type.as_str())
        .collect();
    assert_eq!(
        kinds.iter().filter(|kind| **kind == "image").count(),
        2,
        "{kinds:?}"
    );
    let text = sent.iter().find_map(fakes::SentMessage::text).unwrap();
    assert!(
        text.contains(&url(paths[1])) && !text.contains(&url(paths[0])),
        "{text}"
    );
    let told = recovered(&env, &id);
    let states: Vec<&str> = told["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|result| result["delivery"].as_str())
        .collect();
    assert_eq!(states, ["delivered", "link_only", "delivered"]);
}

#[test]
fn a_missing_upload_scope_becomes_one_text_with_all_links_and_the_grant_page_whatever_the_http_status()
 {
    for is_http_200 in [false, true] {
        let env = TestEnv::new();
        env.feishu()
            .add_app(App::new(FEISHU_APP_ID, FEISHU_APP_SECRET).without_scope("im:resource"));
        env.feishu().scope_refusal_is_http_200(is_http_200);
        let paths = ["/sd-gen-save-img/1.png", VIDEO, "/sd-gen-save-img/3.png"];
        let id = deliver(&env, &paths);
        let message = only(env.chat());
        let text = message.text().unwrap();
        for path in paths {
            assert_eq!(text.matches(&url(path)).count(), 1, "{text}");
        }
        let grant = format!("https://open.feishu.cn/app/{FEISHU_APP_ID}/auth?q=im:resource:upload");
        assert!(text.contains(&grant), "{text}");
        let told = recovered(&env, &id);
        for result in told["results"].as_array().unwrap() {
            assert_eq!(result["delivery"], "link_only");
            assert_eq!(
                result["messageId"],
                message.message_id.as_str(),
                "the user was told by it"
            );
        }
        assert!(told["deliveredAt"].is_string(), "{told}");
        env.watch(&id).ok();
        assert_eq!(env.chat().len(), 1, "running again sends nothing");
    }
}

#[test]
fn results_of_one_text_that_went_by_themselves_are_not_told_again_however_often_somebody_asks() {
    let env = TestEnv::new();
    let feishu = env.feishu();
    feishu.add_app(App::new(FEISHU_APP_ID, FEISHU_APP_SECRET).without_scope("im:resource"));
    feishu.remove_bot_from(CHAT);
    let paths = ["/sd-gen-save-img/1.png", VIDEO];
    env.gateway().set_default_job(crate::delivery::job(&paths));
    let id = env.submit("a cat");
    env.watch(&id).exits(1);
    assert!(env.chat().is_empty());
    feishu.add_bot_to(CHAT);
    for _ in 0..3 {
        recovered(&env, &id);
        let texts: Vec<String> = env
            .chat()
            .iter()
            .filter_map(|message| message.text().map(str::to_owned))
            .collect();
        for path in paths {
            let times = texts
                .iter()
                .filter(|text| text.contains(&url(path)))
                .count();
            assert_eq!(times, 1, "{texts:?}");
        }
    }
}

#[test]
fn a_bot_that_is_not_in_the_chat_ends_that_chats_deliveries_only_and_says_so() {
    let env = TestEnv::new();
    env.feishu().remove_bot_from("oc_out");
    env.gateway()
        .set_default_job(crate::delivery::job(&[VIDEO]));
    let out = env.submit_to("a cat", "oc_out");
    let told = env.watch(&out).exits(1);
    assert!(told.stderr.contains("230002"), "{}", told.stderr);
    assert!(env.feishu().messages().is_empty());
    let good = env.submit("another cat");
    env.watch(&good).ok();
    only(env.chat());
    assert_eq!(
        recovered(&env, &out)["deliveredAt"],
        serde_json::Value::Null
    );
}

#[test]
fn a_wrong_app_secret_is_told_and_recover_sends_the_result_once_it_is_right() {
    let mut env = TestEnv::builder()
        .var("FEISHU_APP_SECRET", "wrongsecret000000000000000000000")
        .start();
    env.gateway()
        .set_default_job(crate::delivery::job(&[VIDEO]));
    let id = env.submit("a cat");
    let told = env.watch(&id).exits(1);
    assert!(told.stderr.contains("10014"), "{}", told.stderr);
    assert!(env.chat().is_empty());
    env.set("FEISHU_APP_SECRET", FEISHU_APP_SECRET);
    let told = recovered(&env, &id);
    assert!(told["deliveredAt"].is_string(), "{told}");
    assert_eq!(only(env.chat()).receive_id, CHAT);
}
