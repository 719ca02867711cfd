//! What is refused, and how.

use super::{MODEL, MODEL_2_5, begin, create, get, is, list, picture, with, words};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fakes::{ArkError, Clip, Fake, Fault, MediaFile, When, World, media};
use serde_json::{Value, json};

fn data_url(file: &MediaFile) -> String {
    let encoded = STANDARD.encode(file.to_bytes());
    format!("data:{};base64,{encoded}", file.content_type())
}

#[test]
fn what_the_account_lacks_is_told_before_anything_is_made() {
    let world = World::builder().start().unwrap();
    let ark = world.ark();
    ark.open_model(MODEL, false);
    is(&create(&ark, &words("x")), 404, "ModelNotOpen");
    ark.open_model(MODEL, true);
    ark.set_overdue(true);
    is(&create(&ark, &words("x")), 403, "AccountOverdueError");
    assert_eq!(
        list(&ark, "page_size=1")["total"],
        0,
        "looking costs nothing"
    );
    ark.set_overdue(false);
    ark.set_quota(Some(1));
    begin(&ark, "the last");
    is(&create(&ark, &words("x")), 429, "QuotaExceeded");
    assert_eq!(ark.made().len(), 1);
}

#[test]
fn moderation_comes_before_the_task_or_as_its_end() {
    let world = World::builder().start().unwrap();
    let ark = world.ark();
    ark.refuse_text_containing("knife", ArkError::sensitive_text());
    is(
        &create(&ark, &words("a knife")),
        400,
        "InputTextSensitiveContentDetected",
    );
    let mut face = words("a man");
    face["content"]
        .as_array_mut()
        .unwrap()
        .push(picture("https://a.example/man.png", "reference_image"));
    ark.refuse_pictures(Some(ArkError::real_face()));
    is(
        &create(&ark, &face),
        400,
        "InputImageSensitiveContentDetected.PrivacyInformation",
    );
    ark.refuse_pictures(None);
    assert_eq!(create(&ark, &face).status, 200);
    for error in [ArkError::sensitive_video(), ArkError::copyright()] {
        ark.set_default_clip(
            Clip::fails(error.clone())
                .starting(When::Now)
                .ending(When::Now),
        );
        let failed = get(&ark, &begin(&ark, "x"));
        assert_eq!(
            (&failed["status"], &failed["error"]["code"]),
            (&json!("failed"), &json!(error.code()))
        );
        assert!(failed.get("usage").is_none());
    }
}

#[test]
fn fields_are_checked_one_by_one() {
    let world = World::builder().start().unwrap();
    let ark = world.ark();
    for (field, value) in [
        ("ratio", json!("2:1")),
        ("duration", json!(3)),
        ("duration", json!(16)),
        ("duration", json!(5.5)),
        ("resolution", json!("2k")),
        ("execution_expires_after", json!(3_599)),
        ("execution_expires_after", json!(259_201)),
        ("generate_audio", json!("yes")),
        ("callback_url", json!("ftp://a.example")),
        ("draft", json!(true)),
        ("prompt", json!("x")),
        ("safety_identifier", json!("s".repeat(65))),
    ] {
        let answer = create(&ark, &with(words("x"), field, value.clone()));
        is(&answer, 400, "InvalidParameter");
        assert_eq!(answer.json()["error"]["param"], field, "{value}");
    }
    is(
        &create(&ark, &json!({"content": []})),
        400,
        "MissingParameter",
    );
    is(
        &create(&ark, &json!({"model": MODEL})),
        400,
        "MissingParameter",
    );
    is(&create(&ark, &json!("x")), 400, "InvalidParameter");
    let flex = with(words("x"), "service_tier", json!("flex"));
    is(
        &create(&ark, &flex),
        400,
        "InvalidParameter.UnsupportedParameter",
    );
    assert_eq!(ark.made(), []);
    let longest = with(
        with(words("x"), "duration", json!(30)),
        "model",
        json!(MODEL_2_5),
    );
    assert_eq!(create(&ark, &longest).status, 200);
    // The official SDK sends every field.
    assert_eq!(
        create(&ark, &with(words("x"), "draft", Value::Null)).status,
        200
    );
}

#[test]
fn texts_have_a_limit_in_each_script() {
    let world = World::builder().start().unwrap();
    let ark = world.ark();
    assert_eq!(create(&ark, &words(&"猫".repeat(500))).status, 200);
    is(
        &create(&ark, &words(&"猫".repeat(501))),
        400,
        "InvalidParameter",
    );
    assert_eq!(create(&ark, &words(&"cat ".repeat(1_000))).status, 200);
    is(
        &create(&ark, &words(&"cat ".repeat(1_001))),
        400,
        "InvalidParameter",
    );
}

#[test]
fn pictures_are_looked_at_when_they_come_as_data() {
    let world = World::builder().start().unwrap();
    let ark = world.ark();
    let answer = |urls: &[&str], role: &str| {
        let mut body = words("x");
        let content = body["content"].as_array_mut().unwrap();
        content.extend(urls.iter().map(|url| picture(url, role)));
        create(&ark, &body)
    };
    let good = data_url(&media::jpeg(640, 360));
    assert_eq!(answer(&[&good], "reference_image").status, 200);
    assert_eq!(ark.made()[0].pictures, 1);
    assert_eq!(answer(&[good.as_str(); 9], "reference_image").status, 200);
    is(
        &answer(&[good.as_str(); 10], "reference_image"),
        400,
        "InvalidParameter",
    );
    is(
        &answer(&[good.as_str(); 2], "first_frame"),
        400,
        "InvalidParameter",
    );
    is(&answer(&[&good], "last_frame"), 400, "InvalidParameter");
    is(&answer(&[&good], "subject"), 400, "InvalidParameter");
    for bad in [
        data_url(&media::jpeg(299, 360)),
        data_url(&media::jpeg(6_001, 3_000)),
        data_url(&media::jpeg(1_000, 300)),
        good.replace("image/jpeg", "image/png"),
        good.replace("image/jpeg", "image/JPEG"),
        "data:image/png;base64,AAAA".to_owned(),
        "data:image/png;base64,%".to_owned(),
        "libtv-file:0123".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        is(&answer(&[&bad], "reference_image"), 400, "InvalidParameter");
    }
}

#[test]
fn a_large_picture_is_read_and_not_kept_and_one_of_thirty_megabytes_is_refused() {
    let world = World::builder().start().unwrap();
    let ark = world.ark();
    let send_picture = |url: &str| {
        let mut body = words("x");
        let content = body["content"].as_array_mut().unwrap();
        content.push(picture(url, "first_frame"));
        create(&ark, &body)
    };
    let good = data_url(&media::jpeg(640, 360).padded_to(1_500_000));
    assert_eq!(send_picture(&good).status, 200);
    let kept = ark.requests()[0].json().unwrap().to_string();
    assert!(
        kept.len() < 1_000 && kept.contains("data:image/jpeg"),
        "{}",
        kept.len()
    );
    let thirty = format!("data:image/jpeg;base64,{}", "A".repeat(40 << 20));
    is(&send_picture(&thirty), 400, "InvalidParameter");
    let body_over_64_mb = format!("data:image/jpeg;base64,{}", "A".repeat(64 << 20));
    assert_eq!(send_picture(&body_over_64_mb).status, 413);
}

#[test]
fn references_and_frames_don_t_mix_and_videos_are_public() {
    let world = World::builder().start().unwrap();
    let ark = world.ark();
    let answer = |parts: Value| create(&ark, &json!({"model": MODEL, "content": parts}));
    let (first, reference) = (
        picture("https://a.example/a.png", "first_frame"),
        picture("https://a.example/b.png", "reference_image"),
    );
    is(&answer(json!([first, reference])), 400, "InvalidParameter");
    let alone = json!([{"type": "image_url", "image_url": {"url": "https://a.example/a.png"}}]);
    assert_eq!(
        answer(alone).status,
        200,
        "one image without a role is the first frame"
    );
    let bare = json!([{"type": "image_url", "image_url": "https://a.example/a.png"}]);
    is(&answer(bare), 400, "InvalidParameter");
    let video = |url: &str| json!({"type": "video_url", "video_url": {"url": url}, "role": "reference_video"});
    assert_eq!(
        answer(json!([video("https://a.example/a.mp4")])).status,
        200
    );
    is(
        &answer(json!([video("data:video/mp4;base64,AAAA")])),
        400,
        "InvalidParameter",
    );
    let sound = json!({"type": "audio_url", "audio_url": {"url": "https://a.example/a.mp3"}, "role": "reference_audio"});
    is(
        &answer(json!([{"type": "text", "text": "x"}, sound])),
        400,
        "InvalidParameter",
    );
    assert_eq!(answer(json!([reference, sound])).status, 200);
}

#[test]
fn a_first_frame_or_an_edit_settles_what_may_be_said() {
    let world = World::builder().start().unwrap();
    let ark = world.ark();
    let code = "InvalidParameter.TaskTypeConstraint";
    let mut framed = with(words("x"), "model", json!(MODEL_2_5));
    framed["content"]
        .as_array_mut()
        .unwrap()
        .push(picture("https://a.example/a.png", "first_frame"));
    is(
        &create(&ark, &with(framed.clone(), "ratio", json!("9:16"))),
        400,
        code,
    );
    assert_eq!(
        create(&ark, &with(framed, "ratio", json!("adaptive"))).status,
        200
    );
    ark.take_for_edit("替换");
    let edit = words("替换背景");
    is(&create(&ark, &edit), 400, code);
    is(
        &create(&ark, &with(edit.clone(), "ratio", json!("adaptive"))),
        400,
        code,
    );
    let open = with(
        with(edit, "ratio", json!("adaptive")),
        "duration",
        json!(-1),
    );
    assert_eq!(create(&ark, &open).status, 200);
}

#[test]
fn every_code_comes_with_its_status_and_type() {
    for (error, status) in [
        (ArkError::bad_key(), 401),
        (ArkError::overdue(), 403),
        (ArkError::access_denied(), 403),
        (ArkError::no_model("x"), 404),
        (ArkError::model_not_open("x"), 404),
        (ArkError::rate_limited(), 429),
        (
            ArkError::new("RateLimitExceeded.EndpointRPMExceeded", ""),
            429,
        ),
        (ArkError::quota_exceeded(), 429),
        (ArkError::overloaded(), 429),
        (ArkError::internal(), 500),
        (ArkError::sensitive_text(), 400),
        (ArkError::sensitive_image(), 400),
        (ArkError::real_face(), 400),
        (
            ArkError::new("SensitiveContentDetected.SevereViolation", ""),
            400,
        ),
        (ArkError::new("InvalidParameter.TaskTypeMismatch", ""), 400),
    ] {
        assert_eq!(error.status(), status, "{}", error.code());
        let Fault::Json(of_fault, body) = Fault::from(error.clone()) else {
            panic!("{error:?}");
        };
        assert_eq!(
            (of_fault, body["error"]["code"].as_str()),
            (status, Some(error.code()))
        );
    }
}
