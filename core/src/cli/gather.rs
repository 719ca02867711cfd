//! All words and options of a command line, wherever they stand, before any command has looked at them.

use lexopt::Arg;

use super::parse::{find, is_blank, unknown};

/// Every option that takes a value. They mean the same wherever they occur, so that they can be
/// read before the command is known.
const VALUED: [&str; 14] = [
    "api-key",
    "video-ratio",
    "file",
    "name",
    "size",
    "session-id",
    "channel",
    "chat-id",
    "after-seq",
    "project-id",
    "urls",
    "output-dir",
    "prefix",
    "last",
];
const FLAGS: [&str; 3] = ["json", "help", "version"];

/// What stands in the arguments.
#[derive(Default)]
pub struct Given {
    pub words: Vec<String>,
    /// One value each, but for `--urls`.
    pub values: Vec<(&'static str, Vec<String>)>,
    pub flags: Vec<&'static str>,
}

impl Given {
    /// Gathers words and options.
    pub fn read(&mut self, args: &[String]) -> Result<(), String> {
        let mut parser = lexopt::Parser::from_args(args);
        loop {
            let name = match parser.next() {
                Ok(None) => return Ok(()),
                Ok(Some(Arg::Value(word))) => {
                    self.words.push(word.to_string_lossy().into_owned());
                    continue;
                }
                Ok(Some(Arg::Short('h'))) => "help",
                Ok(Some(Arg::Short('V'))) => "version",
                Ok(Some(Arg::Short(_))) => {
                    return Err("Options begin with two dashes; a text that begins with one goes behind `--`.".to_owned());
                }
                Ok(Some(Arg::Long(name))) => {
                    let found = VALUED.into_iter().chain(FLAGS).find(|known| *known == name);
                    found.ok_or_else(|| unknown("option", "--", name, self.candidates()))?
                }
                // Only flags come back with a value that nobody took.
                Err(lexopt::Error::UnexpectedValue { .. }) => {
                    let flag = self.flags.last().copied().unwrap_or_default();
                    return Err(["--", flag, " takes no value."].concat());
                }
                Err(_) => return Err("The arguments can't be read.".to_owned()),
            };
            if let Some(flag) = FLAGS.into_iter().find(|flag| *flag == name) {
                if flag == "json" && self.flags.contains(&flag) {
                    return Err(repeated(flag));
                }
                self.flags.push(flag);
                continue;
            }
            if self.values.iter().any(|(known, _)| *known == name) {
                return Err(repeated(name));
            }
            let values = read_values(&mut parser, name)?;
            self.values.push((name, values));
        }
    }

    /// What an unknown option may have been meant to be: those of the command, once it has been read.
    fn candidates(&self) -> impl Iterator<Item = &'static str> + use<> {
        let entry = self.words.first().and_then(|word| find(word));
        let own: &[&str] = entry.map_or(&VALUED, |entry| entry.options);
        own.iter().copied().chain(FLAGS)
    }

    /// All values of an option.
    pub fn take_all(&mut self, name: &str) -> Vec<String> {
        let index = self.values.iter().position(|(known, _)| *known == name);
        index
            .map(|index| self.values.swap_remove(index).1)
            .unwrap_or_default()
    }

    /// The value of an option, blank or not.
    pub fn take(&mut self, name: &str) -> Option<String> {
        self.take_all(name).into_iter().next()
    }

    /// The value of an option; a blank one, mostly an unset variable in a script, counts as absent.
    pub fn filled(&mut self, name: &str) -> Option<String> {
        self.take(name).filter(|value| !is_blank(value))
    }

    /// The value of an option as a number, in digits only.
    pub fn number(&mut self, name: &str) -> Result<Option<u64>, String> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let plain = value.bytes().all(|byte| byte.is_ascii_digit());
        let number = value.parse().ok().filter(|_| plain);
        number
            .map(Some)
            .ok_or_else(|| ["--", name, " needs a whole number."].concat())
    }
}

fn repeated(name: &str) -> String {
    ["--", name, " is given more than once."].concat()
}

/// The value of an option: joined by `=`, or the next argument unless that is an option itself. `--urls`
/// takes what follows up to the next option.
fn read_values(parser: &mut lexopt::Parser, name: &str) -> Result<Vec<String>, String> {
    if let Some(joined) = parser.optional_value() {
        return Ok(vec![joined.to_string_lossy().into_owned()]);
    }
    let mut values = Vec::new();
    let most = if name == "urls" { usize::MAX } else { 1 };
    if let Some(mut rest) = parser.try_raw_args() {
        while values.len() < most
            && let Some(value) =
                rest.next_if(|value| value == "-" || !value.as_encoded_bytes().starts_with(b"-"))
        {
            values.push(value.to_string_lossy().into_owned());
        }
    }
    if values.is_empty() {
        return Err([
            "--",
            name,
            " needs a value; one that begins with a dash is written --",
            name,
            "=VALUE.",
        ]
        .concat());
    }
    Ok(values)
}
