//! The engine's configuration, and the tick by which a running guest is interrupted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::error::StartError;
use crate::limits::{
    INSTANCES, LIVE_INSTANCES, MEMORIES, MEMORY_BYTES, STACK_BYTES, TABLE_ELEMENTS, TABLES,
};

/// How often a running guest looks up: an endless loop is noticed, and others get their turn, within this time.
const TICK: Duration = Duration::from_millis(10);

/// An engine that takes instances from a pool; on a machine where the pool's address space can't be had (32 bits,
/// `ulimit -v`), one that allocates each on demand.
pub(super) fn new() -> Result<Engine, StartError> {
    let mut config = base();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    Engine::new(&config)
        .or_else(|_| Engine::new(&base()))
        .map_err(|error| StartError::Engine(format!("{error:#}")))
}

/// An engine that compiles for any processor of this kind, not only for the one it runs on.
#[cfg(feature = "compiler")]
pub(super) fn for_shipping() -> Result<Engine, StartError> {
    let mut config = base();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    config
        .target(env!("LIBTV_TARGET"))
        .and_then(|config| Engine::new(config))
        .map_err(|error| StartError::Engine(format!("{error:#}")))
}

/// An engine that `tune` has had a say in. It allocates on demand: a pool would overrule what was said about memories.
#[cfg(feature = "compiler")]
pub(super) fn tuned(tune: impl FnOnce(&mut Config)) -> Result<Engine, StartError> {
    let mut config = base();
    tune(&mut config);
    Engine::new(&config).map_err(|error| StartError::Engine(format!("{error:#}")))
}

fn base() -> Config {
    let mut config = Config::new();
    // Epochs cost 30 % of parsing speed where fuel costs 50 %, and they let the wall clock and other steps in.
    config.epoch_interruption(true);
    config.max_wasm_stack(STACK_BYTES);
    // WASI 0.2 has no concurrency inside an instance.
    config.concurrency_support(false);
    // On sixteen threads the first run of all would take 120 MB instead of 61, to save a second once.
    #[cfg(feature = "compiler")]
    config.parallel_compilation(false);
    config
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    let per_store = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    pool.total_component_instances(LIVE_INSTANCES)
        .total_core_instances(LIVE_INSTANCES * 8)
        .total_memories(LIVE_INSTANCES)
        .total_tables(LIVE_INSTANCES * 4)
        .total_stacks(LIVE_INSTANCES)
        .max_memory_size(MEMORY_BYTES)
        .table_elements(TABLE_ELEMENTS)
        .max_core_instances_per_component(per_store(INSTANCES))
        .max_tables_per_component(per_store(TABLES))
        .max_memories_per_component(per_store(MEMORIES));
    pool
}

/// Advances the engine's epoch until it is dropped.
pub(super) struct Ticker {
    stop: Arc<AtomicBool>,
}

impl Ticker {
    pub(super) fn start(engine: &Engine) -> Result<Self, StartError> {
        let stop = Arc::new(AtomicBool::new(false));
        let (engine, stopped) = (engine.weak(), Arc::clone(&stop));
        let tick = move || {
            while !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(TICK);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        };
        std::thread::Builder::new()
            .name("libtv-epoch".to_owned())
            .spawn(tick)
            .map_err(|error| StartError::Engine(format!("no thread for the clock: {error}")))?;
        Ok(Self { stop })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
