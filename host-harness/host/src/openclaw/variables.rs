//! What `${NAME}` means in OpenClaw's configuration: the environment, else a `.env` file, else the configuration's own `env`.
//! Nothing overrides what was found before.

use std::path::PathBuf;

use serde_json::Value;

use super::include::is_absent;
use super::places::Places;
use sandbox::files::read_bounded;

/// A `.env` holds a few dozen lines.
const MAX_ENV_BYTES: u64 = 256 << 10;

/// The variables that a configuration may refer to.
pub(super) struct Variables<'a> {
    places: &'a Places,
    /// Of `.env` files, the first one first.
    files: Vec<(String, String)>,
    /// Of the configuration's `env`, as they are written there.
    own: Vec<(String, String)>,
    /// `.env` files that are there and can't be read.
    pub(super) unreadable: Vec<String>,
}

impl<'a> Variables<'a> {
    /// Reads the `.env` files, and the `env` of the configuration.
    pub(super) fn read(places: &'a Places, env_files: &[PathBuf], config: &Value) -> Self {
        let (mut files, mut unreadable) = (Vec::new(), Vec::new());
        for path in env_files {
            match read_bounded(path, MAX_ENV_BYTES) {
                Ok(text) => {
                    // In one file the last line of a name counts.
                    let lines = parse(&text);
                    files.extend(lines.into_iter().rev());
                }
                Err(error) if is_absent(&error) => {}
                Err(error) => unreadable.push(format!("{} can't be read: {error}", path.display())),
            }
        }
        Self {
            places,
            files,
            own: own(&config["env"]),
            unreadable,
        }
    }

    /// The value of a variable that is set and not empty.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.outside(name).or_else(|| {
            let value = find(&self.own, name)?;
            // Its own references lead outside: they can't go round in circles.
            substitute(value, &|name| self.outside(name)).ok()
        })
    }

    /// From this process's environment or a `.env` file, and not from the configuration itself.
    fn outside(&self, name: &str) -> Option<String> {
        self.places
            .variable(name)
            .or_else(|| find(&self.files, name).map(str::to_owned))
    }

    /// A text of the configuration with its references replaced.
    ///
    /// # Errors
    /// The name of a variable that isn't set.
    pub(super) fn substitute(&self, text: &str) -> Result<String, String> {
        substitute(text, &|name| self.get(name))
    }
}

/// The first value of a name that isn't blank: a blank one counts as unset, and a later file may have it.
fn find<'v>(variables: &'v [(String, String)], name: &str) -> Option<&'v str> {
    let mut of_name = variables.iter().filter(|(known, _)| known == name);
    let (_, value) = of_name.find(|(_, value)| !value.trim().is_empty())?;
    Some(value)
}

/// `env.NAME` before `env.vars.NAME`; `env.shellEnv` says that OpenClaw asks a login shell, which isn't done here.
fn own(env: &Value) -> Vec<(String, String)> {
    let members = [env, &env["vars"]];
    let members = members
        .iter()
        .filter_map(|value| value.as_object())
        .flatten();
    members
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// `${NAME}` becomes the variable's value, `$${NAME}` becomes `${NAME}`. Names are of capitals; anything else stays.
fn substitute(text: &str, get: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let escaped = rest.strip_prefix('$').unwrap_or(rest);
        if let Some((name, behind)) = reference(escaped) {
            out.push_str(&format!("${{{name}}}"));
            rest = behind;
        } else if let Some((name, behind)) = reference(rest) {
            out.push_str(&get(name).ok_or_else(|| name.to_owned())?);
            rest = behind;
        } else {
            out.push('$');
            rest = escaped;
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// The name in a `${NAME}` that the text begins with, and what stands behind it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (name, behind) = text.strip_prefix("${")?.split_once('}')?;
    is_name(name).then_some((name, behind))
}

/// Whether OpenClaw takes this for the name of a variable.
pub(super) fn is_name(name: &str) -> bool {
    let capital = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
    name.bytes().next().is_some_and(capital)
        && name
            .bytes()
            .all(|byte| capital(byte) || byte.is_ascii_digit())
}

/// The lines of a `.env` file: `NAME=value`, with or without `export`; values may be quoted, over several lines too.
fn parse(text: &str) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    while !rest.is_empty() {
        let line = rest.lines().next().unwrap_or_default();
        let (name, value) = line.split_once('=').unwrap_or(("#", ""));
        let name = name.trim();
        let name = name.strip_prefix("export ").unwrap_or(name).trim();
        let value_at = line.len() - value.trim_start().len();
        let (value, end) = match quoted(&rest[value_at..]) {
            Some((value, length)) => (value, value_at + length),
            // A comment begins behind a space, or at once.
            None => {
                let value = value.trim_start();
                let comment = value.starts_with('#').then_some(0);
                let comment = comment.or_else(|| value.find(" #")).unwrap_or(value.len());
                (value[..comment].trim_end().to_owned(), line.len())
            }
        };
        if !name.starts_with('#') && !name.is_empty() {
            variables.push((name.to_owned(), value));
        }
        rest = rest[end..].split_once('\n').map_or("", |(_, rest)| rest);
    }
    variables
}

/// A quoted value at the front, and its length with the quotes. In double quotes `\n` is a line's end.
fn quoted(text: &str) -> Option<(String, usize)> {
    let quote = text
        .chars()
        .next()
        .filter(|c| ['"', '\'', '`'].contains(c))?;
    let inside = &text[1..];
    let is_end = |(at, _): &(usize, &str)| !inside[..*at].ends_with('\\');
    let (end, _) = inside.match_indices(quote).find(is_end)?;
    let value = &inside[..end];
    let value = if quote == '"' {
        value.replace("\\n", "\n").replace("\\r", "\r")
    } else {
        value.to_owned()
    };
    Some((value, end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> Result<String, String> {
        substitute(text, &|name| (name == "A").then(|| "1".to_owned()))
    }

    #[test]
    fn references_are_of_capitals_and_can_be_escaped() {
        for (text, result) in [
            ("${A}", "1"),
            ("x${A}y${A}", "x1y1"),
            ("$${A}", "${A}"),
            ("$$${A}", "$${A}"),
            ("${a} $A ${} ${A", "${a} $A ${} ${A"),
            ("pa$$word$", "pa$$word$"),
            ("${B-x}", "${B-x}"),
            ("é$é", "é$é"),
        ] {
            assert_eq!(with(text).as_deref(), Ok(result), "{text}");
        }
        assert_eq!(with("${A}${GONE}"), Err("GONE".to_owned()));
    }

    #[test]
    fn a_file_of_variables_is_read_as_dotenv_writes_it() {
        let text = "\u{feff}# c\nA=1\r\nexport B = two words # c\nC=\"x\\ny # z\" # c\nD='a\nb'\nE=\nF=#c\nG=a#b\nnothing\nH=\"it's\"\nI=`q\"`\n J=e=f\nK=\"open\nL=end";
        let read = parse(text);
        let read: Vec<(&str, &str)> = read.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            read,
            [
                ("A", "1"),
                ("B", "two words"),
                ("C", "x\ny # z"),
                ("D", "a\nb"),
                ("E", ""),
                ("F", ""),
                ("G", "a#b"),
                ("H", "it's"),
                ("I", "q\""),
                ("J", "e=f"),
                ("K", "\"open"),
                ("L", "end")
            ]
        );
    }
}
