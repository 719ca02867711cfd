//! Every command that SKILL.md tells an agent to run does what it says there, for a machine with the program and for one
//! with an MCP client, whose tools are compared with those of the server in `doors/mcp`. The commands for a stock runtime
//! are run in one: `tests/runtimes/skill.py`.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::env::{CHAT, PROGRAM, TestEnv};

const SKILL: &str = include_str!("../../SKILL.md");

/// Fenced blocks of shell, and spans of code that begin with the program's name.
fn commands(skill: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let (mut prose, mut rest) = (String::new(), skill);
    while let Some((before, block)) = rest.split_once("\n```") {
        prose.push_str(before);
        let (block, behind) = block.split_once("\n```").unwrap();
        if let Some(shell) = block.strip_prefix("bash\n") {
            commands.push(shell.to_owned());
        }
        rest = behind;
    }
    prose.push_str(rest);
    let spans = prose.split('`').skip(1).step_by(2);
    let named = spans.filter(|span| span.starts_with("libtv-video "));
    commands.extend(named.map(|span| span.split_whitespace().collect::<Vec<_>>().join(" ")));
    commands
}

/// In a shell, as an agent runs it; answers with what it printed.
fn run(env: &TestEnv, command: &str, input: &str) -> String {
    let program = env.folder().join("bin/libtv-video");
    std::fs::create_dir_all(program.parent().unwrap()).unwrap();
    let script = format!("#!/bin/sh\nexec '{PROGRAM}' \"$@\"\n");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let mut shell = Command::new("bash");
    shell
        .args(["-ec", command])
        .env_clear()
        .envs(env.vars())
        .env("PATH", path);
    let mut child = shell
        .current_dir(env.folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that doesn't read it may have ended.
    let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{command}\n--- {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_command_of_the_skill_runs_as_it_stands_there() {
    let env = TestEnv::builder().var("NO_PROXY", "127.0.0.1").start();
    std::fs::write(
        env.folder().join("reference.png"),
        testkit::media::png(8, 8).to_bytes(),
    )
    .unwrap();
    let id = env.submit("a cat");
    env.watch(&id).ok();
    let commands = commands(SKILL);
    assert!(commands.len() >= 15, "{commands:?}");
    let config = std::fs::read_to_string(env.config_path()).unwrap();
    for command in commands {
        // One of them removes the key.
        std::fs::write(env.config_path(), &config).unwrap();
        let command = command
            .replace("SESSION_ID", &id)
            .replace("the key\n", &format!("{}\n", testkit::GATEWAY_KEY))
            // Any command's help.
            .replace("COMMAND", "recover");
        match command.strip_prefix("libtv-video serve") {
            Some(options) => {
                let arguments = ["serve"].into_iter().chain(options.split_whitespace());
                let serve = env.serve_with(arguments);
                serve.wait_for_line("started: polling");
                assert_eq!(serve.terminate().0, 0);
            }
            // For whoever reads one.
            None => drop(run(&env, &command, testkit::GATEWAY_KEY)),
        }
    }
    assert!(
        env.feishu().chat(CHAT).messages().len() <= 2,
        "a command sent something twice"
    );
}

#[test]
fn an_mcp_clients_skill_has_the_entry_that_starts_the_server_and_the_command_that_stores_a_key() {
    let env = TestEnv::builder().var("NO_PROXY", "127.0.0.1").start();
    let skills = env.folder().join("skills");
    let skills = skills.to_str().unwrap();
    env.run(["skill", "install", "--for", skills, "--door", "mcp"])
        .ok();
    let text = std::fs::read_to_string(format!("{skills}/libtv-video/SKILL.md")).unwrap();
    for command in commands(&text) {
        run(&env, &command, testkit::GATEWAY_KEY);
    }
    assert_eq!(env.config()["apiKey"], testkit::GATEWAY_KEY);

    let entry = text.split("```json\n").nth(1).unwrap();
    let entry: Value = serde_json::from_str(entry.split("```").next().unwrap()).unwrap();
    let server = &entry["mcpServers"]["libtv-video"];
    let words = [&server["command"]]
        .into_iter()
        .chain(server["args"].as_array().unwrap());
    let words: Vec<&str> = words.map(|word| word.as_str().unwrap()).collect();
    let client = json!({"name": "test", "version": "0"});
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}});
    let said = run(&env, &words.join(" "), &format!("{hello}\n"));
    let answer: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!(answer["result"]["serverInfo"]["name"], "libtv-video");
}
