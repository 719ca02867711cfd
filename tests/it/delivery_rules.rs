//! What holds for every delivery, whatever is in it: how requests and logs look.

use std::collections::HashSet;

use fakes::{Body, Fake, media};

use crate::delivery::{FILES, IMAGES, MESSAGES, job};
use crate::env::TestEnv;
#[cfg(unix)]
use crate::env::files_below;

/// One of each: media, image, file, and a link.
pub const ALL_KINDS: [&str; 4] = [
    "/sd-gen-save-img/a.mp4",
    "/sd-gen-save-img/b.png",
    "/sd-gen-save-img/c.bin",
    "/sd-gen-save-img/d.mp4",
];

/// A chat with one message of each kind.
pub fn all_kinds() -> (TestEnv, String) {
    let env = TestEnv::new();
    env.feishu().strict(true);
    env.media()
        .put(ALL_KINDS[3], media::mp4(1_000, 31 << 20, false));
    env.gateway().set_default_job(job(&ALL_KINDS));
    let serve = env.serve();
    let id = env.submit("one of each");
    serve.wait_for_line(&format!("{id}: completed, 4 of 4 delivered"));
    (env, id)
}

#[test]
fn the_strict_fake_takes_everything_and_every_kind_arrives_once() {
    let (env, _) = all_kinds();
    let kinds: Vec<String> = env
        .chat()
        .into_iter()
        .map(|message| message.msg_type)
        .collect();
    let expected: HashSet<_> = ["media", "image", "file", "text"].into_iter().collect();
    assert_eq!(kinds.len(), 4);
    assert_eq!(
        kinds.iter().map(String::as_str).collect::<HashSet<_>>(),
        expected
    );
    let refused: Vec<_> = env
        .feishu()
        .requests()
        .into_iter()
        .filter(|request| request.status != Some(200))
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn every_message_has_a_uuid_of_its_own_of_at_most_fifty_characters() {
    let (env, _) = all_kinds();
    let sent = env.feishu().requests_to(MESSAGES);
    let uuids: HashSet<String> = crate::delivery::uuids(&env.feishu()).into_iter().collect();
    assert_eq!((sent.len(), uuids.len()), (4, 4));
    assert!(uuids.iter().all(|uuid| (16..=50).contains(&uuid.len())));
}

#[test]
fn every_post_has_a_content_length_and_comes_over_tls() {
    let (env, _) = all_kinds();
    for request in env.feishu().requests() {
        assert!(request.tls && request.method == "POST", "{request:?}");
        assert!(
            request.header("content-length").is_some(),
            "{}",
            request.path
        );
        assert_eq!(
            request.header("transfer-encoding"),
            None,
            "{}",
            request.path
        );
    }
    for upload in [
        env.feishu().requests_to(FILES),
        env.feishu().requests_to(IMAGES),
    ]
    .concat()
    {
        let Body::Form { bytes, .. } = upload.body else {
            panic!("a form")
        };
        let declared: u64 = upload.header("content-length").unwrap().parse().unwrap();
        assert!(
            declared > bytes && declared < bytes + 2_000,
            "{declared} for {bytes}"
        );
    }
}

#[test]
fn the_session_log_tells_what_happened_to_its_owner_only() {
    let (env, id) = all_kinds();
    let log = env.log(&id);
    for line in [
        "delivered as media",
        "delivered as image",
        "delivered as file",
        "goes as a link",
        "ended: completed, 4 of 4 delivered",
    ] {
        assert!(log.contains(line), "{line}:\n{log}");
    }
    #[cfg(unix)]
    for file in files_below(&env.home()) {
        use std::os::unix::fs::PermissionsExt;
        let written_by_us = file != env.config_path();
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert!(
            !written_by_us || mode == 0o600,
            "{mode:o} {}",
            file.display()
        );
    }
}
