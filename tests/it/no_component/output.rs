//! What a component could make people see, and how much of it.

use std::sync::{Arc, Mutex};

use host_harness::{CallError, CommandEnd, LimitHit, Output, Stdio, limits};

use super::{Attack, attack};
use crate::env::block_on;

/// The component's command line, and what came out of it on a terminal.
fn as_a_command(attack: &Attack) -> (Result<CommandEnd, CallError>, String) {
    command(attack, &["query-session", attack.name])
}

/// The same with these arguments.
pub fn command(attack: &Attack, arguments: &[&str]) -> (Result<CommandEnd, CallError>, String) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let stdio = Stdio {
        stdout: Output::to_terminal(Seen(Arc::clone(&seen))),
        stderr: Output::to_terminal(Seen(Arc::clone(&seen))),
        key_input: Box::new(|| Err("there is none".to_owned())),
    };
    let arguments = arguments.iter().map(Into::into).collect();
    let end = block_on(async { attack.harness().run_command(arguments, stdio).await });
    let text = String::from_utf8(seen.lock().unwrap().clone()).unwrap();
    (end, text)
}

struct Seen(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Nothing that a terminal would obey.
#[track_caller]
fn assert_harmless(text: &str) {
    let obeyed = text.find(|c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r'));
    assert_eq!(obeyed, None, "{text:?}");
}

#[test]
pub fn floods_standard_error() {
    attack!(floods_standard_error)
        .end()
        .stopped_at(LimitHit::Output(limits::STDERR_BYTES));
}

#[test]
pub fn floods_standard_output() {
    attack!(floods_standard_output)
        .end()
        .stopped_at(LimitHit::Output(limits::STDOUT_BYTES));
}

#[test]
pub fn floods_the_log() {
    attack!(floods_the_log)
        .end()
        .stopped_at(LimitHit::Log(limits::STEP_LOG_BYTES));
}

#[test]
pub fn commands_the_terminal() {
    let attack = attack!(commands_the_terminal).in_every_call();
    for event in attack.on_the_timer() {
        let line = event.to_string();
        assert_harmless(&line);
        assert!(!line.contains('\n'), "more than one line: {line:?}");
    }
    assert_harmless(&attack.env.log(attack.name));
    let (end, seen) = as_a_command(&attack);
    assert_eq!(end.unwrap().exit_code, 0);
    assert!(seen.contains("all is well"), "{seen:?}");
    assert_harmless(&seen);
}

#[test]
pub fn fails_with_commands_for_the_terminal() {
    let attack = attack!(fails_with_commands_for_the_terminal);
    let lines: Vec<String> = attack
        .on_the_timer()
        .iter()
        .map(ToString::to_string)
        .collect();
    lines.iter().for_each(|line| assert_harmless(line));
    let longest = lines.iter().map(String::len).max().unwrap();
    assert!(longest < 10_000, "a line of {longest} bytes");
    assert_harmless(&attack.env.log(attack.name));
}

#[test]
pub fn reads_standard_input() {
    attack!(reads_standard_input).end().told("closed");
}
