//! What holds for every delivery, whatever is in it: how requests look, and that no secret leaves.

use std::collections::HashSet;
use std::fmt::Write;

use testkit::{Body, FEISHU_APP_SECRET, GATEWAY_KEY, StandIn, media};

use crate::delivery::{FILES, IMAGES, MESSAGES, job};
use crate::env::{CHAT, TestEnv, files_below};

/// One of each: media, image, file, and a link.
const ALL_KINDS: [&str; 4] = [
    "/sd-gen-save-img/a.mp4",
    "/sd-gen-save-img/b.png",
    "/sd-gen-save-img/c.bin",
    "/sd-gen-save-img/d.mp4",
];

/// A chat with one message of each kind, and what serve printed meanwhile.
fn all_kinds() -> (TestEnv, String, String) {
    let env = TestEnv::new();
    env.feishu().strict(true);
    env.media()
        .put(ALL_KINDS[3], media::mp4(1_000, 31 << 20, false));
    env.gateway().set_default_job(job(&ALL_KINDS));
    let serve = env.serve();
    let id = env.submit("one of each");
    serve.wait_for_line(&format!("{id}: completed, 4 of 4 delivered"));
    let printed = serve.lines().join("\n");
    (env, id, printed)
}

#[test]
fn the_strict_stand_in_takes_everything_and_every_kind_arrives_once() {
    let (env, _, _) = all_kinds();
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
    let (env, _, _) = all_kinds();
    let sent = env.feishu().requests_to(MESSAGES);
    let uuids: HashSet<String> = crate::delivery::uuids(&env.feishu()).into_iter().collect();
    assert_eq!((sent.len(), uuids.len()), (4, 4));
    assert!(uuids.iter().all(|uuid| (16..=50).contains(&uuid.len())));
}

#[test]
fn every_post_has_a_content_length_and_comes_over_tls() {
    let (env, _, _) = all_kinds();
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
        assert!(
            request
                .header("user-agent")
                .unwrap()
                .starts_with("LibTVSkill/")
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
    let (env, id, _) = all_kinds();
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

#[test]
fn no_key_secret_or_token_is_in_a_file_a_log_an_output_or_a_message() {
    let (env, id, printed) = all_kinds();
    let mut seen = vec![("serve".to_owned(), printed.into_bytes())];
    for arguments in [
        vec!["check"],
        vec!["recover"],
        vec!["recover", "--json"],
        vec!["wait-and-deliver", "--session-id", &id],
        vec!["query-session", &id],
        vec!["tasks"],
    ] {
        let out = env.run(&arguments);
        seen.push((
            arguments.join(" "),
            [out.stdout, out.stderr].concat().into_bytes(),
        ));
    }
    for file in files_below(env.folder())
        .into_iter()
        .filter(|file| *file != env.config_path())
    {
        seen.push((file.display().to_string(), std::fs::read(&file).unwrap()));
    }
    for message in env.chat() {
        seen.push((
            "the chat".to_owned(),
            message.content.to_string().into_bytes(),
        ));
    }
    assert!(
        seen.iter().any(|(name, _)| name.contains("libtv-waiter-")),
        "the log is searched"
    );
    let mut secrets = vec![GATEWAY_KEY.to_owned(), FEISHU_APP_SECRET.to_owned()];
    secrets.extend(env.feishu().tokens());
    assert_eq!(secrets.len(), 3, "a token was issued");
    for form in secrets.iter().flat_map(|secret| forms_of(secret)) {
        for (name, bytes) in &seen {
            let found = bytes
                .windows(form.len())
                .any(|window| window == form.as_bytes());
            assert!(!found, "{form} stands in {name}");
        }
    }
    assert_eq!(env.chat().len(), 4, "{CHAT}");
}

#[test]
fn the_search_for_secrets_would_find_them() {
    let forms = forms_of("mgk_secret");
    for hidden in [
        "x mgk_secret",
        "6d676b5f736563726574",
        "bWdrX3NlY3JldA==",
        "%6D%67%6B%5F%73%65%63%72%65%74",
        "tercesDkgm",
    ] {
        let found = forms.iter().any(|form| hidden.contains(form.as_str()));
        assert_eq!(found, !hidden.starts_with("terces"), "{hidden}");
    }
}

/// A secret as it stands, and in what it is often turned into.
fn forms_of(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex = |separator: &str, upper: bool| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            let written = if upper {
                write!(text, "{separator}{byte:02X}")
            } else {
                write!(text, "{separator}{byte:02x}")
            };
            written.unwrap();
            text
        })
    };
    let mut forms = vec![
        secret.to_owned(),
        hex("", false),
        hex("", true),
        hex("%", false),
        hex("%", true),
    ];
    // Inside longer base64, at each of the three places a byte can have.
    forms.extend((0..3).map(|skip| base64(&bytes[skip.min(bytes.len())..])));
    forms.push(secret.replace('_', "%5F"));
    forms
}

/// Whole groups of three bytes only: what stays the same whatever follows.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| {
        let bits = group
            .iter()
            .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63]))
    };
    bytes.chunks_exact(3).flat_map(group).collect()
}
