//! A secret of OpenClaw's configuration: the text itself, or a reference to where it is kept (`SecretRef` and its
//! shorthands). Environment and files are read; programs are not run, since that is not what this one is for.

use serde_json::Value;

use super::config::Config;
use super::variables::is_name;
use sandbox::files::read_bounded;

/// OpenClaw's own limit for a file of secrets, unless the provider says otherwise.
const FILE_BYTES: u64 = 1 << 20;
/// What a provider may raise it to.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// What OpenClaw calls a provider that nobody named.
const DEFAULT_PROVIDER: &str = "default";
/// Older spellings of a reference to the environment.
const MARKERS: [&str; 2] = ["secretref-env:", "__env__:"];
/// The id of the only value in a file that holds just one.
const ONLY_VALUE: &str = "value";

/// The secret that `value` is or refers to.
///
/// # Errors
/// What prevents it, to be read behind the member's name; never the value.
pub(super) fn resolve(value: &Value, config: &Config<'_>) -> Result<String, String> {
    match value {
        Value::String(text) => match variable_in(text) {
            Some(name) => environment(&name, None, config),
            None => config.text_of(text),
        },
        Value::Object(members) => {
            let text = |name: &str| match members.get(name) {
                None => Ok(None),
                Some(Value::String(text)) => config.text_of(text).map(Some),
                Some(_) => Err(format!("is a reference whose {name} is no text")),
            };
            let (Some(source), Some(id)) = (text("source")?, text("id")?) else {
                return Err(
                    "is an object, and no reference with source, provider and id".to_owned(),
                );
            };
            let provider = text("provider")?;
            match source.as_str() {
                "env" if is_name(&id) => environment(&id, provider, config),
                "env" => Err("refers to an environment variable whose name OpenClaw doesn't take: it has to be of capitals, digits and _".to_owned()),
                "file" => file(&id, provider, config),
                "exec" => Err("is kept by another program (source exec), which is not run here. Give the secret to this program in its environment".to_owned()),
                _ => Err("is kept by a plug-in of OpenClaw (its source is neither env nor file), which can't be asked here. Give the secret to this program in its environment".to_owned()),
            }
        }
        _ => Err("is neither a text nor a reference".to_owned()),
    }
}

/// `$NAME`, `${NAME}` and older spellings of it, where they are the whole text.
fn variable_in(text: &str) -> Option<String> {
    let text = text.trim();
    let marked = MARKERS.iter().find_map(|marker| text.strip_prefix(marker));
    let name = marked.or_else(|| {
        let name = text.strip_prefix('$')?;
        let braced = name
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        Some(braced.unwrap_or(name))
    })?;
    is_name(name).then(|| name.to_owned())
}

fn environment(
    name: &str,
    provider: Option<String>,
    config: &Config<'_>,
) -> Result<String, String> {
    let usual = default_provider("env", config);
    let provider = provider.unwrap_or_else(|| usual.clone());
    match provider_named(&provider, "env", config)? {
        Some(settings) => {
            let allowed = settings["allowlist"].as_array();
            if allowed.is_some_and(|names| !names.iter().any(|allowed| allowed == name)) {
                return Err(format!(
                    "refers to {name}, which isn't in secrets.providers.{provider}.allowlist"
                ));
            }
        }
        // The environment needs no provider.
        None if provider == usual => {}
        None => return Err(unknown(&provider)),
    }
    config.variable(name)
}

/// A secret in a file of a provider. Its path stands in the error, and nothing of what the file holds.
fn file(id: &str, provider: Option<String>, config: &Config<'_>) -> Result<String, String> {
    let provider = provider.unwrap_or_else(|| default_provider("file", config));
    let settings = provider_named(&provider, "file", config)?.ok_or_else(|| unknown(&provider))?;
    let place = format!("secrets.providers.{provider}");
    let Some(path) = settings["path"].as_str() else {
        return Err(format!("refers to {place}, which has no path"));
    };
    let path = config.text_of(path)?;
    if !path.starts_with('~') && !std::path::Path::new(&path).is_absolute() {
        return Err(format!("refers to {place}, whose path has to be absolute"));
    }
    let path = config.places().path(&path);
    let shown = path.display();
    let most = settings["maxBytes"].as_u64().unwrap_or(FILE_BYTES);
    let text = read_bounded(&path, most.min(MAX_FILE_BYTES))
        .map_err(|error| format!("is kept in {shown}, which can't be read: {error}"))?;
    // The file may hold more secrets than the one that is asked for.
    let text = zeroize::Zeroizing::new(text);
    let text = text.trim_start_matches('\u{feff}');
    let found = match settings["mode"].as_str() {
        Some("singleValue") if id == ONLY_VALUE => text.to_owned(),
        Some("singleValue") => {
            return Err(format!(
                "refers to {shown}, which holds one value, called {ONLY_VALUE}, by another id"
            ));
        }
        None | Some("json") => {
            let json: Value = serde_json::from_str(text).map_err(|error| {
                // The place alone: the parser's own text may quote a secret.
                let (line, column) = (error.line(), error.column());
                format!(
                    "is kept in {shown}, which is not valid JSON (line {line}, column {column})"
                )
            })?;
            if !id.starts_with('/') {
                return Err(format!(
                    "refers to {shown} by an id that is no pointer (/name/name)"
                ));
            }
            match json.pointer(id) {
                Some(Value::String(text)) => text.clone(),
                Some(_) => return Err(format!("is kept in {shown}, where {id} is no text")),
                None => return Err(format!("is kept in {shown}, which has nothing at {id}")),
            }
        }
        Some(_) => {
            return Err(format!(
                "refers to {place}, whose mode is neither json nor singleValue"
            ));
        }
    };
    if found.trim().is_empty() {
        return Err(format!("is kept in {shown}, and empty there"));
    }
    Ok(found.trim().to_owned())
}

/// The secret that is all of a file.
///
/// # Errors
/// To be read behind the member's name.
pub(super) fn in_file(path: &str, config: &Config<'_>) -> Result<String, String> {
    let path = config.places().path(path);
    let shown = path.display();
    let text = read_bounded(&path, FILE_BYTES)
        .map_err(|error| format!("names {shown}, which can't be read: {error}"))?;
    let text = zeroize::Zeroizing::new(text);
    Ok(text.trim_start_matches('\u{feff}').trim().to_owned())
}

fn default_provider(source: &str, config: &Config<'_>) -> String {
    let named = config.root()["secrets"]["defaults"][source].as_str();
    named.unwrap_or(DEFAULT_PROVIDER).to_owned()
}

/// The settings of a provider of this source; `None` when nobody configured it.
fn provider_named<'c>(
    name: &str,
    source: &str,
    config: &'c Config<'_>,
) -> Result<Option<&'c Value>, String> {
    let Some(settings) = config.root()["secrets"]["providers"].get(name) else {
        return Ok(None);
    };
    if settings["source"] == source {
        return Ok(Some(settings));
    }
    Err(format!(
        "refers to secrets.providers.{name} for a secret of source {source}, and its source is another"
    ))
}

fn unknown(provider: &str) -> String {
    format!("refers to secrets.providers.{provider}, which isn't there")
}
