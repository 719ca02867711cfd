//! One harness for each tenant: its own keys, connections and tokens, over the one component. Made when it is first needed,
//! and made anew when the tenant's settings or the values of its secrets have changed.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use host::{Component, Environment, Harness, Settings};
use sha2::{Digest, Sha256};

use crate::database::{Database, DatabaseError};
use crate::recipients::{self, Named};
use crate::secrets::SecretSource;
use crate::tenants;

/// A secret that was changed counts after this. Each look may be a program or a request.
const SECRETS_FOR: Duration = Duration::from_secs(60);
/// Tenants whose harness is kept; each has its own connections.
const KEPT: usize = 2_000;

/// Why a tenant's calls can't be made.
#[derive(Debug, thiserror::Error)]
pub enum TenantCallError {
    /// The database's.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// There is no such tenant, or its settings or secrets can't be used. Without any secret.
    #[error("{0}")]
    Settings(String),
}

/// What a worker makes harnesses of.
pub struct Harnesses {
    component: Component,
    /// Where the record of calls is: one chain for this process, whichever tenant a call is for.
    home: PathBuf,
    /// Variables of this process that count for every tenant: how it reaches the network.
    shared: Vec<(String, OsString)>,
    source: Arc<dyn SecretSource>,
    /// What else an embedder sets.
    change: Box<dyn Fn(Settings) -> Settings + Send + Sync>,
    kept: Mutex<HashMap<String, Kept>>,
}

#[derive(Clone)]
struct Kept {
    version: i64,
    /// The digest of what it was made of, secrets included: whether they have changed shows without keeping them.
    made_of: [u8; 32],
    looked_at: Instant,
    harness: Harness,
    named: (i64, Arc<Named>),
}

impl Harnesses {
    /// Of this component, with a home of the process's own.
    pub fn new(
        component: Component,
        home: PathBuf,
        shared: Vec<(String, OsString)>,
        source: Arc<dyn SecretSource>,
    ) -> Self {
        Self {
            component,
            home,
            shared,
            source,
            change: Box::new(|settings| settings),
            kept: Mutex::default(),
        }
    }

    /// With other settings than a tenant's own: an embedder's limits, for one.
    #[must_use]
    pub fn with(self, change: impl Fn(Settings) -> Settings + Send + Sync + 'static) -> Self {
        Self {
            change: Box::new(change),
            ..self
        }
    }

    /// The component's digest.
    pub fn digest(&self) -> &str {
        self.component.digest()
    }

    /// The harness of a tenant, and whom it may write to, as both stand at these versions at least.
    ///
    /// # Errors
    /// [`TenantCallError`].
    pub async fn of(
        &self,
        database: &Database,
        tenant: &str,
        (version, recipients_version): (i64, i64),
    ) -> Result<(Harness, Arc<Named>), TenantCallError> {
        let kept = self.kept().get(tenant).cloned();
        let mut kept = match kept {
            Some(kept) if kept.version == version && kept.looked_at.elapsed() < SECRETS_FOR => kept,
            earlier => self.make(database, tenant, version, earlier).await?,
        };
        if kept.named.0 != recipients_version {
            let named = recipients::load(database, tenant).await?;
            // Under the version that the claim saw: one that was named since is loaded with the next claim.
            kept.named = (recipients_version, Arc::new(named));
        }
        let given = (kept.harness.clone(), Arc::clone(&kept.named.1));
        let mut all = self.kept();
        if all.len() >= KEPT && !all.contains_key(tenant) {
            // Whichever was looked at longest ago: a tenant at work is looked at each minute.
            let oldest = all.iter().min_by_key(|(_, kept)| kept.looked_at);
            if let Some(name) = oldest.map(|(name, _)| name.clone()) {
                all.remove(&name);
            }
        }
        all.insert(tenant.to_owned(), kept);
        Ok(given)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn make(
        &self,
        database: &Database,
        tenant: &str,
        version: i64,
        earlier: Option<Kept>,
    ) -> Result<Kept, TenantCallError> {
        let wrong =
            |reason: String| TenantCallError::Settings(format!("tenant {tenant}: {reason}"));
        let settings = tenants::settings(database, tenant).await?;
        let settings = settings.ok_or_else(|| wrong("there is no such tenant".to_owned()))?;
        let mut values = self.shared.clone();
        values.extend(
            settings
                .variables
                .into_iter()
                .map(|(name, value)| (name, value.into())),
        );
        for (name, reference) in settings.secrets {
            let secret = self.source.find(&reference).await;
            let secret = secret.map_err(|reason| wrong(format!("{name}: {reason}")))?;
            values.push((name, secret.expose().into()));
        }
        let made_of = digest(&values);
        let nobody = || (0, Arc::default());
        if let Some(earlier) = &earlier
            && earlier.made_of == made_of
        {
            return Ok(Kept {
                version,
                looked_at: Instant::now(),
                ..earlier.clone()
            });
        }
        // The last one counts: a tenant's own value goes before the process's.
        let find = |name: &str| {
            let mut known = values.iter().rev();
            known
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        };
        let environment = Environment::from_lookup(find);
        let settings = (self.change)(Settings::new(&self.home).with_environment(environment));
        let harness = Harness::new(self.component.clone(), settings)
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Kept {
            version,
            made_of,
            looked_at: Instant::now(),
            harness,
            named: earlier.map_or_else(nobody, |earlier| earlier.named),
        })
    }
}

fn digest(values: &[(String, OsString)]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for (name, value) in values {
        // Each with its length in front: without it two could look like others.
        let value = value.as_encoded_bytes();
        digest.update((name.len() as u64).to_le_bytes());
        digest.update(name);
        digest.update((value.len() as u64).to_le_bytes());
        digest.update(value);
    }
    digest.finalize().into()
}
