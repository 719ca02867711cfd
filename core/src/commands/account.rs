//! `setup`, `update-key`, `update-ratio`, `remove-key`: everything is validated before anything is
//! written, and whatever else the user's file holds stays as it is.

use contract::services::{CHOICES, KEY_MEMBER, OF_SERVICES, SERVICE_IN_USE};
use serde_json::{Map, Value};

use super::Reply;
use crate::cli::SetUp;
use crate::config::{self, Settings, is_choice};
use crate::io::Io;
use crate::json::object;
use crate::problem::{Cause, Problem};
use crate::ratio::Ratio;
use crate::secret::Secret;
use crate::upstream::{ApiKey, ServiceId, Shape};

/// The default ratio in the user's file. Members that aren't ours are left as they are.
const RATIO: &str = "videoRatio";

/// Stores what is given: a key, what is chosen of its service, the default ratio; and which service is in use.
///
/// # Errors
/// Permanent for a bad key, choice or ratio, a service without a key, or a damaged file.
pub fn setup(io: &Io, settings: &Settings, wanted: SetUp) -> Result<Reply, Problem> {
    let named = wanted.service.as_deref().map(service_called).transpose()?;
    let key = wanted
        .api_key
        .as_ref()
        .map(|secret| valid_key(settings, secret, named))
        .transpose()?;
    let ratio = wanted.video_ratio.as_deref().map(Ratio::read).transpose()?;
    let choices = [wanted.model, wanted.resolution];
    let is_chosen = choices.iter().any(Option::is_some);
    let service = match &key {
        Some(key) => Some(key.service),
        // Nothing may be chosen of a service that couldn't be asked.
        None if named.is_some() || is_chosen => {
            Some(settings.meant(wanted.service.as_deref())?.key.service)
        }
        None => None,
    };
    if let Some(service) = service.filter(|_| is_chosen) {
        valid_choices(service, &choices)?;
    }
    let mut lines = Vec::new();
    if let Some(key) = &key {
        lines.push(format!("✅ API Key saved ({})", key.secret.masked()));
    }
    if let Some(service) = named {
        let title = service.member().title;
        lines.push(format!("✅ Service: {title} ({})", service.word()));
    }
    for (label, choice) in ["Model", "Resolution"].iter().zip(&choices) {
        lines.extend(choice.as_ref().map(|choice| match choice.as_str() {
            "" => format!("✅ {label} left to the service"),
            choice => format!("✅ {label} saved ({choice})"),
        }));
    }
    if let Some(ratio) = &ratio {
        lines.push(format!("✅ Video ratio saved ({ratio})"));
    }
    lines.push(format!("📁 Config: {}", settings.config_path));
    let mut json = object! {
        "apiKey": key.as_ref().map(|key| key.secret.masked()),
        "videoRatio": ratio.as_ref().map(ToString::to_string),
        "config": settings.config_path,
    };
    if let Some(service) = named {
        json["service"] = service.word().into();
    }
    change(io, settings, |map| {
        if let Some(key) = &key {
            set_key(map, key)?;
        }
        if let Some(service) = service {
            for (name, choice) in CHOICES.iter().zip(choices) {
                if let Some(choice) = choice {
                    set(of_service(map, service)?, name, &choice);
                }
            }
        }
        // A file of one service stays as it was; where one is chosen, whoever stores another's key means that one.
        if let Some(in_use) = named.or_else(|| service.filter(|_| map.contains_key(SERVICE_IN_USE)))
        {
            set(map, SERVICE_IN_USE, in_use.word());
        }
        if let Some(ratio) = &ratio {
            set(map, RATIO, &ratio.to_string());
        }
        Ok(())
    })?;
    Ok(Reply::good(lines, json))
}

/// Replaces the key of a service: the one that is named, that the key is told by, or that is in use.
///
/// # Errors
/// As [`setup`].
pub fn update_key(
    io: &Io,
    settings: &Settings,
    api_key: Secret,
    named: Option<&str>,
) -> Result<Reply, Problem> {
    let named = named.map(service_called).transpose()?;
    let key = valid_key(settings, &api_key, named)?;
    let old = stored_key(settings, key.service).map(|old| old.masked());
    let new = key.secret.masked();
    change(io, settings, |map| set_key(map, &key))?;
    let line = match &old {
        Some(old) => format!("✅ Key updated: {old} → {new}"),
        None => format!("✅ Key saved: {new}"),
    };
    Ok(Reply::good(vec![line], object! {"old": old, "new": new}))
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
        set(map, RATIO, &new);
        Ok(())
    })?;
    let line = match &old {
        Some(old) => format!("✅ Video ratio updated: {old} → {new}"),
        None => format!("✅ Video ratio saved: {new}"),
    };
    Ok(Reply::good(vec![line], object! {"old": old, "new": new}))
}

/// Forgets the stored key of a service: the one that is named, else the one in use, else the one that is told by how it
/// begins.
///
/// # Errors
/// Permanent for a damaged file.
pub fn remove_key(io: &Io, settings: &Settings, named: Option<&str>) -> Result<Reply, Problem> {
    // Before anything is looked for: a damaged file would otherwise read as "no key is saved".
    readable(settings)?;
    let named = named.map(service_called).transpose()?;
    let service = named
        .or_else(|| settings.services.in_use())
        .unwrap_or_else(ServiceId::of_earlier_records);
    let old = stored_key(settings, service);
    // A key of another service in the shared place isn't the one that was named.
    let is_its = |old: &Secret| {
        named.is_none_or(|named| {
            ApiKey::parse(old.expose(), named.into()).is_some_and(|key| key.service == named)
        })
    };
    let Some(old) = old.filter(is_its) else {
        return Ok(Reply::good(
            vec!["ℹ️ No API Key saved locally.".to_owned()],
            object! {"removed": Value::Null},
        ));
    };
    let masked = old.masked();
    change(io, settings, |map| {
        if service.key_prefix().is_empty() {
            of_service(map, service)?.remove(KEY_MEMBER);
        } else {
            map.remove(KEY_MEMBER);
        }
        Ok(())
    })?;
    Ok(Reply::good(
        vec![format!("✅ Key removed ({masked})")],
        object! {"removed": masked},
    ))
}

/// The service that users call so.
///
/// # Errors
/// Permanent: there is none.
fn service_called(word: &str) -> Result<ServiceId, Problem> {
    ServiceId::called(word).ok_or_else(|| config::no_service(word))
}

/// A key of the service that is named, else of the one that it is told by, else of the one in use. Whether the service
/// accepts it isn't asked here.
///
/// # Errors
/// Permanent: it can't be one.
fn valid_key(
    settings: &Settings,
    secret: &Secret,
    named: Option<ServiceId>,
) -> Result<ApiKey, Problem> {
    let meant = named.or_else(|| settings.services.in_use());
    let key = ApiKey::parse(secret.expose(), meant);
    match named {
        Some(service) => key
            .filter(|key| key.service == service)
            .ok_or_else(|| config::bad_key_of(service)),
        None => key.ok_or_else(config::bad_key),
    }
}

/// What may be chosen of a service.
///
/// # Errors
/// Permanent: it chooses by itself, or such a name can't be one.
fn valid_choices(service: ServiceId, choices: &[Option<String>]) -> Result<(), Problem> {
    if service.traits().shape == Shape::Session {
        let title = service.member().title;
        return Err(Problem::permanent(format!(
            "{title} chooses model and resolution by itself: say in the request what you want."
        )));
    }
    let mut chosen = choices.iter().flatten().filter(|choice| !choice.is_empty());
    if chosen.all(|choice| is_choice(choice)) {
        return Ok(());
    }
    Err(Problem::permanent(
        "A model or a resolution is named by letters, digits and marks, without blanks.",
    ))
}

/// The key in the user's file that is kept where this service's is, whatever its form and whatever the environment says.
fn stored_key(settings: &Settings, service: ServiceId) -> Option<Secret> {
    let map = settings.stored.as_ref().ok()?;
    let place = if service.key_prefix().is_empty() {
        map.get(OF_SERVICES)?.get(service.word())?.get(KEY_MEMBER)?
    } else {
        map.get(KEY_MEMBER)?
    };
    let text = place.as_str()?.trim();
    (!text.is_empty()).then(|| Secret::new(text.to_owned()))
}

/// Puts a key where its service's is kept.
///
/// # Errors
/// As [`of_service`].
fn set_key(map: &mut Map<String, Value>, key: &ApiKey) -> Result<(), Problem> {
    let members = if key.service.key_prefix().is_empty() {
        of_service(map, key.service)?
    } else {
        map
    };
    set(members, KEY_MEMBER, key.secret.expose());
    Ok(())
}

/// Sets a member; an empty text takes it away.
fn set(members: &mut Map<String, Value>, name: &str, text: &str) {
    if text.is_empty() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), text.into());
    }
}

/// What is kept of a service, to be changed.
///
/// # Errors
/// Permanent: something else stands there, and isn't written over.
fn of_service(
    map: &mut Map<String, Value>,
    service: ServiceId,
) -> Result<&mut Map<String, Value>, Problem> {
    let mut place = map;
    for name in [OF_SERVICES, service.word()] {
        let inner = place
            .entry(name)
            .or_insert_with(|| Value::Object(Map::new()));
        place = inner.as_object_mut().ok_or_else(|| {
            Problem::permanent(format!(
                "`{name}` in the configuration file is not a JSON object; nothing was changed."
            ))
            .because(Cause::Setting)
        })?;
    }
    Ok(place)
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
    edit: impl FnOnce(&mut Map<String, Value>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    // The whole map goes back: members that this version doesn't know are somebody's.
    let mut map = readable(settings)?.clone();
    edit(&mut map)?;
    // Indented, since people read this file and are told to repair it.
    let mut text = serde_json::to_vec_pretty(&Value::Object(map)).unwrap_or_default();
    text.push(b'\n');
    io.save_config(text).map_err(|reason| {
        Problem::temporary(format!("Cannot write {}: {reason}", settings.config_path))
            .because(Cause::Storage)
            .advise("Nothing was changed.")
    })
}
