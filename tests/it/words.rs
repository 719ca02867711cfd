//! The user's words on their way in: from arguments, a file, standard input; what can't be read is refused before anything
//! is noted or sent. docs/spec.md section 13.

use std::ffi::OsString;
use std::fs;

#[cfg(unix)]
use fakes::Fake;

use crate::env::TestEnv;
#[cfg(unix)]
use crate::env::{CHAT, files_below};

/// What the service got, the ratio aside.
fn sent(env: &TestEnv) -> String {
    let text = env.gateway().submits().pop().unwrap().text;
    text.trim_end_matches(", video ratio 16:9").to_owned()
}

#[cfg(unix)]
fn nothing_was_noted_or_sent(env: &TestEnv) {
    assert!(env.gateway().requests().is_empty());
    let recipients = env.home().join("libtv-recipients");
    assert!(!recipients.exists() || files_below(&recipients).is_empty());
}

#[test]
fn words_come_from_a_file_or_standard_input_as_they_are() {
    let words = "a cat \"$(id)\" `id` 'x'\nLIBTV_TEXT\n-- --json\n  猫 ";
    let env = TestEnv::new();
    let file = env.folder().join("-words 猫.txt");
    fs::write(&file, words).unwrap();
    let option = [OsString::from("--words-file="), file.clone().into()].join(&OsString::new());
    env.run([OsString::from("create-session"), option]).ok();
    assert_eq!(sent(&env), words);
    for arguments in [
        &["create-session", "--words", "-"][..],
        &["create-session", "-"],
        &["create-session", "--words-file", "-"],
    ] {
        env.run_with_input(arguments, words).ok();
        assert_eq!(sent(&env), words, "{arguments:?}");
    }
    assert_eq!(env.gateway().submits().len(), 4);
}

#[test]
fn marks_of_editors_and_shells_are_no_words() {
    let env = TestEnv::new();
    let file = env.folder().join("words.txt");
    let utf16: Vec<u8> = "\u{feff}a cat 猫\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for bytes in [
        "\u{feff}a cat 猫\n".as_bytes().to_vec(),
        "a cat 猫\r\n".as_bytes().to_vec(),
        utf16,
    ] {
        fs::write(&file, bytes).unwrap();
        env.run(["create-session", "--words-file", file.to_str().unwrap()])
            .ok();
        assert_eq!(sent(&env), "a cat 猫");
    }
    env.run(["create-session", "\u{feff}a cat"]).ok();
    assert_eq!(sent(&env), "a cat");
}

#[test]
fn words_may_be_longer_than_an_argument_and_have_a_bound_that_is_told() {
    let env = TestEnv::new();
    let long = "狐狸在雪地里奔跑。".repeat(20_000);
    let file = env.folder().join("words.txt");
    fs::write(&file, &long).unwrap();
    env.run(["create-session", "--words-file", file.to_str().unwrap()])
        .ok();
    assert_eq!(sent(&env), long);
    fs::write(&file, "a".repeat((1 << 20) + 1)).unwrap();
    env.run(["create-session", "--words-file", file.to_str().unwrap()])
        .exits(2)
        .says("❌ The words are longer than 1 MiB");
    assert_eq!(env.gateway().submits().len(), 1);
}

#[test]
fn no_words_where_some_were_promised_is_wrong_usage_and_no_paid_request() {
    let env = TestEnv::new();
    let id = env.submit("a cat");
    env.run_with_input(
        ["create-session", "--words", "-", "--session-id", &id],
        "\n",
    )
    .exits(2)
    .says("❌ There are no words");
    env.run(["create-session", "--words-file", "/no/such/file"])
        .refused("File not found: /no/such/file");
    assert_eq!(env.gateway().submits().len(), 1);
}

#[cfg(unix)]
#[test]
fn words_that_are_not_utf8_are_refused_before_anything_is_sent() {
    use std::os::unix::ffi::OsStringExt;
    let env = TestEnv::new();
    // Latin-1, GBK, Big5, half a character.
    for bytes in [
        &b"caf\xe9"[..],
        b"\xba\xfc\xc0\xea",
        b"\xaa\xb0\xaf\xb8",
        b"\xe7\x8b",
    ] {
        let words = || OsString::from_vec(bytes.to_vec());
        for arguments in [
            vec![
                "create-session".into(),
                words(),
                "--chat-id".into(),
                CHAT.into(),
            ],
            vec![
                "create-session".into(),
                "--chat-id".into(),
                CHAT.into(),
                "--".into(),
                words(),
            ],
        ] {
            env.run(arguments)
                .exits(2)
                .says("❌ The words are not UTF-8")
                .says("LANG=");
        }
        let file = env.folder().join("words.txt");
        fs::write(&file, bytes).unwrap();
        env.run([
            "create-session",
            "--words-file",
            file.to_str().unwrap(),
            "--chat-id",
            CHAT,
        ])
        .exits(2)
        .says("❌ The words are not UTF-8");
    }
    nothing_was_noted_or_sent(&env);
}

#[cfg(unix)]
#[test]
fn options_and_ids_that_are_not_utf8_are_refused_too() {
    use std::os::unix::ffi::OsStringExt;
    let env = TestEnv::new();
    let odd = || OsString::from_vec(b"oc_\xe9".to_vec());
    for option in ["--chat-id", "--channel", "--session-id"] {
        env.run(vec![
            "create-session".into(),
            "a cat".into(),
            option.into(),
            odd(),
        ])
        .exits(2)
        .says(&format!("❌ The value of {option} is not UTF-8"));
    }
    for command in ["query-session", "recover", "download-results"] {
        env.run(vec![command.into(), odd()])
            .exits(2)
            .says("not UTF-8");
    }
    nothing_was_noted_or_sent(&env);
}

#[test]
fn an_uploaded_address_keeps_its_line_and_the_ratio_has_one_of_its_own_before_it() {
    let env = TestEnv::new();
    let address = "https://libtv-res.liblib.art/claw/p/cat.png";
    let words = format!("make it run\n{address}");
    env.run(["create-session", "--", &words]).ok();
    let text = env.gateway().submits().pop().unwrap().text;
    assert_eq!(text, format!("make it run\nvideo ratio 16:9\n{address}"));
    env.run(["recover"]).ok().never_says("video ratio");
}

#[test]
fn a_picture_is_asked_for_without_a_ratio() {
    let env = TestEnv::new();
    env.run(["create-session", "--kind", "image", "a cat"]).ok();
    assert_eq!(env.gateway().submits()[0].text, "a cat");
    env.run(["create-session", "--kind", "video", "a cat"]).ok();
    assert_eq!(env.gateway().submits()[1].text, "a cat, video ratio 16:9");
    env.run(["create-session", "--kind", "poem", "a cat"])
        .exits(2);
}
