//! The files of one call: wasmtime's own implementation, with every operation that makes or lengthens a file going past
//! the call's room first. Which paths can be reached is wasmtime's business; here it is how much is written. A state folder that
//! stands in no folder is served from records (`records/`).

mod depth;
mod listing;
mod patience;
mod quota;
mod records;
mod room;
mod stream;
mod view;

use std::collections::HashMap;
use std::sync::Arc;

use wasmtime::component::{HasData, Linker, Resource, ResourceTableError};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemCtxView};
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::p2::bindings::filesystem::{preopens, types};
use wasmtime_wasi::p2::{FsError, FsResult};

use super::{Folder, Guest};
use crate::limits::Limits;
use crate::stopped::Stopped;

use listing::Entries;
pub use quota::{Room, StateQuota};
pub use records::{Change, Keeper, Lost, RecordFolder, Records};
use records::{Opened, RECORDS_BYTES};
use room::{FolderRoom, Kind, Refused};

/// What is written into a folder that a call sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The state folder.
    State,
    /// Where results are downloaded to.
    Downloads,
    /// A copy of a small configuration file, and the file it is replaced through.
    Config,
}

/// What such a copy takes.
/// Far more than the copy and the one file beside it need; the original is replaced by the host.
const CONFIG_ROOM: Room = Room {
    bytes: 1 << 20,
    files: 16,
};

/// Records that a call sees as a folder, with the room for them.
struct GrantedRecords {
    guest: String,
    records: Arc<Records>,
    room: Arc<FolderRoom>,
}

/// Which folder each open descriptor lies in.
pub(super) struct Folders {
    /// In the order in which they are granted.
    rooms: Vec<Arc<FolderRoom>>,
    /// By the descriptor's number in the call's table; descriptors that were opened from another one
    /// inherit its folder.
    of: HashMap<u32, Arc<FolderRoom>>,
    /// The state folder, where it is served from records.
    records: Option<GrantedRecords>,
    /// What the call reads of folders.
    entries: Arc<Entries>,
    #[cfg(feature = "fault-injection")]
    pub(super) faults: Option<crate::fault_injection::Faults>,
}

impl Folders {
    pub(super) fn new(
        folders: &[Folder],
        records: Option<RecordFolder>,
        limits: &Limits,
        quota: &Arc<StateQuota>,
        stopped: &Arc<Stopped>,
    ) -> Self {
        let room = |folder: &Folder| {
            let other = || Kind::Other(folder.host.clone());
            let (kind, most) = match folder.purpose {
                Use::State => {
                    let most = Room {
                        bytes: limits.written_bytes,
                        files: limits.created_files,
                    };
                    (Kind::State(Arc::clone(quota), folder.host.clone()), most)
                }
                Use::Downloads => {
                    let most = Room {
                        // A download can't be larger than what may be received.
                        bytes: limits.transfer_bytes,
                        files: limits.created_files,
                    };
                    (other(), most)
                }
                Use::Config => (other(), CONFIG_ROOM),
            };
            Arc::new(FolderRoom::new(kind, most, Arc::clone(stopped)).at(&folder.host))
        };
        let records = records.map(|folder| GrantedRecords {
            guest: folder.guest,
            records: folder.records,
            room: Arc::new(FolderRoom::new(
                Kind::Records,
                Room {
                    // A command's bound is for a disk; this is memory.
                    bytes: limits.written_bytes.min(RECORDS_BYTES),
                    files: limits.created_files,
                },
                Arc::clone(stopped),
            )),
        });
        Self {
            records,
            rooms: folders.iter().map(room).collect(),
            of: HashMap::new(),
            entries: Entries::new(limits.listed_entries, Arc::clone(stopped)),
            #[cfg(feature = "fault-injection")]
            faults: None,
        }
    }
}

/// The number of a granted folder in its file system.
type Root = (u64, u64);

impl Folders {
    /// Which granted folder a descriptor lies in.
    fn root_of(&self, descriptor: &Resource<Descriptor>) -> Option<Root> {
        self.of.get(&descriptor.rep())?.root
    }
}

/// Puts the metered files in the place of wasmtime's.
///
/// # Errors
/// The linker's own; none with wasmtime's files in it.
pub fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    // wasmtime's files are in the linker already and are replaced here. Allowed only for these two, so that
    // nothing else is replaced unnoticed.
    linker.allow_shadowing(true);
    preopens::add_to_linker::<Guest, Metered>(linker, Guest::files)?;
    types::add_to_linker::<Guest, Metered>(linker, Guest::files)?;
    linker.allow_shadowing(false);
    Ok(())
}

struct Metered;

impl HasData for Metered {
    type Data<'a> = Files<'a>;
}

impl Guest {
    fn files(&mut self) -> Files<'_> {
        Files {
            inner: WasiFilesystemCtxView {
                ctx: self.wasi.filesystem(),
                table: &mut self.table,
            },
            folders: &mut self.folders,
        }
    }
}

/// wasmtime's files, with the room of each folder.
struct Files<'a> {
    inner: WasiFilesystemCtxView<'a>,
    folders: &'a mut Folders,
}

impl Files<'_> {
    fn room(&self, descriptor: &Resource<Descriptor>) -> FsResult<Arc<FolderRoom>> {
        let room = self.folders.of.get(&descriptor.rep());
        room.cloned()
            .ok_or_else(|| FsError::from(ErrorCode::BadDescriptor))
    }

    /// The record or folder of records that a descriptor stands for; none where it is one of wasmtime's.
    fn opened(&self, descriptor: &Resource<Descriptor>) -> Option<Opened> {
        self.folders.records.as_ref()?;
        let opened = Resource::<Opened>::new_borrow(descriptor.rep());
        self.inner.table.get(&opened).ok().cloned()
    }

    /// Gives the guest a descriptor of a record. The interface has wasmtime's name for it.
    fn push_opened(
        &mut self,
        opened: Opened,
        room: Arc<FolderRoom>,
    ) -> Result<Resource<Descriptor>, ResourceTableError> {
        let rep = self.inner.table.push(opened)?.rep();
        self.folders.of.insert(rep, room);
        Ok(Resource::new_own(rep))
    }

    /// The room for something new in the folder of `descriptor`.
    fn for_new(
        &self,
        descriptor: &Resource<Descriptor>,
        bytes: usize,
    ) -> FsResult<Arc<FolderRoom>> {
        let room = self.room(descriptor)?;
        take(&room, bytes as u64, 1)?;
        Ok(room)
    }

    /// Nothing moves from one folder to another: its bytes would be in nobody's account.
    fn same_folder(
        &self,
        one: &Resource<Descriptor>,
        other: &Resource<Descriptor>,
    ) -> FsResult<()> {
        if Arc::ptr_eq(&self.room(one)?, &self.room(other)?) {
            Ok(())
        } else {
            Err(ErrorCode::CrossDevice.into())
        }
    }
}

fn take(room: &FolderRoom, bytes: u64, files: u64) -> FsResult<()> {
    room.take(bytes, files).map_err(|refused| match refused {
        // The call is stopped already: an error code would let the guest go on for nothing.
        Refused::Limit => FsError::trap(wasmtime::format_err!("the call may not write more")),
        // The account's file can't be read or written, which is a fault of the disk and none of the guest:
        // it gets what any write to such a disk gets.
        Refused::Account(_) => ErrorCode::Io.into(),
    })
}
