//! What makes a Feishu or Lark account in OpenClaw's configuration.

use super::accounts::{Choice, choose};
use super::config::Config;
use crate::http::BaseUrl;
use crate::secrets::Secret;
use contract::services::{FEISHU_ORIGIN as FEISHU, LARK_ORIGIN as LARKSUITE};

pub(super) const CHANNEL: &str = "feishu";
const APP_ID: &str = "appId";
const APP_SECRET: &str = "appSecret";
const DOMAIN: &str = "domain";

/// An account as the file has it.
pub(super) struct Account {
    pub(super) id: String,
    pub(super) app_id: String,
    pub(super) secret: Secret,
    /// The origin of its platform, or the sentence that says why it isn't known.
    pub(super) origin: Result<&'static str, String>,
}

/// What a configuration has for Feishu.
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
pub(super) fn find(config: &Config<'_>, name: Option<&str>) -> Result<Found, String> {
    let choice = match config.channel()? {
        Some(members) => {
            let text = |text: &str| config.text_of(text);
            choose(CHANNEL, members, name, &[APP_ID, APP_SECRET], &text)?
        }
        None => Choice::NoneConfigured,
    };
    let account = match choice {
        Choice::Account(account) => account,
        Choice::NoneConfigured if name.is_some() => return Ok(Found::Nothing),
        Choice::NoneConfigured => {
            return Ok(from_variables(config).map_or(Found::Nothing, Found::Account));
        }
        Choice::NotThere(ids) => return Ok(Found::NotThere(ids)),
    };
    // OpenClaw takes these two for the default account, where the file doesn't have them.
    let or_variable = |found: Option<String>, member: &str, variable| {
        let may_be = account.is_default() && !account.has(member);
        let found = found.or_else(|| config.fallback(variable).filter(|_| may_be));
        found.ok_or_else(|| format!("{} is missing, or empty", account.path_of(member)))
    };
    let app_id = config.secret(&account, APP_ID)?;
    let secret = config.secret(&account, APP_SECRET)?;
    let origin = match config.text(&account, DOMAIN) {
        Ok(None) if account.has(DOMAIN) => Err(format!("{} is empty", account.path_of(DOMAIN))),
        Ok(domain) => origin_of(domain.as_deref(), &account.path_of(DOMAIN)),
        Err(reason) => Err(reason),
    };
    Ok(Found::Account(Account {
        app_id: or_variable(app_id, APP_ID, "FEISHU_APP_ID")?,
        secret: Secret::new(or_variable(secret, APP_SECRET, "FEISHU_APP_SECRET")?),
        origin,
        id: account.id,
    }))
}

/// The app of OpenClaw's own environment: its `.env` or the file's `env`. (This program's environment was asked before.)
fn from_variables(config: &Config<'_>) -> Option<Account> {
    Some(Account {
        id: "default".to_owned(),
        app_id: config.fallback("FEISHU_APP_ID")?,
        secret: Secret::new(config.fallback("FEISHU_APP_SECRET")?),
        origin: Ok(FEISHU),
    })
}

/// `feishu`, `lark`, or the origin of one of them. The secret goes to neither when it is anything else.
fn origin_of(domain: Option<&str>, path: &str) -> Result<&'static str, String> {
    let Some(domain) = domain else {
        return Ok(FEISHU);
    };
    let is = |origin: &str| {
        let (Ok(domain), Ok(origin)) = (BaseUrl::parse(domain), BaseUrl::parse(origin)) else {
            return false;
        };
        domain == origin
    };
    if domain.eq_ignore_ascii_case("feishu") || is(FEISHU) {
        Ok(FEISHU)
    } else if domain.eq_ignore_ascii_case("lark") || is(LARKSUITE) {
        Ok(LARKSUITE)
    } else {
        Err(format!(
            "{path} names no platform that is known. Write feishu, lark, {FEISHU} or {LARKSUITE} there; for an address of your own set FEISHU_BASE_URL"
        ))
    }
}
