//! Every command that SKILL.md tells an agent to run does what it says there and nothing else, for a machine with the program and for one
//! with an MCP client, whose tools are compared with those of the server in `host-harness/mcp`. The commands for a stock runtime
//! are run in one: `tests/runtimes/skill.py`.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
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

/// What stands for a value in the document, as an agent fills it in.
const SESSION_ID: &str = "SESSION_ID";
const VALUES: [&str; 6] = [
    SESSION_ID,
    "CHAT_ID",
    "WORDS_FILE",
    "KEY_FILE",
    "FILE",
    "FOLDER",
];

/// Puts `script` on a path of its own, as the program. Nothing else is there: what else a command tries to run, fails.
fn installed(folder: &Path, script: &str) -> PathBuf {
    let programs = folder.join("bin");
    std::fs::create_dir_all(&programs).unwrap();
    let program = programs.join("libtv-video");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    programs
}

/// In a shell, as an agent runs it, with values for what stands in quotes.
fn shell(folder: &Path, path: &Path, command: &str, values: &[(&str, &str)]) -> Command {
    let mut shell = Command::new("/bin/bash");
    shell.args(["-ec", command]).env_clear().env("PATH", path);
    shell.envs(values.iter().copied()).current_dir(folder);
    shell
}

/// The same with the real program; answers with what it printed.
fn run(env: &TestEnv, command: &str, values: &[(&str, &str)], input: &str) -> String {
    let script = format!("#!/bin/sh\nexec '{PROGRAM}' \"$@\"\n");
    let path = installed(env.folder(), &script);
    let mut shell = shell(env.folder(), &path, command, values);
    shell.envs(env.vars()).env("PATH", path);
    let mut child = shell
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
    let file = |name: &str, bytes: &[u8]| {
        let path = env.folder().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let picture = file("reference.png", &fakes::media::png(8, 8).to_bytes());
    let words = file("words.txt", b"a cat on the moon");
    let key = file("key.txt", fakes::GATEWAY_KEY.as_bytes());
    let results = env.folder().join("results");
    let id = env.submit("a cat");
    env.watch(&id).ok();
    let values = [
        id.as_str(),
        CHAT,
        &words,
        &key,
        &picture,
        results.to_str().unwrap(),
    ];
    let values: Vec<(&str, &str)> = VALUES.into_iter().zip(values).collect();
    let commands = commands(SKILL);
    assert!(commands.len() >= 15, "{commands:?}");
    let config = std::fs::read_to_string(env.config_path()).unwrap();
    for command in commands {
        // One of them removes the key.
        std::fs::write(env.config_path(), &config).unwrap();
        // Any command's help.
        let command = command.replace("COMMAND", "recover");
        match command.strip_prefix("libtv-video serve") {
            Some(options) => {
                let arguments = ["serve"].into_iter().chain(options.split_whitespace());
                let serve = env.serve_with(arguments);
                serve.wait_for_line("started: polling");
                assert_eq!(serve.terminate().0, 0);
            }
            // For whoever reads one.
            None => drop(run(&env, &command, &values, fakes::GATEWAY_KEY)),
        }
    }
    // As the document asks for it.
    std::fs::remove_file(&key).unwrap();
    assert!(
        env.feishu().chat(CHAT).messages().len() <= 4,
        "a command sent something twice"
    );
}

/// What a person who talks to the agent may write, or a service answer as an id, to have it executed. Each makes a file
/// whose name begins with `owned` when a shell reads it as code; none needs a program.
const HOSTILE: [&str; 12] = [
    "$(>owned-substitution)",
    "`>owned-backticks`",
    "'; >owned-single; '",
    "\"; >owned-double; \"",
    "x\nLIBTV_TEXT\n>owned-delimiter\n",
    "x\nEOF\n>owned-eof\nLIBTV_TEXT\nLIBTV_KEY\n>owned-key\n",
    "x\n>owned-line\ny",
    "x; >owned-semicolon",
    "x & >owned-ampersand | >owned-pipe",
    "${X:=$(>owned-parameter)} $((1 + $(>owned-arithmetic)))",
    "--help",
    "-n \\\n>owned-backslash !! *",
];

#[test]
fn nothing_but_the_program_runs_whatever_stands_in_a_value_or_in_the_words() {
    let folder = tempfile::tempdir().unwrap();
    // Prints what it was called with, and what it can read.
    let script = "#!/bin/bash\nprintf '<%s>' \"$@\"\n";
    let path = installed(folder.path(), script);
    for command in commands(SKILL) {
        let unquoted = VALUES.into_iter().fold(command.clone(), |rest, name| {
            rest.replace(&format!("\"${name}\""), "")
        });
        let bare = VALUES.into_iter().find(|name| unquoted.contains(name));
        assert_eq!((bare, unquoted.contains('$')), (None, false), "{command}");
        for hostile in HOSTILE {
            std::fs::write(folder.path().join("input"), hostile).unwrap();
            let values = VALUES.map(|name| (name, hostile));
            // A file that the shell itself opens has to be there.
            let values = values.map(|(name, value)| match name {
                "KEY_FILE" => (name, "input"),
                _ => (name, value),
            });
            let ran = shell(folder.path(), &path, &command, &values)
                .output()
                .unwrap();
            let printed = String::from_utf8_lossy(&ran.stdout);
            for (name, value) in values.iter().filter(|(name, _)| *name != "KEY_FILE") {
                let quoted = format!("\"${name}\"");
                let arrives = !command.contains(&quoted) || printed.contains(&format!("<{value}>"));
                assert!(arrives, "{command}\n{name}={value:?}\n{printed}");
            }
            let made = std::fs::read_dir(folder.path()).unwrap();
            let names = made.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut made: Vec<String> = names.collect();
            made.sort_unstable();
            assert_eq!(made, ["bin", "input"], "{command}\n{hostile:?}");
        }
    }
}

#[test]
fn the_words_arrive_as_they_were_written_whatever_they_hold() {
    let env = TestEnv::builder().var("NO_PROXY", "127.0.0.1").start();
    let submits = commands(SKILL);
    let submit = submits
        .iter()
        .find(|command| command.contains("create-session --channel feishu"))
        .unwrap();
    let words = env.folder().join("words.txt");
    let values = [("CHAT_ID", CHAT), ("WORDS_FILE", words.to_str().unwrap())];
    for (at, hostile) in HOSTILE.into_iter().enumerate() {
        std::fs::write(&words, hostile).unwrap();
        run(&env, submit, &values, "");
        let sent = env.gateway().submits()[at].text.clone();
        assert!(
            sent.starts_with(hostile.trim_end()),
            "{hostile:?}: {sent:?}"
        );
    }
}

/// As the simplest reader does it: a name, a colon, the rest of the line.
#[test]
fn the_front_matter_can_be_read_line_by_line() {
    let texts = [
        SKILL,
        include_str!("../../host-harness/cli/src/skill/mcp.md"),
        include_str!("../../host-harness/cli/src/skill/runtime.md"),
    ];
    for text in texts {
        let (front, _) = text
            .strip_prefix("---\n")
            .unwrap()
            .split_once("\n---\n")
            .unwrap();
        let value = |name: &str| {
            let mut lines = front.lines();
            let line = lines.find_map(|line| line.strip_prefix(&format!("{name}: ")));
            line.unwrap_or_else(|| panic!("no {name} on a line of its own"))
                .to_owned()
        };
        assert_eq!(value("name"), "libtv-video");
        for (name, most) in [
            ("description", 1024),
            ("compatibility", 500),
            ("license", 100),
        ] {
            let value = value(name);
            let length = value.chars().count();
            assert!((10..=most).contains(&length), "{name}: {length} characters");
            // Block scalars, and what YAML reads as something else.
            assert!(
                !value.starts_with(['>', '|', '"', '\'', '[', '{', '&', '*']),
                "{value}"
            );
            assert!(!value.contains(": ") && !value.contains(" #"), "{value}");
        }
        assert!(!front.contains('\t'));
    }
    for line in [
        "  openclaw:",
        "    requires:",
        "      bins:",
        "        - libtv-video",
        "    install:",
    ] {
        assert!(SKILL.lines().any(|known| known == line), "{line}");
    }
}

#[test]
fn an_mcp_clients_skill_has_the_entry_that_starts_the_server_and_the_command_that_stores_a_key() {
    let env = TestEnv::builder().var("NO_PROXY", "127.0.0.1").start();
    let skills = env.folder().join("skills");
    let skills = skills.to_str().unwrap();
    env.run(["skill", "install", "--for", skills, "--integration", "mcp"])
        .ok();
    let text = std::fs::read_to_string(format!("{skills}/libtv-video/SKILL.md")).unwrap();
    for command in commands(&text) {
        run(&env, &command, &[], fakes::GATEWAY_KEY);
    }
    assert_eq!(env.config()["apiKey"], fakes::GATEWAY_KEY);

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
    let said = run(&env, &words.join(" "), &[], &format!("{hello}\n"));
    let answer: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!(answer["result"]["serverInfo"]["name"], "libtv-video");
}
