//! `libtv-video audit`: the record of what every call did, and whether it is whole. Reads files only: it works while
//! `serve` writes them, without a key and without a network.

use std::collections::VecDeque;

use host::{AuditLog, Home, Verified, VerifyError};
use serde_json::{Value, json};

use super::{FAILED, environment, print};

/// What is wanted of the record.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Lines as they are stored.
    pub(crate) json: bool,
    /// Only the calls of this session.
    pub(crate) session: Option<String>,
    /// The latest so many calls; `None` for all.
    pub(crate) last: Option<usize>,
    /// Check it instead of showing it.
    pub(crate) verify: bool,
}

/// Shows or checks the record; the exit code.
pub(crate) fn audit(wanted: &Wanted) -> u8 {
    let home = match environment::nexu_home() {
        Ok(root) => Home::at(root),
        Err(reason) => {
            print::error(&reason);
            return FAILED;
        }
    };
    let log = AuditLog::at(home.audit());
    if wanted.verify {
        verify(&log, &home, wanted.json)
    } else {
        show(&log, wanted)
    }
}

/// Prints the wanted lines: all of them as they are read, else the latest, for which the whole record is read.
fn show(log: &AuditLog, wanted: &Wanted) -> u8 {
    let colours = print::has_colours();
    let put = |text: &str, line: &Value| {
        if wanted.json {
            print::out(text);
        } else {
            print::out(&for_people(line, colours));
        }
    };
    let open = log.without_end().unwrap_or_default();
    let is_wanted = |line: &Value| match &wanted.session {
        Some(session) => line["session"] == session.as_str(),
        None => true,
    };
    let mut latest: VecDeque<(String, Value)> = VecDeque::new();
    let mut any = false;
    let read = log.read(|text, line| {
        if !is_wanted(line) {
            return;
        }
        any = true;
        match wanted.last {
            None => put(text, line),
            Some(count) => {
                latest.push_back((text.to_owned(), line.clone()));
                // No more than is wanted stands in memory: the record may be long.
                if latest.len() > count {
                    latest.pop_front();
                }
            }
        }
    });
    for line in open.iter().filter(|line| is_wanted(line)) {
        any = true;
        latest.push_back((line.to_string(), line.clone()));
        if wanted.last.is_some_and(|count| latest.len() > count) {
            latest.pop_front();
        }
    }
    if let Err(error) = read {
        print::error(&format!(
            "The record in {} can't be read: {error}",
            log.folder().display()
        ));
        return FAILED;
    }
    latest.iter().for_each(|(text, line)| put(text, line));
    if !any && !wanted.json {
        print::out(&format!(
            "No call is recorded in {}.",
            log.folder().display()
        ));
    }
    0
}

/// Checks every line against the one before it. 1 where one was changed, removed, moved or put in.
fn verify(log: &AuditLog, home: &Home, as_json: bool) -> u8 {
    let mut result = log.verify();
    if let Ok(found) = &mut result {
        // Their lines are still to be written.
        let open = log.without_end().unwrap_or_default();
        let lost = open.iter().filter(|line| line["outcome"] == "no-end");
        found.without_end += lost.count() as u64;
    }
    let is_empty = |found: &Verified| found.lines + found.without_end == 0 && found.torn.is_empty();
    // An empty record is whole by itself. That calls were made shows that somebody removed it.
    if result.as_ref().is_ok_and(is_empty) && home.shows_calls() {
        let what = format!(
            "There is no record in {}, although calls were made in this home: it was removed, or $NEXU_HOME moved without it.",
            log.folder().display()
        );
        if as_json {
            print::out(&json!({"whole": false, "what": what}).to_string());
        } else {
            print::error(&what);
        }
        return FAILED;
    }
    match &result {
        _ if as_json => print::out(&verdict(&result).to_string()),
        Ok(found) => print::out(&format!("✅ {}", whole(found))),
        Err(error) => print::error(&error.to_string()),
    }
    if result.is_ok() { 0 } else { FAILED }
}

/// What is said of a record that is whole: how long it is, where a crash tore it, and which calls have no end.
fn whole(found: &Verified) -> String {
    let Verified {
        lines,
        first_n,
        torn,
        open_end,
        without_end,
        kept,
        ..
    } = found;
    let mut text = format!("The record is whole: {lines} lines");
    if *first_n > 1 {
        text.push_str(&format!(
            ", from number {first_n} on; older ones were pruned"
        ));
        if *kept > 0 {
            text.push_str(&format!(", but {kept}, the first and last of each day"));
        }
    }
    text.push('.');
    if *without_end > 0 {
        text.push_str(&format!(
            "\n   {without_end} of the calls have no end: their process was killed, and what they did is not known. See them \
             with: libtv-video audit --all"
        ));
    }
    for (index, place) in torn.iter().enumerate() {
        let is_open = *open_end && index + 1 == torn.len();
        let state = if is_open {
            "the next call closes it"
        } else {
            "closed"
        };
        text.push_str(&format!("\n   {place}: torn by a crash, {state}"));
    }
    text
}

/// The same for programs, also of one that isn't whole.
fn verdict(result: &Result<Verified, VerifyError>) -> Value {
    match result {
        Ok(found) => json!({
            "whole": true,
            "lines": found.lines,
            "first_n": found.first_n,
            "kept": found.kept,
            "torn": found.torn.iter().map(|place| json!({"file": place.file, "line": place.line})).collect::<Vec<_>>(),
            "open_end": found.open_end,
            "without_end": found.without_end,
        }),
        Err(VerifyError::Broken { at, what }) => {
            json!({"whole": false, "file": at.file, "line": at.line, "what": what.to_string()})
        }
        Err(error) => json!({"whole": false, "what": error.to_string()}),
    }
}

/// One call, on as many lines as it made kinds of requests.
fn for_people(line: &Value, colours: bool) -> String {
    let text = |name: &str| plain(line[name].as_str().unwrap_or_default());
    let number = |name: &str| line[name].as_u64().unwrap_or(0);
    let outcome = text("outcome");
    let colour = match outcome.as_str() {
        "ok" => "32",
        "" | "under-way" => "2",
        _ => "31",
    };
    let call = match line["command"].as_str() {
        Some(command) => plain(command),
        None => text("call"),
    };
    let mut shown = format!(
        "{} {:<17} {} {}",
        print::paint(&text("at"), "2", colours),
        call,
        print::paint(&format!("{outcome:<22}"), colour, colours),
        text("session"),
    )
    .trim_end()
    .to_owned();
    if line["took_ms"].is_u64() {
        let mut facts = format!("took {} ms", number("took_ms"));
        if line["component"].is_string() {
            facts.push_str(&format!(
                ", processor {:.1} ms, memory {}, component {:.12}",
                number("cpu_us") as f64 / 1000.0,
                size(number("peak_memory_bytes")),
                text("component"),
            ));
        }
        facts.push_str(&format!(", policy {:.12}", text("policy")));
        shown.push_str(&format!("\n    {}", print::paint(&facts, "2", colours)));
    }
    for exchange in line["egress"].as_array().into_iter().flatten() {
        shown.push_str(&format!("\n    {}", request(exchange)));
    }
    for refusal in line["refused"].as_array().into_iter().flatten() {
        let of = |name: &str| plain(refusal[name].as_str().unwrap_or_default());
        let told = format!(
            "🔒 refused ({}): {} — granted by: {}",
            of("reason"),
            of("wanted"),
            of("granted_by")
        );
        shown.push_str(&format!("\n    {}", print::paint(&told, "31", colours)));
    }
    let (kept, all) = (
        line["refused"].as_array().map_or(0, Vec::len),
        number("refused_count"),
    );
    if all > kept as u64 {
        shown.push_str(&format!("\n    🔒 and {} more refused", all - kept as u64));
    }
    let handles: Vec<String> = line["credentials"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|name| Some(plain(name.as_str()?)))
        .collect();
    if !handles.is_empty() {
        shown.push_str(&format!("\n    🔑 {}", handles.join(", ")));
    }
    shown
}

/// A kind of request that a call made, with how often each answer came.
fn request(exchange: &Value) -> String {
    let of = |name: &str| plain(exchange[name].as_str().unwrap_or_default());
    let bytes = |name: &str| size(exchange[name].as_u64().unwrap_or(0));
    let answers: Vec<String> = exchange["answers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(answer, count)| match count.as_u64() {
            Some(1) => plain(answer),
            _ => format!("{}×{}", plain(answer), plain(&count.to_string())),
        })
        .collect();
    let by = match exchange["by"].as_str() {
        Some("harness") => "  by the harness",
        _ => "",
    };
    let url = format!("{}{}", of("origin"), of("path"));
    format!(
        "{:<5} {url:<70} {:<12} {:>9} out {:>9} in{by}",
        of("method"),
        answers.join(" "),
        bytes("sent_bytes"),
        bytes("received_bytes"),
    )
}

/// What stands in a file is shown, never obeyed.
fn plain(text: &str) -> String {
    host::seen(text, usize::MAX)
}

/// In units of a thousand, with one digit behind the point from a kilobyte on.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "kB", "MB", "GB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{bytes} B")
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_shown_with_its_requests_refusals_and_credentials_and_no_control_characters() {
        let line = json!({
            "n": 1, "at": "2026-01-01T00:00:00.000Z", "call": "poll", "session": "s\u{1b}[2J1",
            "component": "a".repeat(64), "policy": "b".repeat(64), "outcome": "ok", "took_ms": 7,
            "cpu_us": 1500, "peak_memory_bytes": 2_900_000,
            "egress": [{"by": "component", "method": "GET", "origin": "https://h", "path": "/s/{id}",
                        "answers": {"200": 2}, "sent_bytes": 0, "received_bytes": 1200}],
            "refused": [{"reason": "host", "wanted": "GET https://evil", "granted_by": "nothing"}],
            "credentials": ["libtv-api-key"],
        });
        let shown = for_people(&line, false);
        for part in [
            "poll",
            "s[2J1",
            "ok",
            "took 7 ms, processor 1.5 ms, memory 2.9 MB",
            "component aaaaaaaaaaaa,",
            "https://h/s/{id}",
            "200×2",
            "1.2 kB in",
            "🔒 refused (host)",
            "🔑 libtv-api-key",
        ] {
            assert!(shown.contains(part), "{part}\n{shown}");
        }
        assert!(!shown.contains('\u{1b}'));
        assert!(for_people(&line, true).contains('\u{1b}'));
    }
}
