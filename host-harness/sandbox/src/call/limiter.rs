//! Memory, tables and instances of one store, and the most it had.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmtime::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};

use crate::error::LimitHit;
use crate::limits::{INSTANCES, MEMORIES, MEMORY_BYTES, TABLE_ELEMENTS, TABLES};
use crate::stopped::Stopped;

/// The most linear memory an instance had.
#[derive(Default)]
pub(super) struct Peak(AtomicUsize);

impl Peak {
    pub(super) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// wasmtime's own limits, and a note of the one that was hit: wasmtime itself says only that growth was
/// refused.
pub(super) struct Limiter {
    limits: StoreLimits,
    /// The most linear memory, in bytes: kept here too, to tell a hit limit from a module's own maximum.
    memory_bytes: usize,
    peak: Arc<Peak>,
    stopped: Arc<Stopped>,
}

impl Limiter {
    pub(super) fn new(memory_bytes: usize, peak: Arc<Peak>, stopped: Arc<Stopped>) -> Self {
        // The slots of the pooling allocator are of that size: a larger limit could not be kept.
        let memory_bytes = memory_bytes.min(MEMORY_BYTES);
        let limits = StoreLimitsBuilder::new()
            .memory_size(memory_bytes)
            .table_elements(TABLE_ELEMENTS)
            .instances(INSTANCES)
            .tables(TABLES)
            .memories(MEMORIES)
            .build();
        Self {
            limits,
            memory_bytes,
            peak,
            stopped,
        }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let allowed = self.limits.memory_growing(current, desired, maximum)?;
        if allowed {
            // Relaxed: it is a figure that is read after the call, and no other data depends on it.
            self.peak.0.fetch_max(desired, Ordering::Relaxed);
        } else if desired > self.memory_bytes {
            self.stopped.at(LimitHit::Memory(self.memory_bytes));
        }
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let allowed = self.limits.table_growing(current, desired, maximum)?;
        if !allowed && desired > TABLE_ELEMENTS {
            self.stopped.at(LimitHit::Table(TABLE_ELEMENTS));
        }
        Ok(allowed)
    }

    fn instances(&self) -> usize {
        self.limits.instances()
    }

    fn tables(&self) -> usize {
        self.limits.tables()
    }

    fn memories(&self) -> usize {
        self.limits.memories()
    }
}
