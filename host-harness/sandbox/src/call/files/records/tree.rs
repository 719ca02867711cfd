//! Files and folders in memory, and how they differ from what is stored. Not here: errors of paths (`opened.rs`), and storing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Change;

/// A file, under one name or several.
pub(super) struct File {
    /// Tells it from every other one of the call.
    pub(super) id: u64,
    bytes: Mutex<Vec<u8>>,
    /// How often its content was changed.
    version: AtomicU64,
}

impl File {
    fn new(id: u64, bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self {
            id,
            bytes: Mutex::new(bytes),
            version: AtomicU64::new(0),
        })
    }

    pub(super) fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes its content.
    pub(super) fn change(&self, change: impl FnOnce(&mut Vec<u8>)) {
        change(&mut self.bytes());
        // Relaxed: the guest's calls come one after another, and only the number counts.
        self.version.fetch_add(1, Ordering::Relaxed);
    }

    fn state(&self) -> State {
        (self.id, self.version.load(Ordering::Relaxed))
    }
}

/// Which content a name stands for: the file, and how often it was changed.
type State = (u64, u64);
/// What is stored under each name.
pub(super) type Saved = BTreeMap<String, State>;

/// What a name stands for.
#[derive(Clone)]
pub(super) enum Node {
    /// A folder; what lies in it has its path in front.
    Folder,
    File(Arc<File>),
}

/// All names by their paths from the root; the root itself is the empty path.
pub(super) struct Tree {
    nodes: BTreeMap<String, Node>,
    saved: Saved,
    next_id: u64,
}

impl Tree {
    /// What is stored, as it stands.
    pub(super) fn of(records: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let mut tree = Self {
            nodes: BTreeMap::from([(String::new(), Node::Folder)]),
            saved: Saved::new(),
            next_id: 1,
        };
        for (path, bytes) in records {
            tree.found(&path, bytes);
        }
        tree
    }

    /// A record that is stored: with the folders that lead to it.
    pub(super) fn found(&mut self, path: &str, bytes: Vec<u8>) {
        for (at, _) in path.match_indices('/') {
            self.nodes
                .entry(path[..at].to_owned())
                .or_insert(Node::Folder);
        }
        let file = self.file(bytes);
        self.saved.insert(path.to_owned(), file.state());
        self.nodes.insert(path.to_owned(), Node::File(file));
    }

    fn file(&mut self, bytes: Vec<u8>) -> Arc<File> {
        self.next_id += 1;
        File::new(self.next_id, bytes)
    }

    pub(super) fn get(&self, path: &str) -> Option<Node> {
        self.nodes.get(path).cloned()
    }

    pub(super) fn make_folder(&mut self, path: &str) {
        self.nodes.insert(path.to_owned(), Node::Folder);
    }

    pub(super) fn make_file(&mut self, path: &str) -> Arc<File> {
        let file = self.file(Vec::new());
        self.set(path, &file);
        file
    }

    /// Gives a file a name, in the place of what had it.
    pub(super) fn set(&mut self, path: &str, file: &Arc<File>) {
        self.nodes
            .insert(path.to_owned(), Node::File(Arc::clone(file)));
    }

    pub(super) fn remove(&mut self, path: &str) {
        self.nodes.remove(path);
    }

    /// What lies in a folder itself, by name.
    pub(super) fn entries(&self, folder: &str) -> Vec<(String, Node)> {
        let below = below(folder);
        self.nodes
            .range(below.clone()..)
            .take_while(|(path, _)| path.starts_with(&below))
            .filter(|(path, _)| path.len() > below.len() && !path[below.len()..].contains('/'))
            .map(|(path, node)| (path[below.len()..].to_owned(), node.clone()))
            .collect()
    }

    /// How many names a file has.
    pub(super) fn links(&self, file: &File) -> u64 {
        let is_it = |node: &&Node| matches!(node, Node::File(other) if other.id == file.id);
        self.nodes.values().filter(is_it).count() as u64
    }

    /// How the files differ from what is stored, in the order of their paths, and what is stored once that is.
    pub(super) fn changes(&self) -> (Vec<Change>, Saved) {
        let (mut changes, mut now) = (Vec::new(), Saved::new());
        for (path, node) in &self.nodes {
            let Node::File(file) = node else { continue };
            if is_hidden(path) {
                continue;
            }
            if self.saved.get(path) != Some(&file.state()) {
                let (path, bytes) = (path.clone(), Some(file.bytes().clone()));
                changes.push(Change { path, bytes });
            }
            now.insert(path.clone(), file.state());
        }
        let gone = self.saved.keys().filter(|path| !now.contains_key(*path));
        changes.extend(gone.map(|path| Change {
            path: path.clone(),
            bytes: None,
        }));
        (changes, now)
    }

    /// Notes what is stored now: as it stood when the changes were taken, since something may have been written meanwhile.
    pub(super) fn saved(&mut self, saved: Saved) {
        self.saved = saved;
    }

    /// Whether something is stored under this name, whatever stands there in the call.
    pub(super) fn is_stored(&self, path: &str) -> bool {
        self.saved.contains_key(path)
    }

    /// Notes that what stands under this name is stored as it is.
    pub(super) fn claimed(&mut self, path: &str) {
        if let Some(Node::File(file)) = self.nodes.get(path) {
            self.saved.insert(path.to_owned(), file.state());
        }
    }

    /// What is stored at a path now, and below it. What this call has changed itself stays as it is.
    pub(super) fn renew(&mut self, at: &str, records: Vec<(String, Vec<u8>)>) {
        let below = below(at);
        let is_meant = |path: &str| path == at || path.starts_with(&below);
        let is_unchanged =
            |tree: &Self, path: &str| match (tree.nodes.get(path), tree.saved.get(path)) {
                (Some(Node::File(file)), Some(saved)) => file.state() == *saved,
                (None, None) => true,
                _ => false,
            };
        let stored: BTreeMap<String, Vec<u8>> = records.into_iter().collect();
        let gone: Vec<String> = self
            .saved
            .range(at.to_owned()..)
            .map(|(path, _)| path.clone())
            // Names that only begin alike stand between a name and what lies below it.
            .take_while(|path| path.starts_with(at))
            .filter(|path| is_meant(path) && !stored.contains_key(path))
            .collect();
        for path in gone {
            if is_unchanged(self, &path) {
                self.nodes.remove(&path);
                self.saved.remove(&path);
            }
        }
        for (path, bytes) in stored {
            if is_meant(&path) && is_unchanged(self, &path) {
                self.found(&path, bytes);
            }
        }
    }
}

/// What the paths of a folder's contents begin with.
fn below(folder: &str) -> String {
    if folder.is_empty() {
        String::new()
    } else {
        format!("{folder}/")
    }
}

/// Whether a path is a file's on its way to its name, which nobody else has business with.
pub(super) fn is_hidden(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with('.'))
}
