//! The timer as a process, killed when the test is done with it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::TIMEOUT;
use super::output::again;
use super::secrets::Seen;
use super::stopping::{ask_to_stop, on_its_own};

#[derive(Default)]
struct Printed {
    lines: Vec<String>,
    hints: Vec<String>,
    ended: bool,
}

/// A running `libtv-video serve`.
pub struct Serving {
    child: Child,
    printed: Arc<(Mutex<Printed>, Condvar)>,
}

impl Serving {
    pub(super) fn start(mut command: Command, seen: &Seen) -> Self {
        on_its_own(&mut command);
        let mut child = command.spawn().unwrap();
        let printed: Arc<(Mutex<Printed>, Condvar)> = Arc::default();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (shared, told) = (Arc::clone(&printed), seen.clone());
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                told.printed("serve", &line);
                shared.0.lock().unwrap().lines.push(line);
                shared.1.notify_all();
            }
            shared.0.lock().unwrap().ended = true;
            shared.1.notify_all();
        });
        // Shown with the test's own output as well.
        let shared = Arc::clone(&printed);
        let told = seen.clone();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                told.printed("serve", &line);
                eprintln!("serve: {line}");
                shared.0.lock().unwrap().hints.push(line);
                shared.1.notify_all();
            }
        });
        Self { child, printed }
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything it printed so far.
    pub fn lines(&self) -> Vec<String> {
        self.printed.0.lock().unwrap().lines.clone()
    }

    /// Waits until it has printed a line with `text`, and gives the line.
    #[track_caller]
    pub fn wait_for_line(&self, text: &str) -> String {
        self.wait_for(text, |printed| &printed.lines)
    }

    /// The same for standard error.
    #[track_caller]
    pub fn wait_for_hint(&self, text: &str) -> String {
        self.wait_for(text, |printed| &printed.hints)
    }

    #[track_caller]
    fn wait_for(&self, text: &str, of: impl Fn(&Printed) -> &[String]) -> String {
        let (lock, changed) = &*self.printed;
        let mut printed = lock.lock().unwrap();
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Some(line) = of(&printed).iter().find(|line| line.contains(text)) {
                return line.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !printed.ended && !left.is_zero(),
                "serve printed no line with {text:?}:\n{}\n{}",
                printed.lines.join("\n"),
                again()
            );
            printed = changed.wait_timeout(printed, left).unwrap().0;
        }
    }

    /// Waits for its end, and gives the exit code and how long it took.
    #[track_caller]
    pub fn wait(&mut self) -> (i32, Duration) {
        let began = Instant::now();
        let (lock, changed) = &*self.printed;
        let printed = lock.lock().unwrap();
        let (printed, timeout) = changed
            .wait_timeout_while(printed, TIMEOUT, |printed| !printed.ended)
            .unwrap();
        assert!(
            !timeout.timed_out(),
            "serve did not end:\n{}\n{}",
            printed.lines.join("\n"),
            again()
        );
        drop(printed);
        (
            self.child.wait().unwrap().code().unwrap_or(-1),
            began.elapsed(),
        )
    }

    /// Asks it to stop.
    pub fn interrupt(&self) {
        ask_to_stop(self.child.id());
    }

    /// Asks it to stop, and waits.
    #[track_caller]
    pub fn terminate(mut self) -> (i32, Duration) {
        self.interrupt();
        self.wait()
    }

    /// Ends it without warning, as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
