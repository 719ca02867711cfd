//! The contract as Wassette's policy and as tables of a document. Text in, text out.

use std::fmt::Write;

use contract::channels::CHANNELS;
use contract::imports::IMPORTS;
use contract::services::{Position, Route, SERVICES, Service};
use contract::settings::{FOLDER, Origin, VARIABLES};

/// What a person must not edit says so, and how to change it.
const NOTE: &str = "Written from the contract by `cargo run -p capabilities -- write`.";
const BEGIN: &str = "<!-- Written from the contract by `cargo run -p capabilities -- write`. -->\n";
const END: &str = "<!-- Up to here. -->\n";

/// A policy for Wassette, which knows hosts, variables and folders.
pub fn wassette() -> String {
    let channels = CHANNELS.map(|channel| channel.name).join(", ");
    let mut text = format!(
        "# {NOTE}\n\
         version: \"1.0\"\n\
         description: \"Videos and images from LibTV, delivered to {channels}\"\n\
         permissions:\n\
         \x20 storage:\n\
         \x20   allow:\n\
         \x20     # A folder beside the component; it has to exist.\n\
         \x20     - uri: \"fs:/{FOLDER}\"\n\
         \x20       access: [\"read\", \"write\"]\n\
         \x20 network:\n\
         \x20   allow:\n"
    );
    for host in crate::hosts() {
        let _ = writeln!(text, "      - host: {host:?}");
    }
    text += "  environment:\n    allow:\n";
    for variable in &VARIABLES {
        // Those that users set.
        if let Origin::Secret | Origin::Credentials | Origin::User = variable.from {
            let _ = writeln!(text, "      - key: {:?}", variable.name);
        }
    }
    text
}

/// A document with the tables between its marks.
///
/// # Errors
/// It has no such marks.
pub fn between_marks(document: &str, tables: &str) -> Result<String, String> {
    let place = document.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = place.ok_or("a document has no place for its tables")?;
    Ok(format!("{before}{BEGIN}{tables}{END}{after}"))
}

/// The variables that the component reads, in the contract's order.
pub fn variables() -> String {
    let mut table = "| variable | who sets it | meaning |\n|---|---|---|\n".to_owned();
    for variable in &VARIABLES {
        let who = match variable.from {
            Origin::User => "you",
            Origin::Credentials => "you, as part of the credentials",
            Origin::Secret => "you; the component gets a placeholder",
            Origin::Runtime => "whoever sets up the runtime",
            Origin::Harness => "the harness alone",
            Origin::Test => "tests in stock runtimes",
        };
        let _ = writeln!(
            table,
            "| `{}` | {who} | {} |",
            variable.name, variable.meaning
        );
    }
    table
}

/// Services, routes and imports.
pub fn routes() -> String {
    let mut tables = "| service | origin | granted when | with |\n|---|---|---|---|\n".to_owned();
    for service in SERVICES {
        let moved = service
            .moved_by
            .map_or(String::new(), |variable| format!("; moved by `{variable}`"));
        let _ = writeln!(
            tables,
            "| {} | {}{moved} | {} | {} |",
            service.name,
            code(service.origins.iter().copied()),
            service.when,
            credential(service),
        );
    }
    tables += "\n| route | headers | query | for calls of the kind |\n|---|---|---|---|\n";
    for route in SERVICES.iter().flat_map(|service| service.routes) {
        let _ = writeln!(tables, "{}", row(route));
    }
    tables += "\n| it imports | for |\n|---|---|\n";
    for import in &IMPORTS {
        let _ = writeln!(tables, "| `{}` | {} |", import.name, import.purpose);
    }
    tables
}

fn credential(service: &Service) -> String {
    let Some(credential) = service.credential else {
        return "no credential".to_owned();
    };
    let place = match credential.position {
        Position::Header { name, .. } => format!("`{name}`"),
        Position::PathSegment { .. } => "its path".to_owned(),
        Position::Query { name } => format!("`{name}` of the query"),
        Position::Signature => "no place: it signs what is sent".to_owned(),
    };
    format!("{}, in {place}", credential.what)
}

fn row(route: &Route) -> String {
    use contract::services::Key;
    let mut what = format!("`{} {}`", route.method.name(), route.path);
    if route.paid {
        what += ", costs money";
    }
    if route.commits {
        what += ", sends a message";
    }
    let names = route.headers.iter().map(|header| header.name);
    let signed = route.query.iter().any(|key| matches!(key, Key::Begins(_)));
    let keys: Vec<&str> = route
        .query
        .iter()
        .filter_map(|key| match key {
            Key::Is(name) | Key::Message(name) | Key::OwnMessage(name) => Some(*name),
            Key::Begins(_) => None,
        })
        .collect();
    let all = route.query.contains(&Key::Begins(""));
    let query = match (signed, keys.is_empty()) {
        (true, _) if all => "whatever the address has".to_owned(),
        (true, _) => "what links to a store have: size, format, time, signature".to_owned(),
        (false, true) => "none".to_owned(),
        (false, false) => code(keys.into_iter()),
    };
    let kinds: Vec<&str> = route.kinds.iter().map(|kind| kind.name()).collect();
    format!(
        "| {what} | {} | {query} | {} |",
        code(names),
        kinds.join(", ")
    )
}

fn code<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let marked: Vec<String> = texts.map(|text| format!("`{text}`")).collect();
    marked.join(", ")
}
