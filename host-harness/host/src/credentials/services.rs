//! What is kept of services whose keys nothing tells from others': each has a place of its own in `libtv.json`, and a
//! variable. Not here: the keys that are told by how they begin (`sources.rs`).

use std::sync::Arc;

use contract::services::{CHOICES, KEY_MEMBER, MAX_CHOICE_BYTES, OF_SERVICES, Service, makers};
use serde_json::{Map, Value};

use crate::environment::Environment;
use crate::keys::FoundKey;
use sandbox::secrets::Secret;

/// One such service.
pub(crate) struct FoundService {
    /// Which one.
    pub(crate) service: &'static Service,
    /// What users call it.
    pub(crate) word: &'static str,
    /// Its key in `libtv.json`, or the one that the program around this one brings in its place.
    pub(crate) stored: Option<Arc<Secret>>,
    /// Whether the program around this one brings it.
    pub(crate) is_programs: bool,
    /// The key of its variable, which stands above the stored one.
    pub(crate) environment: Option<Arc<Secret>>,
    /// What is chosen of it, by the names of the members.
    pub(crate) choices: Vec<(&'static str, String)>,
}

impl FoundService {
    /// Each of them, with what the environment holds, where that is asked.
    pub(crate) fn all(environment: Option<&Environment>) -> Vec<Self> {
        // The others' keys say by themselves whose they are, and share one place.
        let named = makers().filter(|(_, keys)| keys.prefix.is_empty());
        let found = named.map(|(service, keys)| {
            let mut given = environment.into_iter().flat_map(|e| &e.service_keys);
            let given = given.find(|(known, _)| known.id == service.id);
            Self {
                service,
                word: keys.service,
                stored: None,
                is_programs: false,
                environment: given.map(|(_, secret)| Arc::clone(secret)),
                choices: Vec::new(),
            }
        });
        found.collect()
    }

    /// Takes what `libtv.json` holds of it, its key only where that may lie there.
    pub(super) fn read(&mut self, content: &Map<String, Value>, with_key: bool) {
        let kept = content.get(OF_SERVICES).and_then(|all| all.get(self.word));
        let Some(kept) = kept else { return };
        let key = kept.get(KEY_MEMBER).and_then(Value::as_str);
        self.stored = key
            // Whoever edits the file by hand leaves empty texts where a key was.
            .filter(|key| with_key && !key.trim().is_empty())
            .map(|key| Arc::new(Secret::new(key.trim())));
        let choice = |name: &&'static str| Some((*name, kept.get(*name).and_then(short_text)?));
        self.choices = CHOICES.iter().filter_map(choice).collect();
    }

    /// Takes the key that the program around this one brings.
    pub(super) fn bring(&mut self, brought: &[(&'static str, Arc<Secret>)]) {
        if let Some((_, secret)) = brought.iter().find(|(word, _)| *word == self.word) {
            // In the stored one's place and not beside it: the user's file has no say in an embedding program.
            self.stored = Some(Arc::clone(secret));
            self.is_programs = true;
        }
    }

    /// What is said where a key stands in this service's place that is another's: it reaches neither.
    pub(super) fn misplaced(&self) -> Option<String> {
        let mut keys = [&self.stored, &self.environment].into_iter().flatten();
        let is_its = |secret: &Arc<Secret>| {
            let meant = Some(self.service);
            let secret = Arc::clone(secret);
            FoundKey { secret, meant }.service().is_some()
        };
        let name = self.service.short;
        keys.any(|secret| !is_its(secret)).then(|| {
            format!(
                "The key that is set for {name} begins as one of another service, and isn't used."
            )
        })
    }
}

/// A text that can be what a service calls a model or a size, or a service's own word. Others stay outside.
pub(crate) fn short_text(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    // It goes into the component's variables and into requests: nothing there may end a line or a header.
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    (!text.is_empty() && text.len() <= MAX_CHOICE_BYTES && is_plain).then(|| text.to_owned())
}
