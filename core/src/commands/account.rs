//! `setup`, `update-key`, `update-ratio`, `remove-key`: everything is validated before anything is
//! written, and whatever else the user's file holds stays as it is.

use serde_json::{Map, Value, json};

use super::Reply;
use crate::config::{self, Settings};
use crate::io::Io;
use crate::problem::Problem;
use crate::ratio::Ratio;
use crate::secret::Secret;
use crate::upstream::ApiKey;

/// Members of the user's file that are ours. All others are left as they are.
const KEY: &str = "apiKey";
const RATIO: &str = "videoRatio";

/// Stores key and default ratio.
///
/// # Errors
/// Permanent for a bad key, a bad ratio or a damaged file.
pub fn setup(
    io: &Io,
    settings: &Settings,
    api_key: Option<Secret>,
    video_ratio: Option<String>,
) -> Result<Reply, Problem> {
    let key = api_key.as_ref().map(valid_key).transpose()?;
    let ratio = video_ratio.as_deref().map(Ratio::read).transpose()?;
    let mut lines = Vec::new();
    if let Some(key) = &key {
        lines.push(format!("✅ API Key saved ({})", key.secret.masked()));
    }
    if let Some(ratio) = &ratio {
        lines.push(format!("✅ Video ratio saved ({ratio})"));
    }
    lines.push(format!("📁 Config: {}", settings.config_path));
    let json = json!({
        "apiKey": key.as_ref().map(|key| key.secret.masked()),
        "videoRatio": ratio.as_ref().map(ToString::to_string),
        "config": settings.config_path,
    });
    change(io, settings, |map| {
        if let Some(key) = &key {
            map.insert(
                KEY.to_owned(),
                Value::String(key.secret.expose().to_owned()),
            );
        }
        if let Some(ratio) = &ratio {
            map.insert(RATIO.to_owned(), Value::String(ratio.to_string()));
        }
    })?;
    Ok(Reply::good(lines, json))
}

/// Replaces the key.
///
/// # Errors
/// As [`setup`].
pub fn update_key(io: &Io, settings: &Settings, api_key: Secret) -> Result<Reply, Problem> {
    let key = valid_key(&api_key)?;
    let old = stored_key(settings).map(|old| old.masked());
    let new = key.secret.masked();
    change(io, settings, |map| {
        map.insert(
            KEY.to_owned(),
            Value::String(key.secret.expose().to_owned()),
        );
    })?;
    let line = match &old {
        Some(old) => format!("✅ Key updated: {old} → {new}"),
        None => format!("✅ Key saved: {new}"),
    };
    Ok(Reply::good(vec![line], json!({"old": old, "new": new})))
}

/// Replaces the ratio.
///
/// # Errors
/// As [`setup`].
pub fn update_ratio(io: &Io, settings: &Settings, video_ratio: String) -> Result<Reply, Problem> {
    let new = Ratio::read(&video_ratio)?.to_string();
    let old = settings
        .stored_ratio
        .clone()
        .filter(|old| Ratio::parse(old).is_some());
    change(io, settings, |map| {
        map.insert(RATIO.to_owned(), Value::String(new.clone()));
    })?;
    let line = match &old {
        Some(old) => format!("✅ Video ratio updated: {old} → {new}"),
        None => format!("✅ Video ratio saved: {new}"),
    };
    Ok(Reply::good(vec![line], json!({"old": old, "new": new})))
}

/// Forgets the stored key.
///
/// # Errors
/// Permanent for a damaged file.
pub fn remove_key(io: &Io, settings: &Settings) -> Result<Reply, Problem> {
    // Before anything is looked for: a damaged file would otherwise read as "no key is saved".
    readable(settings)?;
    let Some(old) = stored_key(settings) else {
        return Ok(Reply::good(
            vec!["ℹ️ No API Key saved locally.".to_owned()],
            json!({"removed": null}),
        ));
    };
    let masked = old.masked();
    change(io, settings, |map| {
        map.remove(KEY);
    })?;
    Ok(Reply::good(
        vec![format!("✅ Key removed ({masked})")],
        json!({"removed": masked}),
    ))
}

/// A key of a form that some service has. Whether the service accepts it isn't asked here.
///
/// # Errors
/// Permanent: no known form.
fn valid_key(secret: &Secret) -> Result<ApiKey, Problem> {
    ApiKey::parse(secret.expose()).ok_or_else(config::bad_key)
}

/// The key in the user's file, whatever its form and whatever the environment says.
fn stored_key(settings: &Settings) -> Option<Secret> {
    let text = settings.stored.as_ref().ok()?.get(KEY)?.as_str()?.trim();
    (!text.is_empty()).then(|| Secret::new(text.to_owned()))
}

/// The user's file as it is now.
///
/// # Errors
/// Permanent: it is damaged, and isn't written over.
fn readable(settings: &Settings) -> Result<&Map<String, Value>, Problem> {
    settings
        .stored
        .as_ref()
        .map_err(|reason| config::damaged(&settings.config_path, reason))
}

/// Writes the user's file anew, durably, with an edit.
///
/// # Errors
/// Permanent for a damaged file, temporary where it can't be written; nothing was changed then.
fn change(
    io: &Io,
    settings: &Settings,
    edit: impl FnOnce(&mut Map<String, Value>),
) -> Result<(), Problem> {
    // The whole map goes back: members that this version doesn't know are somebody's.
    let mut map = readable(settings)?.clone();
    edit(&mut map);
    // Indented, since people read this file and are told to repair it.
    let mut text = serde_json::to_vec_pretty(&Value::Object(map)).unwrap_or_default();
    text.push(b'\n');
    io.save_config(text).map_err(|reason| {
        Problem::temporary(format!("Cannot write {}: {reason}", settings.config_path))
            .advise("Nothing was changed.")
    })
}
