//! With which accounts this process writes to chats: placeholders with our harness, secrets in a stock runtime. By the
//! contract's variables and by nothing else: what a channel makes of an account stands in its own folder.

use serde_json::Value;

use super::heard::Heard;
use super::{Member, all};
use crate::json;
use crate::secret::Secret;
use crate::upstream::base_url;

/// More accounts than any bot owner has; what is named beyond them is passed over.
const MAX_ACCOUNTS: usize = 100;
/// From the harness: all accounts that have a name, of all channels.
const ALL: &str = "LIBTV_CHANNEL_ACCOUNTS";

/// From it as well: from whom accounts have heard, of channels where that counts.
const HEARD: &str = "LIBTV_CHATS_HEARD_FROM";

/// An account of a channel.
pub struct Account {
    /// The channel's.
    member: &'static Member,
    /// What it is called; none for the one that is meant where nobody names one.
    name: Option<String>,
    /// The app's id, where the channel's apps have one. No secret.
    pub app_id: String,
    /// Which of the apps with that id it is, where several share one; empty else. No secret.
    pub agent: String,
    /// Its secret, or the placeholder.
    pub secret: Secret,
    /// Where the platform is, without a slash at the end.
    pub base_url: String,
    /// Where it was found, in words.
    pub found_in: String,
    /// From whom it has heard, where that decides who may be written to and somebody knows it.
    pub heard: Option<Heard>,
}

/// All of them.
pub struct Accounts {
    found: Vec<Account>,
    /// Why a channel has none, in words for behind "credentials:".
    missing: Vec<(&'static str, String)>,
}

impl Account {
    /// Where it was found, and whose it is, in words.
    #[must_use]
    pub fn found(&self) -> String {
        if self.app_id.is_empty() {
            return ["found in ", &self.found_in].concat();
        }
        ["found in ", &self.found_in, " (app ", &self.app_id, ")"].concat()
    }

    /// Its channel.
    #[must_use]
    pub const fn member(&self) -> &'static Member {
        self.member
    }
}

impl Accounts {
    /// Those that these variables name. What can't be used is no account: the harness says why.
    pub fn read(vars: &dyn Fn(&str) -> Option<String>) -> Self {
        let plain = all().filter_map(|member| plain(member, vars));
        let mut found: Vec<Account> = plain.collect();
        let listed = vars(ALL).and_then(|text| json::parse(text.as_bytes()));
        let listed = listed.as_ref().and_then(Value::as_array);
        let named = listed.into_iter().flatten().take(MAX_ACCOUNTS);
        found.extend(named.filter_map(named_account));
        if let Some(all) = vars(HEARD).and_then(|text| json::parse(text.as_bytes())) {
            for account in &mut found {
                account.heard = Heard::read(&all, account.member.id, account.name.as_deref());
            }
        }
        let missing = all().filter_map(|member| Some((member.id, vars(member.variables.missing)?)));
        Self {
            missing: missing.collect(),
            found,
        }
    }

    /// The account of a channel that a route names. Without a name the one that is meant then, or the only one.
    ///
    /// # Errors
    /// There is none, in words for behind "credentials:".
    pub fn of(&self, member: &Member, name: Option<&str>) -> Result<&Account, String> {
        let of_channel = || self.all(member);
        let chosen = match name {
            Some(_) => of_channel().find(|account| account.name.as_deref() == name),
            None => {
                let mut unnamed = of_channel().filter(|account| account.name.is_none());
                let is_only = of_channel().count() == 1;
                // Where it is known why none is meant without a name, it isn't another one in its place.
                let may_be_any = is_only && !self.missing.iter().any(|(id, _)| *id == member.id);
                // Several with a name, and none that is meant without one: to take any would be to write as
                // somebody else.
                unnamed
                    .next()
                    .or_else(|| of_channel().next().filter(|_| may_be_any))
            }
        };
        chosen.ok_or_else(|| self.why_none(member, name))
    }

    /// Those of a channel.
    pub fn all(&self, member: &Member) -> impl Iterator<Item = &Account> {
        let id = member.id;
        let accounts = self.found.iter();
        accounts.filter(move |account| account.member.id == id)
    }

    /// Those that are meant where nobody names one, and of each channel at most one.
    pub fn unnamed(&self) -> impl Iterator<Item = &Account> {
        all().filter_map(|member| self.of(member, None).ok())
    }

    /// Of which channels there are several and none is meant: then a name is needed. They, for people.
    #[must_use]
    pub fn names_to_choose(&self, member: &Member) -> Option<String> {
        let names = self.names(member);
        (names.len() > 1 && self.of(member, None).is_err()).then(|| names.join(", "))
    }

    /// What those of a channel are called, where some have names and this isn't one of them.
    #[must_use]
    pub fn not_among_named(&self, member: &Member, name: &str) -> Option<String> {
        let names = self.names(member);
        (!names.is_empty() && !names.contains(&name)).then(|| names.join(", "))
    }

    /// What those of a channel are called.
    fn names(&self, member: &Member) -> Vec<&str> {
        let accounts = self.all(member);
        accounts.filter_map(|one| one.name.as_deref()).collect()
    }

    /// Why there is no such account.
    fn why_none(&self, member: &Member, name: Option<&str>) -> String {
        let names = self.names(member);
        match name {
            Some(name) if !names.is_empty() => [
                "none is called ",
                name,
                ". There are: ",
                &names.join(", "),
                ".",
            ]
            .concat(),
            None if names.len() > 1 => [
                "there are several: ",
                &names.join(", "),
                ". Name one with --account.",
            ]
            .concat(),
            _ => self.missing(member),
        }
    }

    /// Why a channel has no account at all.
    #[must_use]
    pub fn missing(&self, member: &Member) -> String {
        let mut missing = self.missing.iter();
        let told = missing.find(|(channel, _)| *channel == member.id);
        told.map_or_else(
            || {
                let names = member.variables.of_app();
                let names = contract::channels::enumerated(names, "and");
                ["not found. Set ", &names, "."].concat()
            },
            |(_, words)| words.clone(),
        )
    }
}

/// The account that is meant where nobody names one, where all of it is there and its address can be used.
fn plain(member: &'static Member, vars: &dyn Fn(&str) -> Option<String>) -> Option<Account> {
    let variables = member.variables;
    Some(Account {
        member,
        name: None,
        app_id: match variables.app {
            Some(name) => vars(name)?,
            None => String::new(),
        },
        agent: match variables.agent {
            Some(name) => vars(name)?,
            None => String::new(),
        },
        secret: Secret::new(vars(variables.secret)?),
        base_url: address(member, vars(variables.base_url))?,
        found_in: vars(variables.found_in).unwrap_or_else(|| "the environment".to_owned()),
        heard: None,
    })
}

/// One that has a name.
fn named_account(value: &Value) -> Option<Account> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let channel = text("channel")?;
    let member = all().find(|member| member.id == channel)?;
    Some(Account {
        member,
        name: Some(text("account")?),
        app_id: text("app").unwrap_or_default(),
        agent: text("agent").unwrap_or_default(),
        secret: Secret::new(text("secret")?),
        base_url: address(member, text("at"))?,
        found_in: text("foundIn").unwrap_or_default(),
        heard: None,
    })
}

/// Where a channel's platform is: the first one's address unless it was moved. What all routes begin with may stand behind it,
/// as in the platforms' manuals.
fn address(member: &Member, moved: Option<String>) -> Option<String> {
    let usual = member.platforms.first()?.origin;
    let url = base_url(moved, usual, member.variables.base_url).ok()?;
    let url = url.strip_suffix(member.tail).unwrap_or(&url);
    Some(url.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::feishu;
    use super::*;

    fn accounts(vars: &[(&str, &str)]) -> Accounts {
        Accounts::read(&|name| {
            let mut vars = vars.iter();
            let (_, value) = vars.find(|(known, _)| *known == name)?;
            Some((*value).to_owned())
        })
    }

    #[test]
    fn the_messengers_app_is_both_variables_or_none() {
        let found = accounts(&[("FEISHU_APP_ID", "cli_x")]);
        assert!(found.of(&feishu::MEMBER, None).is_err());
        let both = [("FEISHU_APP_ID", "cli_x"), ("FEISHU_APP_SECRET", "s")];
        let moved = [("FEISHU_BASE_URL", "https://open.larksuite.com/")];
        let behind = [("FEISHU_BASE_URL", "https://open.feishu.cn/open-apis/")];
        for (vars, at) in [
            (&[][..], "https://open.feishu.cn"),
            (&moved, "https://open.larksuite.com"),
            (&behind, "https://open.feishu.cn"),
        ] {
            let found = accounts(&[&both[..], vars].concat());
            let app = found
                .of(&feishu::MEMBER, None)
                .unwrap_or_else(|why| panic!("{why}"));
            assert_eq!((app.app_id.as_str(), app.base_url.as_str()), ("cli_x", at));
        }
    }

    #[test]
    fn of_several_accounts_the_one_that_is_named_is_taken_and_no_other() {
        let listed = |names: &[&str]| {
            let entries: Vec<_> = names
                .iter()
                .map(|name| serde_json::json!({"channel": "feishu", "account": name, "app": format!("cli_{name}"), "secret": "s", "at": "https://open.feishu.cn"}))
                .collect();
            accounts(&[(ALL, &Value::from(entries).to_string())])
        };
        let of = |found: &Accounts, name: Option<&str>| {
            let account = found.of(&feishu::MEMBER, name);
            account.map(|account| account.app_id.clone())
        };
        let two = listed(&["main", "ops"]);
        assert_eq!(of(&two, Some("ops")).unwrap(), "cli_ops");
        assert!(of(&two, None).unwrap_err().contains("main, ops"));
        assert!(of(&two, Some("other")).unwrap_err().contains("main, ops"));
        assert_eq!(two.names_to_choose(&feishu::MEMBER).unwrap(), "main, ops");
        let one = listed(&["main"]);
        assert_eq!(of(&one, None).unwrap(), "cli_main");
        assert!(one.names_to_choose(&feishu::MEMBER).is_none());
    }
}
