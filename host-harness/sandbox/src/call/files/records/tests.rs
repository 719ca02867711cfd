//! The same operations on a folder of the system and on records: the same outcomes, whatever they are. Then what only records
//! have: one transaction a sync, names that are claimed, and calls that end when their records are lost.

use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemCtxView};
use wasmtime_wasi::p2::bindings::filesystem::preopens::Host as _;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, HostDescriptor, HostDirectoryEntryStream, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{FsError, FsResult};
use wasmtime_wasi::{FsPerms, WasiCtx};

use super::super::{Files, Folders, Room, StateQuota};
use super::*;
use crate::call::{Folder, Use};
use crate::error::LimitHit;
use crate::limits::Limits;
use crate::stopped::Stopped;

/// A store in memory, which can be told to fail.
#[derive(Default)]
struct Memory {
    stored: Mutex<std::collections::BTreeMap<String, Vec<u8>>>,
    commits: AtomicU32,
    is_lost: std::sync::atomic::AtomicBool,
    is_shared: bool,
}

impl Memory {
    fn stored(&self) -> MutexGuard<'_, std::collections::BTreeMap<String, Vec<u8>>> {
        self.stored.lock().unwrap()
    }

    fn store(&self, changes: Vec<Change>) -> Result<(), Lost> {
        if self.is_lost.load(Ordering::Relaxed) {
            return Err(Lost("the lease is lost".to_owned()));
        }
        self.commits.fetch_add(1, Ordering::Relaxed);
        for Change { path, bytes } in changes {
            match bytes {
                Some(bytes) => drop(self.stored().insert(path, bytes)),
                None => drop(self.stored().remove(&path)),
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Keeper for Memory {
    async fn commit(&self, changes: Vec<Change>) -> Result<(), Lost> {
        self.store(changes)
    }

    async fn claim(
        &self,
        changes: Vec<Change>,
        path: &str,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, Lost> {
        if let Some(winner) = self.stored().get(path) {
            return Ok(Some(winner.clone()));
        }
        self.store(changes)?;
        self.stored().insert(path.to_owned(), bytes.to_vec());
        Ok(None)
    }

    async fn shared(&self, _: &str) -> Result<Option<Vec<(String, Vec<u8>)>>, Lost> {
        let all = self.stored().clone().into_iter().collect();
        Ok(self.is_shared.then_some(all))
    }
}

/// The files of one call, as the guest reaches them.
struct Side {
    wasi: WasiCtx,
    table: ResourceTable,
    folders: Folders,
    stopped: Arc<Stopped>,
    _home: tempfile::TempDir,
}

impl Side {
    fn on_disk() -> Self {
        Self::new(None)
    }

    fn on_records(keeper: &Arc<Memory>) -> Self {
        let stored: Vec<_> = keeper.stored().clone().into_iter().collect();
        Self::new(Some(Records::new(
            stored,
            Arc::clone(keeper) as Arc<dyn Keeper>,
        )))
    }

    fn new(records: Option<Records>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let state = home.path().join("state");
        std::fs::create_dir(&state).unwrap();
        let quota = Room {
            bytes: 1 << 30,
            files: 100_000,
        };
        let quota = Arc::new(StateQuota::new(
            state.clone(),
            home.path().join("account"),
            quota,
        ));
        let mut wasi = WasiCtx::builder();
        wasi.allow_blocking_current_thread(true);
        let mut granted = Vec::new();
        let records = match records {
            None => {
                wasi.preopened_dir(&state, "/state", FsPerms::ReadWrite)
                    .unwrap();
                granted.push(Folder {
                    host: state,
                    guest: "/state".to_owned(),
                    purpose: Use::State,
                });
                None
            }
            Some(records) => Some(RecordFolder {
                guest: "/state".to_owned(),
                records: Arc::new(records),
            }),
        };
        let stopped = Arc::new(Stopped::default());
        Self {
            wasi: wasi.build(),
            table: ResourceTable::new(),
            folders: Folders::new(&granted, records, &Limits::default(), &quota, &stopped),
            stopped,
            _home: home,
        }
    }

    fn files(&mut self) -> Files<'_> {
        Files {
            inner: WasiFilesystemCtxView {
                ctx: self.wasi.filesystem(),
                table: &mut self.table,
            },
            folders: &mut self.folders,
        }
    }

    fn root(&mut self) -> Resource<Descriptor> {
        let mut folders = self.files().get_directories().unwrap();
        assert_eq!(folders.len(), 1);
        folders.remove(0).0
    }

    fn again(descriptor: &Resource<Descriptor>) -> Resource<Descriptor> {
        Resource::new_borrow(descriptor.rep())
    }

    async fn open(
        &mut self,
        path: &str,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Resource<Descriptor>> {
        let root = self.root();
        let path = path.to_owned();
        self.files()
            .open_at(root, PathFlags::empty(), path, open, flags)
            .await
    }

    /// Does one thing, and says in words what came of it.
    async fn perform(&mut self, op: &Op) -> String {
        let outcome = self.attempt(op).await;
        let said = outcome.unwrap_or_else(|error| match error.downcast() {
            Ok(code) => code.name().to_owned(),
            Err(trap) => format!("trap: {trap}"),
        });
        assert_eq!(self.stopped.limit(), None);
        said
    }

    async fn attempt(&mut self, op: &Op) -> Result<String, FsError> {
        let done = || "done".to_owned();
        let (read, write) = (DescriptorFlags::READ, DescriptorFlags::WRITE);
        match op {
            Op::Write(path, text) => {
                let file = self
                    .open(path, OpenFlags::CREATE | OpenFlags::TRUNCATE, write)
                    .await?;
                let bytes = text.as_bytes().to_vec();
                Ok(self.files().write(file, bytes, 0).await?.to_string())
            }
            Op::WriteAt(path, at) => {
                let file = self.open(path, OpenFlags::empty(), write).await?;
                Ok(self
                    .files()
                    .write(file, b"more".to_vec(), *at)
                    .await?
                    .to_string())
            }
            Op::Cut(path, size) => {
                let file = self.open(path, OpenFlags::empty(), write).await?;
                self.files().set_size(file, *size).await?;
                Ok(done())
            }
            Op::Make(path) => {
                let open = OpenFlags::CREATE | OpenFlags::EXCLUSIVE;
                self.open(path, open, write).await?;
                Ok(done())
            }
            Op::Read(path) => {
                let file = self.open(path, OpenFlags::empty(), read).await?;
                let kind = self.files().get_type(Self::again(&file)).await?;
                let read = self.files().read(file, 100, 0).await;
                Ok(format!("{kind:?} {:?}", read?))
            }
            Op::Sync(path) => {
                let file = self.open(path, OpenFlags::empty(), write).await?;
                self.files().sync(file).await?;
                Ok(done())
            }
            Op::SyncFolder(path) => {
                let folder = self.open(path, OpenFlags::DIRECTORY, read).await?;
                self.files().sync(folder).await?;
                Ok(done())
            }
            Op::List(path) => {
                let folder = self.open(path, OpenFlags::DIRECTORY, read).await?;
                let stream = self.files().read_directory(folder).await?;
                let mut names = Vec::new();
                loop {
                    let stream = Resource::new_borrow(stream.rep());
                    match self.files().read_directory_entry(stream).await? {
                        Some(entry) => names.push(format!("{} {:?}", entry.name, entry.type_)),
                        None => break,
                    }
                }
                // No file system promises an order.
                names.sort();
                Ok(names.join(", "))
            }
            Op::Stat(path) => {
                let root = self.root();
                let stat = self
                    .files()
                    .stat_at(root, PathFlags::empty(), path.clone())
                    .await?;
                // A folder's length and links are the file system's own.
                Ok(match stat.type_ {
                    kind @ wasmtime_wasi::p2::bindings::filesystem::types::DescriptorType::Directory => format!("{kind:?}"),
                    kind => format!("{kind:?} {} {}", stat.size, stat.link_count),
                })
            }
            Op::Link(from, to) => {
                let (one, other) = (self.root(), self.root());
                let (from, to) = (from.clone(), to.clone());
                self.files()
                    .link_at(one, PathFlags::empty(), from, other, to)
                    .await?;
                Ok(done())
            }
            Op::Rename(from, to) => {
                let (one, other) = (self.root(), self.root());
                self.files()
                    .rename_at(one, from.clone(), other, to.clone())
                    .await?;
                Ok(done())
            }
            Op::Remove(path) => {
                let root = self.root();
                self.files().unlink_file_at(root, path.clone()).await?;
                Ok(done())
            }
            Op::MakeFolder(path) => {
                let root = self.root();
                self.files().create_directory_at(root, path.clone()).await?;
                Ok(done())
            }
            Op::RemoveFolder(path) => {
                let root = self.root();
                self.files().remove_directory_at(root, path.clone()).await?;
                Ok(done())
            }
        }
    }
}

/// What a guest does with files.
#[derive(Debug, Clone)]
enum Op {
    Write(String, String),
    WriteAt(String, u64),
    Cut(String, u64),
    Make(String),
    Read(String),
    Sync(String),
    SyncFolder(String),
    List(String),
    Stat(String),
    Link(String, String),
    Rename(String, String),
    Remove(String),
    MakeFolder(String),
    RemoveFolder(String),
}

/// Names that meet one another: files, folders, hidden ones, ways around, and ways out.
const PATHS: [&str; 12] = [
    "a", "b", "d", "d/a", "d/e", "d/e/f", ".t", "d/.t", "./a", "d/../b", "../a", "/a",
];

fn path() -> impl Strategy<Value = String> {
    prop::sample::select(&PATHS[..]).prop_map(str::to_owned)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (path(), "[a-z]{0,5}").prop_map(|(path, text)| Op::Write(path, text)),
        (path(), 0..9_u64).prop_map(|(path, at)| Op::WriteAt(path, at)),
        (path(), 0..9_u64).prop_map(|(path, size)| Op::Cut(path, size)),
        path().prop_map(Op::Make),
        path().prop_map(Op::Read),
        path().prop_map(Op::Sync),
        path().prop_map(Op::SyncFolder),
        path().prop_map(Op::List),
        path().prop_map(Op::Stat),
        (path(), path()).prop_map(|(from, to)| Op::Link(from, to)),
        // Files only: folders can't be renamed in records.
        (
            prop::sample::select(vec!["a", "b", "d/a", ".t", "d/.t"]),
            path()
        )
            .prop_map(|(from, to)| Op::Rename(from.to_owned(), to)),
        path().prop_map(Op::Remove),
        prop::sample::select(vec!["d", "d/e", "d/../d", "d/a/x", "../x", "/x"])
            .prop_map(|path| Op::MakeFolder(path.to_owned())),
        path().prop_map(Op::RemoveFolder),
    ]
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn records_and_a_folder_give_the_same_outcomes(ops in prop::collection::vec(op(), 1..40)) {
        let keeper = Arc::new(Memory::default());
        let (mut folder, mut records) = (Side::on_disk(), Side::on_records(&keeper));
        block_on(async {
            for op in &ops {
                let (expected, found) = (folder.perform(op).await, records.perform(op).await);
                prop_assert_eq!(expected, found, "{:?} in {:?}", op, &ops);
            }
            Ok(())
        })?;
    }
}

fn write(path: &str, text: &str) -> Op {
    Op::Write(path.to_owned(), text.to_owned())
}

/// As the component stores a record.
async fn put(side: &mut Side, folder: &str, name: &str, text: &str) {
    let temporary = format!("{folder}/.{name}.x");
    let done = side.perform(&write(&temporary, text)).await;
    assert_eq!(done, text.len().to_string());
    for op in [
        Op::Sync(temporary.clone()),
        Op::Rename(temporary, format!("{folder}/{name}")),
        Op::SyncFolder(folder.to_owned()),
    ] {
        assert_eq!(side.perform(&op).await, "done", "{op:?}");
    }
}

#[test]
fn a_record_is_stored_in_one_transaction_and_names_on_their_way_in_none() {
    let keeper = Arc::new(Memory::default());
    let mut side = Side::on_records(&keeper);
    block_on(async {
        side.perform(&Op::MakeFolder("d".to_owned())).await;
        put(&mut side, "d", "one", "first").await;
        assert_eq!(keeper.commits.load(Ordering::Relaxed), 1);
        assert_eq!(keeper.stored()["d/one"], b"first");
        put(&mut side, "d", "one", "second").await;
        assert_eq!(keeper.commits.load(Ordering::Relaxed), 2);
        // Unsynced: it waits for whatever is stored next, or for the end.
        side.perform(&write("d/pulse", "1")).await;
        assert!(!keeper.stored().contains_key("d/pulse"));
        let records = &side.folders.records.as_ref().unwrap().records;
        let unsaved = Change {
            path: "d/pulse".to_owned(),
            bytes: Some(b"1".to_vec()),
        };
        assert_eq!(records.unsaved(), [unsaved]);
        side.perform(&Op::Remove("d/one".to_owned())).await;
        side.perform(&Op::SyncFolder("d".to_owned())).await;
        let names: Vec<String> = keeper.stored().keys().cloned().collect();
        assert_eq!(names, ["d/pulse"]);
    });
}

#[test]
fn of_two_calls_that_give_the_same_name_one_succeeds_and_the_other_reads_what_won() {
    let keeper = Arc::new(Memory::default());
    let (mut one, mut other) = (Side::on_records(&keeper), Side::on_records(&keeper));
    block_on(async {
        let link = Op::Link(".t".to_owned(), "a".to_owned());
        for (side, text) in [(&mut one, "first"), (&mut other, "second")] {
            side.perform(&write(".t", text)).await;
        }
        assert_eq!(one.perform(&link).await, "done");
        assert_eq!(other.perform(&link).await, "exist");
        let won = other.perform(&Op::Read("a".to_owned())).await;
        assert!(won.contains(&format!("{:?}", b"first")), "{won}");
        assert_eq!(other.perform(&Op::Make("a".to_owned())).await, "exist");
    });
    assert_eq!(keeper.stored()["a"], b"first");
}

#[test]
fn a_name_that_was_given_up_can_be_claimed_again_before_that_is_stored() {
    let keeper = Arc::new(Memory::default());
    let mut side = Side::on_records(&keeper);
    block_on(async {
        for op in [
            Op::Make("a".to_owned()),
            Op::Remove("a".to_owned()),
            Op::Make("a".to_owned()),
        ] {
            assert_eq!(side.perform(&op).await, "done", "{op:?}");
        }
        // Also what was claimed and given up goes from the store.
        side.perform(&Op::Remove("a".to_owned())).await;
        side.perform(&Op::SyncFolder(".".to_owned())).await;
    });
    assert!(keeper.stored().is_empty());
}

#[test]
fn a_listing_shows_what_others_stored_where_they_write_too() {
    let shared = Memory {
        is_shared: true,
        ..Memory::default()
    };
    let keeper = Arc::new(shared);
    keeper
        .stored()
        .insert("submits/gone".to_owned(), Vec::new());
    let mut side = Side::on_records(&keeper);
    block_on(async {
        side.perform(&write("submits/mine", "x")).await;
        keeper.stored().remove("submits/gone");
        keeper
            .stored()
            .insert("submits/theirs".to_owned(), b"y".to_vec());
        let names = side.perform(&Op::List("submits".to_owned())).await;
        let file = "DescriptorType::RegularFile";
        assert_eq!(names, format!("mine {file}, theirs {file}"));
    });
}

#[test]
fn what_others_stored_meanwhile_is_found_where_it_was_missing_and_read_as_it_is_now() {
    let shared = Memory {
        is_shared: true,
        ..Memory::default()
    };
    let keeper = Arc::new(shared);
    let put = |path: &str, text: &str| {
        keeper
            .stored()
            .insert(path.to_owned(), text.as_bytes().to_vec());
    };
    put("submits/one", "begun");
    put("submits/one-more", "begun");
    put("sessions/ours/asked", "words");
    let mut side = Side::on_records(&keeper);
    block_on(async {
        put("submits/one", "answered");
        put("sessions/theirs/asked", "words");
        let read = |path: &str| Op::Read(path.to_owned());
        let bytes = |text: &str| format!("{:?}", text.as_bytes());
        assert!(
            side.perform(&read("submits/one"))
                .await
                .contains(&bytes("answered"))
        );
        assert!(
            side.perform(&read("submits/one-more"))
                .await
                .contains(&bytes("begun"))
        );
        let names = side.perform(&Op::List("sessions/theirs".to_owned())).await;
        assert!(names.starts_with("asked "), "{names}");
        keeper.stored().remove("submits/one");
        assert!(
            side.perform(&read("submits/one"))
                .await
                .contains("no-entry")
        );
        assert!(
            side.perform(&read("submits/one-more"))
                .await
                .contains(&bytes("begun"))
        );
    });
}

#[test]
fn a_call_whose_records_are_lost_is_stopped_by_its_next_sync() {
    let keeper = Arc::new(Memory::default());
    let mut side = Side::on_records(&keeper);
    block_on(async {
        side.perform(&write("a", "1")).await;
        keeper.is_lost.store(true, Ordering::Relaxed);
        let error = side.attempt(&Op::Sync("a".to_owned())).await.unwrap_err();
        assert!(
            error.downcast().is_err(),
            "no code that the guest could go on from"
        );
    });
    assert_eq!(side.stopped.limit(), Some(LimitHit::Lease));
    assert!(keeper.stored().is_empty());
}

#[test]
fn a_record_is_no_longer_than_one_may_be() {
    let keeper = Arc::new(Memory::default());
    let mut side = Side::on_records(&keeper);
    block_on(async {
        side.perform(&write("a", "1")).await;
        let far = Op::WriteAt("a".to_owned(), RECORD_BYTES as u64);
        let error = side.attempt(&far).await.unwrap_err();
        assert_eq!(error.downcast().unwrap(), ErrorCode::FileTooLarge);
        assert_eq!(
            side.perform(&Op::Stat("a".to_owned())).await,
            "DescriptorType::RegularFile 1 1"
        );
    });
}
