use contract::commands::{Side, of_component};

use super::{Command, Parsed, SetUp, parse};
use crate::types::{Destination, File, InputFile, WantedResults};
use proptest::prelude::*;

fn args(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn run(words: &[&str]) -> Command {
    match parse(&args(words)) {
        Parsed::Run(invocation) => invocation.command,
        Parsed::Help(text) | Parsed::Usage(text) => panic!("{words:?}: {text}"),
    }
}

fn usage(words: &[&str]) -> String {
    match parse(&args(words)) {
        Parsed::Usage(text) => text,
        Parsed::Help(text) => panic!("{words:?}: {text}"),
        Parsed::Run(_) => panic!("{words:?} was accepted"),
    }
}

fn helped(words: &[&str]) -> String {
    match parse(&args(words)) {
        Parsed::Help(text) => text,
        Parsed::Usage(text) => panic!("{words:?}: {text}"),
        Parsed::Run(_) => panic!("{words:?} was accepted"),
    }
}

/// Text, session, channel and chat of `create-session`.
fn submitted(words: &[&str]) -> [Option<String>; 4] {
    match run(words) {
        Command::CreateSession(request) => match request.destination {
            Some(Destination::To(route)) => {
                [request.text, request.session_id, route.channel, route.chat]
            }
            other => panic!("{words:?}: {other:?}"),
        },
        _ => panic!("{words:?} is another command"),
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn options_stand_before_or_behind_the_text() {
    let all = [some("a cat"), some("s1"), some("feishu"), some("ou_1")];
    for words in [
        &[
            "create-session",
            "a cat",
            "--session-id",
            "s1",
            "--channel",
            "feishu",
            "--chat-id",
            "ou_1",
        ][..],
        &[
            "create-session",
            "--session-id=s1",
            "--channel=feishu",
            "--chat-id=ou_1",
            "a cat",
        ],
        &[
            "--chat-id",
            "ou_1",
            "create-session",
            "--channel",
            "feishu",
            "a cat",
            "--session-id",
            "s1",
        ],
        &[
            "create-session",
            "--session-id",
            "s1",
            "--channel",
            "feishu",
            "--chat-id",
            "ou_1",
            "--",
            "a cat",
        ],
    ] {
        assert_eq!(submitted(words), all);
    }
}

#[test]
fn a_text_is_passed_on_unchanged() {
    for text in [
        " 竖屏9:16 — \"cat\"\n\tsecond line ",
        "a --json b",
        "`rm -rf`",
        "=",
    ] {
        assert_eq!(submitted(&["create-session", text])[0], some(text));
    }
}

#[test]
fn a_text_that_begins_with_a_dash_stands_behind_two() {
    assert_eq!(
        submitted(&["create-session", "--", "--json"])[0],
        some("--json")
    );
    assert_eq!(
        submitted(&["create-session", "--", "-5 degrees"])[0],
        some("-5 degrees")
    );
    assert!(usage(&["create-session", "-5 degrees"]).contains("behind `--`"));
}

#[test]
fn a_blank_text_counts_as_absent() {
    for text in ["", "  ", "\n\t\u{3000}"] {
        assert_eq!(
            submitted(&["create-session", text, "--session-id", "s1"]),
            [None, some("s1"), None, None]
        );
        assert_eq!(
            submitted(&["create-session", text]),
            [None, None, None, None]
        );
    }
    assert_eq!(
        submitted(&["create-session", "--session-id", ""]),
        [None, None, None, None]
    );
}

#[test]
fn an_empty_session_id_does_not_begin_a_new_session() {
    assert!(
        usage(&["create-session", "a cat", "--session-id", " "])
            .starts_with("❌ --session-id is empty.")
    );
}

#[test]
fn a_text_in_several_arguments_is_refused() {
    assert!(usage(&["create-session", "a", "cat"]).contains("put it in quotes"));
}

#[test]
fn json_is_taken_by_every_command() {
    for words in [&["check", "--json"][..], &["--json", "check"]] {
        assert!(matches!(parse(&args(words)), Parsed::Run(invocation) if invocation.json));
    }
    assert!(matches!(parse(&args(&["check"])), Parsed::Run(invocation) if !invocation.json));
    assert!(usage(&["check", "--json=yes"]).starts_with("❌ --json takes no value."));
}

#[test]
fn urls_are_taken_up_to_the_next_option() {
    let Command::DownloadResults {
        results,
        folder,
        prefix,
    } = run(&[
        "download-results",
        "s1",
        "--urls",
        "u1",
        "u2",
        "u3",
        "--prefix",
        "p",
        "--output-dir=-d",
    ])
    else {
        panic!("another command")
    };
    assert_eq!(
        (results, folder, prefix),
        (
            // Links stand above the session.
            WantedResults::Urls(args(&["u1", "u2", "u3"])),
            some("-d"),
            some("p")
        )
    );
    for (words, expected) in [
        (
            &["download-results", "--urls", "u1", "--", "s1"][..],
            WantedResults::Urls(args(&["u1"])),
        ),
        (
            &["download-results", "s1"],
            WantedResults::Session("s1".to_owned()),
        ),
    ] {
        let Command::DownloadResults { results, .. } = run(words) else {
            panic!("another command")
        };
        assert_eq!(results, expected);
    }
    assert!(
        usage(&["download-results", "--urls", "--prefix", "p"]).contains("--urls needs a value")
    );
    assert!(usage(&["download-results"]).contains("needs the ID"));
}

#[test]
fn a_file_is_a_path_or_standard_input_with_name_and_size() {
    let file = |words: &[&str]| match run(words) {
        Command::Upload { file, .. } => file,
        _ => panic!("another command"),
    };
    assert_eq!(
        file(&["upload", "--file", "a b.mp4"]),
        File::Path("a b.mp4".into())
    );
    assert_eq!(
        file(&["upload", "--file=-x.mp4"]),
        File::Path("-x.mp4".into())
    );
    let stdin = File::Input(InputFile {
        name: "a.mp4".into(),
        size: 7,
    });
    assert_eq!(
        file(&["upload", "--file", "-", "--name", "a.mp4", "--size", "7"]),
        stdin
    );
    for words in [
        &["upload"][..],
        &["upload", "a.mp4"],
        &["upload", "--file", ""],
        &["upload", "--file", "-"],
        &["upload", "--file", "-", "--name", "a"],
        &["upload", "--file", "-", "--name", "a", "--size", "7MB"],
        &["upload", "--file", "-", "--name", "a", "--size", "+7"],
        &["upload", "--file", "a.mp4", "--size", "7"],
    ] {
        assert!(
            usage(words).ends_with("\n→ `libtv-video upload --help` shows how."),
            "{words:?}"
        );
    }
}

#[test]
fn a_session_is_queried_from_a_message_on() {
    let Command::QuerySession {
        id,
        after_seq,
        project_id,
        short: false,
    } = run(&[
        "query-session",
        "s1",
        "--after-seq",
        "12",
        "--project-id",
        "p",
    ])
    else {
        panic!("another command")
    };
    assert_eq!(
        (id, after_seq, project_id),
        ("s1".to_owned(), Some(12), some("p"))
    );
    assert!(usage(&["query-session", "s1", "--after-seq", "twelve"]).contains("whole number"));
    assert!(
        usage(&["query-session", "s1", "--after-seq", "99999999999999999999"])
            .contains("whole number")
    );
    assert!(usage(&["query-session", " "]).contains("needs the ID"));
}

#[test]
fn keys_and_ratios_are_passed_on_for_the_command_to_judge() {
    let Command::Setup(SetUp {
        api_key,
        video_ratio,
        ..
    }) = run(&["setup", "--api-key", "-", "--video-ratio", "nonsense"])
    else {
        panic!("another command")
    };
    assert_eq!(api_key.as_ref().map(super::Secret::expose), Some("-"));
    assert_eq!(video_ratio, some("nonsense"));
    assert!(matches!(
        run(&["update-key", "--api-key", ""]),
        Command::UpdateKey { .. }
    ));
    assert!(matches!(
        run(&["update-ratio", "--video-ratio", "1:1"]),
        Command::UpdateRatio { .. }
    ));
    assert!(usage(&["setup"]).starts_with("❌ setup needs"));
    assert!(usage(&["update-key"]).starts_with("❌ update-key needs"));
}

#[test]
fn every_command_of_the_help_exists() {
    for entry in of_component() {
        let words = match entry.name {
            "setup" | "update-key" => vec![entry.name, "--api-key", "k"],
            "update-ratio" => vec![entry.name, "--video-ratio", "1:1"],
            "upload" => vec![entry.name, "--file", "f"],
            "wait-and-deliver" => vec![entry.name, "--session-id", "s"],
            "query-session" | "download-results" | "cancel" => vec![entry.name, "s"],
            other => vec![other],
        };
        run(&words);
    }
}

#[test]
fn every_command_teaches_itself() {
    let overview = helped(&["--help"]);
    for entry in of_component() {
        assert!(overview.contains(entry.name) && overview.contains(entry.about));
        let text = helped(&[entry.name, "--help"]);
        for part in [
            "Usage: libtv-video ",
            "Example:\n  libtv-video ",
            "Exit codes: 0 ",
            entry.body,
        ] {
            assert!(text.contains(part), "{}: {part}", entry.name);
        }
        for option in entry.options_of(Side::Component) {
            assert!(
                text.contains(&format!("--{}", option.name)),
                "{}: {}",
                entry.name,
                option.name
            );
        }
        assert_eq!(helped(&["help", entry.name]), text);
        assert_eq!(helped(&["-h", entry.name]), text);
    }
    assert_eq!(helped(&["help"]), overview);
    assert!(overview.lines().all(|line| line.chars().count() <= 110));
}

#[test]
fn help_is_given_before_arguments_are_judged() {
    helped(&["setup", "--help"]);
    helped(&["upload", "--prefix", "p", "--help"]);
    helped(&["create-session", "a", "cat", "--help", "--json"]);
}

#[test]
fn the_version_is_that_of_the_package() {
    for words in [&["--version"][..], &["-V"], &["check", "--version"]] {
        assert_eq!(
            helped(words),
            format!("libtv-video {}", env!("CARGO_PKG_VERSION"))
        );
    }
}

#[test]
fn a_misspelt_word_is_answered_with_a_suggestion() {
    for (words, answer) in [
        (
            &["create_session", "a"][..],
            "❌ Unknown command: create_session. Did you mean create-session?",
        ),
        (&["chek"], "❌ Unknown command: chek. Did you mean check?"),
        (
            &["query", "s"],
            "❌ Unknown command: query. Did you mean query-session?",
        ),
        (&["juggle"], "❌ Unknown command: juggle."),
        (
            &["check", "--jsno"],
            "❌ Unknown option: --jsno. Did you mean --json?",
        ),
        (
            &["create-session", "--chatid=ou_1"],
            "❌ Unknown option: --chatid. Did you mean --chat-id?",
        ),
        (
            &["help", "chek"],
            "❌ Unknown command: chek. Did you mean check?",
        ),
        (
            &["check", "--file", "x"],
            "❌ --file is no option of check.",
        ),
        (
            &["serve"],
            "❌ This command belongs to the program around the component.",
        ),
        (&[], "❌ No command."),
    ] {
        let text = usage(words);
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some(answer));
        assert!(
            lines.next().is_some_and(|line| line.contains("--help`")) && lines.next().is_none(),
            "{text}"
        );
    }
}

#[test]
fn a_repeated_option_is_refused() {
    for words in [
        &["setup", "--api-key", "a", "--api-key", "b"][..],
        &["download-results", "--urls", "a", "--urls", "b"],
        &["check", "--json", "--json"],
    ] {
        assert!(usage(words).contains("more than once"), "{words:?}");
    }
}

#[test]
fn an_option_is_not_taken_for_the_value_of_another() {
    for words in [
        &["setup", "--api-key", "--video-ratio", "1:1"][..],
        &["setup", "--api-key"],
        &["upload", "--file", "--"],
    ] {
        assert!(usage(words).contains("needs a value"), "{words:?}");
    }
}

#[test]
fn a_key_in_the_wrong_place_is_not_repeated() {
    const KEY: &str = "mgk_0123456789ab";
    for words in [
        &[KEY][..],
        &["setup", KEY],
        &["check", "--key", KEY],
        &["setup", "--apikey=mgk_0123456789ab"],
        &["check", "--json=mgk_0123456789ab"],
        &["setup", "--mgk_0123456789ab"],
        &["setup", "-mgk_0123456789ab"],
        &["sk-libtv-0123456789ab"],
        &[
            "update-key",
            "--api-key",
            "mgk_0123456789ab",
            "--api-key",
            KEY,
        ],
        &["query-session", "x", "--after-seq", KEY],
    ] {
        assert!(!usage(words).contains("0123456789ab"), "{words:?}");
    }
}

proptest! {
    #[test]
    fn any_arguments_are_parsed_without_panic(words in proptest::collection::vec(
        prop_oneof![
            r"-{0,3}\PC{0,8}",
            prop::sample::select(vec![
                "create-session", "download-results", "upload", "help", "--urls", "--file", "-", "--", "--json", "--help",
                "--size", "--after-seq=1", "--api-key", "query-session", "=", "--=",
            ]).prop_map(str::to_owned),
        ], 0..8)) {
        if let Parsed::Usage(text) = parse(&words) {
            prop_assert!(text.starts_with("❌ "));
        }
    }

    #[test]
    fn any_text_behind_two_dashes_arrives_unchanged(text in r"\PC*\S\PC*") {
        let words = args(&["create-session", "--", &text]);
        let Parsed::Run(invocation) = parse(&words) else { return Err(TestCaseError::fail("refused")) };
        let Command::CreateSession(request) = invocation.command else {
            return Err(TestCaseError::fail("lost"));
        };
        prop_assert_eq!(request.text, Some(text));
    }
}
