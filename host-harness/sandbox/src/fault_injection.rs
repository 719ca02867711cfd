//! For tests of durability: stops the component before or after a chosen host call, as if its process had died there,
//! gives it a wall clock that is set by hand, and a file system that has no hard links or can't sync a folder. Behind the feature `fault-injection`, which no program has.
//! Not here: what to stop, and what must be true afterwards. That is the test's.
//!
//! A host call is every crossing from the component into the harness that wasmtime's call hook reports: imported
//! functions of WASI, dropped resources, and the runtime's own helpers (memory that grows).

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wasmtime::{CallHook, Store};
use wasmtime_wasi::{HostWallClock, WasiCtxBuilder};

/// The processor's budget can't be watched here: the tick that does it is a crossing too, at a time of its own, and host
/// calls could not be counted. The wall clock's limit stays.
const NO_TICK: u64 = u64::MAX / 2;

/// On which side of a host call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The call has not happened.
    Before,
    /// The call has happened; the component doesn't learn of it.
    After,
}

/// A place in the order of host calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopPoint {
    /// Which host call, from 1, counted over all component calls since [`Faults::arm`].
    pub host_call: u64,
    /// Where.
    pub side: Side,
}

impl fmt::Display for StopPoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Before => "before",
            Side::After => "after",
        };
        write!(formatter, "{side} host call {}", self.host_call)
    }
}

/// Where to stop, and how far the counting is.
#[derive(Debug, Default)]
struct Plan {
    stop: Option<StopPoint>,
    host_calls: u64,
    stopped: bool,
    /// Which component call made the last host call.
    caller: Option<u64>,
    /// Host calls behind which another component call went on.
    handed_over: Vec<u64>,
}

/// What is planned, and what came of it. Clones are the same one; harnesses that share it count together.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    plan: Mutex<Plan>,
    now_ms: AtomicU64,
    /// Whether hard links are refused, as on FAT; and how often one was.
    refuses_links: AtomicBool,
    refused_links: AtomicU64,
    /// Whether syncing a folder is refused, as on CIFS; and how often it was.
    refuses_folder_syncs: AtomicBool,
    refused_folder_syncs: AtomicU64,
    /// Numbers the component's calls, to tell whose host call it is.
    component_calls: AtomicU64,
}

impl Faults {
    /// Nothing is stopped; the component's clock stands at `now_ms` (milliseconds since 1970).
    pub fn new(now_ms: u64) -> Self {
        let faults = Self::default();
        faults.set_now_ms(now_ms);
        faults
    }

    /// Counts from 0 again, and stops the one component call that comes to this point; `None` only counts.
    pub fn arm(&self, stop: Option<StopPoint>) {
        *self.plan() = Plan {
            stop,
            ..Plan::default()
        };
    }

    /// Host calls since [`arm`](Self::arm).
    pub fn host_calls(&self) -> u64 {
        self.plan().host_calls
    }

    /// Host calls since [`arm`](Self::arm) that weren't followed by one of the same component call, in order. Behind every other
    /// one nothing happens until the next: what is left when it stops after the one is what is left when it stops before
    /// the other.
    pub fn last_host_calls(&self) -> Vec<u64> {
        let plan = self.plan();
        let mut last = plan.handed_over.clone();
        last.extend((plan.host_calls > 0).then_some(plan.host_calls));
        last
    }

    /// Whether the point was come to. The component call that was stopped there ended with
    /// a trap.
    pub fn has_stopped(&self) -> bool {
        self.plan().stopped
    }

    /// Sets the wall clock that the component sees. Time-outs of requests go by the machine's.
    pub fn set_now_ms(&self, now_ms: u64) {
        self.0.now_ms.store(now_ms, Ordering::SeqCst);
    }

    /// What it shows.
    pub fn now_ms(&self) -> u64 {
        self.0.now_ms.load(Ordering::SeqCst)
    }

    /// Whether the component finds itself on a file system without hard links.
    pub fn refuse_links(&self, refuses: bool) {
        self.0.refuses_links.store(refuses, Ordering::SeqCst);
    }

    /// How often a hard link was refused.
    pub fn refused_links(&self) -> u64 {
        self.0.refused_links.load(Ordering::SeqCst)
    }

    /// Whether a hard link is refused, which is counted.
    pub fn refuses_link(&self) -> bool {
        let refuses = self.0.refuses_links.load(Ordering::SeqCst);
        self.0
            .refused_links
            .fetch_add(u64::from(refuses), Ordering::SeqCst);
        refuses
    }

    /// Whether the component finds itself on a file system that can't sync a folder.
    pub fn refuse_folder_syncs(&self, refuses: bool) {
        self.0.refuses_folder_syncs.store(refuses, Ordering::SeqCst);
    }

    /// How often the sync of a folder was refused.
    pub fn refused_folder_syncs(&self) -> u64 {
        self.0.refused_folder_syncs.load(Ordering::SeqCst)
    }

    /// Whether the sync of a folder is refused, which is counted.
    pub fn refuses_folder_sync(&self) -> bool {
        let refuses = self.0.refuses_folder_syncs.load(Ordering::SeqCst);
        self.0
            .refused_folder_syncs
            .fetch_add(u64::from(refuses), Ordering::SeqCst);
        refuses
    }

    /// Gives the instances of `wasi` the clock that is set by hand.
    pub fn set_clock(&self, wasi: &mut WasiCtxBuilder) {
        wasi.wall_clock(Clock(self.clone()));
    }

    /// Counts the host calls of this store, and stops it where that is planned.
    pub fn hook<T>(&self, store: &mut Store<T>) {
        store.set_epoch_deadline(NO_TICK);
        let faults = self.clone();
        let caller = self.0.component_calls.fetch_add(1, Ordering::SeqCst);
        // A host call may call the component back, which may call the host again.
        let mut open = Vec::new();
        store.call_hook(move |_, crossing| {
            let reached = match crossing {
                CallHook::CallingHost => {
                    let reached = faults.enter(caller, &mut open);
                    // A call that doesn't happen isn't returned from.
                    if reached {
                        open.pop();
                    }
                    reached
                }
                CallHook::ReturningFromHost => faults.leave(&mut open),
                CallHook::CallingWasm | CallHook::ReturningFromWasm => false,
            };
            if reached {
                return Err(wasmtime::Error::msg("stopped by fault injection"));
            }
            Ok(())
        });
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        // Counters are whole whoever panicked.
        self.0.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, caller: u64, open: &mut Vec<u64>) -> bool {
        let mut plan = self.plan();
        let before = plan.caller.replace(caller);
        if before.is_some_and(|before| before != caller) {
            let last = plan.host_calls;
            plan.handed_over.push(last);
        }
        plan.host_calls += 1;
        let host_call = plan.host_calls;
        open.push(host_call);
        plan.comes_to(host_call, Side::Before)
    }

    fn leave(&self, open: &mut Vec<u64>) -> bool {
        open.pop()
            .is_some_and(|host_call| self.plan().comes_to(host_call, Side::After))
    }
}

impl Plan {
    /// Whether this is the point. True once only: a harness that tries again afterwards is not stopped
    /// again.
    fn comes_to(&mut self, host_call: u64, side: Side) -> bool {
        let reached = !self.stopped && self.stop == Some(StopPoint { host_call, side });
        self.stopped |= reached;
        reached
    }
}

struct Clock(Faults);

impl HostWallClock for Clock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        Duration::from_millis(self.0.now_ms())
    }
}
