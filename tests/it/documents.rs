//! SECURITY.md stays true: every attack has a number, every number a test, and every test it names exists.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The rows of the table of attacks: number or name, what is tried, what answers it, tests.
fn attacks(document: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim().trim_matches('|');
        inner
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    let section = document
        .split("\n## ")
        .find(|part| part.starts_with("Attacks\n"));
    let rows = section.unwrap_or_default().lines();
    rows.filter(|line| line.starts_with("| ") && !line.starts_with("| |"))
        .map(cells)
        .collect()
}

/// Whether a row has a number: `A12`. The others have names.
fn is_numbered(attack: &[String]) -> bool {
    attack[0]
        .strip_prefix('A')
        .is_some_and(|number| number.parse::<u32>().is_ok())
}

/// The names of tests in a text: `path/file.rs::name`.
fn named_tests(text: &str) -> Vec<(String, String)> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.split_once(".rs::"))
        .map(|(file, name)| (format!("{file}.rs"), name.to_owned()))
        .collect()
}

/// Whether `source` has a test function of this name.
fn has_test(source: &str, name: &str) -> bool {
    let head = format!("fn {name}(");
    let lines: Vec<&str> = source.lines().collect();
    lines.iter().enumerate().any(|(index, line)| {
        let is_function = line
            .trim_start()
            .trim_start_matches("pub ")
            .trim_start_matches("async ")
            .starts_with(&head);
        // Attributes stand directly above it.
        let attributes = lines[..index].iter().rev().map(|line| line.trim());
        is_function
            && attributes
                .take_while(|line| line.starts_with("#["))
                .any(|line| line == "#[test]" || line.starts_with("#[tokio::test"))
    })
}

#[test]
fn every_test_that_the_security_document_names_exists() {
    let document = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let named = named_tests(&document);
    assert!(
        named.len() >= 30,
        "the document names {} tests",
        named.len()
    );
    for (file, name) in named {
        let source = fs::read_to_string(root().join(&file))
            .unwrap_or_else(|error| panic!("SECURITY.md names {file}: {error}"));
        assert!(
            has_test(&source, &name),
            "SECURITY.md names {name}, which is no test in {file}"
        );
    }
}

#[test]
fn every_attack_has_its_number_an_answer_and_a_test() {
    let document = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let attacks = attacks(&document);
    assert!(attacks.len() >= 50, "{} attacks", attacks.len());
    for attack in &attacks {
        let [name, tried, answer, tests] = attack.as_slice() else {
            panic!("not four cells: {attack:?}");
        };
        assert!(
            ![name, tried, answer].iter().any(|cell| cell.is_empty()),
            "{attack:?}"
        );
        assert!(!named_tests(tests).is_empty(), "{name} has no test");
    }
    let numbered = attacks.iter().filter(|attack| is_numbered(attack));
    for (index, attack) in numbered.enumerate() {
        assert_eq!(attack[0], format!("A{}", index + 1));
    }
}

#[test]
fn a_function_that_is_no_test_or_only_begins_like_one_is_not_taken_for_it() {
    let source = "#[test]\n#[cfg(unix)]\npub fn one() {}\nfn two() {}\n#[tokio::test(x)]\nasync fn three_more() {}\n";
    let found: Vec<bool> = ["one", "two", "three", "three_more"]
        .map(|name| has_test(source, name))
        .to_vec();
    assert_eq!(found, [true, false, false, true]);
}
