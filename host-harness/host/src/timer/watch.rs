//! Notices which entries of the `active` folder were made, changed or removed, by this process or another. Where the
//! system can't tell, it says "maybe any" every second.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use notify::event::ModifyKind;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::look::{News, is_entry};
use crate::error::HomeError;
use crate::home::Home;
use sandbox::folder::Identity;

/// How often to look where watching fails.
const FALLBACK: Duration = Duration::from_secs(1);
/// How often to look although watching works: a queue may overflow, a network file system may say nothing.
const SAFETY: Duration = Duration::from_secs(60);

/// Another folder has the name than the one that is watched.
const REPLACED: &str = "another folder was put in its place";

#[derive(Default)]
struct Shared {
    /// Keeps one wake-up: a change while nobody waits isn't missed.
    changed: Notify,
    /// What changed since it was last taken.
    news: Mutex<News>,
    /// Why watching doesn't work. It isn't tried again: looking every second does.
    broken: Mutex<Option<String>>,
}

/// Watches for as long as it is there.
pub(super) struct Watch {
    shared: Arc<Shared>,
    // Watching ends when it is dropped.
    _watcher: Option<RecommendedWatcher>,
    /// What is watched, whatever has its name by now.
    folder: Option<Identity>,
    told: bool,
    /// When the folder was last looked at.
    looked: Instant,
}

impl Watch {
    /// Begins to watch. Where that fails the reason is kept for [`failure`](Self::failure), and looking
    /// every second replaces it.
    pub(super) fn start(home: &Home) -> Self {
        let shared = Arc::new(Shared::default());
        let started = watcher(home, &shared).map_err(|error| shared.fail(&error));
        let (watcher, folder) = started.ok().unzip();
        Self {
            shared,
            _watcher: watcher,
            folder,
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
        let changed = self.shared.changed.notified();
        if tokio::time::timeout_at(self.looked + patience, changed)
            .await
            .is_err()
        {
            self.shared.tell(News::all());
        }
    }

    /// What has changed since this was last asked.
    pub(super) fn take(&self) -> News {
        self.shared
            .news
            .lock()
            .map(|mut news| std::mem::take(&mut *news))
            .unwrap_or_else(|_| News::all())
    }

    /// Patience begins anew with every look. `found` is the folder that was looked at.
    pub(super) fn looked(&mut self, found: Option<Identity>) {
        self.looked = Instant::now();
        let watched = self.folder;
        // The watch follows the folder, not its name: what happens in the new one would go unnoticed.
        if watched.is_some() && found.is_some() && watched != found {
            self.folder = None;
            self.shared.fail(&notify::Error::generic(REPLACED));
        }
    }

    /// Why watching doesn't work; returned once.
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

    /// Watching has failed: whatever changed meanwhile may have been missed, so everything counts as news.
    fn fail(&self, error: &notify::Error) {
        if let Ok(mut broken) = self.broken.lock() {
            // The first reason is the cause; those behind it are what came of it.
            broken.get_or_insert(error.to_string());
        }
        self.tell(News::all());
    }

    fn tell(&self, told: News) {
        if let Ok(mut news) = self.news.lock() {
            news.add(told);
        }
        self.changed.notify_one();
    }
}

/// The entries that an event is about. All, where it may be about more than it says.
fn news_of(event: &notify::Event, watched: &Path) -> News {
    let inside = event.paths.iter().filter(|path| *path != watched);
    News {
        names: inside
            .filter_map(|path| path.file_name()?.to_str())
            .filter(|name| is_entry(name))
            .map(str::to_owned)
            .collect(),
        // Kqueue tells that a folder has changed, and the name that comes with it is a guess.
        all: event.need_rescan() || event.paths.is_empty() || cfg!(target_vendor = "apple"),
    }
}

/// Watches the folder `active`: the very folder that is open, where the system has a path to that. A link that takes its
/// name meanwhile would have another folder watched.
fn watcher(home: &Home, shared: &Arc<Shared>) -> notify::Result<(RecommendedWatcher, Identity)> {
    let trouble = |error: HomeError| notify::Error::generic(&error.to_string());
    let open = || home.open_active(&home.open_state()?);
    let folder = open().map_err(trouble)?;
    let identity = folder.identity().map_err(notify::Error::io)?;
    let path = folder.lasting_path().unwrap_or_else(|| home.active());
    let (heard, watched) = (Arc::clone(shared), path.clone());
    let mut watcher =
        notify::recommended_watcher(move |event: notify::Result<notify::Event>| match event {
            // Reading the folder is an event, too; so is our own look through it.
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => {}
            Ok(event) => {
                if is_end(event.kind) && event.paths.contains(&watched) {
                    heard.fail(&notify::Error::generic("the folder was removed"));
                }
                let news = news_of(&event, &watched);
                if news != News::default() {
                    heard.tell(news);
                }
            }
            Err(error) => heard.fail(&error),
        })?;
    watcher.watch(&path, RecursiveMode::NonRecursive)?;
    // Where a path was watched, it may have led elsewhere.
    let after = open().map_err(trouble)?.identity();
    if after.map_err(notify::Error::io)? != identity {
        return Err(notify::Error::generic(REPLACED));
    }
    Ok((watcher, identity))
}

/// Of the watched folder itself: it has gone, or has another name.
fn is_end(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))
    )
}
