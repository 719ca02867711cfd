//! Every command that SKILL.md tells an agent to run does what it says there. What an MCP client's variant names is
//! compared with the tools in `doors/mcp`; the stock runtime's variant runs the same commands in `tests/runtimes`.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use crate::env::{CHAT, PROGRAM, TestEnv};

const SKILL: &str = include_str!("../../SKILL.md");

/// Fenced blocks of shell, and spans of code that begin with the program's name.
fn commands() -> Vec<String> {
    let mut commands = Vec::new();
    let (mut prose, mut rest) = (String::new(), SKILL);
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

/// In a shell, as an agent runs it; a key on standard input, for whoever reads one.
fn run(env: &TestEnv, command: &str) {
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
    let _ = std::io::Write::write_all(
        &mut child.stdin.take().unwrap(),
        testkit::GATEWAY_KEY.as_bytes(),
    );
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{command}\n--- {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
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
    let commands = commands();
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
            None => run(&env, &command),
        }
    }
    assert!(
        env.feishu().chat(CHAT).messages().len() <= 2,
        "a command sent something twice"
    );
}
