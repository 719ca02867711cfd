//! Accounts that a plug-in keeps in files beside OpenClaw's configuration: put into its section as if they stood there, so that
//! whatever counts for accounts (which one is meant, which is switched off) counts for these. Where the files are, and what is in
//! them, the contract says. Read anew at every call: a login, and every message that comes in, changes them.

use std::fs;
use std::path::{Path, PathBuf};

use contract::channels::{Channel, Kept};
use sandbox::files::read_bounded;
use sandbox::http::{BaseUrl, Contexts};
use sandbox::secrets::Secret;
use serde_json::{Map, Value};

use super::MOST_ACCOUNTS;

/// A list of ids, or an account: some hundred bytes each.
const FILE_BYTES: u64 = 64 << 10;
/// Of each person who ever wrote to an account some hundred bytes.
const CONTEXTS_BYTES: u64 = 1 << 20;
/// People whose conversations are looked up; nobody's own bot has as many. Beyond them none is, rather than some.
const MOST_CONTEXTS: usize = 500;
/// Shorter texts are no secrets, and would be found in everything that is searched for them.
const MIN_CONTEXT_BYTES: usize = 8;

/// The plug-in's folder in the first of these that has one.
pub(super) fn folder(kept: &Kept, states: &[PathBuf]) -> Option<PathBuf> {
    let folders = states.iter().map(|state| state.join(kept.folder));
    folders
        .into_iter()
        .find(|folder| folder.join("accounts.json").is_file())
}

/// Puts the accounts of `folder` in the place of those that the configuration has, with what that says of each. Without any it
/// stays as it is.
pub(super) fn put_in(root: &mut Value, channel: &Channel, folder: &Path) {
    let accounts = listed(folder);
    if accounts.is_empty() {
        return;
    }
    let Some(channels) = member(root, "channels") else {
        return;
    };
    let section = channels
        .entry(channel.section.name)
        .or_insert_with(|| Map::new().into());
    let Some(section) = section.as_object_mut() else {
        return;
    };
    // Switched off, or called something: that stands in the configuration alone.
    let said = section.get("accounts").cloned().unwrap_or_default();
    let mut all = Map::new();
    for id in accounts {
        let mut own = said
            .get(&id)
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        // The file's own members last: what it was logged in with counts.
        own.extend(account(folder, &id));
        all.insert(id, own.into());
    }
    section.insert("accounts".to_owned(), all.into());
}

/// An object's member that is an object; made where there is none.
fn member<'a>(root: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    let root = root.as_object_mut()?;
    root.entry(name)
        .or_insert_with(|| Map::new().into())
        .as_object_mut()
}

/// The ids of the accounts that were logged in.
fn listed(folder: &Path) -> Vec<String> {
    let text = read_bounded(&folder.join("accounts.json"), FILE_BYTES).unwrap_or_default();
    let ids: Vec<String> = serde_json::from_str(&text).unwrap_or_default();
    let mut ids: Vec<String> = ids.into_iter().filter(|id| is_name(id)).collect();
    ids.truncate(MOST_ACCOUNTS);
    ids
}

/// Whether an id names a file of its folder, and nothing elsewhere.
fn is_name(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@._-".contains(&byte);
    (1..=128).contains(&id.len()) && !id.starts_with('.') && id.bytes().all(is_plain)
}

/// What is in an account's file. Nothing where it can't be read: then it has no secret, which is told where it is missed.
fn account(folder: &Path, id: &str) -> Map<String, Value> {
    let read = |name: &str| {
        let text = read_bounded(&folder.join("accounts").join(name), FILE_BYTES).ok()?;
        let text = zeroize::Zeroizing::new(text);
        serde_json::from_str::<Map<String, Value>>(&text).ok()
    };
    let names = [Some(id.to_owned()), former(id)].into_iter().flatten();
    let mut found = names.filter_map(|name| read(&format!("{name}.json")));
    found.next().unwrap_or_default()
}

/// What the file of an id was called before ids were written with hyphens alone.
fn former(id: &str) -> Option<String> {
    let (name, kind) = id.rsplit_once("-im-")?;
    Some(format!("{name}@im.{kind}"))
}

/// What an account's conversations are known by; none where the plug-in doesn't say: older ones keep it to themselves.
pub(super) fn contexts(folder: &Path, id: &str) -> Option<Contexts> {
    let names = [Some(id.to_owned()), former(id)]
        .into_iter()
        .flatten()
        .filter(|id| is_name(id));
    let path = names
        .map(|id| {
            folder
                .join("accounts")
                .join(format!("{id}.context-tokens.json"))
        })
        .find(|path| path.is_file())?;
    let text = zeroize::Zeroizing::new(read_bounded(&path, CONTEXTS_BYTES).ok()?);
    let all: Map<String, Value> = serde_json::from_str(&text).ok()?;
    if all.len() > MOST_CONTEXTS {
        return None;
    }
    let of = all.into_iter().filter_map(|(id, context)| match context {
        Value::String(context) if context.len() >= MIN_CONTEXT_BYTES => {
            Some((id, Secret::new(context)))
        }
        _ => None,
    });
    Some(Contexts {
        of: of.collect(),
        // It is written whenever a message comes in, whoever wrote it.
        latest: fs::metadata(&path).and_then(|found| found.modified()).ok(),
    })
}

/// The address that an account's file names, where it is one of the service's.
///
/// # Errors
/// A sentence for behind the member's name. The secret goes nowhere then.
pub(super) fn address(kept: &Kept, text: &str) -> Result<String, String> {
    let base = BaseUrl::parse(text)?;
    // Nothing but the host is the account's to choose.
    let is_plain = base.https && base.port == 443 && base.prefix.is_empty();
    if is_plain && contract::services::stands_for(kept.within, &base.host) {
        return Ok(base.text());
    }
    Err(format!(
        "names no address below {}",
        kept.within.trim_start_matches("*.")
    ))
}

#[cfg(test)]
mod tests {
    use contract::channels::CHANNELS;
    use serde_json::json;

    use super::*;

    fn channel() -> (&'static Channel, &'static Kept) {
        let mut all = CHANNELS.into_iter();
        let found = all.find_map(|channel| Some((channel, channel.section.kept.as_ref()?)));
        found.expect("a channel whose plug-in keeps its accounts")
    }

    fn write(folder: &Path, name: &str, content: &Value) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content.to_string()).unwrap();
    }

    #[test]
    fn accounts_of_files_stand_in_the_section_with_what_it_says_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write(
            folder,
            "accounts.json",
            &json!(["a-im-bot", "b-im-bot", "../../c", "d-im-bot", 7]),
        );
        // One thing that is none makes no list.
        let (channel, _) = channel();
        let mut root = json!({});
        put_in(&mut root, channel, folder);
        assert_eq!(root, json!({}));
        write(
            folder,
            "accounts.json",
            &json!(["a-im-bot", "b-im-bot", "../../c", "d-im-bot"]),
        );
        write(
            folder,
            "accounts/a-im-bot.json",
            &json!({"token": "t-a", "baseUrl": "https://x.weixin.qq.com"}),
        );
        // As it was called before.
        write(folder, "accounts/b@im.bot.json", &json!({"token": "t-b"}));
        let said = json!({"accounts": {"a-im-bot": {"enabled": false}, "z": {"token": "left"}}});
        let mut root = json!({"channels": {channel.section.name: said}});
        put_in(&mut root, channel, folder);
        let accounts = &root["channels"][channel.section.name]["accounts"];
        assert_eq!(
            *accounts,
            json!({
                "a-im-bot": {"enabled": false, "token": "t-a", "baseUrl": "https://x.weixin.qq.com"},
                "b-im-bot": {"token": "t-b"},
                "d-im-bot": {},
            })
        );
    }

    #[test]
    fn conversations_are_read_where_the_plug_in_keeps_them() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert!(contexts(folder, "a-im-bot").is_none());
        let known =
            json!({"x@im.wechat": "context-of-x", "y@im.wechat": "short", "z@im.wechat": 7});
        write(folder, "accounts/a-im-bot.context-tokens.json", &known);
        let found = contexts(folder, "a-im-bot").unwrap();
        assert_eq!(found.of.keys().collect::<Vec<_>>(), ["x@im.wechat"]);
        assert!(found.latest.is_some() && found.mark("x@im.wechat").is_some());
        assert!(found.mark("y@im.wechat").is_none());
        assert!(contexts(folder, "../accounts/a-im-bot").is_none());
    }

    #[test]
    fn an_address_is_one_below_the_services_domain_and_no_other() {
        let (_, kept) = channel();
        let domain = kept.within.trim_start_matches("*.");
        let good = format!("https://eu.{domain}");
        assert_eq!(address(kept, &format!("{good}/")).unwrap(), good);
        for text in [
            format!("https://{domain}"),
            format!("http://eu.{domain}"),
            format!("https://eu.{domain}:8443"),
            format!("https://eu.{domain}/path"),
            format!("https://eu.{domain}.evil.example"),
            format!("https://u@eu.{domain}"),
            "https://127.0.0.1".to_owned(),
            "http://localhost:80".to_owned(),
            String::new(),
        ] {
            assert!(address(kept, &text).is_err(), "{text}");
        }
    }
}
