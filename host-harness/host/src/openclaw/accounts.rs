//! Which account of a channel is meant, by OpenClaw's rules: what stands at the top of the channel counts for every account,
//! as far as an account doesn't say otherwise, and is an account itself, called `default`.

use contract::channels::Channel;
use serde_json::{Map, Value};

/// The account that is meant when nobody names one.
const DEFAULT: &str = "default";
/// Nexu's placeholders, which are no bots.
const INTERNAL: &str = "__nexu_internal_";
/// OpenClaw cuts ids there.
const MAX_ID_CHARS: usize = 64;
/// How many ids an error lists.
const MAX_LISTED: usize = 20;

/// One account, with what it takes from the channel.
#[derive(Debug)]
pub(super) struct Chosen {
    /// What it is called.
    pub(super) id: String,
    /// False only where the file says so.
    is_enabled: bool,
    /// Where its own members stand, as `channels.<channel>.accounts.main`.
    path: String,
    channel: String,
    /// The account's own members.
    own: Map<String, Value>,
    /// The channel's, which count where the account has none of that name.
    shared: Map<String, Value>,
}

impl Chosen {
    /// The account's own member, else the channel's. What is `null` or empty is there and overrides, and gives nothing.
    pub(super) fn given(&self, member: &str) -> Option<&Value> {
        let value = at(&self.own, member).or_else(|| at(&self.shared, member))?;
        let is_empty = value.as_str().is_some_and(|text| text.trim().is_empty());
        (!value.is_null() && !is_empty).then_some(value)
    }

    /// Whether there is any of these members.
    fn gives_one_of(&self, members: &[&str]) -> bool {
        members.iter().any(|member| self.given(member).is_some())
    }

    /// Whether it has the member at all, were it empty.
    pub(super) fn has(&self, member: &str) -> bool {
        at(&self.own, member).is_some() || at(&self.shared, member).is_some()
    }

    /// Where the member stands, or would.
    pub(super) fn path_of(&self, member: &str) -> String {
        if at(&self.own, member).is_none() && at(&self.shared, member).is_some() {
            return format!("{}.{member}", self.channel);
        }
        format!("{}.{member}", self.path)
    }

    /// Whether it is the one that is meant when nobody names one.
    pub(super) fn is_default(&self) -> bool {
        canonical(&self.id) == DEFAULT
    }

    /// In a list, accounts say what they are called; in an object, they may say it otherwise, too.
    fn is_called(&self, name: &str) -> bool {
        let says = |member: &str| self.own.get(member).and_then(Value::as_str) == Some(name);
        ["name", "id", "accountId", "appId"]
            .iter()
            .any(|member| says(member))
    }
}

/// The member of this name; of `a.b` the member `b` of the object `a`.
fn at<'a>(members: &'a Map<String, Value>, member: &str) -> Option<&'a Value> {
    match member.split_once('.') {
        Some((outer, inner)) => members.get(outer)?.get(inner),
        None => members.get(member),
    }
}

/// What a look at the accounts led to.
#[derive(Debug)]
pub(super) enum Choice {
    /// This one.
    Account(Chosen),
    /// No account has any of the members that make one.
    NoneConfigured,
    /// The one that was named isn't among these.
    NotThere(String),
}

/// Chooses from the section of `channel`. `name`: the account that was asked for. `needed`: the members that make an account, each with
/// those that may stand in its place.
/// `text`: replaces the references in a text.
///
/// # Errors
/// A sentence, where the file says which one is meant and it can't be used. No other is taken in its place.
pub(super) fn choose(
    channel: &Channel,
    members: &Map<String, Value>,
    name: Option<&str>,
    needed: &[&[&str]],
    text: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Choice, String> {
    let path = format!("channels.{}", channel.section.name);
    let accounts = list(channel, &path, members, needed)?;
    let is_configured = |account: &Chosen| needed.iter().any(|of| account.gives_one_of(of));
    if !accounts.iter().any(is_configured) {
        return Ok(Choice::NoneConfigured);
    }
    // Only behind the question whether there is anything: an empty section that is switched off says
    // nothing about other files.
    if members.get("enabled") == Some(&Value::Bool(false)) {
        return Err(format!(
            "{path}.enabled is false: the channel is switched off"
        ));
    }
    let by_file = format!("{path}.defaultAccount");
    let (wanted, by) = match (name, members.get("defaultAccount")) {
        (Some(name), _) => (name.to_owned(), channel.section.chosen_by.to_owned()),
        (None, None | Some(Value::Null)) => (String::new(), by_file),
        (None, Some(Value::String(name))) => {
            let name = text(name).map_err(|reason| format!("{by_file} {reason}"))?;
            (name, by_file)
        }
        (None, Some(_)) => return Err(format!("{by_file} is not a text")),
    };
    if wanted.trim().is_empty() {
        return unnamed(channel, &path, accounts, is_configured);
    }
    let known = ids(&accounts);
    match named(accounts, wanted.trim()) {
        Some(account) if !account.is_enabled => Err(format!(
            "{}.enabled is false, and {by} names this account. Name another one, or enable it",
            account.path
        )),
        Some(account) => Ok(Choice::Account(account)),
        None if name.is_some() => Ok(Choice::NotThere(known)),
        None => Err(format!(
            "{by} names an account that isn't there. There are: {known}"
        )),
    }
}

/// Those that are enabled and have what makes one.
///
/// # Errors
/// A sentence: they can't be read.
pub(super) fn usable(
    channel: &Channel,
    members: &Map<String, Value>,
    needed: &[&[&str]],
) -> Result<Vec<Chosen>, String> {
    let path = format!("channels.{}", channel.section.name);
    let mut accounts = list(channel, &path, members, needed)?;
    let is_on = members.get("enabled") != Some(&Value::Bool(false));
    accounts.retain(|account| {
        is_on && account.is_enabled && needed.iter().all(|of| account.gives_one_of(of))
    });
    Ok(accounts)
}

/// The account that is meant when nobody names one: `default`, else the first that is enabled.
///
/// # Errors
/// A sentence: there are several and none is meant, or none is enabled.
fn unnamed(
    channel: &Channel,
    path: &str,
    accounts: Vec<Chosen>,
    is_configured: impl Fn(&Chosen) -> bool,
) -> Result<Choice, String> {
    let (enabled, disabled): (Vec<Chosen>, Vec<Chosen>) = accounts
        .into_iter()
        .filter(is_configured)
        .partition(|account| account.is_enabled);
    let default = enabled.iter().position(Chosen::is_default);
    if default.is_none() && enabled.len() > 1 && !channel.section.takes_first {
        // Another account is another bot, which isn't in the chat: none is taken for none in particular.
        return Err(format!(
            "{path} has several accounts, and none is meant without a name: {}. Name one with --account, or in {}",
            ids(&enabled),
            channel.section.chosen_by
        ));
    }
    // Else the first in the order of the file.
    let default = default.unwrap_or(0);
    match enabled.into_iter().nth(default) {
        Some(account) => Ok(Choice::Account(account)),
        None if disabled.is_empty() => Ok(Choice::NoneConfigured),
        None => Err(format!(
            "{path}.accounts: every account has enabled set to false"
        )),
    }
}

/// The account of this name: by its very id, else by the id that OpenClaw makes of it, else by what it says of itself.
fn named(mut accounts: Vec<Chosen>, name: &str) -> Option<Chosen> {
    let exactly = accounts.iter().position(|account| account.id == name);
    let nearly = || {
        let name = canonical(name);
        accounts
            .iter()
            .position(|account| canonical(&account.id) == name)
    };
    let itself = || accounts.iter().position(|account| account.is_called(name));
    let at = exactly.or_else(nearly).or_else(itself)?;
    Some(accounts.swap_remove(at))
}

/// All accounts in the order of the file. The channel itself is one where it has everything that is needed, or stands alone.
fn list(
    channel: &Channel,
    path: &str,
    members: &Map<String, Value>,
    needed: &[&[&str]],
) -> Result<Vec<Chosen>, String> {
    let mut shared = members.clone();
    // `shift_remove` keeps the order of the others.
    shared.shift_remove("accounts");
    shared.shift_remove("defaultAccount");
    let account = |id: String, place: String, own: Map<String, Value>| {
        let mut shared = shared.clone();
        // With the default account's it would write as somebody else than who it is called.
        if channel.section.secret_is_own && canonical(&id) != DEFAULT {
            shared.shift_remove(channel.section.secret);
        }
        Chosen {
            id,
            is_enabled: own.get("enabled") != Some(&Value::Bool(false)),
            path: place,
            channel: path.to_owned(),
            own,
            shared,
        }
    };
    let mut accounts = Vec::new();
    match members.get("accounts") {
        None | Some(Value::Null) => {}
        Some(Value::Object(map)) => {
            for (id, own) in map {
                if !id.is_empty() && !id.starts_with(INTERNAL) {
                    let place = format!("{path}.accounts.{}", id.escape_debug());
                    accounts.push(account(id.clone(), place.clone(), object(&place, own)?));
                }
            }
        }
        Some(Value::Array(items)) => {
            for (index, own) in items.iter().enumerate() {
                let place = format!("{path}.accounts[{index}]");
                let own = object(&place, own)?;
                let id = ["id", "accountId", "name"]
                    .iter()
                    .find_map(|name| own.get(*name)?.as_str());
                let id = id.map_or_else(|| index.to_string(), str::to_owned);
                accounts.push(account(id, place, own));
            }
        }
        Some(_) => return Err(format!("{path}.accounts is neither an object nor a list")),
    }
    let top = account(DEFAULT.to_owned(), path.to_owned(), Map::new());
    let stands_alone = accounts.is_empty();
    let is_whole = needed.iter().all(|of| top.gives_one_of(of));
    if stands_alone || (is_whole && !accounts.iter().any(Chosen::is_default)) {
        accounts.insert(0, top);
    }
    Ok(accounts)
}

/// An account without members of its own is one that takes all from the channel.
fn object(place: &str, value: &Value) -> Result<Map<String, Value>, String> {
    match value {
        Value::Object(members) => Ok(members.clone()),
        Value::Null => Ok(Map::new()),
        _ => Err(format!("{place} is not an object")),
    }
}

fn ids(accounts: &[Chosen]) -> String {
    let ids = accounts.iter().take(MAX_LISTED);
    let ids: Vec<String> = ids
        .map(|account| account.id.escape_debug().to_string())
        .collect();
    ids.join(", ")
}

/// What OpenClaw makes of an id: small letters, digits, `-` and `_`.
fn canonical(id: &str) -> String {
    let mut canonical = String::new();
    for c in id.trim().to_lowercase().chars() {
        if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
            canonical.push(c);
        } else if !canonical.ends_with('-') {
            canonical.push('-');
        }
    }
    let canonical = canonical.trim_matches('-');
    if canonical.is_empty() && !id.trim().is_empty() {
        // Of other letters alone: nothing is left of them that could tell two apart.
        return id.trim().to_owned();
    }
    canonical.chars().take(MAX_ID_CHARS).collect()
}
