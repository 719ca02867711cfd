//! The contract as JSON. One line a route, so that a person can compare two versions.

use std::fmt::Write;

use contract::channels::CHANNELS;
use contract::ids::MAX_ID_BYTES;
use contract::imports::{IMPORTS, MENTIONS};
use contract::kind::Kind;
use contract::services::{
    Body, Credential, Granted, Header, IdKind, Key, Member, Position, Recipient, Route, SERVICES,
    Service, Value as Says,
};
use contract::settings::{FOLDER, VARIABLES};
use serde_json::{Value, json};

/// `capabilities.json`.
pub fn capabilities() -> String {
    let services = SERVICES.map(service);
    let mentions = MENTIONS.map(|mention| json!({"host": mention.host, "why": mention.why}));
    let variables = VARIABLES.map(|variable| json!({"name": variable.name, "from": variable.from.name(), "meaning": variable.meaning}));
    let imports = IMPORTS.map(|import| json!({"name": import.name, "for": import.purpose}));
    let calls = Kind::ALL.map(|kind| json!({"kind": kind.name(), "max_requests": kind.max_requests(), "max_paid": kind.max_paid()}));
    format!(
        "{{\n  \"note\": {},\n  \"folder\": {},\n  \"max_id_bytes\": {MAX_ID_BYTES},\n  \"services\": [\n{}\n  ],\n  \"calls\": {},\n  \
         \"mentions\": {},\n  \"environment\": {},\n  \"imports\": {}\n}}\n",
        json!("Written from the contract by `cargo run -p capabilities -- write`."),
        json!(FOLDER),
        services.join(",\n"),
        list(&calls),
        list(&mentions),
        list(&variables),
        list(&imports),
    )
}

fn list(items: &[Value]) -> String {
    let lines: Vec<String> = items.iter().map(|item| format!("    {item}")).collect();
    format!("[\n{}\n  ]", lines.join(",\n"))
}

fn service(service: &Service) -> String {
    let key_prefix = service.keys().map(|keys| keys.prefix);
    let key = service
        .keys()
        .map(|keys| json!({"service": keys.service, "variable": keys.variable}));
    let with_key_of = match service.granted {
        Granted::WithKeyOf(word) => Some(word),
        Granted::Always
        | Granted::WithKey(_)
        | Granted::WithApp
        | Granted::WithAppOf(_)
        | Granted::Beside(_) => None,
    };
    let members = [
        ("id", json!(service.id)),
        ("name", json!(service.name)),
        ("origins", json!(service.origins)),
        ("moved_by", json!(service.moved_by)),
        ("when", json!(service.when)),
        ("key_prefix", json!(key_prefix)),
        ("key", json!(key)),
        ("with_key_of", json!(with_key_of)),
        ("app", json!(app(service))),
        (
            "credential",
            service.credential.map_or(Value::Null, credential),
        ),
        ("ranges", json!(service.ranges)),
    ];
    let mut text = "    {\n".to_owned();
    for (name, value) in members {
        let _ = writeln!(text, "      \"{name}\": {value},");
    }
    let routes: Vec<String> = service
        .routes
        .iter()
        .map(|known| format!("        {}", route(known)))
        .collect();
    let _ = write!(
        text,
        "      \"routes\": [\n{}\n      ]\n    }}",
        routes.join(",\n")
    );
    text
}

/// The variables that make an app, for a service that is granted with one.
fn app(service: &Service) -> Option<Vec<&'static str>> {
    let mut channels = CHANNELS.into_iter();
    let id = match service.granted {
        Granted::WithAppOf(id) => id,
        _ => service.id,
    };
    let channel = channels.find(|channel| channel.service.id == id)?;
    Some(channel.variables.of_app().collect())
}

fn credential(credential: Credential) -> Value {
    let what = credential.what;
    match credential.position {
        Position::Header { name, prefix } => {
            json!({"what": what, "header": name.to_ascii_lowercase(), "prefix": prefix})
        }
        Position::PathSegment { prefix } => json!({"what": what, "path": true, "prefix": prefix}),
        Position::Query { name } => json!({"what": what, "query": name}),
        Position::Signature => json!({"what": what, "signs": true}),
    }
}

fn route(route: &Route) -> Value {
    let query: Vec<Value> = route
        .query
        .iter()
        .map(|key| match key {
            Key::Is(name) | Key::Message(name) | Key::OwnMessage(name) => json!(name),
            Key::Begins(prefix) => json!({"begins": prefix}),
        })
        .collect();
    let headers: Vec<Value> = route.headers.iter().map(header).collect();
    let kind = match route.body {
        Body::None => "none",
        Body::Json(_) => "json",
        Body::Fields(_) => "fields",
        Body::Bytes(_) => "bytes",
        Body::Sealed(_) => "sealed",
        Body::Measured(_) => "measured",
        Body::Multipart(_) | Body::Parts { json: None, .. } => "multipart",
        Body::Parts { json: Some(_), .. } => "multipart-or-json",
    };
    let recipient = match route.recipient {
        None => Value::Null,
        Some(Recipient::Message | Recipient::OwnMessage) => json!("path"),
        Some(Recipient::Path { kind }) => json!({"path": 0, "kind": id_kind(kind)}),
        Some(Recipient::Query { name, kind }) => json!({"query": name, "kind": id_kind(kind)}),
        Some(Recipient::JsonField { name, kind }) => {
            json!({"field": name, "kind": id_kind(kind)})
        }
    };
    let kinds: Vec<&str> = route.kinds.iter().map(|kind| kind.name()).collect();
    let mut written = json!({
        "method": route.method.name(),
        "path": route.path,
        "query": query,
        "headers": headers,
        "body": {"kind": kind, "max_bytes": route.body.max_bytes()},
        "credential": route.credential,
        "paid": route.paid,
        "commits": route.commits,
        "recipient": recipient,
        "members": members(route.members),
        "calls": kinds,
    });
    // Who can't tell which addresses were named has to leave such a route out.
    if route.only_named {
        written["only_named"] = json!(true);
    }
    written
}

fn id_kind(kind: IdKind) -> &'static str {
    match kind {
        IdKind::Query(name) | IdKind::Always(name) => name,
    }
}

fn members(members: &[Member]) -> Value {
    let names = members.iter().map(|member| match member.needed {
        true => json!(member.name),
        false => json!({"may": member.name}),
    });
    names.collect()
}

fn header(header: &Header) -> Value {
    match header.value {
        Says::Any => json!({"name": header.name}),
        Says::Exactly(text) => json!({"name": header.name, "is": text}),
        Says::Range => json!({"name": header.name, "kind": "range"}),
        Says::Length => json!({"name": header.name, "kind": "length"}),
        Says::ContentType => json!({"name": header.name, "kind": "content-type"}),
        Says::Key => json!({"name": header.name, "kind": "key"}),
    }
}
