//! One call in the sandbox: a fresh store and instance with its grants and limits, run until it answers or is stopped.
//! Not here: what is granted to which call.
//!
//! | bound | is counted by | and ends the call by |
//! |---|---|---|
//! | memory, tables | `limiter.rs`, when they grow | [`Stopped`] |
//! | time on the processor | `meter.rs`, at each tick of the clock (`engine/ticker.rs`) | [`Stopped`], and an interrupt |
//! | wall time | a timer beside the call | dropping it |
//! | requests and bytes out and in | `http/body.rs` | [`Stopped`] |
//! | output | `output.rs` | [`Stopped`] |
//! | files and bytes written, entries read | `files/room.rs`, `files/listing.rs` | [`Stopped`] |
//! | answers and arguments of host calls | wasmtime, as fuel | a trap |
//! | stack, open handles, header fields | wasmtime | a trap |

mod files;
mod limiter;
mod meter;
mod output;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::component::{ResourceTable, ResourceTableError};
use wasmtime::{Store, Trap, UpdateDeadline};
use wasmtime_wasi::cli::InputFile;
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{FieldMapError, WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::engine::{Machine, Ticking};
use crate::error::{LimitHit, RunError};

use crate::http::{CallMeter, Egress, Refusal};
use crate::limits::{FIELDS_BYTES, Limits, RANDOM_BYTES, STACK_BYTES};
use crate::stopped::Stopped;

use files::Folders;
pub use files::{
    Change, Keeper, Lost, RecordFolder, Records, Room, StateQuota, Use, add_to_linker,
};
use limiter::{Limiter, Peak};
pub use output::Output;
pub use output::OutputPipe;

use meter::{CpuMeter, Metered};
use output::Tail;

/// What one call used, for logs, figures and bills.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Usage {
    /// HTTP requests, refused ones included.
    pub requests: u32,
    /// Bytes of request bodies.
    pub sent_bytes: u64,
    /// Bytes of response bodies.
    pub received_bytes: u64,
    /// The most linear memory the instance had.
    pub peak_memory_bytes: usize,
    /// Time on the processor.
    pub cpu: Duration,
    /// Wall time.
    pub wall: Duration,
    /// Requests that were refused, the first sixteen.
    pub refusals: Vec<Refusal>,
}

/// A folder that a call may see.
pub struct Folder {
    /// Where it is.
    pub host: PathBuf,
    /// Where the guest sees it.
    pub guest: String,
    /// What may be written into it.
    pub purpose: Use,
}

/// What one call is given.
pub struct Grants {
    /// Variables with their values: none of the process's own come along.
    pub environment: Vec<(String, String)>,
    /// The command line, with the program's name.
    pub arguments: Vec<String>,
    /// The only folders that there are.
    pub folders: Vec<Folder>,
    /// The state folder, where it stands in no folder.
    pub records: Option<RecordFolder>,
    /// Of the state folder, over all calls.
    pub quota: Arc<StateQuota>,
    /// Standard input; empty without.
    pub stdin: Option<std::fs::File>,
    /// Where standard output goes.
    pub stdout: OutputPipe,
    /// Where standard error goes; its last line explains a trap.
    pub stderr: OutputPipe,
    /// The only way out.
    pub egress: Egress,
    /// Where a test stops it.
    #[cfg(feature = "fault-injection")]
    pub faults: Option<crate::fault_injection::Faults>,
}

/// The state behind one instance.
pub struct Guest {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    egress: Egress,
    table: ResourceTable,
    folders: Folders,
    limiter: Limiter,
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.egress,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

/// A store with its limits in force, ready for one instance.
pub struct Call {
    store: Store<Guest>,
    limits: Limits,
    signs: Signs,
    /// Keeps the clock running by which the guest is interrupted.
    ticking: Ticking,
}

/// What is read off a call from outside, also after its store is gone.
struct Signs {
    cpu: Arc<CpuMeter>,
    peak: Arc<Peak>,
    http: Arc<CallMeter>,
    stopped: Arc<Stopped>,
    stderr: Arc<Tail>,
}

impl Call {
    /// Makes the store; nothing runs yet.
    ///
    /// # Errors
    /// [`RunError`]: a folder can't be opened, or the system gives no thread.
    pub fn new(machine: &Machine, grants: Grants, limits: Limits) -> Result<Self, RunError> {
        let mut wasi = WasiCtx::builder();
        wasi.envs(&grants.environment).args(&grants.arguments);
        wasi.max_random_size(RANDOM_BYTES);
        // Local files answer at once; a thread for each call would cost more than it saves.
        wasi.allow_blocking_current_thread(true);
        for folder in &grants.folders {
            wasi.preopened_dir(&folder.host, &folder.guest, FsPerms::ReadWrite)
                .map_err(|error| RunError::Folder {
                    path: folder.host.clone(),
                    source: std::io::Error::other(format!("{error:#}")),
                })?;
        }
        if let Some(file) = grants.stdin {
            wasi.stdin(InputFile::new(file));
        }
        // One note for everything that counts: the first limit that is hit is the one that the call ends
        // with, whoever noticed it.
        let stopped = Arc::clone(&grants.egress.meter.stopped);
        let stderr = grants.stderr.tail();
        wasi.stdout(grants.stdout.bounded(limits.stdout_bytes, &stopped));
        wasi.stderr(grants.stderr.bounded(limits.stderr_bytes, &stopped));
        #[cfg(feature = "fault-injection")]
        if let Some(faults) = &grants.faults {
            faults.set_clock(&mut wasi);
        }

        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(FIELDS_BYTES);
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        let (meter, cpu) = (
            Arc::clone(&grants.egress.meter),
            Arc::new(CpuMeter::default()),
        );
        let peak = Arc::new(Peak::default());
        let limiter = Limiter::new(limits.memory_bytes, Arc::clone(&peak), Arc::clone(&stopped));
        let guest = Guest {
            wasi: wasi.build(),
            http,
            egress: grants.egress,
            table,
            folders: Folders::new(
                &grants.folders,
                grants.records,
                &limits,
                &grants.quota,
                &stopped,
            ),
            limiter,
        };

        let mut store = Store::new(machine.engine(), guest);
        store.limiter(|guest| &mut guest.limiter);
        // Counted while strings and lists are lifted: a list in a small memory can name the same megabyte
        // ten thousand times, and each is copied on this side, where the guest's memory limit doesn't
        // count.
        store.set_hostcall_fuel(limits.answer_bytes);
        // At each tick of the clock the guest returns to the executor: its time is compared with the limit,
        // and other calls on the same thread get their turn.
        store.set_epoch_deadline(1);
        let (used, allowed, mark) = (Arc::clone(&cpu), limits.cpu, Arc::clone(&stopped));
        store.epoch_deadline_callback(move |_| {
            if used.total() > allowed {
                mark.at(LimitHit::Cpu(allowed));
                return Ok(UpdateDeadline::Interrupt);
            }
            Ok(UpdateDeadline::Yield(1))
        });
        #[cfg(feature = "fault-injection")]
        if let Some(faults) = &grants.faults {
            faults.hook(&mut store);
            store.data_mut().folders.faults = Some(faults.clone());
        }
        let ticking = machine.tick().map_err(|error| {
            RunError::Trap(format!("there is no thread for its clock: {error}"))
        })?;
        Ok(Self {
            store,
            limits,
            ticking,
            signs: Signs {
                cpu,
                peak,
                http: meter,
                stopped,
                stderr,
            },
        })
    }

    /// Runs `work` with the store, within the limits, and says what it used, whatever came of it.
    ///
    /// # Errors
    /// [`RunError`]: a limit, or a trap. What the call did before it stays done.
    pub async fn run<T, Work>(
        self,
        work: impl FnOnce(Store<Guest>) -> Work,
    ) -> (Result<T, RunError>, Usage)
    where
        Work: Future<Output = wasmtime::Result<T>>,
    {
        let Self {
            store,
            limits,
            signs,
            ticking: _ticking,
        } = self;
        let begun = Instant::now();
        let work = std::pin::pin!(work(store));
        let work = Metered::new(work, Arc::clone(&signs.cpu));
        let ended = tokio::select! {
            // A limit comes first: the error that the guest made of a refusal would hide why it was
            // refused.
            biased;
            hit = signs.stopped.hit() => Err(RunError::Limit(hit)),
            () = tokio::time::sleep(limits.wall) => Err(RunError::Limit(LimitHit::Wall(limits.wall))),
            ended = work => ended.map_err(|error| signs.failure(&error, &limits)),
        };
        // It may have hit a limit in the very moment in which it ended.
        let result = match signs.stopped.limit() {
            Some(hit) => Err(RunError::Limit(hit)),
            None => ended,
        };
        let usage = Usage {
            requests: signs.http.requests(),
            sent_bytes: signs.http.sent(),
            received_bytes: signs.http.received(),
            peak_memory_bytes: signs.peak.bytes(),
            cpu: signs.cpu.total(),
            wall: begun.elapsed(),
            refusals: signs.http.refusals(),
        };
        (result, usage)
    }
}

impl Signs {
    /// What a call's end means: a limit where one is behind it, else a trap with what the guest last said.
    fn failure(&self, error: &wasmtime::Error, limits: &Limits) -> RunError {
        if let Some(hit) = limit_behind(error, limits) {
            return RunError::Limit(hit);
        }
        // A panic says where it happened on stderr; the trap itself says only "unreachable".
        let said = self.stderr.last_line();
        let trap = match error.downcast_ref::<Trap>() {
            Some(trap) => trap.to_string(),
            None => error.root_cause().to_string(),
        };
        RunError::Trap(if said.is_empty() {
            trap
        } else {
            format!("{trap} ({said})")
        })
    }
}

/// The limit, where it is wasmtime that keeps it and a trap that tells.
fn limit_behind(error: &wasmtime::Error, limits: &Limits) -> Option<LimitHit> {
    if let Some(Trap::StackOverflow) = error.downcast_ref() {
        return Some(LimitHit::Stack(STACK_BYTES));
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        return Some(LimitHit::Handles(limits.handles));
    }
    if let Some(FieldMapError::TotalSizeTooBig | FieldMapError::TooManyFields) =
        error.downcast_ref()
    {
        return Some(LimitHit::Fields(FIELDS_BYTES));
    }
    // A type of its own, but a private one: only its words tell.
    let copied = error.root_cause().to_string();
    copied
        .contains("fuel allocated for hostcalls")
        .then_some(LimitHit::Answer(limits.answer_bytes))
}

/// The exit code, when that is what ended the instance.
pub fn exit_code(error: &wasmtime::Error) -> Option<i32> {
    error.downcast_ref::<I32Exit>().map(|exit| exit.0)
}
