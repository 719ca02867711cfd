//! Who asks for what in the demonstration, and what the fakes show of it: each chat asks for one film of its own.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fakes::chats::{APP_VARIABLE, CHANNEL, Chats, SECRET_VARIABLE};
use fakes::{Job, When, World, media};
use host::{Component, Submit};

use crate::database::Database;
use crate::harnesses::Harnesses;
use crate::metrics::Metrics;
use crate::secrets::LocalSecrets;
use crate::submit::submit;
use crate::tenants::{self, Tenant};

/// How many tenants.
pub(super) const TENANTS: usize = 3;
/// How long a message takes to be answered: long enough that a harness can be caught while it waits for that.
const LATENCY_MS: u64 = 700;
/// Polls until a film is there.
const POLLS: u32 = 3;
/// Seconds between two of them.
const POLL_SECONDS: &str = "1";
/// The least size of a film, which differs from job to job.
const FILM_BYTES: u64 = 60_000;

/// The fakes, and what is to arrive.
pub(super) struct Scene {
    world: World,
    chats: Chats,
    folder: PathBuf,
    /// Digests of the films, by job.
    films: Vec<String>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Found {
    jobs: usize,
    lost: usize,
    twice: usize,
    paid_again: usize,
    of_another_key: usize,
    sent_again: usize,
}

impl Scene {
    /// Starts the fakes, with a key and an app for each tenant.
    pub(super) async fn set(folder: &Path, jobs: usize) -> Result<Self, String> {
        let folder = folder.to_owned();
        // The fakes have a runtime of their own, and to start it blocks.
        let setting = tokio::task::spawn_blocking(move || Self::start(folder, jobs));
        let set = setting.await.map_err(|error| error.to_string())?;
        set.map_err(|error| format!("The fakes can't start: {error}"))
    }

    fn start(folder: PathBuf, jobs: usize) -> std::io::Result<Self> {
        let keys = (0..TENANTS).map(key);
        let world = keys
            .fold(World::builder(), |world, key| world.key(&key))
            .start()?;
        world.write_ca(&folder)?;
        let chats = Chats::of(&world);
        chats.slow(LATENCY_MS);
        for tenant in 0..TENANTS {
            chats.add_app(&app(tenant), &app_secret(tenant));
            std::fs::write(folder.join(format!("key-{tenant}")), key(tenant))?;
            std::fs::write(folder.join(format!("secret-{tenant}")), app_secret(tenant))?;
        }
        let mut films = Vec::new();
        for job in 0..jobs {
            let path = format!("/sd-gen-save-img/demo/{job}.mp4");
            let film = media::mp4(1_000, FILM_BYTES + job as u64, true);
            films.push(film.sha256());
            world.media().put(&path, film);
            let script = Job::new().works().at(When::Polls(POLLS));
            world
                .gateway()
                .on_message_containing(&words(job), script.videos([path]).says("done"));
        }
        Ok(Self {
            world,
            chats,
            folder,
            films,
        })
    }

    /// What a harness has to know of the fakes: how it reaches them.
    pub(super) fn variables(&self) -> Vec<(String, OsString)> {
        let ca = self.folder.join("testkit-ca.pem");
        vec![
            (
                "LIBTV_CONNECT_TO".to_owned(),
                self.world.connect_to().into(),
            ),
            ("SSL_CERT_FILE".to_owned(), ca.into()),
        ]
    }

    /// Adds the tenants, and submits every job; answers with their sessions.
    pub(super) async fn submit(
        &self,
        database: &Arc<Database>,
        component: Component,
    ) -> Result<Vec<String>, String> {
        for tenant in 0..TENANTS {
            let added = tenants::add(database, &self.tenant(tenant), &LocalSecrets).await;
            added.map_err(|error| error.to_string())?;
        }
        let home = self.folder.join("home-of-submits");
        let harnesses = Harnesses::new(component, home, self.variables(), Arc::new(LocalSecrets));
        let metrics = Arc::new(Metrics::default());
        let mut sessions = Vec::new();
        for job in 0..self.films.len() {
            let wanted = Submit::message(words(job)).to(CHANNEL, chat(job));
            let tenant = name(job % TENANTS);
            let submitted = submit(database, &harnesses, &metrics, &tenant, wanted).await;
            sessions.push(submitted.map_err(|error| error.to_string())?.session_id);
        }
        Ok(sessions)
    }

    fn tenant(&self, nth: usize) -> Tenant {
        let reference = |kind: &str| {
            format!(
                "file:{}",
                self.folder.join(format!("{kind}-{nth}")).display()
            )
        };
        Tenant {
            id: name(nth),
            variables: BTreeMap::from([
                (APP_VARIABLE.to_owned(), app(nth)),
                (
                    "LIBTV_POLL_INTERVAL_SECONDS".to_owned(),
                    POLL_SECONDS.to_owned(),
                ),
            ]),
            secrets: BTreeMap::from([
                ("LIBTV_API_KEY".to_owned(), reference("key")),
                (SECRET_VARIABLE.to_owned(), reference("secret")),
            ]),
            jobs_per_day: i32::try_from(self.films.len()).ok(),
            ..Tenant::default()
        }
    }

    /// The job that a message is being sent for at this moment.
    pub(super) fn sending(&self) -> Option<usize> {
        let sending = self.chats.sending();
        let job = |to: &String| (0..self.films.len()).find(|job| chat(*job) == *to);
        sending.iter().find_map(job)
    }

    /// Messages in the chats.
    pub(super) fn shown(&self) -> usize {
        self.chats.shown()
    }

    /// Counts.
    pub(super) fn found(&self) -> Found {
        let mut found = Found {
            jobs: self.films.len(),
            ..Found::default()
        };
        for (job, film) in self.films.iter().enumerate() {
            match self.chats.films(&chat(job)).as_slice() {
                [] => found.lost += 1,
                [only] if only == film => {}
                // Another chat's film in the place of this one's.
                [_] => found.lost += 1,
                _ => found.twice += 1,
            }
        }
        let submits = self.world.gateway().submits();
        found.paid_again = submits.len().saturating_sub(found.jobs);
        let is_its_own = |words: &str, of: &str| {
            let job = (0..found.jobs).find(|job| words.contains(&self::words(*job)));
            job.is_some_and(|job| key(job % TENANTS) == of)
        };
        found.of_another_key = submits
            .iter()
            .filter(|submit| !is_its_own(&submit.text, &submit.key))
            .count();
        let attempts = self.chats.attempts();
        let kinds: HashSet<_> = attempts.iter().collect();
        found.sent_again = attempts.len() - kinds.len();
        found
    }
}

impl Found {
    /// Whether every film arrived once, and was paid once with its own tenant's key.
    pub(super) fn is_clean(&self) -> bool {
        self.lost + self.twice + self.paid_again + self.of_another_key == 0
    }
}

impl fmt::Display for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} films: lost {}, twice {}; paid twice {}, with another tenant's key {}; sent again under the same key {}",
            self.jobs, self.lost, self.twice, self.paid_again, self.of_another_key, self.sent_again
        )
    }
}

fn name(tenant: usize) -> String {
    format!("tenant-{tenant}")
}

fn key(tenant: usize) -> String {
    format!("mgk_demo{tenant}0123456789abcdefghij1234")
}

fn app(tenant: usize) -> String {
    format!("cli_demo00000000000{tenant}")
}

fn app_secret(tenant: usize) -> String {
    format!("demosecret{tenant}0123456789abcdefghijk")
}

fn chat(job: usize) -> String {
    format!("oc_demo{job:04}")
}

/// Without the dot another job's words would begin like these.
fn words(job: usize) -> String {
    format!("The film of job {job}.")
}
