//! A command that ran to its end, and what a test says about it.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use super::TIMEOUT;
use super::secrets::Seen;
use serde_json::Value;

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    shown: String,
}

/// A command on its way.
pub struct Running {
    child: Child,
    stdout: mpsc::Receiver<String>,
    stderr: mpsc::Receiver<String>,
    shown: String,
    seen: Seen,
}

impl Running {
    pub(super) fn start(mut command: Command, input: Option<String>, seen: &Seen) -> Self {
        if input.is_some() {
            command.stdin(Stdio::piped());
        }
        let shown = format!("{:?}", command.get_args().collect::<Vec<_>>());
        let mut child = command.spawn().unwrap();
        if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
            // A command that doesn't read it may have ended.
            let _ = stdin.write_all(input.as_bytes());
        }
        let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
        Self {
            child,
            stdout,
            stderr,
            shown,
            seen: seen.clone(),
        }
    }

    /// The most memory it has had so far, where the system tells.
    pub fn peak_memory_kb(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }

    /// Waits for its end; what takes longer than [`TIMEOUT`] is killed and fails the test.
    #[track_caller]
    pub fn finish(mut self) -> Output {
        let ended = self
            .stdout
            .recv_timeout(TIMEOUT)
            .and_then(|out| Ok((out, self.stderr.recv_timeout(TIMEOUT)?)));
        let Ok((stdout, stderr)) = ended else {
            let _ = self.child.kill();
            let _ = self.child.wait();
            panic!("{} did not end within {TIMEOUT:?}\n{}", self.shown, again());
        };
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        self.seen.printed(&self.shown, &stdout);
        self.seen.printed(&self.shown, &stderr);
        Output {
            code,
            stdout,
            stderr,
            shown: self.shown,
        }
    }
}

fn read(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

/// How to see a failure again.
pub(super) fn again() -> String {
    let name = thread::current().name().unwrap_or_default().to_owned();
    format!("again: cargo test -p tests -- {name}")
}

impl Output {
    /// Everything, for a failure.
    #[track_caller]
    pub fn fail(&self, what: &str) -> ! {
        panic!(
            "{what}\n$ libtv-video {}\nexit code {}\n--- stdout\n{}--- stderr\n{}---\n{}",
            self.shown,
            self.code,
            self.stdout,
            self.stderr,
            again()
        )
    }

    /// Ended with this code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        if self.code != code {
            self.fail(&format!("exit code {code} was expected"));
        }
        self
    }

    /// Ended well.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.exits(0)
    }

    /// Refused: exit code 1, and the first line is `❌` with this text behind it.
    #[track_caller]
    pub fn refused(self, text: &str) -> Self {
        let first = self.stdout.lines().next().unwrap_or_default();
        if self.code != 1 || first != format!("❌ {text}") {
            self.fail(&format!("expected to be refused with\n❌ {text}"));
        }
        self
    }

    /// Has this line on stdout.
    #[track_caller]
    pub fn line(self, line: &str) -> Self {
        if !self.stdout.lines().any(|printed| printed == line) {
            self.fail(&format!("no line\n{line}"));
        }
        self
    }

    /// Has this somewhere on stdout.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        if !self.stdout.contains(text) {
            self.fail(&format!("stdout doesn't hold\n{text}"));
        }
        self
    }

    /// Has this nowhere on stdout.
    #[track_caller]
    pub fn never_says(self, text: &str) -> Self {
        if self.stdout.contains(text) {
            self.fail(&format!("stdout holds\n{text}"));
        }
        self
    }

    /// Has this somewhere on stderr.
    #[track_caller]
    pub fn hints(self, text: &str) -> Self {
        if !self.stderr.contains(text) {
            self.fail(&format!("stderr doesn't hold\n{text}"));
        }
        self
    }

    /// The session that a submit began.
    #[track_caller]
    pub fn session_id(&self) -> String {
        self.json()["sessionId"].as_str().unwrap().to_owned()
    }

    /// Stdout is exactly one line of JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value) if self.stdout.trim_end().lines().count() == 1 => value,
            _ => self.fail("stdout is not one line of JSON"),
        }
    }
}
