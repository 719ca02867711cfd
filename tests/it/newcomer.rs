//! What README.md tells somebody who tries it with a key of Ark, done word by word against the fake: from the set-up to a film in the
//! chat.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use fakes::{ARK_KEY, Fake};

use crate::env::{PROGRAM, TestEnv};

const README: &str = include_str!("../../README.md");

/// The commands for the other shell of "Without an account", as they stand there.
fn commands() -> Vec<&'static str> {
    let behind = README.split("\n## Without an account\n").nth(1).unwrap();
    let section = behind.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1);
    let block = blocks.last().unwrap().split("```").next().unwrap();
    block.lines().collect()
}

#[test]
fn a_newcomer_gets_from_the_readme_to_a_film_in_the_chat() {
    let env = TestEnv::builder()
        .config(None)
        .var("NO_PROXY", "127.0.0.1")
        .start();
    // What the fakes' own program leaves there: the rest of it is in the environment already.
    let folder = env.folder();
    std::fs::create_dir(folder.join("try")).unwrap();
    let exports = format!("export FAKE_ARK_KEY={ARK_KEY}\n");
    std::fs::write(folder.join("try/env"), exports).unwrap();
    env.holds_secrets(folder.join("try/env"));
    let programs = folder.join("bin");
    std::fs::create_dir(&programs).unwrap();
    let program = programs.join("libtv-video");
    std::fs::write(&program, format!("#!/bin/sh\nexec '{PROGRAM}' \"$@\"\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();

    let commands = commands();
    for part in [
        ". try/env",
        "setup --service ark --api-key -",
        "serve &",
        "create-session",
    ] {
        let found = commands.iter().any(|line| line.contains(part));
        assert!(found, "{part}: {commands:?}");
    }
    // The last one shows it for as long as somebody looks.
    let all = commands.iter().filter(|line| !line.contains("--watch"));
    let mut script: String = all.map(|line| format!("{line}\n")).collect();
    script.push_str("read -r _\nkill $!\nwait\n");
    let mut shell = Command::new("/bin/sh")
        .args(["-ec", &script])
        .env_clear()
        .envs(env.vars())
        .env("PATH", &programs)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let shown = env.wait_for_messages("oc_0123", 1);
    assert_eq!(shown[0].msg_type, "media");
    shell.stdin.take().unwrap().write_all(b"\n").unwrap();
    let output = shell.wait_with_output().unwrap();
    for printed in [output.stdout, output.stderr] {
        env.printed(&String::from_utf8_lossy(&printed));
    }
    assert_eq!(env.feishu().chat("oc_0123").messages().len(), 1);
    let made = env.ark().made();
    assert_eq!((made.len(), made[0].key.as_str()), (1, ARK_KEY));
    assert!(env.gateway().requests().is_empty());
}
