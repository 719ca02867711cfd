//! The documents stay true: every attack has a number, every number a test, and every test that is named exists; the example
//! of the embedding guide is the program that is tested, and every variable of the help is in the reference.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where the table of attacks stands.
const ATTACKS: &str = "docs/security/attacks.md";

fn read(document: &str) -> String {
    fs::read_to_string(root().join(document)).unwrap_or_else(|error| panic!("{document}: {error}"))
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
    let rows = document.lines();
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
    let document = read(ATTACKS);
    let named = named_tests(&document);
    assert!(
        named.len() >= 30,
        "the document names {} tests",
        named.len()
    );
    for (file, name) in named {
        let source = fs::read_to_string(root().join(&file))
            .unwrap_or_else(|error| panic!("{ATTACKS} names {file}: {error}"));
        assert!(
            has_test(&source, &name),
            "{ATTACKS} names {name}, which is no test in {file}"
        );
    }
}

#[test]
fn every_attack_has_its_number_an_answer_and_a_test() {
    let document = read(ATTACKS);
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

#[test]
fn the_example_of_the_embedding_guide_is_the_program_that_is_tested() {
    let guide = read("docs/embedding.md");
    let example = guide.split("```rust\n").nth(1).and_then(|rest| {
        let (code, _) = rest.split_once("\n```\n")?;
        Some(format!("{code}\n"))
    });
    assert_eq!(
        example.as_deref(),
        Some(read("host-harness/examples/embed.rs").as_str()),
        "copy host-harness/examples/embed.rs into docs/embedding.md"
    );
}

/// Names of variables in a text: capitals with an underscore.
fn variables_in(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.split(|c: char| !is_part(c))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
        .filter(|word| word.len() > 4 && word.contains('_') && !word.ends_with('_'))
        .collect()
}

#[test]
fn every_variable_of_the_help_and_of_the_contract_is_in_the_reference_and_no_other() {
    let (reference, help) = (
        read("docs/configuration.md"),
        read("host-harness/cli/src/help.rs"),
    );
    let told = variables_in(&reference);
    // The help takes those of the chats from the contract.
    let of_chats: BTreeSet<&str> = contract::channels::CHANNELS
        .iter()
        .flat_map(|channel| {
            let all = &channel.variables;
            all.of_app()
                .chain([all.base_url, channel.section.chosen_by])
        })
        .collect();
    let shown = &variables_in(&help) | &of_chats;
    let contract: BTreeSet<&str> = contract::settings::VARIABLES
        .iter()
        .map(|variable| variable.name)
        .collect();
    let missing: Vec<_> = shown
        .union(&contract)
        .filter(|name| !told.contains(*name))
        .collect();
    assert!(
        missing.is_empty(),
        "not in docs/configuration.md: {missing:?}"
    );
    let unknown: Vec<_> = told
        .iter()
        .filter(|name| !shown.contains(*name) && !contract.contains(*name))
        .collect();
    assert!(
        unknown.is_empty(),
        "in docs/configuration.md alone: {unknown:?}"
    );
}
