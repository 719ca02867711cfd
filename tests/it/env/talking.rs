//! A client of `libtv-video mcp` that writes the protocol by hand, so that it can also write it wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

use super::TIMEOUT;
use super::output::again;
use super::stopping::{ask_to_stop, on_its_own};

#[derive(Default)]
struct Heard {
    /// Standard output, message by message.
    messages: Vec<Value>,
    /// What stood there and was no message.
    foreign: Vec<String>,
    /// Standard error, line by line.
    log: Vec<String>,
    /// How many of the two have ended.
    ended: u8,
}

type Shared = Arc<(Mutex<Heard>, Condvar)>;

/// A conversation with a server; the server is killed when it is dropped.
pub struct Talking {
    child: Child,
    stdin: Option<ChildStdin>,
    heard: Shared,
    next_id: i64,
}

impl Talking {
    pub(super) fn start(mut command: Command) -> Self {
        on_its_own(&mut command);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let heard = Shared::default();
        listen(
            child.stdout.take().unwrap(),
            &heard,
            |heard, line| match serde_json::from_str::<Value>(&line) {
                Ok(message) if message["jsonrpc"] == "2.0" => heard.messages.push(message),
                Ok(_) | Err(_) => heard.foreign.push(line),
            },
        );
        listen(child.stderr.take().unwrap(), &heard, |heard, line| {
            eprintln!("mcp: {line}");
            heard.log.push(line);
        });
        let stdin = child.stdin.take();
        Self {
            child,
            stdin,
            heard,
            next_id: 0,
        }
    }

    /// The handshake; answers with what the server says of itself.
    pub fn shake_hands(&mut self) -> Value {
        let hello = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "0"},
        });
        let answer = self.ask("initialize", hello);
        self.notify("notifications/initialized", json!({}));
        answer["result"].clone()
    }

    /// A line as it is.
    pub fn write(&mut self, line: &[u8]) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(line).unwrap();
        stdin.write_all(b"\n").unwrap();
        stdin.flush().unwrap();
    }

    /// Sends a request, and gives its id.
    pub fn send(&mut self, method: &str, params: Value) -> i64 {
        self.next_id += 1;
        let id = self.next_id;
        let line = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.write(line.to_string().as_bytes());
        id
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        let line = json!({"jsonrpc": "2.0", "method": method, "params": params});
        self.write(line.to_string().as_bytes());
    }

    /// The answer to a request, result or error.
    #[track_caller]
    pub fn answer(&self, id: i64) -> Value {
        self.wait(&format!("no answer to request {id}"), |heard| {
            let answers = |message: &&Value| message["id"] == id;
            heard.messages.iter().find(answers).cloned()
        })
    }

    /// Asks and waits.
    #[track_caller]
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        self.answer(id)
    }

    /// Starts a tool, and gives the request's id; with a token for its progress.
    pub fn start_tool(&mut self, name: &str, arguments: Value, token: Option<&str>) -> i64 {
        let mut params = json!({"name": name, "arguments": arguments});
        if let Some(token) = token {
            params["_meta"] = json!({"progressToken": token});
        }
        self.send("tools/call", params)
    }

    /// Calls a tool; answers with its result, good or bad.
    #[track_caller]
    pub fn tool(&mut self, name: &str, arguments: Value) -> Value {
        let id = self.start_tool(name, arguments, None);
        let answer = self.answer(id);
        assert!(answer["result"].is_object(), "{answer}\n{}", again());
        answer["result"].clone()
    }

    /// Calls a tool that works; answers with its structured content.
    #[track_caller]
    pub fn good(&mut self, name: &str, arguments: Value) -> Value {
        let result = self.tool(name, arguments);
        assert_eq!(result["isError"], false, "{result}\n{}", again());
        result["structuredContent"].clone()
    }

    /// Calls a tool that doesn't work; answers with the error in its structured content.
    #[track_caller]
    pub fn bad(&mut self, name: &str, arguments: Value) -> Value {
        let result = self.tool(name, arguments);
        assert_eq!(result["isError"], true, "{result}\n{}", again());
        result["structuredContent"]["error"].clone()
    }

    /// The progress told under a token, so far.
    pub fn progress(&self, token: &str) -> Vec<Value> {
        let heard = self.heard.0.lock().unwrap();
        progress_of(&heard, token)
    }

    /// Waits until progress was told under a token.
    #[track_caller]
    pub fn wait_for_progress(&self, token: &str) {
        self.wait("no progress", |heard| {
            (!progress_of(heard, token).is_empty()).then_some(())
        });
    }

    /// Waits for a line with this text on standard error.
    #[track_caller]
    pub fn wait_for_log(&self, text: &str) {
        self.wait(&format!("nothing said {text:?}"), |heard| {
            heard
                .log
                .iter()
                .any(|line| line.contains(text))
                .then_some(())
        });
    }

    /// A line with this text is on standard error, now that the server has ended.
    #[track_caller]
    pub fn has_logged(&self, text: &str) {
        let heard = self.heard.0.lock().unwrap();
        assert!(
            heard.log.iter().any(|line| line.contains(text)),
            "nothing said {text:?}: {:#?}\n{}",
            heard.log,
            again()
        );
    }

    /// Waits for a message like this.
    #[track_caller]
    pub fn wait_for_message(&self, fits: impl Fn(&Value) -> bool) -> Value {
        self.wait("no such message", |heard| {
            heard.messages.iter().find(|message| fits(message)).cloned()
        })
    }

    /// Every message so far.
    pub fn messages(&self) -> Vec<Value> {
        self.heard.0.lock().unwrap().messages.clone()
    }

    /// Closes the server's input, and waits for its end.
    #[track_caller]
    pub fn close(&mut self) -> i32 {
        self.stdin = None;
        self.end()
    }

    /// Sends SIGTERM, and waits for its end. Its input stays open.
    #[track_caller]
    pub fn terminate(&mut self) -> i32 {
        ask_to_stop(self.child.id());
        self.end()
    }

    /// Waits for its end. Nothing but the protocol has stood on its output.
    #[track_caller]
    pub fn end(&mut self) -> i32 {
        self.wait("it did not end", |heard| (heard.ended == 2).then_some(()));
        let foreign = self.heard.0.lock().unwrap().foreign.clone();
        assert!(foreign.is_empty(), "{foreign:?}\n{}", again());
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    #[track_caller]
    fn wait<T>(&self, missing: &str, look: impl Fn(&Heard) -> Option<T>) -> T {
        let (lock, changed) = &*self.heard;
        let mut heard = lock.lock().unwrap();
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Some(found) = look(&heard) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                heard.ended < 2 && !left.is_zero(),
                "{missing}:\n{:#?}\n{:#?}\n{}",
                heard.messages,
                heard.log,
                again()
            );
            heard = changed.wait_timeout(heard, left).unwrap().0;
        }
    }
}

fn progress_of(heard: &Heard, token: &str) -> Vec<Value> {
    let told = heard.messages.iter().filter(|message| {
        message["method"] == "notifications/progress" && message["params"]["progressToken"] == token
    });
    told.map(|message| message["params"].clone()).collect()
}

fn listen(
    pipe: impl Read + Send + 'static,
    heard: &Shared,
    keep: impl Fn(&mut Heard, String) + Send + 'static,
) {
    let heard = Arc::clone(heard);
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            keep(&mut heard.0.lock().unwrap(), line);
            heard.1.notify_all();
        }
        heard.0.lock().unwrap().ended += 1;
        heard.1.notify_all();
    });
}

impl Drop for Talking {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
