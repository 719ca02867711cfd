//! What makes an account of a channel in OpenClaw's configuration, by the contract's table of channels.

use super::accounts::{Choice, Chosen, choose, usable};
use super::config::Config;
use super::kept;
use contract::channels::{Channel, Kept, enumerated};
use sandbox::http::{BaseUrl, Contexts};
use sandbox::secrets::Secret;
use std::borrow::Cow;

/// An account as the file has it.
pub(super) struct Account {
    pub(super) id: String,
    /// Empty where the channel's apps have none.
    pub(super) app_id: String,
    /// Which of those with that id it is, where several share one.
    pub(super) agent: Option<String>,
    pub(super) secret: Secret,
    /// The origin of its platform, or the sentence that says why it isn't known.
    pub(super) origin: Result<Cow<'static, str>, String>,
    /// What its conversations are known by, where the channel's plug-in keeps that.
    pub(super) contexts: Option<Contexts>,
}

/// What a configuration has for a channel.
pub(super) enum Found {
    Account(Account),
    /// Nothing: another file may have it.
    Nothing,
    /// Accounts, but not the one that was asked for: these.
    NotThere(String),
}

/// The account called `name`, or the one that is meant without a name.
///
/// # Errors
/// A sentence: there is something, and it can't be used.
pub(super) fn find(
    channel: &Channel,
    config: &Config<'_>,
    name: Option<&str>,
) -> Result<Found, String> {
    let choice = match config.channel()? {
        Some(members) => {
            let text = |text: &str| config.text_of(text);
            let secret = secret_members(channel);
            choose(channel, members, name, &needed(channel, &secret), &text)?
        }
        None => Choice::NoneConfigured,
    };
    let account = match choice {
        Choice::Account(account) => account,
        // Variables make the default account only; whoever named another one doesn't mean that.
        Choice::NoneConfigured if name.is_some() => return Ok(Found::Nothing),
        Choice::NoneConfigured => {
            return Ok(from_variables(channel, config).map_or(Found::Nothing, Found::Account));
        }
        Choice::NotThere(ids) => return Ok(Found::NotThere(ids)),
    };
    of_chosen(channel, config, account).map(Found::Account)
}

/// Every account that is enabled and has what makes one; of each that can't be used why.
///
/// # Errors
/// A sentence: the channel's part can't be read.
pub(super) fn all(
    channel: &Channel,
    config: &Config<'_>,
) -> Result<Vec<Result<Account, String>>, String> {
    let Some(members) = config.channel()? else {
        return Ok(Vec::new());
    };
    let secret = secret_members(channel);
    let chosen = usable(channel, members, &needed(channel, &secret))?;
    let accounts = chosen.into_iter();
    Ok(accounts
        .map(|chosen| of_chosen(channel, config, chosen))
        .collect())
}

/// The members of which one has the secret.
fn secret_members(channel: &Channel) -> Vec<&'static str> {
    let section = &channel.section;
    let members = [section.secret].into_iter();
    members.chain(section.secret_file).collect()
}

/// The members that make an account, each with those that may stand in its place.
fn needed<'a>(channel: &'a Channel, secret: &'a [&'a str]) -> Vec<&'a [&'a str]> {
    // A channel whose apps have no id needs the secret alone.
    let (app, agent) = (&channel.section.app, &channel.section.agent);
    [app.as_slice(), agent.as_slice(), secret]
        .into_iter()
        .filter(|of| !of.is_empty())
        .collect()
}

/// What a chosen account holds.
///
/// # Errors
/// A sentence: it can't be used.
fn of_chosen(channel: &Channel, config: &Config<'_>, account: Chosen) -> Result<Account, String> {
    let (section, variables) = (&channel.section, &channel.variables);
    // OpenClaw takes these two for the default account, where the file doesn't have them.
    let or_variable = |found: Option<String>, member: &str, variable| {
        let may_be = account.is_default() && !account.has(member);
        let found = found.or_else(|| config.fallback(variable).filter(|_| may_be));
        found.ok_or_else(|| format!("{} is missing, or empty", account.path_of(member)))
    };
    let read = |member: &str, variable| {
        let found = config.secret(&account, member)?;
        or_variable(found, member, variable)
    };
    let app_id = match section.app.zip(variables.app) {
        Some((member, variable)) => read(member, variable)?,
        None => String::new(),
    };
    let agent = match section.agent.zip(variables.agent) {
        Some((member, variable)) => {
            let found = config.number_or_text(&account, member)?;
            Some(or_variable(found, member, variable)?)
        }
        None => None,
    };
    let kept = match section.secret_file {
        Some(member) if account.given(section.secret).is_none() => {
            config.secret_in_file(&account, member)?
        }
        Some(_) | None => None,
    };
    let secret = Secret::new(match kept {
        Some(secret) => secret,
        None => read(section.secret, variables.secret)?,
    });
    // Kept as an error and not returned: an override of the base URL makes it unimportant.
    let origin = match (section.platform, &section.kept) {
        (Some(platform), _) => origin_in(channel, config, &account, platform).map(Cow::Borrowed),
        (None, Some(kept)) => address_in(channel, config, &account, kept),
        (None, None) => Ok(channel.origin().into()),
    };
    Ok(Account {
        contexts: config.contexts(&account.id),
        app_id,
        agent,
        secret,
        origin,
        id: account.id,
    })
}

/// The origin of the platform that a member of the account names.
fn origin_in(
    channel: &Channel,
    config: &Config<'_>,
    account: &Chosen,
    platform: &str,
) -> Result<&'static str, String> {
    let path = account.path_of(platform);
    match config.text(account, platform)? {
        None if account.has(platform) => Err(format!("{path} is empty")),
        named => origin_of(channel, named.as_deref(), &path),
    }
}

/// The address that the account's file names.
fn address_in(
    channel: &Channel,
    config: &Config<'_>,
    account: &Chosen,
    kept: &Kept,
) -> Result<Cow<'static, str>, String> {
    let Some(named) = config.text(account, kept.address)? else {
        return Ok(channel.origin().into());
    };
    let path = account.path_of(kept.address);
    let variable = channel.variables.base_url;
    let found = kept::address(kept, &named).map(Cow::Owned);
    found.map_err(|reason| format!("{path} {reason}; for an address of your own set {variable}"))
}

/// The app of OpenClaw's own environment: its `.env` or the file's `env`. (This program's environment was asked before.)
fn from_variables(channel: &Channel, config: &Config<'_>) -> Option<Account> {
    let app_id = match channel.variables.app {
        Some(variable) => config.fallback(variable)?,
        None => String::new(),
    };
    let agent = match channel.variables.agent {
        Some(variable) => Some(config.fallback(variable)?),
        None => None,
    };
    Some(Account {
        id: "default".to_owned(),
        app_id,
        agent,
        secret: Secret::new(config.fallback(channel.variables.secret)?),
        origin: Ok(channel.origin().into()),
        contexts: None,
    })
}

/// A platform's word, or its origin. The secret goes to none of them when it is anything else.
fn origin_of(channel: &Channel, named: Option<&str>, path: &str) -> Result<&'static str, String> {
    let Some(named) = named else {
        return Ok(channel.origin());
    };
    let is = |origin: &str| {
        let (Ok(named), Ok(origin)) = (BaseUrl::parse(named), BaseUrl::parse(origin)) else {
            return false;
        };
        named == origin
    };
    let mut platforms = channel.platforms.iter();
    let by_origin = || platforms.find(|platform| is(platform.origin));
    match channel.platform(named).or_else(by_origin) {
        Some(platform) => Ok(platform.origin),
        None => Err(format!(
            "{path} names no platform that is known. Write {} there; for an address of your own set {}",
            enumerated(
                channel
                    .words()
                    .chain(channel.platforms.iter().map(|platform| platform.origin)),
                "or",
            ),
            channel.variables.base_url
        )),
    }
}
