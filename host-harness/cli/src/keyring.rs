//! The keyring of the desktop (Secret Service: GNOME Keyring, KWallet, KeePassXC) for the API key, through `secret-tool` of
//! libsecret. The secret passes by pipes alone: neither the list of processes nor the environment holds it. One entry for each
//! `$NEXU_HOME`.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use host::{Keyring, Secret};

/// The program that speaks to the keyring: the secret stays out of this process's libraries.
const TOOL: &str = "secret-tool";
/// What the desktop's own program shows of the entry.
const LABEL: &str = "API key of libtv-video";
/// A person may have to type a password to unlock it; nobody does for longer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Short against an answer of the keyring, which takes some milliseconds.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// A key has some dozens of characters. What is longer is none, and a pipe holds this much without a reader.
const MAX_KEY_BYTES: u64 = 8 << 10;

/// The entry of one `$NEXU_HOME`.
pub(super) struct SecretService {
    home: String,
}

impl SecretService {
    /// That of this home.
    pub(super) fn of(nexu_home: &Path) -> Self {
        Self {
            home: nexu_home.display().to_string(),
        }
    }

    /// Runs the tool: what it printed, and whether it did what it was asked. That there is no such entry is told by its
    /// exit code alone; trouble also has words.
    fn ask(&self, action: &[&str], input: &str) -> Result<(bool, Vec<u8>), String> {
        // By home: two homes of one user keep two keys apart.
        let attributes = ["service", "libtv-video", "home", &self.home].map(OsStr::new);
        let mut tool = Command::new(TOOL)
            .args(action)
            .args(attributes)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|_| format!("none answers: {TOOL} of libsecret can't be run"))?;
        if let Some(mut stdin) = tool.stdin.take() {
            // An action that reads nothing may have ended.
            let _ = stdin.write_all(input.as_bytes());
        }
        // Bounded: a keyring that asks for a password where nobody sits would hold the command for ever.
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            match tool.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if Instant::now() < deadline => thread::sleep(LOOK_EVERY),
                Ok(None) | Err(_) => {
                    // It is ours, and has no answer for us.
                    let _ = tool.kill();
                    let _ = tool.wait();
                    return Err("it doesn't answer".to_owned());
                }
            }
        };
        let printed = |pipe: Option<&mut dyn Read>| {
            let mut bytes = Vec::new();
            // What can't be read is as good as nothing.
            let _ = pipe.map(|pipe| pipe.take(MAX_KEY_BYTES).read_to_end(&mut bytes));
            bytes
        };
        let answer = printed(tool.stdout.as_mut().map(|pipe| pipe as &mut dyn Read));
        let words = printed(tool.stderr.as_mut().map(|pipe| pipe as &mut dyn Read));
        if !status.success() && !words.is_empty() {
            // In words of ours: the tool's may hold anything.
            return Err("none answers, or it is locked".to_owned());
        }
        Ok((status.success(), answer))
    }
}

impl Keyring for SecretService {
    fn load(&self) -> Result<Option<Secret>, String> {
        let (found, key) = self.ask(&["lookup"], "")?;
        match String::from_utf8(key) {
            Ok(key) if found && !key.is_empty() => Ok(Some(Secret::new(key))),
            Ok(_) => Ok(None),
            Err(_) => Err("what it holds is no key".to_owned()),
        }
    }

    fn store(&self, secret: &str) -> Result<(), String> {
        let label = format!("--label={LABEL}");
        match self.ask(&["store", &label], secret)? {
            (true, _) => Ok(()),
            (false, _) => Err("it doesn't take the key".to_owned()),
        }
    }

    fn remove(&self) -> Result<(), String> {
        self.ask(&["clear"], "").map(|_| ())
    }
}
