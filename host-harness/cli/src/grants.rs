//! `libtv-video grants`: the policy in force, in words or as JSON. Looks at settings and files only; it works without a
//! network and without a key, and says then what a key would grant.

use host::GrantsReport;

use super::{FAILED, environment, print};

/// Prints the policy in force; 1 where the home can't be found.
pub(crate) fn grants(as_json: bool) -> u8 {
    let report = match environment::Outside::read() {
        Ok(outside) => GrantsReport::of(&outside.settings()),
        Err(reason) => {
            print::error(&reason);
            return FAILED;
        }
    };
    if as_json {
        match serde_json::to_string(&report) {
            Ok(text) => print::out(&text),
            Err(error) => {
                print::error(&error.to_string());
                return FAILED;
            }
        }
    } else {
        print::out(for_people(&report, print::has_colours()).trim_end());
    }
    0
}

/// In sections, in the order in which a cautious reader asks: whom, with what, to whom, which files.
fn for_people(report: &GrantsReport, colours: bool) -> String {
    let mut text = format!("What a component may do here (policy {})\n", report.policy);
    let mut section = |title: &str, lines: Vec<String>| {
        text.push_str(&format!("\n{}\n", print::paint(title, "1", colours)));
        lines
            .iter()
            .for_each(|line| text.push_str(&format!("  {}\n", line.trim_end())));
    };
    section("Requests: these, and no others", network(report));
    section(
        "Credentials: held outside; a placeholder stands inside",
        credentials(report),
    );
    section("Messages", messages(report));
    section("Files: these, and no others", files(report));
    section(
        "Environment variables it sees",
        vec![report.environment.join(", ")],
    );
    section("By arguments, beside that", calls(report));
    section("Limits: a step, a command", limits(report));
    section("Not granted", not_granted(report));
    text
}

fn network(report: &GrantsReport) -> Vec<String> {
    let mut lines = Vec::new();
    let mut last = "";
    for route in &report.network {
        if route.origin != last {
            let to = if route.addresses == "loopback" {
                "this machine only"
            } else {
                "public addresses only"
            };
            lines.push(format!("{} ({}, {to})", route.origin, route.service));
            last = &route.origin;
        }
        lines.push(format!("    {:<5} {}", route.method, route.path));
    }
    lines
}

fn credentials(report: &GrantsReport) -> Vec<String> {
    let line = |credential: &host::CredentialReport| {
        format!(
            "{:<20} to {}: {}",
            credential.name, credential.origin, credential.place
        )
    };
    let lines: Vec<String> = report.credentials.iter().map(line).collect();
    if lines.is_empty() {
        vec!["none".to_owned()]
    } else {
        lines
    }
}

fn messages(report: &GrantsReport) -> Vec<String> {
    let recipients = &report.recipients;
    let mut lines = vec![
        recipients.rule.to_owned(),
        format!("(kept in {})", recipients.folder),
    ];
    let named = recipients.named.iter();
    lines
        .extend(named.map(|to| format!("    {:<8} {}", to.receive_id_type, plain(&to.receive_id))));
    match &recipients.trouble {
        Some(reason) => lines.push(format!("    not all can be shown: {reason}")),
        None if recipients.named.is_empty() => lines.push("    none yet".to_owned()),
        None => {}
    }
    lines
}

fn calls(report: &GrantsReport) -> Vec<String> {
    let line = |call: &host::CallReport| [call.calls.to_owned(), format!("    {}", call.grants)];
    report.calls.iter().flat_map(line).collect()
}

/// An id is shown, never obeyed.
fn plain(text: &str) -> String {
    host::seen(text, usize::MAX)
}

fn files(report: &GrantsReport) -> Vec<String> {
    let line = |file: &host::FileReport| {
        [
            format!("{} ({})", file.path, file.access),
            format!("    {}, as {}", file.calls, file.seen_as),
        ]
    };
    report.files.iter().flat_map(line).collect()
}

fn limits(report: &GrantsReport) -> Vec<String> {
    let line = |limit: &host::LimitRow| {
        let (step, command) = (grouped(limit.step), grouped(limit.command));
        if step == command {
            format!("{:<28} {step:>14} {}", limit.name, limit.unit)
        } else {
            format!(
                "{:<28} {step:>14} {}, a command {command}",
                limit.name, limit.unit
            )
        }
    };
    report.limits.iter().map(line).collect()
}

fn not_granted(report: &GrantsReport) -> Vec<String> {
    let mut lines: Vec<String> = report
        .missing
        .iter()
        .map(|text| (*text).to_owned())
        .chain(report.unusable.iter().map(|text| plain(text)))
        .collect();
    lines.push("sockets, name look-ups, processes, other files, redirects, addresses that aren't public: nothing grants them".to_owned());
    lines
}

/// `1234567` as `1 234 567`.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_grouped() {
        for (value, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1 000"),
            (67_108_864, "67 108 864"),
        ] {
            assert_eq!(grouped(value), text);
        }
    }
}
