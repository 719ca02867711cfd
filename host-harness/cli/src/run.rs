//! A command of the component, in the sandbox.

use std::ffi::OsString;
use std::io::{IsTerminal, Read, stderr, stdin, stdout};

use contract::commands::{Asked, MAX_WORDS_BYTES, Side, read, words_from_bytes};
use host::{CallError, Output, Stdio, text_from_bytes};

use super::{FAILED, autostart, environment, polled, print, signals};

/// A key has some dozens of characters; what is longer is refused by the library.
const KEY_INPUT_BYTES: u64 = 8 << 10;

/// Runs the command and gives its exit code; that of the signal where one ended it.
pub(crate) async fn run(arguments: Vec<OsString>) -> u8 {
    let asked = read(arguments.iter(), Side::Harness);
    let wants_words = matches!(&asked, Ok(Asked::Run(line)) if line.has("words"));
    let is_check = arguments.first().is_some_and(|command| command == "check");
    let wants_json = wants_json(&arguments);
    let harness = match environment::harness_for_one_call() {
        Ok(harness) => harness,
        Err(reason) if wants_json => {
            print::out(&error_json("permanent", "not-started", &reason, "", None));
            return FAILED;
        }
        Err(reason) => {
            print::error(&reason);
            return FAILED;
        }
    };
    let autostart = matches!(&asked, Ok(Asked::Run(line))
        if line.submits() && autostart::is_wanted(harness.home(), line.has("autostart")));
    // Before the submit, so that its reply can say that the results will arrive.
    if autostart && let Err(reason) = autostart::ensure(harness.home()).await {
        print::warn_operator(&reason);
    }
    let stdio = Stdio {
        stdout: if stdout().is_terminal() {
            Output::to_terminal(stdout())
        } else {
            Output::to(stdout())
        },
        stderr: to_stderr(),
        // One standard input: the table allows a key or words there, and not both.
        key_input: Box::new(if wants_words { read_words } else { read_key }),
    };
    let result = tokio::select! {
        result = harness.run_command(arguments, stdio) => result,
        // The component's files are safe against that at any point.
        code = signals::signal() => return code,
    };
    if let Some(trouble) = harness.record_trouble() {
        print::warn_operator(&trouble);
    }
    // And behind it: what polled may have ended meanwhile, when it had nothing to do.
    if autostart
        && result.as_ref().is_ok_and(|end| end.exit_code == 0)
        && let Err(reason) = autostart::ensure(harness.home()).await
    {
        print::warn_operator(&reason);
    }
    match result {
        Ok(end) => {
            if is_check
                && !wants_json
                && let Some(line) = polled::line(harness.home())
            {
                // For whoever runs the machine: an agent relays standard output.
                print::hint(&format!("→ {line}"));
            }
            for refusal in &end.usage.refusals {
                print::hint(&format!("🔒 {refusal}"));
            }
            if let Some(warning) = &end.warning {
                print::warn_operator(&warning);
            }
            // What can't be used may be why it failed.
            if is_check || end.exit_code != 0 {
                for reason in harness.network_settings().unusable() {
                    print::warn_operator(&reason);
                }
                for note in &end.notes {
                    print::warn_operator(&note);
                }
            }
            u8::try_from(end.exit_code).unwrap_or(FAILED)
        }
        Err(error) => {
            tell(&error, wants_json);
            FAILED
        }
    }
}

/// Why a call failed, as the component's own commands tell it.
pub(crate) fn tell(error: &CallError, as_json: bool) {
    if as_json {
        print::out(&self::as_json(error));
        return;
    }
    print::error(&error.to_string());
    for line in error.advice().lines() {
        print::out(&format!("→ {line}"));
    }
}

/// What follows `--` is text.
fn wants_json(arguments: &[OsString]) -> bool {
    let mut options = arguments.iter().take_while(|argument| *argument != "--");
    options.any(|argument| argument == "--json")
}

/// An error as the component's own are with `--json`.
fn as_json(error: &CallError) -> String {
    let kind = if error.is_temporary() {
        "temporary"
    } else {
        "permanent"
    };
    let message = error.to_string();
    error_json(
        kind,
        error.cause(),
        &message,
        error.advice(),
        error.retry_after_ms(),
    )
}

/// An error in the form that the component's `--json` has.
fn error_json(
    kind: &str,
    cause: &str,
    message: &str,
    advice: &str,
    retry_after_ms: Option<u64>,
) -> String {
    serde_json::json!({"error": {
        "kind": kind,
        "cause": cause,
        "message": message,
        "advice": advice,
        "retryAfterMs": retry_after_ms,
    }})
    .to_string()
}

/// Where hints and progress go.
pub(crate) fn to_stderr() -> Output {
    if stderr().is_terminal() {
        Output::to_terminal(stderr())
    } else {
        Output::to(stderr())
    }
}

/// An error with its advice, in one line.
pub(crate) fn sentence(error: &CallError) -> String {
    match error.advice() {
        "" => error.to_string(),
        advice => format!("{error} {advice}"),
    }
}

/// The user's words on standard input.
fn read_words() -> Result<String, String> {
    if stdin().is_terminal() {
        print::hint("Type or paste the words, then Ctrl-D on a line of its own:");
    }
    let mut bytes = Vec::new();
    // One byte more shows that there are too many.
    stdin()
        .take(MAX_WORDS_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("The words can't be read from standard input: {error}."))?;
    words_from_bytes(&bytes)
}

/// The key on standard input. It goes into the broker and not into the component.
///
/// # Errors
/// The sentence for behind the ❌.
fn read_key() -> Result<String, String> {
    if stdin().is_terminal() {
        print::hint("Paste the API key and press Enter, then Ctrl-D:");
    }
    let unreadable =
        |reason: &str| format!("The API key can't be read from standard input: {reason}");
    let mut bytes = Vec::new();
    stdin()
        .take(KEY_INPUT_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&error.to_string()))?;
    text_from_bytes(bytes).map_err(unreadable)
}
