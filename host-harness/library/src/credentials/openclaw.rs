//! Feishu accounts in OpenClaw's configuration. Only read; never written, never granted to the component.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::Secret;

/// The file holds many things, but nothing near this size.
const MAX_BYTES: u64 = 4 << 20;

/// One account as the file has it.
pub(super) struct Account {
    pub(super) app_id: String,
    pub(super) secret: Arc<Secret>,
    pub(super) lark: bool,
    pub(super) found_in: String,
}

/// The account called `name`, or the first one. `None` when there is no file or no account in it.
///
/// # Errors
/// A sentence, when the file is there and can't be read as JSON.
pub(super) fn read(path: &Path, name: Option<&str>) -> Result<Option<Account>, String> {
    let text = match super::config_file::read_bounded(path, MAX_BYTES) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{} can't be read: {error}", path.display())),
    };
    // The parser's own message may quote the file: only its place is told.
    let json: Value =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
            format!(
                "{} is not valid JSON (line {}, column {})",
                path.display(),
                error.line(),
                error.column()
            )
        })?;
    Ok(find(&json, name).map(|(app_id, secret, lark)| Account {
        app_id,
        secret: Arc::new(secret),
        lark,
        found_in: path.display().to_string(),
    }))
}

fn find(json: &Value, name: Option<&str>) -> Option<(String, Secret, bool)> {
    let feishu = &json["channels"]["feishu"];
    let accounts: Vec<(Option<&str>, &Value)> = match &feishu["accounts"] {
        Value::Array(list) => list.iter().map(|account| (None, account)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, account)| (Some(name.as_str()), account))
            .collect(),
        _ => Vec::new(),
    };
    accounts
        .into_iter()
        .filter(|(key, account)| name.is_none_or(|name| is_called(name, *key, account)))
        .find_map(|(_, account)| {
            let text = |member: &str| {
                account[member]
                    .as_str()
                    .map(str::trim)
                    .filter(|text| !text.is_empty())
            };
            let lark = account["domain"]
                .as_str()
                .or_else(|| feishu["domain"].as_str())
                == Some("lark");
            Some((
                text("appId")?.to_owned(),
                Secret::new(text("appSecret")?),
                lark,
            ))
        })
}

/// In an object the member's name is the account's; in a list the account names itself.
fn is_called(name: &str, key: Option<&str>, account: &Value) -> bool {
    key == Some(name)
        || ["name", "id", "accountId", "appId"]
            .iter()
            .any(|member| account[*member] == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app_id(json: &Value, name: Option<&str>) -> Option<String> {
        find(json, name).map(|(id, _, _)| id)
    }

    #[test]
    fn accounts_may_be_a_list_or_an_object_and_the_first_usable_one_counts() {
        let list = serde_json::json!({"channels": {"feishu": {"accounts": [{"appId": ""}, {"appId": "a", "appSecret": "s"}, {"appId": "b", "appSecret": "s"}]}}});
        assert_eq!(app_id(&list, None).as_deref(), Some("a"));
        let object = serde_json::json!({"channels": {"feishu": {"accounts": {"z": {"appId": "z", "appSecret": "s"}, "m": {"appId": "m", "appSecret": "s"}}}}});
        assert_eq!(app_id(&object, None).as_deref(), Some("z"));
    }

    #[test]
    fn an_account_is_found_by_its_name_and_no_other_is_taken_instead() {
        let object = serde_json::json!({"channels": {"feishu": {"accounts": {"z": {"appId": "1", "appSecret": "s"}, "m": {"appId": "2", "appSecret": "s"}}}}});
        assert_eq!(app_id(&object, Some("m")).as_deref(), Some("2"));
        assert_eq!(app_id(&object, Some("q")), None);
        let list = serde_json::json!({"channels": {"feishu": {"accounts": [{"appId": "1", "appSecret": "s"}, {"name": "m", "appId": "2", "appSecret": "s"}]}}});
        assert_eq!(app_id(&list, Some("m")).as_deref(), Some("2"));
    }

    #[test]
    fn lark_is_said_by_the_account_or_for_all() {
        let json = serde_json::json!({"channels": {"feishu": {"accounts": [{"appId": "1", "appSecret": "s", "domain": "lark"}]}}});
        assert!(find(&json, None).unwrap().2);
        let json = serde_json::json!({"channels": {"feishu": {"domain": "lark", "accounts": [{"appId": "1", "appSecret": "s"}]}}});
        assert!(find(&json, None).unwrap().2);
    }

    #[test]
    fn whatever_else_the_file_holds_is_no_account() {
        for json in [
            serde_json::json!([]),
            serde_json::json!({"channels": []}),
            serde_json::json!({"channels": {"feishu": {"accounts": "x"}}}),
            serde_json::json!({"channels": {"feishu": {"accounts": [1, null, {"appId": 1, "appSecret": {}}]}}}),
        ] {
            assert_eq!(app_id(&json, None), None);
        }
    }

    #[test]
    fn a_damaged_file_is_named_and_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("openclaw.json");
        assert!(read(&path, None).unwrap().is_none());
        std::fs::write(&path, r#"{"channels": {"feishu": hunter2"#).unwrap();
        let Err(reason) = read(&path, None) else {
            panic!("it was read")
        };
        assert!(
            reason.contains("openclaw.json") && !reason.contains("hunter2"),
            "{reason}"
        );
    }
}
