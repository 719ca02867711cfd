//! The lid on spending: the requests that cost money are counted, over calls, processes and restarts, in a file that no
//! component sees, and refused beyond the limits in `libtv.json`. What is counted is what leaves and not what a component
//! says: its routes are marked (`contract`), and the sandbox asks before each of them. Not here: which limit is reached when
//! (`rule.rs`), and which chat a call is for (the harness's arguments).
//!
//! ```text
//! libtv-spending.json    {"version": 1, "jobs": [{"at_ms", "chat", "id"}, …]}: those of the last 24 hours
//! libtv-spending.lock    held while it is read, judged and replaced: two processes never take the same place
//! ```
//!
//! A file that is damaged, or can't be locked or written, refuses every such request and is named: a lid that opens where its
//! count is lost would be none. `libtv.json` that is damaged leaves the default in force, since a key of the environment
//! works without the file; one whose `limits` are no limits refuses.

mod limits;
mod rule;
mod shown;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sandbox::aside::aside;
use sandbox::files;
use sandbox::http::{Pending, Place, Spending, Standing};
use sandbox::time::now_ms;
use serde::{Deserialize, Serialize};

use crate::credentials::ConfigFile;
use crate::home::Home;
use crate::settings::Settings;

use limits::Limits;
use rule::{Begun, Count};
pub use shown::{JobsLeft, WithJobs};

/// The form of the file. A newer one is left alone.
const VERSION: u32 = 1;
/// [`limits::MOST`] jobs with ids of chats of 256 bytes, each byte escaped, have 20 MB at the very most; usual ones 1 MB.
const FILE_BYTES: u64 = 32 << 20;
/// The lock is held for a read and two syncs, some milliseconds. Who waits for longer waits for a process that hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// What time it is; a test sets its own.
type Clock = Box<dyn Fn() -> u64 + Send + Sync>;

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    version: u32,
    jobs: Vec<Begun>,
}

/// The count of one home folder.
#[derive(Clone)]
pub(crate) struct Counter(Arc<Inner>);

struct Inner {
    path: PathBuf,
    config: ConfigFile,
    utc_offset_seconds: i32,
    /// Milliseconds since 1970.
    clock: Clock,
}

impl Counter {
    /// The count of a home folder, on the machine's clock; the embedding program's own where it brings one.
    pub(crate) fn of(settings: &Settings, home: &Home) -> Arc<dyn Spending> {
        if let Some(own) = &settings.spending {
            return Arc::clone(own);
        }
        Arc::new(Self(Arc::new(Inner {
            path: home.spending(),
            config: ConfigFile::at(home.config()),
            utc_offset_seconds: settings.utc_offset_seconds,
            clock: Box::new(now_ms),
        })))
    }

    /// Runs on a thread that may wait: the lock may be another process's.
    fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, String> + Send + 'static,
    ) -> Pending<'static, Result<T, String>> {
        let inner = Arc::clone(&self.0);
        let work = tokio::task::spawn_blocking(move || work(&inner));
        Box::pin(async { work.await.unwrap_or_else(|_| Err(stopped())) })
    }
}

/// Of work that never came to its end.
fn stopped() -> String {
    "The count of today's jobs was stopped.".to_owned()
}

impl Spending for Counter {
    fn take<'a>(&'a self, group: Option<&'a str>) -> Pending<'a, Result<Place, String>> {
        let chat = group.map(str::to_owned);
        self.apart(|inner| inner.take(chat))
    }

    fn give_back(&self, Place(id): Place) -> Pending<'_, ()> {
        let given = self.apart(move |inner| inner.give_back(&id));
        // What can't be given back stays taken: one job fewer today, and never one more.
        Box::pin(async move { given.await.unwrap_or_default() })
    }

    fn standing<'a>(&'a self, group: Option<&'a str>) -> Pending<'a, Result<Standing, String>> {
        let (inner, chat) = (Arc::clone(&self.0), group.map(str::to_owned));
        let look = aside(move || {
            // Without the lock: the file is replaced whole, and a look takes no place.
            let count = inner.count((inner.clock)())?;
            Ok(count.standing(&inner.limits()?, chat.as_deref()))
        });
        Box::pin(async { look.await.unwrap_or_else(|_| Err(stopped())) })
    }
}

impl Inner {
    fn take(&self, chat: Option<String>) -> Result<Place, String> {
        // Before the lock: a limit that is none is told without waiting for anybody.
        let limits = self.limits()?;
        let _lock = self.lock()?;
        let at_ms = (self.clock)();
        let mut count = self.count(at_ms)?;
        let id = format!("{:016x}", fastrand::u64(..));
        let job = Begun {
            at_ms,
            chat,
            id: id.clone(),
        };
        // Judged and stored under the one lock: between the two nobody else can take the same place.
        count
            .take(&limits, job)
            .map_err(|full| full.sentence(self.utc_offset_seconds))?;
        self.store(&count)?;
        Ok(Place(id))
    }

    fn give_back(&self, id: &str) -> Result<(), String> {
        let _lock = self.lock()?;
        // Read anew: others have taken places since.
        let mut count = self.count((self.clock)())?;
        count.give_back(id);
        self.store(&count)
    }

    /// The limits in force, read anew: one that was lowered a second ago counts.
    fn limits(&self) -> Result<Limits, String> {
        match self.config.read() {
            Ok(members) => Limits::of(&members).map_err(|wrong| format!("{wrong}.")),
            // Whoever needs the file says what is wrong with it.
            Err(_) => Ok(Limits::default()),
        }
    }

    /// What counts now.
    fn count(&self, now_ms: u64) -> Result<Count, String> {
        match read(&self.path) {
            Ok(jobs) => Ok(Count::of(jobs, now_ms)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(format!(
                "The count of today's jobs, {}, can't be used: {error}. Nothing is submitted without it. \
                 Move it away, and a new count begins.",
                self.path.display()
            )),
            Err(error) => Err(self.kept_from(&error)),
        }
    }

    fn store(&self, count: &Count) -> Result<(), String> {
        let stored = Stored {
            version: VERSION,
            jobs: count.jobs().to_vec(),
        };
        let text = serde_json::to_vec(&stored).map_err(|error| self.kept_from(&error.into()))?;
        files::write_durably(&self.path, &text).map_err(|error| self.kept_from(&error))
    }

    /// A file of its own, since the count is replaced.
    fn lock(&self) -> Result<File, String> {
        let lock = || {
            let mut options = OpenOptions::new();
            options.create(true).truncate(false).write(true);
            let file = files::private(&mut options).open(self.path.with_extension("lock"))?;
            files::lock(&file, PATIENCE)?;
            Ok(file)
        };
        lock().map_err(|error| self.kept_from(&error))
    }

    fn kept_from(&self, error: &io::Error) -> String {
        format!(
            "The count of today's jobs, {}, can't be kept: {error}. Nothing is submitted without it.",
            self.path.display()
        )
    }
}

/// The jobs that the file holds; none where there is no file.
///
/// # Errors
/// `InvalidData`, with a clause for people, for what is no such file; else as the system says.
fn read(path: &Path) -> io::Result<Vec<Begun>> {
    let invalid = |text: &str| io::Error::new(io::ErrorKind::InvalidData, text.to_owned());
    // Anything that has the name and isn't our own file is told: taken for none, it would open the lid.
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    if !meta.is_file() {
        return Err(invalid("it is no file"));
    }
    let mut text = Vec::new();
    files::open_without_following(path)?
        .take(FILE_BYTES + 1)
        .read_to_end(&mut text)?;
    if text.len() as u64 > FILE_BYTES {
        return Err(invalid("it is far larger than such a file can be"));
    }
    // The version first: of a newer form nothing else is known.
    let value: serde_json::Value =
        serde_json::from_slice(&text).map_err(|_| invalid("it is damaged"))?;
    if value["version"]
        .as_u64()
        .is_some_and(|known| known > VERSION.into())
    {
        return Err(invalid("a newer version of this program wrote it"));
    }
    let stored: Stored = serde_json::from_value(value).map_err(|_| invalid("it is damaged"))?;
    if stored.version != VERSION {
        return Err(invalid("it is damaged"));
    }
    Ok(stored.jobs)
}

#[cfg(test)]
#[path = "counter_tests.rs"]
mod tests;
