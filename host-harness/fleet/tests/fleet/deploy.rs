//! The files of `deploy/` as far as they can be checked without a cluster: what they run is what the program has.

use std::path::{Path, PathBuf};
use std::process::Command;

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(deploy().join(name)).unwrap()
}

/// The help of `libtv-video fleet …`, which names every command and option.
fn help(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_libtv-fleet-under-test"));
    let output = command.arg("fleet").args(arguments).arg("--help").output();
    let output = output.unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// What stands in an `args:` or `command:` of a manifest, and in the `CMD` and `ENTRYPOINT` of a container's file.
fn words(text: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        let list = ["args: ", "command: ", "CMD ", "ENTRYPOINT "]
            .iter()
            .find_map(|beginning| line.strip_prefix(beginning));
        if let Some(list) = list {
            all.push(serde_json::from_str(list).unwrap());
        }
    }
    all
}

#[test]
fn what_a_container_runs_the_program_has() {
    let serve = help(&["serve"]);
    let commands = help(&[]);
    let mut seen = 0;
    for name in ["Containerfile", "fleet.yaml"] {
        for line in words(&read(name)) {
            let line: Vec<&str> = line.iter().map(String::as_str).collect();
            match line.as_slice() {
                ["libtv-video", "fleet"] => {}
                [command, options @ ..] => {
                    assert!(commands.contains(command), "{name}: {command}");
                    for option in options.iter().filter(|word| word.starts_with("--")) {
                        assert!(serve.contains(option), "{name}: {option}");
                        seen += 1;
                    }
                }
                [] => panic!("{name}: nothing is run"),
            }
        }
    }
    assert!(seen >= 3, "the search sees something");
    assert_eq!(words(&read("first-rung.yaml")), [["libtv-video", "serve"]]);
}

#[test]
fn a_containers_file_has_instructions_alone_and_runs_as_nobody_important() {
    const INSTRUCTIONS: [&str; 9] = [
        "FROM",
        "RUN",
        "WORKDIR",
        "COPY",
        "USER",
        "ENV",
        "EXPOSE",
        "ENTRYPOINT",
        "CMD",
    ];
    let text = read("Containerfile");
    let mut goes_on = false;
    for line in text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
    {
        if !goes_on {
            let instruction = line.split(' ').next().unwrap();
            assert!(INSTRUCTIONS.contains(&instruction), "{line}");
        }
        goes_on = line.ends_with('\\');
    }
    assert!(!goes_on && text.contains("\nUSER 10001\n"));
}

#[test]
fn a_worker_is_asked_for_its_health_where_it_tells_it_and_has_time_to_drain() {
    let text = read("fleet.yaml");
    for probe in [
        "livenessProbe:\n            httpGet: {path: /healthz",
        "readinessProbe:\n            httpGet: {path: /readyz",
    ] {
        assert!(text.contains(probe), "{probe}");
    }
    let seconds = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("terminationGracePeriodSeconds: "));
    let seconds: u32 = seconds.unwrap().parse().unwrap();
    assert!(seconds > 30, "what steps get to end in");
    // A secret is named and never given.
    assert!(text.contains("secretKeyRef") && !text.contains("postgres://libtv:"));
}
