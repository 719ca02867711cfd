//! Notices that an entry of the `active` folder was made or changed, by this process or another. Where the system can't
//! tell, it says "maybe" every second.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;
use tokio::time::Instant;

/// How often to look where watching fails.
const FALLBACK: Duration = Duration::from_secs(1);
/// How often to look although watching works: a queue may overflow, a network file system may say nothing.
const SAFETY: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Shared {
    changed: Notify,
    broken: Mutex<Option<String>>,
}

pub(super) struct Watch {
    shared: Arc<Shared>,
    // Watching ends when it is dropped.
    _watcher: Option<RecommendedWatcher>,
    told: bool,
    looked: Instant,
}

impl Watch {
    pub(super) fn start(folder: &Path) -> Self {
        let shared = Arc::new(Shared::default());
        let watcher = watcher(folder, &shared)
            .map_err(|error| shared.fail(&error))
            .ok();
        Self {
            shared,
            _watcher: watcher,
            told: false,
            looked: Instant::now(),
        }
    }

    /// Resolves when something may have changed. A change before the call counts.
    pub(super) async fn changed(&self) {
        let patience = if self.shared.is_broken() {
            FALLBACK
        } else {
            SAFETY
        };
        // Running out of patience means the same as a change: look.
        let _ =
            tokio::time::timeout_at(self.looked + patience, self.shared.changed.notified()).await;
    }

    /// Patience begins anew with every look.
    pub(super) fn looked(&mut self) {
        self.looked = Instant::now();
    }

    /// Why watching doesn't work, told once.
    pub(super) fn failure(&mut self) -> Option<String> {
        if self.told {
            return None;
        }
        let reason = self.shared.broken.lock().ok()?.clone()?;
        self.told = true;
        Some(reason)
    }
}

impl Shared {
    fn is_broken(&self) -> bool {
        self.broken.lock().is_ok_and(|broken| broken.is_some())
    }

    fn fail(&self, error: &notify::Error) {
        if let Ok(mut broken) = self.broken.lock() {
            broken.get_or_insert(error.to_string());
        }
        self.changed.notify_one();
    }
}

fn watcher(folder: &Path, shared: &Arc<Shared>) -> notify::Result<RecommendedWatcher> {
    let (heard, watched) = (Arc::clone(shared), folder.to_owned());
    let mut watcher =
        notify::recommended_watcher(move |event: notify::Result<notify::Event>| match event {
            // Reading the folder is an event, too; so is our own look through it.
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => {}
            Ok(event) => {
                if matches!(event.kind, EventKind::Remove(_)) && event.paths.contains(&watched) {
                    heard.fail(&notify::Error::generic("the folder was removed"));
                }
                heard.changed.notify_one();
            }
            Err(error) => heard.fail(&error),
        })?;
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    Ok(watcher)
}
