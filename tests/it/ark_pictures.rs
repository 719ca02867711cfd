//! The user's own pictures on their way to Ark, and pictures that Ark makes. docs/spec.md section 10.

use std::path::PathBuf;
use std::time::Duration;

use crate::env::{CHAT, TestEnv, files_below, texts};
use crate::intents;
use fakes::{ARK_KEY, ArkError, Fake, Fault, MediaFile, media};
use serde_json::{Value, json};

const SUBMIT: &str = "POST /api/v3/contents/generations/tasks";
const IMAGES: &str = "POST /api/v3/images/generations";
/// What a kept picture is called in words.
const MARK: &str = "libtv-file:";

/// Set up as a newcomer does it.
fn ark() -> TestEnv {
    let env = TestEnv::builder().config(None).start();
    env.run_with_input(["setup", "--service", "ark", "--api-key", "-"], ARK_KEY)
        .ok();
    env
}

fn put(env: &TestEnv, name: &str, file: &MediaFile) -> PathBuf {
    let path = env.folder().join(name);
    file.write_to(&path).unwrap();
    path
}

/// Keeps a picture: what stands for it in words.
fn kept(env: &TestEnv, name: &str, file: &MediaFile) -> String {
    let path = put(env, name, file);
    let out = env
        .run(["upload", "--json", "--file", path.to_str().unwrap()])
        .ok();
    let url = out.json()["url"].as_str().unwrap().to_owned();
    assert!(
        url.starts_with(MARK) && url.len() == MARK.len() + 32,
        "{url}"
    );
    url
}

/// The body of the last paid request.
fn body(env: &TestEnv, route: &str) -> Value {
    let sent = env.ark().requests_to(route).pop().unwrap();
    sent.json().unwrap().clone()
}

/// Nothing is left of the wish.
#[track_caller]
fn nothing_left(env: &TestEnv) {
    assert_eq!(env.records_below("submits"), []);
}

/// Nothing was asked of the service that costs money, and nothing is left of the wish.
#[track_caller]
fn nothing_paid(env: &TestEnv) {
    assert_eq!(env.ark().made(), []);
    assert_eq!(env.ark().requests_to(SUBMIT).len(), 0);
    assert_eq!(env.ark().requests_to(IMAGES).len(), 0);
    nothing_left(env);
}

#[test]
fn a_picture_is_kept_and_goes_along_with_the_words_that_name_it() {
    let env = ark();
    let (cat, dog) = (media::png(640, 480), media::jpeg(800, 800));
    let first = kept(&env, "cat.png", &cat);
    let second = kept(&env, "dog.jpg", &dog);
    assert!(
        env.ark().requests().is_empty(),
        "nothing leaves for an upload"
    );
    assert_eq!(kept(&env, "again.png", &cat), first, "by its content");
    assert_eq!(env.records_below("pictures").len(), 2);

    let words = format!("一只猫和一只狗，\n让它们跳舞\n{first} {second}");
    let id = env.submit(&words);
    let made = env.ark().made();
    assert_eq!((made.len(), made[0].pictures), (1, 2));
    let body = body(&env, SUBMIT);
    let content = body["content"].as_array().unwrap();
    assert_eq!(
        content[0],
        json!({"type": "text", "text": "一只猫和一只狗，\n让它们跳舞"})
    );
    assert_eq!(content.len(), 3);
    for (item, kind) in [(&content[1], "png"), (&content[2], "jpeg")] {
        assert_eq!(item["role"], "reference_image");
        let url = item["image_url"]["url"].as_str().unwrap();
        assert!(url.starts_with(&format!("data:image/{kind};base64,")));
    }
    env.watch(&id).ok();
    assert_eq!(env.chat()[0].msg_type, "media");
}

#[test]
fn a_request_of_many_megabytes_passes_through_a_component_that_has_as_much_memory() {
    let env = ark();
    // 45 megabytes as files, 60 as base64; their sizes stand behind what is looked at.
    let photos = [
        kept(&env, "a.jpg", &media::photo(4_000, 3_000, 350)),
        kept(&env, "b.jpg", &media::photo(3_000, 4_000, 349)),
    ];
    env.run([
        "create-session",
        &format!("a film of these\n{}", photos.join("\n")),
    ])
    .ok();
    assert_eq!(env.ark().made()[0].pictures, 2);
    let sent = env.ark().requests_to(SUBMIT).pop().unwrap();
    let length: u64 = sent.header("content-length").unwrap().parse().unwrap();
    assert!(length > 60_000_000 && length <= 64 << 20, "{length}");
}

#[test]
fn what_the_service_takes_not_is_refused_before_money_is_spent() {
    let env = ark();
    for (name, file, says) in [
        (
            "a.mp4",
            media::mp4(1_000, 10_000, false),
            "Ark takes a video as a reference only from a public address, not as a file.",
        ),
        ("a.png", media::png(10, 10), "15 to 6000 pixels"),
        ("a.jpg", media::jpeg(6_001, 6_000), "15 to 6000 pixels"),
        (
            "b.jpg",
            media::photo(400, 400, 500),
            "File too large (31.3MB). Maximum 30MB.",
        ),
    ] {
        let path = put(&env, name, &file);
        env.run(["upload", "--file", path.to_str().unwrap()])
            .exits(1)
            .says(says);
    }
    // Good for a picture, and too small for a clip.
    let small = kept(&env, "small.png", &media::png(200, 200));
    env.run(["create-session", &format!("a cat\n{small}")])
        .exits(1)
        .says("300 to 6000 pixels, and this one has 200x200. Nothing was submitted.");
    let good = kept(&env, "good.png", &media::png(400, 400));
    let ten = [&*good; 10].join(" ");
    env.run(["create-session", &format!("a cat\n{ten}")])
        .exits(1)
        .says("9 pictures at most");
    env.run(["setup", "--model", "doubao-seedance-1-5-pro-251215"])
        .ok();
    let three = [&*good; 3].join(" ");
    env.run(["create-session", &format!("a cat\n{three}")])
        .exits(1)
        .says("2 pictures at most");
    nothing_paid(&env);
    env.run(["create-session", &format!("a cat\n{good} {good}")])
        .ok();
    let roles = body(&env, SUBMIT);
    assert_eq!(
        (&roles["content"][1]["role"], &roles["content"][2]["role"]),
        (&json!("first_frame"), &json!("last_frame"))
    );
}

#[test]
fn a_picture_that_isnt_kept_here_is_told_before_the_submit() {
    let env = ark();
    let known = kept(&env, "cat.png", &media::png(400, 400));
    for unknown in [
        "libtv-file:00112233445566778899aabbccddeeff",
        "libtv-file:",
        "libtv-file:../../libtv",
        &format!("{known}0"),
    ] {
        env.run(["create-session", &format!("a cat\n{unknown}")])
            .exits(1)
            .says("isn't kept here, or no longer (pictures are kept for 7 days): upload it again.");
    }
    // Somebody has put another file in its place.
    let (path, _) = env.records_below("pictures").remove(0);
    env.set_record(&path, Some(b"not a picture"));
    env.run(["create-session", &format!("a cat\n{known}")])
        .exits(1)
        .says("isn't kept here");
    nothing_paid(&env);
}

#[test]
fn a_service_that_takes_uploads_takes_no_kept_picture() {
    let env = ark();
    let picture = kept(&env, "cat.png", &media::png(400, 400));
    env.run(["setup", "--api-key", fakes::GATEWAY_KEY]).ok();
    env.run(["create-session", &format!("a cat\n{picture}")])
        .exits(1)
        .says("upload it once more with that service in use. Nothing was submitted.");
    assert_eq!(env.gateway().submits(), []);
}

#[test]
fn a_face_that_may_be_real_is_told_and_costs_nothing() {
    let env = ark();
    let picture = kept(&env, "face.png", &media::png(400, 400));
    env.ark().refuse_pictures(Some(ArkError::real_face()));
    env.run(["create-session", &format!("a cat\n{picture}")])
        .exits(1)
        .says("Use another picture");
    assert_eq!(env.ark().made(), []);
    nothing_left(&env);
}

#[test]
fn a_picture_that_is_made_is_in_the_answer_and_arrives_as_a_picture() {
    let env = ark();
    let out = env.run([
        "create-session",
        "一只猫，3:4",
        "--kind",
        "image",
        "--channel",
        "feishu",
        "--chat-id",
        CHAT,
    ]);
    let id = out.ok().session_id();
    assert!(id.starts_with("picture-"), "{id}");
    let sent = body(&env, IMAGES);
    assert_eq!(sent["prompt"], "一只猫，3:4");
    assert_eq!(sent["model"], "doubao-seedream-5-0-260128");
    let serve = env.serve();
    assert_eq!(env.wait_for_messages(CHAT, 1)[0].msg_type, "image");
    serve.terminate();
    assert_eq!((env.ark().made().len(), env.chat().len()), (1, 1));
    // Nothing of it is asked for: there is no task.
    assert_eq!(env.ark().requests().len(), 1);
    env.run(["query-session", &id, "--short"])
        .ok()
        .says("completed");
    env.run(["recover"]).ok();
    env.run(["cancel", &id]).exits(1).says("has ended already");
    let folder = env.folder().join("out");
    env.run([
        "download-results",
        &id,
        "--output-dir",
        folder.to_str().unwrap(),
    ])
    .ok();
    assert_eq!(files_below(&folder).len(), 1);
    assert_eq!((env.ark().requests().len(), env.chat().len()), (1, 1));
}

#[test]
fn several_pictures_of_one_request_arrive_each_once() {
    let env = ark();
    env.ark().set_pictures_made(4);
    let reference = kept(&env, "cat.png", &media::png(200, 200));
    let words = format!("four of these cats\n{reference}");
    let id = env
        .run([
            "create-session",
            &words,
            "--kind",
            "image",
            "--channel",
            "feishu",
            "--chat-id",
            CHAT,
        ])
        .ok()
        .session_id();
    assert_eq!(env.ark().made()[0].pictures, 1);
    env.watch(&id).ok();
    env.run(["recover", &id]).ok();
    let shown = env.chat();
    assert_eq!(shown.len(), 4);
    assert!(shown.iter().all(|message| message.msg_type == "image"));
}

#[test]
fn a_chosen_model_makes_what_it_can_and_the_usual_one_the_rest() {
    let env = ark();
    env.run(["setup", "--model", "doubao-seedream-4-0-250828"])
        .ok();
    env.run(["create-session", "a cat", "--kind", "image"]).ok();
    assert_eq!(body(&env, IMAGES)["model"], "doubao-seedream-4-0-250828");
    env.run(["create-session", "a cat"]).ok();
    assert_eq!(body(&env, SUBMIT)["model"], "doubao-seedance-2-5-260628");
}

#[test]
fn each_refusal_of_a_picture_says_what_to_do_and_leaves_nothing() {
    let env = ark();
    let fake = env.ark();
    let ask = || {
        env.run(["create-session", "a badword", "--kind", "image"])
            .exits(1)
    };
    let error = ArkError::new("InputTextSensitiveContentDetected", "no");
    fake.refuse_text_containing("badword", error);
    ask().says("Say it in other words");
    let withheld = json!({"model": "m", "created": 1, "data": [
        {"error": {"code": "OutputImageSensitiveContentDetected", "message": "x"}}
    ]});
    fake.fault(IMAGES, Fault::Json(200, withheld), 1);
    ask().says("withheld by the service's moderation");
    fake.open_model("doubao-seedream-5-0-260128", false);
    ask().says("has to do that in the console");
    fake.open_model("doubao-seedream-5-0-260128", true);
    fake.set_overdue(true);
    ask().says("has to pay in the service's console");
    assert_eq!(fake.made(), []);
    nothing_left(&env);
}

#[test]
fn a_lost_answer_is_told_as_unknown_and_never_asked_for_again() {
    for fault in [
        Fault::ResetAfterApplied,
        Fault::TruncatedBody,
        Fault::Html(502),
    ] {
        let env = ark();
        env.ark().fault(IMAGES, fault, 1);
        env.run([
            "create-session",
            "a cat",
            "--kind",
            "image",
            "--channel",
            "feishu",
            "--chat-id",
            CHAT,
        ])
        .exits(1)
        .says("Whether the request was taken isn't known");
        // Such a request may take longer than others: only later nobody works on it any more.
        intents::make_older(&env, Duration::from_secs(19 * 60));
        let serve = env.serve();
        let told = texts(&env.wait_for_messages(CHAT, 1));
        assert!(told[0].contains("may have been charged"), "{told:?}");
        serve.terminate();
        let asked = env.ark().requests();
        assert_eq!(env.ark().requests_to(IMAGES).len(), 1);
        // The list of tasks has no pictures: it isn't even asked.
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert_eq!(env.chat().len(), 1);
    }
}

#[test]
fn a_picture_whose_link_is_dead_is_told_and_not_sent() {
    let env = ark();
    let day = Duration::from_secs(25 * 60 * 60);
    env.world().ark_media().set_clock_offset(day);
    let id = env
        .run([
            "create-session",
            "a cat",
            "--kind",
            "image",
            "--channel",
            "feishu",
            "--chat-id",
            CHAT,
        ])
        .ok()
        .session_id();
    env.watch(&id);
    let told = texts(&env.chat());
    assert!(
        told.len() == 1 && told[0].contains("the link is dead by now") && !told[0].contains("http"),
        "{told:?}"
    );
}

#[test]
fn a_picture_that_holds_a_key_is_not_kept() {
    let env = ark();
    let mut bytes = media::png(400, 400).to_bytes();
    bytes.extend_from_slice(ARK_KEY.as_bytes());
    let path = env.folder().join("key.png");
    std::fs::write(&path, bytes).unwrap();
    env.holds_secrets(&path);
    env.run(["upload", "--file", path.to_str().unwrap()])
        .exits(1)
        .says("holds an API key, app secret or token");
    assert_eq!(env.records_below("pictures"), []);
}
