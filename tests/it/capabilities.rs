//! The contract against the component itself: what it imports, and the hosts and variables in its data.

use std::collections::BTreeSet;

use capabilities::{hosts, workspace};
use contract::imports::{IMPORTS, MENTIONS};
use contract::settings::VARIABLES;
use host_harness::Component;
use wasmparser::{DataKind, Parser, Payload};
use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{Resolve, WorldId, WorldItem};

/// Ends of host names in use by anything around here: what ends so in the data is taken for a host.
const HOST_ENDINGS: [&str; 9] = [
    ".com", ".net", ".org", ".io", ".cn", ".tv", ".art", ".ai", ".dev",
];

fn decoded() -> (Resolve, WorldId) {
    match decode(Component::embedded_bytes()).unwrap() {
        DecodedWasm::Component(resolve, world) => (resolve, world),
        DecodedWasm::WitPackage(..) => panic!("not a component"),
    }
}

/// The bytes that the component carries as data, each segment by itself.
fn data() -> Vec<String> {
    let mut segments = Vec::new();
    for payload in Parser::new(0).parse_all(Component::embedded_bytes()) {
        if let Payload::DataSection(section) = payload.unwrap() {
            for segment in section {
                let segment = segment.unwrap();
                assert!(!matches!(segment.kind, DataKind::Passive));
                segments.push(String::from_utf8_lossy(segment.data).into_owned());
            }
        }
    }
    assert!(!segments.is_empty());
    segments
}

#[test]
fn the_component_imports_what_is_described_and_nothing_else() {
    let (resolve, world) = decoded();
    let mut types_only = Vec::new();
    let mut imports = BTreeSet::new();
    for (key, item) in &resolve.worlds[world].imports {
        let WorldItem::Interface { id, .. } = item else {
            continue;
        };
        let name = resolve.name_world_key(key);
        let (name, version) = name.split_once('@').unwrap();
        if resolve.interfaces[*id].functions.is_empty() && name.starts_with("libtv:") {
            types_only.push(name.to_owned());
        } else {
            assert_eq!(version, "0.2.12", "{name}");
            imports.insert(name.to_owned());
        }
    }
    // Nothing has to be provided for it.
    assert_eq!(types_only, ["libtv:video/types"]);
    let expected: BTreeSet<String> = IMPORTS.iter().map(|i| i.name.to_owned()).collect();
    assert_eq!(imports, expected);
}

#[test]
fn every_host_in_the_components_data_is_described() {
    let mentioned = MENTIONS.iter().map(|mention| mention.host);
    let known: Vec<&str> = hosts().chain(mentioned).collect();
    let data = data();
    for host in &known {
        assert!(
            data.iter().any(|segment| segment.contains(host)),
            "{host} is described and not in the component"
        );
    }
    for segment in &data {
        for (at, _) in segment.match_indices("://") {
            let rest = &segment[at + 3..];
            let is_known = known.iter().any(|host| rest.starts_with(host));
            // `127.0.0.1` stands in advice; a scheme alone has no host behind it.
            let begins_none = !rest.starts_with(|c: char| c.is_ascii_alphanumeric())
                || rest.starts_with("127.0.0.1")
                || !host_like(first_word(rest));
            assert!(
                is_known || begins_none,
                "unknown host: {}",
                first_word(rest)
            );
        }
        // With the star of a pattern: one that stands last has nothing behind it that would make it a part of another word.
        for word in segment.split(|c: char| !(c.is_ascii_alphanumeric() || "-.*".contains(c))) {
            let is_known = known.iter().any(|host| word.contains(host));
            assert!(is_known || !host_like(word), "unknown host: {word}");
        }
    }
}

/// Texts stand end to end in the data, so a host may go on with the next one's beginning.
fn host_like(word: &str) -> bool {
    HOST_ENDINGS.iter().any(|ending| {
        word.match_indices(ending).any(|(at, _)| {
            let label = word[..at].rsplit('.').next().unwrap_or_default();
            let next = word[at + ending.len()..].chars().next();
            // `serde_json.compile`, `core.iostream`: a letter in lower case goes on with the same word.
            label.len() > 1 && !next.is_some_and(|c| c.is_ascii_lowercase())
        })
    })
}

fn first_word(text: &str) -> &str {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || "-.".contains(c)))
        .unwrap_or(text.len());
    &text[..end]
}

#[test]
fn every_variable_in_the_components_data_is_described() {
    let known: Vec<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
    let data = data();
    for name in &known {
        assert!(
            data.iter().any(|segment| segment.contains(name)),
            "{name} is described and not in the component"
        );
    }
    for segment in &data {
        for prefix in ["LIBTV_", "FEISHU_", "SLACK_", "OPENCLAW_", "NEXU_"] {
            for (at, _) in segment.match_indices(prefix) {
                let rest = &segment[at..];
                // A help text speaks of `LIBTV_…`.
                let is_bare = rest[prefix.len()..].starts_with('…');
                assert!(
                    is_bare || known.iter().any(|name| rest.starts_with(name)),
                    "unknown variable: {}",
                    rest.chars().take(40).collect::<String>()
                );
            }
        }
    }
}

#[test]
fn the_component_carries_the_words_of_its_wit() {
    let (resolve, world) = decoded();
    let mut wit = Resolve::default();
    let (package, _) = wit.push_dir(workspace().join("wit")).unwrap();
    let source = wit.select_world(&[package], Some("libtv-video")).unwrap();
    let documented = |resolve: &Resolve, world: WorldId| -> BTreeSet<(String, String)> {
        let exports = resolve.worlds[world].exports.values();
        exports
            .filter_map(|item| match item {
                WorldItem::Function(function) => Some((
                    function.name.clone(),
                    function.docs.contents.clone().unwrap(),
                )),
                _ => None,
            })
            .collect()
    };
    let words = documented(&resolve, world);
    assert_eq!(words, documented(&wit, source));
    assert!(!words.is_empty());
}

#[test]
fn the_component_names_no_path_of_the_machine_it_was_built_on() {
    let home = std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME"));
    let own = workspace().display().to_string();
    for segment in data() {
        assert!(!segment.contains(&own), "{own}");
        assert!(!segment.contains(".cargo/"));
        if let Ok(home) = &home {
            assert!(!segment.contains(&format!("{home}/")), "{home}");
        }
    }
}
