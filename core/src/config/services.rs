//! Which services are set up: their keys, what is chosen of each, and which one a request goes to. A key is bound to its
//! service where it is read, and nothing here gives a request to another one.
//!
//! | a key is found | it belongs to |
//! |---|---|
//! | in `LIBTV_API_KEY`, else as `apiKey` | the service by whose prefix it begins; one of the two counts |
//! | in a service's own variable, else under `services` | that service, unless it begins as another's |

use contract::services::{
    CHOICES, KEY_MEMBER, Keys, MAX_CHOICE_BYTES, OF_SERVICES, SERVICE_IN_USE, SERVICE_VARIABLE,
};
use serde_json::{Map, Value};

use crate::problem::Problem;
use crate::upstream::{ApiKey, Choices, ServiceId};

/// One service that is set up.
pub struct Held {
    /// A key of it.
    pub key: ApiKey,
    /// Whether the key comes from the environment, over a stored one.
    pub from_environment: bool,
    /// What is chosen of it.
    pub choices: Choices,
}

/// The services that are set up.
pub struct Services {
    /// In the order of the members, each once.
    held: Vec<Held>,
    /// The services of which something is found that can't be a key of theirs; `None` for the place that several share.
    malformed: Vec<Option<ServiceId>>,
    /// The word of the one that requests go to which name none, as the environment or the file has it.
    in_use: Option<String>,
    /// Whether the file holds one key of the kind that is told by its beginning, and no other.
    file_has_one: bool,
}

impl Services {
    /// Reads variables and the stored members.
    pub fn parse(vars: &dyn Fn(&str) -> Option<String>, stored: &Map<String, Value>) -> Self {
        let mut services = Self {
            held: Vec::new(),
            malformed: Vec::new(),
            in_use: vars(SERVICE_VARIABLE)
                .or_else(|| text(stored, SERVICE_IN_USE))
                .map(|word| word.trim().to_owned())
                .filter(|word| !word.is_empty()),
            file_has_one: text(stored, KEY_MEMBER).is_some(),
        };
        let mut shared_is_read = false;
        for service in ServiceId::all() {
            let Some(keys) = service.keys() else { continue };
            let of_service = stored
                .get(OF_SERVICES)
                .and_then(|all| all.get(keys.service));
            let of_service = of_service.and_then(Value::as_object);
            let choices = of_service.map(choices).unwrap_or_default();
            if keys.prefix.is_empty() {
                let kept = of_service.and_then(|kept| text(kept, KEY_MEMBER));
                services.file_has_one &= kept.is_none();
                services.add(vars(keys.variable), kept, Some(service), choices);
            } else if !shared_is_read {
                shared_is_read = true;
                let kept = text(stored, KEY_MEMBER);
                services.add(vars(keys.variable), kept, None, choices);
            }
        }
        services
    }

    /// Takes the key of one place: of the environment, else the stored one. The environment stands above the file, also where
    /// it is wrong: a key that somebody set on purpose must not be replaced silently by another account's.
    fn add(
        &mut self,
        given: Option<String>,
        kept: Option<String>,
        meant: Option<ServiceId>,
        choices: Choices,
    ) {
        let from_environment = given.is_some();
        // A key of nothing but blanks is none: it counts as not configured, and not as one of a wrong form.
        let found = given.or(kept).filter(|text| !text.trim().is_empty());
        let Some(found) = found else { return };
        let key = ApiKey::parse(&found, meant);
        // One that begins as another service's stays out of this one's place.
        match key.filter(|key| meant.is_none_or(|service| key.service == service)) {
            Some(key) => {
                // In the order of the services, of which there are a few: std's sorting is 7 KB.
                let mine = place(key.service);
                let at = |held: &Held| place(held.key.service) <= mine;
                let held = Held {
                    key,
                    from_environment,
                    choices,
                };
                self.held.insert(self.held.partition_point(at), held);
            }
            None => self.malformed.push(meant),
        }
    }

    /// Those that are set up.
    #[must_use]
    pub fn held(&self) -> &[Held] {
        &self.held
    }

    /// The one that is set up for this service.
    #[must_use]
    pub fn of(&self, service: ServiceId) -> Option<&Held> {
        self.held.iter().find(|held| held.key.service == service)
    }

    /// Whether something is found in the place of a service's key that can't be one.
    #[must_use]
    pub fn is_malformed(&self, service: Option<ServiceId>) -> bool {
        let is_told = |service: &ServiceId| !service.key_prefix().is_empty();
        self.malformed
            .contains(&service.filter(|service| !is_told(service)))
    }

    /// The service that a call means: the one that it names, else the one in use, else the only one that is set up.
    ///
    /// # Errors
    /// `Unmeant`.
    pub fn meant(&self, named: Option<&str>) -> Result<&Held, Unmeant> {
        if let Some(word) = named.or(self.in_use.as_deref()) {
            let service = ServiceId::meant_by(word);
            let service = service.ok_or_else(|| Unmeant::NoService(word.to_owned()))?;
            return self.of(service).ok_or(Unmeant::NoKey(Some(service)));
        }
        match self.held.as_slice() {
            [] => Err(Unmeant::NoKey(None)),
            [only] => Ok(only),
            several => {
                // Who has set up a key before there were several services has chosen by that. A variable of another
                // program's, such as `ARK_API_KEY`, changes nothing about it.
                let shared = several
                    .iter()
                    .find(|held| !held.key.service.key_prefix().is_empty());
                let shared = shared.filter(|held| self.file_has_one && !held.from_environment);
                shared.ok_or(Unmeant::Several)
            }
        }
    }

    /// The word of the service in use, where one is chosen.
    #[must_use]
    pub fn in_use(&self) -> Option<ServiceId> {
        ServiceId::called(self.in_use.as_deref()?)
    }

    /// What is said where it isn't clear which service is meant.
    #[must_use]
    pub fn several(&self) -> Problem {
        let words: Vec<&str> = self
            .held
            .iter()
            .map(|held| held.key.service.word())
            .collect();
        Problem::permanent(format!(
            "Several services are configured: {}. Choose with --service or setup.",
            words.join(", ")
        ))
        .advise("For good with: libtv-video setup --service S")
    }
}

/// Why no service is meant.
#[derive(Debug, PartialEq, Eq)]
pub enum Unmeant {
    /// There is none of this word.
    NoService(String),
    /// There is no key: of this service, or at all.
    NoKey(Option<ServiceId>),
    /// There are several, and nothing chooses.
    Several,
}

/// Where a service stands among the members.
fn place(service: ServiceId) -> usize {
    ServiceId::all()
        .position(|known| known == service)
        .unwrap_or_default()
}

/// What is chosen of a service. One that can't be a name is passed over.
fn choices(kept: &Map<String, Value>) -> Choices {
    let [model, resolution] = CHOICES.map(|name| text(kept, name).filter(|text| is_choice(text)));
    Choices { model, resolution }
}

/// Whether a text can be what a service calls a model or a size: it goes into a request as it is.
#[must_use]
pub fn is_choice(text: &str) -> bool {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    !text.is_empty() && text.len() <= MAX_CHOICE_BYTES && is_plain
}

/// A member that is a text.
fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    members.get(name)?.as_str().map(str::to_owned)
}

/// How a key of a service is stored, as a command.
#[must_use]
pub fn set_up(keys: &Keys) -> String {
    match keys.prefix {
        "" => format!("libtv-video setup --service {} --api-key -", keys.service),
        prefix => format!("libtv-video setup --api-key {prefix}..."),
    }
}

#[cfg(test)]
#[path = "services_tests.rs"]
mod tests;
