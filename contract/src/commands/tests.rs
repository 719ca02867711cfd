//! The table holds together, and lines are read by it.

#[cfg(unix)]
use std::ffi::OsString;

use proptest::prelude::*;

use super::{
    Asked, Group, Line, Runner, Side, Value, all, find, is_nowhere, is_of_harness, of_component,
    read,
};

fn run(words: &[&str]) -> Line {
    match read(words, Side::Harness) {
        Ok(Asked::Run(line)) => line,
        other => panic!("{words:?}: {other:?}"),
    }
}

fn mistake(words: &[&str]) -> String {
    match read(words, Side::Harness) {
        Err(mistake) => mistake.sentence,
        other => panic!("{words:?}: {other:?}"),
    }
}

#[test]
fn names_are_unique_and_an_option_takes_a_value_everywhere_or_nowhere() {
    let mut names: Vec<&str> = all().map(|command| command.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for one in of_component().flat_map(|command| command.options) {
        for other in of_component().flat_map(|command| command.options) {
            if one.name == other.name {
                assert_eq!(
                    one.value == Value::Flag,
                    other.value == Value::Flag,
                    "{}",
                    one.name
                );
                assert_eq!(
                    (one.many, one.harness_only),
                    (other.many, other.harness_only)
                );
            }
        }
    }
}

#[test]
fn every_command_of_the_component_stands_under_a_heading_that_its_help_shows() {
    for command in of_component() {
        assert!(
            Group::OF_COMPONENT.contains(&command.group),
            "{}",
            command.name
        );
        for text in [
            command.about,
            command.body,
            command.example,
            command.exits.0,
            command.exits.1,
        ] {
            assert!(!text.is_empty(), "{}", command.name);
        }
    }
    assert!(all().any(|command| command.runner == Runner::Harness && command.name == "skill"));
}

#[test]
fn a_line_becomes_arguments_that_read_as_the_same_line() {
    for words in [
        &["create-session", "--chat-id=-x", "--", "--json"][..],
        &["query-session", "s1", "--after-seq", "3", "--json"],
        &["query-session", "--", "-s1"],
        &[
            "download-results",
            "--urls",
            "a",
            "b",
            "--prefix",
            "",
            "--",
            "s1",
        ],
        &["create-session", "-"],
        &["create-session", "--", "-"],
    ] {
        let line = run(words);
        let again = line.arguments();
        let texts: Vec<&str> = again.iter().map(|word| word.to_str().unwrap()).collect();
        let second = run(&texts);
        assert_eq!(second.arguments(), again, "{words:?}");
        assert_eq!((line.word(), line.json), (second.word(), second.json));
    }
}

#[test]
fn a_dash_is_standard_input_and_behind_two_dashes_a_word() {
    for words in [
        &["create-session", "-"][..],
        &["create-session", "--words", "-"],
        &["create-session", "--words=-"],
        &["create-session", "--words-file", "-"],
    ] {
        let line = run(words);
        assert!(line.has("words") && line.word().is_none(), "{words:?}");
    }
    let line = run(&["create-session", "--", "-"]);
    assert_eq!(
        (line.has("words"), line.word().as_deref()),
        (false, Some("-"))
    );
}

#[test]
fn the_words_stand_in_one_place() {
    for words in [
        &["create-session", "a", "--words", "-"][..],
        &["create-session", "--words-file", "f", "--words", "-"],
        &["create-session", "--words-file", "f", "--", "a"],
    ] {
        assert!(mistake(words).contains("more than once"), "{words:?}");
    }
    assert!(mistake(&["create-session", "--words", "a"]).contains("standard input"));
    assert!(mistake(&["create-session", "--kind", "song", "a"]).contains("image or video"));
}

#[cfg(unix)]
#[test]
fn what_is_not_utf8_is_refused_wherever_it_stands_but_in_the_name_of_a_file() {
    use std::os::unix::ffi::OsStringExt;
    let latin = || OsString::from_vec(b"caf\xe9".to_vec());
    let sentence = |words: Vec<OsString>| match read(words, Side::Harness) {
        Err(mistake) => mistake.sentence,
        other => panic!("{other:?}"),
    };
    assert!(
        sentence(vec!["create-session".into(), latin()]).starts_with("The words are not UTF-8")
    );
    assert!(sentence(vec!["query-session".into(), latin()]).contains("not UTF-8"));
    for option in ["session-id", "chat-id", "channel"] {
        let joined = [OsString::from(format!("--{option}=")), latin()].join(&OsString::new());
        for words in [
            vec![
                "create-session".into(),
                "a".into(),
                format!("--{option}").into(),
                latin(),
            ],
            vec!["create-session".into(), "a".into(), joined],
        ] {
            assert!(sentence(words).contains(&format!("--{option} is not UTF-8")));
        }
    }
    assert!(matches!(
        read(
            vec!["upload".into(), "--file".into(), latin()],
            Side::Harness
        ),
        Ok(Asked::Run(_))
    ));
}

#[test]
fn an_empty_chat_is_nowhere_and_a_missing_one_is_not() {
    for (channel, chat, nowhere) in [
        (Some(""), Some(""), true),
        (None, Some(" "), true),
        (Some("feishu"), Some(""), true),
        (Some(""), None, true),
        (Some(""), Some("ou_1"), false),
        (None, None, false),
        (Some("feishu"), None, false),
    ] {
        assert_eq!(is_nowhere(channel, chat), nowhere, "{channel:?} {chat:?}");
    }
}

#[test]
fn only_a_submit_that_can_be_sent_counts_as_one() {
    for (words, submits) in [
        (&["create-session", "a", "--chat-id", "ou_1"][..], true),
        (&["create-session", "a", "--channel", "Feishu"], true),
        (&["create-session", "--session-id", "s"], true),
        (&["create-session", "--chat-id", "ou_1"], false),
        (&["create-session", "a", "--channel", "pigeon"], false),
        (&["recover", "s"], false),
    ] {
        assert_eq!(run(words).submits(), submits, "{words:?}");
    }
}

#[test]
fn sessions_are_found_wherever_the_table_has_them() {
    for words in [
        &["recover", "s1"][..],
        &["query-session", "--json", "s1"],
        &["--json", "status", "s1"],
        &["wait-and-deliver", "--session-id=s1"],
        &["create-session", "a", "--session-id", "s1"],
        &["download-results", "--prefix", "p", "s1"],
    ] {
        assert_eq!(
            run(words).of_kind(Value::Session).as_deref(),
            Some("s1"),
            "{words:?}"
        );
    }
    assert_eq!(run(&["create-session", "a"]).of_kind(Value::Session), None);
}

#[test]
fn options_of_the_program_around_are_unknown_to_the_component() {
    let words = ["setup", "--api-key", "k", "--keyring"];
    assert!(run(&words).has("keyring"));
    assert!(read(words, Side::Component).is_err());
    assert!(
        !find("setup")
            .unwrap()
            .usage(Side::Component)
            .contains("keyring")
    );
}

proptest! {
    #[test]
    fn any_line_that_can_be_read_survives_being_written(words in proptest::collection::vec(
        prop_oneof![
            r"-{0,3}\PC{0,6}",
            prop::sample::select(vec![
                "create-session", "download-results", "recover", "--urls", "--", "-", "--chat-id", "--session-id=x",
                "--words", "--prefix", "--json", "--after-seq=1", "query-session",
            ]).prop_map(str::to_owned),
        ], 0..7)) {
        if let Ok(Asked::Run(line)) = read(&words, Side::Harness) {
            let again = line.arguments();
            let Ok(Asked::Run(second)) = read(again.clone(), Side::Harness) else {
                return Err(TestCaseError::fail(format!("{again:?} can't be read")));
            };
            prop_assert_eq!(second.arguments(), again);
            prop_assert_eq!(line.word(), second.word());
        }
    }
}

#[test]
fn the_component_knows_the_names_of_the_other_sides_commands_and_nothing_else_of_them() {
    for command in all() {
        let is_theirs = command.runner == Runner::Harness;
        assert_eq!(is_of_harness(command.name), is_theirs, "{}", command.name);
    }
    assert!(!is_of_harness("") && !is_of_harness("serv"));
}

#[test]
fn a_group_whose_number_is_below_zero_is_a_chat_and_no_option() {
    let line = |arguments: &[&str]| match read(arguments.iter().copied(), Side::Component) {
        Ok(Asked::Run(line)) => line.text("chat-id"),
        _ => None,
    };
    let ask = |value: &str| line(&["create-session", "a cat", "--chat-id", value]);
    assert_eq!(ask("-1001234567890").as_deref(), Some("-1001234567890"));
    for value in ["--json", "-x", "-5x", "--5"] {
        assert_eq!(ask(value), None, "{value}");
    }
    let other = ["create-session", "a cat", "--session-id", "-5"];
    assert!(read(other, Side::Component).is_err());
}
