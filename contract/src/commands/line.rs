//! Reads a command line by the table: words and options, judged as far as the table can.
//!
//! Whether a key, ratio, channel or URL is any good is the commands' business. Nothing that could be a key is repeated in an
//! error: a user may have put one in the wrong place, and errors end up in chats and logs.

use std::ffi::{OsStr, OsString};

use lexopt::Arg;

use super::suggest::nearest;
use super::{Command, Opt, Side, Value, is_of_harness, of_component, rules};

/// Longest misspelt word that is repeated in an error.
// The longest option has fewer letters; a key or a token has more.
const LONGEST_ECHO: usize = 24;

/// Options of every command.
const FLAGS: [&str; 3] = ["json", "help", "version"];

/// What a command line asks for.
#[derive(Debug)]
pub enum Asked {
    /// The version.
    Version,
    /// All commands.
    Overview,
    /// What one command does.
    Help(&'static Command),
    /// A command, with all that it needs.
    Run(Line),
}

/// A command with its words and options.
#[derive(Debug)]
pub struct Line {
    /// The command.
    pub command: &'static Command,
    /// `--json`.
    pub json: bool,
    words: Vec<OsString>,
    options: Vec<(&'static Opt, Vec<OsString>)>,
}

/// Wrong usage.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong, as a sentence.
    pub sentence: String,
    /// The command, as far as it is known.
    pub command: Option<&'static str>,
}

impl Mistake {
    /// The line for the user, and how to go on for whoever typed it.
    #[must_use]
    pub fn text(&self) -> String {
        let (name, space, what) = match self.command {
            Some(name) => (name, " ", " shows how."),
            None => ("", "", " lists the commands."),
        };
        [
            "❌ ",
            &self.sentence,
            "\n→ `libtv-video ",
            name,
            space,
            "--help`",
            what,
        ]
        .concat()
    }
}

/// Reads the arguments, without the program's name, of a command that the component runs.
///
/// Options may stand before or behind the words, as `--option value` or `--option=value`; a value that begins with a dash
/// needs the second form, but for the number of a chat. Behind `--` everything is a word. Each option may be given once. `help COMMAND` is the same as
/// `COMMAND --help`. What isn't UTF-8 is refused, except for names of files.
///
/// # Errors
/// [`Mistake`]: nothing may be done then.
pub fn read<A: Into<OsString>>(
    arguments: impl IntoIterator<Item = A>,
    side: Side,
) -> Result<Asked, Mistake> {
    let mut given = Given {
        side,
        words: Vec::new(),
        options: Vec::new(),
        flags: Vec::new(),
        dash: false,
    };
    let result = given
        .gather(arguments.into_iter().map(Into::into).collect())
        .and_then(|()| given.finish());
    result.map_err(|sentence| {
        // A `help` in front of the command is none itself.
        // Also for a line that can't be read: the hint behind an error leads to that command's help.
        let mut names = given.words.iter().take(2).filter_map(|word| word.to_str());
        Mistake {
            sentence,
            command: names.find_map(own).map(|command| command.name),
        }
    })
}

/// A command of the component.
fn own(name: &str) -> Option<&'static Command> {
    of_component().find(|command| command.name == name)
}

/// What stands in the arguments, before any command has looked at it.
struct Given {
    side: Side,
    words: Vec<OsString>,
    options: Vec<(&'static Opt, Vec<OsString>)>,
    flags: Vec<&'static str>,
    /// Whether a word was `-`, in front of any `--`.
    dash: bool,
}

impl Given {
    /// Sorts the arguments into words, options and flags.
    ///
    /// # Errors
    /// The sentence of what is wrong.
    fn gather(&mut self, mut arguments: Vec<OsString>) -> Result<(), String> {
        // No option takes `--` as its value, so that the first one ends them.
        let end = arguments.iter().position(|argument| argument == "--");
        let behind = end.map(|at| arguments.split_off(at)).unwrap_or_default();
        let mut parser = lexopt::Parser::from_args(arguments);
        loop {
            let name = match parser.next() {
                Ok(None) => break,
                Ok(Some(Arg::Value(word))) => {
                    self.dash |= word == "-";
                    self.words.push(word);
                    continue;
                }
                Ok(Some(Arg::Short('h'))) => "help",
                Ok(Some(Arg::Short('V'))) => "version",
                Ok(Some(Arg::Short(_))) => {
                    return Err("Options begin with two dashes; a text that begins with one goes behind `--`.".to_owned());
                }
                Ok(Some(Arg::Long(name))) => {
                    // Across all commands, since an option may stand in front of its command.
                    let found = self.known(name);
                    found.ok_or_else(|| unknown("option", "--", name, &self.candidates()))?
                }
                // Only flags come back with a value that nobody took.
                Err(lexopt::Error::UnexpectedValue { option, .. }) => {
                    let dashes = option.trim_start_matches('-');
                    let flag = self.known(dashes).unwrap_or_default();
                    return Err(["--", flag, " takes no value."].concat());
                }
                Err(_) => return Err("The arguments can't be read.".to_owned()),
            };
            self.take(name, &mut parser)?;
        }
        self.words.extend(behind.into_iter().skip(1));
        Ok(())
    }

    /// Every option of every command that this side knows: an option takes a value or none wherever it occurs, so that it
    /// can be read before the command is known.
    // A list and no iterator, here and below: what goes through the chain of tables is in the component once.
    fn names(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for command in of_component() {
            names.extend(command.options_of(self.side).map(|option| option.name));
        }
        names.extend(FLAGS);
        names
    }

    /// The option of this name, of any command.
    fn known(&self, name: &str) -> Option<&'static str> {
        self.names().into_iter().find(|known| *known == name)
    }

    /// Takes an option with its values, or a flag.
    ///
    /// # Errors
    /// It is given twice, or its value is missing.
    fn take(&mut self, name: &'static str, parser: &mut lexopt::Parser) -> Result<(), String> {
        if FLAGS.contains(&name) {
            // `--help` twice is harmless, and people type it so.
            if name == "json" && self.flags.contains(&name) {
                return Err(repeated(name));
            }
            self.flags.push(name);
            return Ok(());
        }
        // Neither the first nor the last is what was meant for sure, and one of them may name another chat.
        if self.options.iter().any(|(known, _)| known.name == name) {
            return Err(repeated(name));
        }
        let named = of_component().flat_map(|command| command.options);
        let Some(option) = named.into_iter().find(|option| option.name == name) else {
            return Ok(());
        };
        let values = if option.value == Value::Flag {
            Vec::new()
        } else {
            read_values(parser, option)?
        };
        self.options.push((option, values));
        Ok(())
    }

    /// What an unknown option may have been meant to be: those of the command, once it has been read.
    fn candidates(&self) -> Vec<&'static str> {
        let Some(command) = self.words.first().and_then(|word| own(word.to_str()?)) else {
            return self.names();
        };
        let own = command.options_of(self.side).map(|option| option.name);
        own.chain(FLAGS).collect()
    }

    /// Help, version or a command.
    fn finish(&mut self) -> Result<Asked, String> {
        let mut words = std::mem::take(&mut self.words).into_iter().peekable();
        let asked = words.next_if(|word| word == "help").is_some() || self.flags.contains(&"help");
        let name = words.next();
        // For the hint behind an error.
        self.words.extend(name.clone());
        if !asked && self.flags.contains(&"version") {
            return Ok(Asked::Version);
        }
        let Some(name) = name else {
            return if asked {
                Ok(Asked::Overview)
            } else {
                Err("No command.".to_owned())
            };
        };
        let name = name.to_string_lossy();
        let command = own(&name).ok_or_else(|| {
            if is_of_harness(&name) {
                return "This command belongs to the program around the component.".to_owned();
            }
            let names: Vec<_> = of_component().map(|command| command.name).collect();
            unknown("command", "", &name, &names)
        })?;
        if asked {
            return Ok(Asked::Help(command));
        }
        let words: Vec<OsString> = words.collect();
        if words.len() > command.words.most {
            return Err(["Too many arguments. ", command.words.too_many].concat());
        }
        let mut line = Line {
            command,
            json: self.flags.contains(&"json"),
            words,
            options: Vec::new(),
        };
        for (option, values) in std::mem::take(&mut self.options) {
            let Some(option) = command.option(option.name) else {
                return Err(["--", option.name, " is no option of ", command.name, "."].concat());
            };
            line.options.push((option, values));
        }
        // Last: what a rule says is of a line whose names are all known.
        rules::judge(&mut line, self.dash)?;
        Ok(Asked::Run(line))
    }
}

/// A misspelt word and what was probably meant. The word is left out unless it looks like a name.
fn unknown(what: &str, dashes: &str, word: &str, candidates: &[&'static str]) -> String {
    let plain = word
        .bytes()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
    // A key in the wrong place: errors end up in chats.
    let key = word.starts_with("mgk_") || word.starts_with("sk-");
    let mut message = ["Unknown ", what].concat();
    if plain && !key && (1..=LONGEST_ECHO).contains(&word.len()) {
        message.push_str(&[": ", dashes, word].concat());
    }
    message.push('.');
    if let Some(candidate) = nearest(word, candidates) {
        message.push_str(&[" Did you mean ", dashes, candidate, "?"].concat());
    }
    message
}

/// What is said of an option that stands there twice.
fn repeated(name: &str) -> String {
    ["--", name, " is given more than once."].concat()
}

/// The value of an option: joined by `=`, or the next argument unless that is an option itself. Some take what follows up
/// to the next option.
fn read_values(parser: &mut lexopt::Parser, option: &Opt) -> Result<Vec<OsString>, String> {
    if let Some(joined) = parser.optional_value() {
        return Ok(vec![joined]);
    }
    let mut values = Vec::new();
    let most = if option.many { usize::MAX } else { 1 };
    if let Some(mut rest) = parser.try_raw_args() {
        // An option where a value should be means that the value was forgotten: taken as one, the option would
        // be lost as well.
        while values.len() < most
            && let Some(value) =
                rest.next_if(|value| value == "-" || !is_dashed(value) || is_group(option, value))
        {
            values.push(value);
        }
    }
    if values.is_empty() {
        let parts = [
            "--",
            option.name,
            " needs a value; one that begins with a dash is written --",
            option.name,
            "=VALUE.",
        ];
        return Err(parts.concat());
    }
    Ok(values)
}

impl Line {
    /// The value of an option, as it was given.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&OsStr> {
        let found = self.options.iter().find(|(option, _)| option.name == name);
        found.and_then(|(_, values)| values.first().map(OsString::as_os_str))
    }

    /// All values of an option, as text.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<String> {
        let found = self.options.iter().find(|(option, _)| option.name == name);
        let values = found.map(|(_, values)| values.as_slice());
        values.unwrap_or_default().iter().map(text).collect()
    }

    /// The value of an option as text, blank or not.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.value(name).map(text)
    }

    /// The value of an option; a blank one, mostly an unset variable in a script, counts as absent.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<String> {
        self.text(name).filter(|value| !rules::is_blank(value))
    }

    /// The value of an option that is a number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    /// Whether an option stands there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(option, _)| option.name == name)
    }

    /// The word beside the options; a blank one counts as absent.
    #[must_use]
    pub fn word(&self) -> Option<String> {
        let word = self.words.first().map(text);
        word.filter(|word| !rules::is_blank(word))
    }

    /// The value of this kind: of an option, or of the word where that is of the kind. A blank one counts as absent.
    #[must_use]
    pub fn of_kind(&self, kind: Value) -> Option<String> {
        let options = self.options.iter();
        // By what a value is and not by its option's name: a new command with such a value is treated alike.
        let mut of_kind = options.filter(|(option, _)| option.value == kind);
        let option = of_kind.find_map(|(option, _)| self.filled(option.name));
        option.or_else(|| self.word().filter(|_| self.command.words.value == kind))
    }

    /// Everything that was said, in no order: words, and values of options.
    pub fn said(&self) -> impl Iterator<Item = &OsStr> {
        let values = self.options.iter().flat_map(|(_, values)| values);
        self.words.iter().chain(values).map(OsString::as_os_str)
    }

    /// Gives an option of the command this one value, also in place of another.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        // So that it stands there once, as the reader wants it.
        self.remove(name);
        if let Some(option) = self.command.option(name) {
            self.options.push((option, vec![value.into()]));
        }
    }

    /// Takes an option away, and tells whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.options.len();
        self.options.retain(|(option, _)| option.name != name);
        self.options.len() < before
    }

    /// Puts a word in place of what stands beside the options.
    pub fn set_word(&mut self, word: impl Into<OsString>) {
        self.words = vec![word.into()];
    }

    /// The arguments that read as this line.
    #[must_use]
    pub fn arguments(&self) -> Vec<OsString> {
        let mut arguments = vec![OsString::from(self.command.name)];
        // A text can look like anything.
        let behind = self.command.words.value == Value::Words
            || self.words.iter().any(|word| is_dashed(word));
        if !behind {
            arguments.extend(self.words.iter().cloned());
        }
        if self.json {
            arguments.push("--json".into());
        }
        for (option, values) in &self.options {
            let mut name = OsString::from(["--", option.name].concat());
            match values.as_slice() {
                // As one argument when the value could be taken for an option itself.
                [one] if is_dashed(one) && one != "-" => {
                    name.push("=");
                    name.push(one);
                    arguments.push(name);
                }
                values => {
                    arguments.push(name);
                    arguments.extend(values.iter().cloned());
                }
            }
        }
        if behind && !self.words.is_empty() {
            arguments.push("--".into());
            arguments.extend(self.words.iter().cloned());
        }
        arguments
    }

    /// What stands beside the options, as it was given.
    pub(super) fn words(&self) -> &[OsString] {
        &self.words
    }

    /// Forgets them: they said where the words come from.
    pub(super) fn drop_words(&mut self) {
        self.words.clear();
    }

    /// The options that were given, each once, with their values.
    pub(super) fn options(&self) -> &[(&'static Opt, Vec<OsString>)] {
        &self.options
    }
}

/// Whether a value that begins with a dash is a chat all the same: some platforms number groups below zero, and agents pass on
/// what they see. No option is a number.
fn is_group(option: &Opt, value: &OsStr) -> bool {
    let digits = value.as_encoded_bytes().get(1..).unwrap_or_default();
    option.value == Value::Chat && !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// Whether a reader could take it for an option.
fn is_dashed(argument: &OsStr) -> bool {
    argument.as_encoded_bytes().starts_with(b"-")
}

/// As text. What isn't UTF-8 has been refused by [`rules`], except for names of files.
fn text(value: impl AsRef<OsStr>) -> String {
    value.as_ref().to_string_lossy().into_owned()
}
