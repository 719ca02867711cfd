//! A configuration of OpenClaw's, read: included files in their places, variables at hand. What a channel makes of it is
//! the contract's to say (`section.rs`).

use std::path::PathBuf;

use contract::channels::Channel;
use sandbox::http::Contexts;
use serde_json::{Map, Value};

use super::accounts::Chosen;
use super::places::{Place, Places};
use super::variables::Variables;
use super::{include, kept, secret};

/// `channels.<channel>`, `secrets` and `env` of a configuration.
pub(super) struct Config<'a> {
    places: &'a Places,
    /// What was read, with included files in their places; always an object.
    root: Value,
    /// The section that is wanted; others weren't read.
    channel: &'a str,
    variables: Variables<'a>,
    /// Where the channel's plug-in keeps its accounts, where it does.
    kept_in: Option<PathBuf>,
}

impl<'a> Config<'a> {
    /// Reads the file at `place` as far as `channel` needs it. `None` when it isn't there.
    ///
    /// # Errors
    /// A sentence that names the file and what is wrong in it.
    pub(super) fn read(
        places: &'a Places,
        place: &Place,
        channel: &'a Channel,
    ) -> Result<Option<Self>, String> {
        let name = channel.section.name;
        let Some(mut root) = include::read(&place.path, name, &places.include_roots)? else {
            return Ok(None);
        };
        if !root.is_object() {
            return Err(format!("{} is not a JSON object", place.path.display()));
        }
        let kept = channel.section.kept.as_ref();
        let kept_in = kept.and_then(|kept| kept::folder(kept, &places.states(place)));
        if let Some(folder) = &kept_in {
            kept::put_in(&mut root, channel, folder);
        }
        let variables = Variables::read(places, &places.env_files(place), &root);
        Ok(Some(Self {
            places,
            root,
            channel: name,
            variables,
            kept_in,
        }))
    }

    /// What the conversations of the account of this id are known by, where the channel's plug-in keeps that.
    pub(super) fn contexts(&self, id: &str) -> Option<Contexts> {
        kept::contexts(self.kept_in.as_ref()?, id)
    }

    pub(super) fn root(&self) -> &Value {
        &self.root
    }

    pub(super) fn places(&self) -> &Places {
        self.places
    }

    /// `channels.<channel>`: `None` when there is nothing.
    ///
    /// # Errors
    /// It is something else than an object.
    pub(super) fn channel(&self) -> Result<Option<&Map<String, Value>>, String> {
        let name = self.channel;
        let channels = &self.root["channels"];
        match (channels, &channels[name]) {
            (Value::Null, _) | (Value::Object(_), Value::Null) => Ok(None),
            (_, Value::Object(members)) => Ok(Some(members)),
            (Value::Object(_), _) => Err(format!("channels.{name} is not an object")),
            _ => Err("channels is not an object".to_owned()),
        }
    }

    /// A text of the account; `None` when the account doesn't have it.
    ///
    /// # Errors
    /// A sentence that names the member.
    pub(super) fn text(&self, account: &Chosen, member: &str) -> Result<Option<String>, String> {
        self.member(account, member, |value| match value {
            Value::String(text) => self.text_of(text),
            _ => Err("is not a text".to_owned()),
        })
    }

    /// The same of what may be written as a number.
    ///
    /// # Errors
    /// A sentence that names the member.
    pub(super) fn number_or_text(
        &self,
        account: &Chosen,
        member: &str,
    ) -> Result<Option<String>, String> {
        self.member(account, member, |value| match value {
            Value::String(text) => self.text_of(text),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err("is neither a number nor a text".to_owned()),
        })
    }

    /// A secret of the account, looked up where it is kept; `None` when the account has none.
    ///
    /// # Errors
    /// A sentence that names the member.
    pub(super) fn secret(&self, account: &Chosen, member: &str) -> Result<Option<String>, String> {
        self.member(account, member, |value| secret::resolve(value, self))
    }

    /// The secret that is all of the file which a member names; `None` when the account names none.
    ///
    /// # Errors
    /// A sentence that names the member, and nothing of what the file holds.
    pub(super) fn secret_in_file(
        &self,
        account: &Chosen,
        member: &str,
    ) -> Result<Option<String>, String> {
        self.member(account, member, |value| {
            let named = value.as_str().ok_or("is not a text")?;
            secret::in_file(&self.text_of(named)?, self)
        })
    }

    /// Reads a member; the error names it and says where it stands.
    fn member(
        &self,
        account: &Chosen,
        member: &str,
        read: impl FnOnce(&Value) -> Result<String, String>,
    ) -> Result<Option<String>, String> {
        let Some(value) = account.given(member) else {
            return Ok(None);
        };
        let text = read(value).and_then(|text| match text.trim() {
            "" => Err("is empty".to_owned()),
            text => Ok(text.to_owned()),
        });
        text.map(Some)
            .map_err(|reason| format!("{} {reason}", account.path_of(member)))
    }

    /// A variable's value, for a reference to it.
    ///
    /// # Errors
    /// To be read behind the member's name.
    pub(super) fn variable(&self, name: &str) -> Result<String, String> {
        self.variables.get(name).ok_or_else(|| self.unset(name))
    }

    /// The variable of this name, where a channel takes it in place of a member.
    pub(super) fn fallback(&self, name: &str) -> Option<String> {
        let value = self.variables.get(name)?;
        Some(value.trim().to_owned())
    }

    /// A text with its references replaced.
    ///
    /// # Errors
    /// To be read behind the member's name.
    pub(super) fn text_of(&self, text: &str) -> Result<String, String> {
        self.variables
            .substitute(text)
            .map_err(|name| self.unset(&name))
    }

    /// What to say of a variable that isn't set, with every reason why it may not have been found.
    fn unset(&self, name: &str) -> String {
        let mut reason = format!(
            "refers to the environment variable {name}, which is not set. Set it where this program runs, or in OpenClaw's .env"
        );
        // OpenClaw would find the variable this way, and a user who sees it work there must learn why it
        // doesn't here.
        if self.root["env"]["shellEnv"]["enabled"] == true {
            reason.push_str(
                " (env.shellEnv has OpenClaw ask a login shell for it, which is not done here)",
            );
        }
        for file in &self.variables.unreadable {
            reason.push_str(&format!(" ({file})"));
        }
        reason
    }
}
