//! The description in three forms. Text in, text out.

use std::fmt::Write;

use crate::{Capabilities, Origin, Service};

/// What a person must not edit says so, and how to change it.
const NOTE: &str = "Written from capabilities.json by `cargo run -p capabilities -- write`.";
const BEGIN: &str =
    "<!-- Written from capabilities.json by `cargo run -p capabilities -- write`. -->\n";
/// From here on rustfmt gives every part of a tuple a line of its own.
const WIDEST_TUPLE: usize = 60;
const END: &str = "<!-- Up to here. -->\n";

/// Constants for the harness's policy, as rustfmt would write them.
pub fn rust(capabilities: &Capabilities) -> Result<String, String> {
    let mut text = format!("//! What may be reached by default. {NOTE}\n\nuse http::Method;\n");
    for service in &capabilities.services {
        for (index, origin) in service.origins.iter().enumerate() {
            let name = origin_name(service, index)?;
            text += &format!(
                "\n/// Where {} lives.\npub(crate) const {name}: &str = {origin:?};\n",
                service.name
            );
        }
    }
    for service in &capabilities.services {
        text += &format!(
            "\n/// The routes of {}.\npub(crate) const {}_ROUTES: [(Method, &str); {}] = [\n",
            service.name,
            service.id.to_uppercase(),
            service.routes.len()
        );
        for route in &service.routes {
            let (method, path) = route
                .split_once(' ')
                .ok_or_else(|| format!("not a method and a path: {route}"))?;
            let pair = format!("Method::{method}, {path:?}");
            text += &if pair.len() <= WIDEST_TUPLE {
                format!("    ({pair}),\n")
            } else {
                format!(
                    "    (\n        {},\n    ),\n",
                    pair.replace(", ", ",\n        ")
                )
            };
        }
        text += "];\n";
    }
    let passed_on = names(capabilities, &[Origin::User]);
    text += &format!(
        "\n/// Variables that reach the component as they are (ARCHITECTURE.md, \"The port\").\npub const PASSED_ON: [&str; {}] = [\n",
        passed_on.len()
    );
    for name in passed_on {
        text += &format!("    {name:?},\n");
    }
    text += "];\n";
    Ok(text)
}

/// The first origin has the service's name, others that of their host's second level.
fn origin_name(service: &Service, index: usize) -> Result<String, String> {
    if index == 0 {
        return Ok(service.id.to_uppercase());
    }
    let origin = service.origins.get(index).map_or("", String::as_str);
    let name = origin.rsplit('.').nth(1);
    name.map(str::to_uppercase)
        .ok_or_else(|| format!("no name can be made from {origin}"))
}

/// A policy for Wassette, which knows hosts, variables and folders.
pub fn wassette(capabilities: &Capabilities) -> String {
    let mut text = format!(
        "# {NOTE}\n\
         version: \"1.0\"\n\
         description: \"Videos and images from LibTV, delivered to Feishu or Lark\"\n\
         permissions:\n\
         \x20 storage:\n\
         \x20   allow:\n\
         \x20     # A folder beside the component; it has to exist.\n\
         \x20     - uri: \"fs:/{}\"\n\
         \x20       access: [\"read\", \"write\"]\n\
         \x20 network:\n\
         \x20   allow:\n",
        capabilities.folder
    );
    for host in capabilities.hosts() {
        text += &format!("      - host: {host:?}\n");
    }
    text += "  environment:\n    allow:\n";
    let set_by_users = [Origin::Secret, Origin::Credentials, Origin::User];
    for name in names(capabilities, &set_by_users) {
        text += &format!("      - key: {name:?}\n");
    }
    text
}

/// `SECURITY.md` with the tables between their marks.
pub fn security(capabilities: &Capabilities, document: &str) -> Result<String, String> {
    let place = document.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = place.ok_or("SECURITY.md has no place for the tables")?;
    let mut tables =
        "| service | origin | granted when | with | routes |\n|---|---|---|---|---|\n".to_owned();
    for service in &capabilities.services {
        let moved = service
            .moved_by
            .as_ref()
            .map_or(String::new(), |variable| format!("; moved by `{variable}`"));
        let _ = writeln!(
            tables,
            "| {} | {}{moved} | {} | {} | {} |",
            service.name,
            code(&service.origins),
            service.when,
            service.credential.as_deref().unwrap_or("no credential"),
            code(&service.routes)
        );
    }
    tables += "\n| it imports | for |\n|---|---|\n";
    for import in &capabilities.imports {
        let _ = writeln!(tables, "| `{}` | {} |", import.name, import.purpose);
    }
    Ok(format!("{before}{BEGIN}{tables}{END}{after}"))
}

fn code(texts: &[String]) -> String {
    let marked: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
    marked.join(", ")
}

fn names<'a>(capabilities: &'a Capabilities, from: &[Origin]) -> Vec<&'a str> {
    capabilities
        .environment
        .iter()
        .filter(|variable| from.contains(&variable.from))
        .map(|variable| variable.name.as_str())
        .collect()
}
