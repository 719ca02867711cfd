//! A record or folder that the guest has opened, and what it can do with it: the operations of `wasi:filesystem`, with the
//! errors that a folder on Linux gives. Symbolic links can't be made, and folders can't be renamed: the component does neither.

use std::sync::Arc;

use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode, Filesize,
    MetadataHashValue, OpenFlags,
};
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream};

use super::stream::{Writing, write_at};
use super::tree::{File, Node, is_hidden};
use super::{Lost, RECORD_BYTES, Records};
use crate::limits::FOLDER_DEPTH;

/// What one read gives at most: what the component reads at a time.
const PIECE: usize = 64 << 10;

/// Why an operation didn't work.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// For the guest.
    Code(ErrorCode),
    /// The call ends.
    Lost(Lost),
}

impl From<ErrorCode> for Failed {
    fn from(code: ErrorCode) -> Self {
        Self::Code(code)
    }
}

impl From<Lost> for Failed {
    fn from(lost: Lost) -> Self {
        Self::Lost(lost)
    }
}

/// What a descriptor stands for.
#[derive(Clone)]
enum At {
    /// A folder, by its path.
    Folder(String),
    /// A file, whatever names it has by now.
    File(Arc<File>),
}

/// An open descriptor.
#[derive(Clone)]
pub(crate) struct Opened {
    records: Arc<Records>,
    at: At,
    flags: DescriptorFlags,
}

/// How something is to be opened.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) open: OpenFlags,
    pub(crate) flags: DescriptorFlags,
}

/// A folder's entries, as they stood when it was listed.
pub(crate) struct Listed(std::vec::IntoIter<DirectoryEntry>);

impl Listed {
    pub(crate) fn next(&mut self) -> Option<DirectoryEntry> {
        self.0.next()
    }
}

/// A path below a descriptor, looked up but for its last part.
struct Place {
    /// From the root.
    path: String,
    /// It ends with a slash, so that only a folder can be meant.
    is_folder: bool,
}

impl Opened {
    /// The root.
    pub(crate) fn root(records: &Arc<Records>) -> Self {
        Self {
            records: Arc::clone(records),
            at: At::Folder(String::new()),
            flags: DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY,
        }
    }

    fn folder(&self) -> Result<&str, ErrorCode> {
        match &self.at {
            At::Folder(path) => Ok(path),
            At::File(_) => Err(ErrorCode::NotDirectory),
        }
    }

    fn file(&self) -> Result<&Arc<File>, ErrorCode> {
        match &self.at {
            At::File(file) => Ok(file),
            At::Folder(_) => Err(ErrorCode::BadDescriptor),
        }
    }

    /// A file that was opened to be written.
    fn writable(&self) -> Result<&Arc<File>, ErrorCode> {
        let file = self.file()?;
        if self.flags.contains(DescriptorFlags::WRITE) {
            Ok(file)
        } else {
            Err(ErrorCode::BadDescriptor)
        }
    }

    /// Where a path leads, part by part: each but the last has to be a folder.
    fn place(&self, path: &str) -> Result<Place, ErrorCode> {
        let mut at: Vec<String> = match self.folder()? {
            "" => Vec::new(),
            folder => folder.split('/').map(str::to_owned).collect(),
        };
        let start = at.len();
        if path.is_empty() {
            return Err(ErrorCode::NoEntry);
        }
        if path.starts_with('/') {
            return Err(ErrorCode::NotPermitted);
        }
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let tree = self.records.tree();
        for (nth, part) in parts.iter().enumerate() {
            match *part {
                "." => {}
                // Out of the folder that it starts from: what a descriptor reaches lies in it.
                ".." if at.len() == start => return Err(ErrorCode::NotPermitted),
                ".." => drop(at.pop()),
                name => at.push(name.to_owned()),
            }
            if nth + 1 < parts.len() {
                match tree.get(&at.join("/")) {
                    Some(Node::Folder) => {}
                    Some(Node::File(_)) => return Err(ErrorCode::NotDirectory),
                    None => return Err(ErrorCode::NoEntry),
                }
            }
        }
        let is_folder = path.ends_with('/') || matches!(parts.last(), Some(&("." | "..")));
        Ok(Place {
            path: at.join("/"),
            is_folder,
        })
    }

    fn node(&self, path: &str) -> Result<(Place, Option<Node>), ErrorCode> {
        let place = self.place(path)?;
        let node = self.records.tree().get(&place.path);
        match &node {
            Some(Node::File(_)) if place.is_folder => Err(ErrorCode::NotDirectory),
            _ => Ok((place, node)),
        }
    }

    fn with(&self, at: At, flags: DescriptorFlags) -> Self {
        Self {
            records: Arc::clone(&self.records),
            at,
            flags,
        }
    }

    pub(crate) async fn open(&self, path: &str, wanted: Wanted) -> Result<Self, Failed> {
        let Wanted { open, flags } = wanted;
        let has = |flag| open.contains(flag);
        let changes = OpenFlags::CREATE | OpenFlags::EXCLUSIVE | OpenFlags::TRUNCATE;
        self.folder()?;
        if has(OpenFlags::DIRECTORY) && open.intersects(changes) {
            return Err(ErrorCode::Invalid.into());
        }
        // As the system opens it: who makes or cuts a file can write into it.
        let writes = flags.contains(DescriptorFlags::WRITE)
            || has(OpenFlags::CREATE)
            || has(OpenFlags::TRUNCATE);
        let flags = if writes {
            flags | DescriptorFlags::WRITE
        } else {
            flags
        };
        let (mut place, mut node) = self.node(path)?;
        // What is only read may have been changed, or made, by another call. A folder is looked at when it is listed.
        if !writes && !matches!(node, Some(Node::Folder)) {
            self.records.look_again(&place.path).await?;
            (place, node) = self.node(path)?;
        }
        match node {
            Some(_) if has(OpenFlags::CREATE) && has(OpenFlags::EXCLUSIVE) => {
                Err(ErrorCode::Exist.into())
            }
            Some(Node::Folder) if writes => Err(ErrorCode::IsDirectory.into()),
            Some(Node::Folder) => Ok(self.with(At::Folder(place.path), flags)),
            Some(Node::File(_)) if has(OpenFlags::DIRECTORY) => Err(ErrorCode::NotDirectory.into()),
            Some(Node::File(file)) => {
                if has(OpenFlags::TRUNCATE) {
                    file.change(Vec::clear);
                }
                Ok(self.with(At::File(file), flags))
            }
            None if !has(OpenFlags::CREATE) => Err(ErrorCode::NoEntry.into()),
            None if place.is_folder => Err(ErrorCode::IsDirectory.into()),
            None => {
                if has(OpenFlags::EXCLUSIVE)
                    && !is_hidden(&place.path)
                    && !self.records.claim(&place.path, b"").await?
                {
                    return Err(ErrorCode::Exist.into());
                }
                let mut tree = self.records.tree();
                let file = tree.make_file(&place.path);
                if has(OpenFlags::EXCLUSIVE) && !is_hidden(&place.path) {
                    tree.claimed(&place.path);
                }
                drop(tree);
                Ok(self.with(At::File(file), flags))
            }
        }
    }

    pub(crate) fn read(
        &self,
        length: Filesize,
        offset: Filesize,
    ) -> Result<(Vec<u8>, bool), ErrorCode> {
        let bytes = self.file()?.bytes();
        let from = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(PIECE);
        let piece = bytes[from..]
            .iter()
            .take(length)
            .copied()
            .collect::<Vec<u8>>();
        let is_end = piece.is_empty();
        Ok((piece, is_end))
    }

    pub(crate) fn reader(&self, offset: Filesize) -> Result<DynInputStream, ErrorCode> {
        let At::File(file) = &self.at else {
            return Err(ErrorCode::IsDirectory);
        };
        let bytes = file.bytes();
        let from = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        Ok(Box::new(MemoryInputPipe::new(bytes[from..].to_vec())))
    }

    pub(crate) fn write(&self, bytes: &[u8], offset: Filesize) -> Result<Filesize, ErrorCode> {
        let file = self.writable()?;
        write_at(file, offset, bytes).ok_or(ErrorCode::FileTooLarge)?;
        Ok(bytes.len() as Filesize)
    }

    /// Advice on how it will be read, which memory has no use for.
    pub(crate) fn advise(&self) -> Result<(), ErrorCode> {
        self.file().map(drop)
    }

    /// A stream to a place, or to the end.
    pub(crate) fn writer(&self, at: Option<Filesize>) -> Result<DynOutputStream, ErrorCode> {
        let file = Arc::clone(self.file()?);
        Ok(Box::new(Writing { file, at }))
    }

    /// How long the file is; none of a folder.
    pub(crate) fn length(&self) -> u64 {
        match &self.at {
            At::File(file) => file.bytes().len() as u64,
            At::Folder(_) => 0,
        }
    }

    pub(crate) fn set_size(&self, size: Filesize) -> Result<(), ErrorCode> {
        let file = self.writable()?;
        let size = usize::try_from(size)
            .ok()
            .filter(|size| *size <= RECORD_BYTES);
        let size = size.ok_or(ErrorCode::FileTooLarge)?;
        file.change(|content| content.resize(size, 0));
        Ok(())
    }

    /// Stores everything that has changed in the call, whichever file or folder is synced.
    pub(crate) async fn sync(&self) -> Result<(), Failed> {
        Ok(self.records.commit().await?)
    }

    pub(crate) async fn list(&self) -> Result<Listed, Failed> {
        let folder = self.folder()?;
        self.records.look_again(folder).await?;
        let entries = self.records.tree().entries(folder);
        let entries: Vec<DirectoryEntry> = entries
            .into_iter()
            .map(|(name, node)| DirectoryEntry {
                type_: type_of(&node),
                name,
            })
            .collect();
        Ok(Listed(entries.into_iter()))
    }

    pub(crate) fn make_folder(&self, path: &str) -> Result<(), ErrorCode> {
        let (place, node) = self.node(path)?;
        if node.is_some() {
            return Err(ErrorCode::Exist);
        }
        if place.path.split('/').count() > FOLDER_DEPTH {
            return Err(ErrorCode::NameTooLong);
        }
        self.records.tree().make_folder(&place.path);
        Ok(())
    }

    /// Gives a file a second name: claimed in the store, unless it is one on its way.
    pub(crate) async fn link(&self, from: &str, new: &Self, to: &str) -> Result<(), Failed> {
        let (_, source) = self.node(from)?;
        let (place, taken) = new.node(to)?;
        let file = match source {
            None => return Err(ErrorCode::NoEntry.into()),
            // In the system's order: what has the name is seen before what the other is.
            Some(_) if taken.is_some() => return Err(ErrorCode::Exist.into()),
            Some(Node::Folder) => return Err(ErrorCode::NotPermitted.into()),
            Some(Node::File(file)) => file,
        };
        if place.is_folder {
            return Err(ErrorCode::NoEntry.into());
        }
        let bytes = file.bytes().clone();
        if !is_hidden(&place.path) && !self.records.claim(&place.path, &bytes).await? {
            return Err(ErrorCode::Exist.into());
        }
        let mut tree = self.records.tree();
        tree.set(&place.path, &file);
        if !is_hidden(&place.path) {
            tree.claimed(&place.path);
        }
        Ok(())
    }

    pub(crate) fn rename(&self, from: &str, new: &Self, to: &str) -> Result<(), ErrorCode> {
        let (source_place, source) = self.node(from)?;
        let (place, replaced) = new.node(to)?;
        let file = match source {
            None => return Err(ErrorCode::NoEntry),
            Some(Node::Folder) => return Err(ErrorCode::NotPermitted),
            Some(Node::File(file)) => file,
        };
        match replaced {
            // The system looks first whether the one lies in the other.
            Some(Node::Folder) if lies_in(&source_place.path, &place.path) => {
                return Err(ErrorCode::NotEmpty);
            }
            Some(Node::Folder) => return Err(ErrorCode::IsDirectory),
            // Two names of one file: POSIX leaves both.
            Some(Node::File(other)) if other.id == file.id => return Ok(()),
            None if place.is_folder => return Err(ErrorCode::NotDirectory),
            Some(Node::File(_)) | None => {}
        }
        let mut tree = self.records.tree();
        tree.remove(&source_place.path);
        tree.set(&place.path, &file);
        Ok(())
    }

    pub(crate) fn unlink(&self, path: &str) -> Result<(), ErrorCode> {
        let (place, node) = self.node(path)?;
        match node {
            None => Err(ErrorCode::NoEntry),
            Some(Node::Folder) => Err(ErrorCode::IsDirectory),
            Some(Node::File(_)) => {
                self.records.tree().remove(&place.path);
                Ok(())
            }
        }
    }

    pub(crate) fn remove_folder(&self, path: &str) -> Result<(), ErrorCode> {
        let (place, node) = self.node(path)?;
        match node {
            None => Err(ErrorCode::NoEntry),
            Some(Node::File(_)) => Err(ErrorCode::NotDirectory),
            Some(Node::Folder) if place.path.is_empty() => Err(ErrorCode::Invalid),
            Some(Node::Folder) => {
                let mut tree = self.records.tree();
                if !tree.entries(&place.path).is_empty() {
                    return Err(ErrorCode::NotEmpty);
                }
                tree.remove(&place.path);
                Ok(())
            }
        }
    }

    /// Of a path: there are no links, so none can be read.
    pub(crate) fn read_link(&self, path: &str) -> Result<String, ErrorCode> {
        match self.node(path)?.1 {
            None => Err(ErrorCode::NoEntry),
            Some(_) => Err(ErrorCode::Invalid),
        }
    }

    pub(crate) fn flags(&self) -> DescriptorFlags {
        self.flags
    }

    pub(crate) fn kind(&self) -> DescriptorType {
        match &self.at {
            At::Folder(_) => DescriptorType::Directory,
            At::File(_) => DescriptorType::RegularFile,
        }
    }

    pub(crate) fn stat(&self) -> DescriptorStat {
        match &self.at {
            At::Folder(_) => stat(DescriptorType::Directory, 1, 0),
            At::File(file) => self.stat_of(file),
        }
    }

    pub(crate) fn stat_at(&self, path: &str) -> Result<DescriptorStat, ErrorCode> {
        match self.node(path)?.1 {
            None => Err(ErrorCode::NoEntry),
            Some(Node::Folder) => Ok(stat(DescriptorType::Directory, 1, 0)),
            Some(Node::File(file)) => Ok(self.stat_of(&file)),
        }
    }

    fn stat_of(&self, file: &File) -> DescriptorStat {
        let links = self.records.tree().links(file);
        stat(
            DescriptorType::RegularFile,
            links,
            file.bytes().len() as u64,
        )
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (&self.at, &other.at) {
            (At::File(one), At::File(other)) => one.id == other.id,
            (At::Folder(one), At::Folder(other)) => one == other,
            (At::File(_), At::Folder(_)) | (At::Folder(_), At::File(_)) => false,
        }
    }

    pub(crate) fn hash(&self) -> MetadataHashValue {
        match &self.at {
            At::File(file) => MetadataHashValue {
                lower: file.id,
                upper: 1,
            },
            At::Folder(path) => hash_of_folder(path),
        }
    }

    pub(crate) fn hash_at(&self, path: &str) -> Result<MetadataHashValue, ErrorCode> {
        let (place, node) = self.node(path)?;
        match node {
            None => Err(ErrorCode::NoEntry),
            Some(Node::Folder) => Ok(hash_of_folder(&place.path)),
            Some(Node::File(file)) => Ok(MetadataHashValue {
                lower: file.id,
                upper: 1,
            }),
        }
    }
}

/// Whether a path leads through this folder.
fn lies_in(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}

fn type_of(node: &Node) -> DescriptorType {
    match node {
        Node::Folder => DescriptorType::Directory,
        Node::File(_) => DescriptorType::RegularFile,
    }
}

/// Without times: nothing of ours asks for them, and the store has none.
fn stat(type_: DescriptorType, link_count: u64, size: u64) -> DescriptorStat {
    DescriptorStat {
        type_,
        link_count,
        size,
        data_access_timestamp: None,
        data_modification_timestamp: None,
        status_change_timestamp: None,
    }
}

/// A folder is the one that has its path.
fn hash_of_folder(path: &str) -> MetadataHashValue {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    MetadataHashValue {
        lower: hasher.finish(),
        upper: 0,
    }
}
