//! The tick by which a running guest is interrupted. It goes on only while a call runs: a timer that waits for its next
//! session leaves the processor alone.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wasmtime::{Engine, EngineWeak};

/// How often a running guest looks up: an endless loop is noticed, and others get their turn, within this time.
const TICK: Duration = Duration::from_millis(10);

/// Advances the engine's epoch while calls run, on a thread of its own.
pub(super) struct Ticker(Arc<Shared>);

/// What calls and the thread have in common.
#[derive(Default)]
struct Shared {
    /// Held for a few instructions at a time, never while the thread sleeps.
    state: Mutex<State>,
    /// Wakes the thread: a first call, or the end.
    changed: Condvar,
}

/// How many calls run, whether the thread was started, and whether it has to end.
#[derive(Default)]
struct State {
    /// Calls that run now. The thread sleeps while there are none.
    calls: usize,
    /// The thread is there; it starts with the first call, so that a program which only loads a component
    /// has none.
    started: bool,
    /// The ticker is gone: the thread ends.
    ended: bool,
}

/// A call that runs, until it is dropped.
pub struct Ticking(Arc<Shared>);

impl Ticker {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// Ticks for a call. The first one starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread; a guest would have no bounds.
    pub(super) fn tick(&self, engine: &Engine) -> io::Result<Ticking> {
        let mut state = self.0.lock();
        if !state.started {
            // Weak, so that the thread doesn't keep an engine and its pool alive that everybody else has
            // let go of.
            let (shared, engine) = (Arc::clone(&self.0), engine.weak());
            std::thread::Builder::new()
                .name("sandbox-epoch".to_owned())
                .spawn(move || shared.run(&engine))?;
            state.started = true;
        }
        state.calls += 1;
        if state.calls == 1 {
            self.0.changed.notify_one();
        }
        Ok(Ticking(Arc::clone(&self.0)))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread's loop: it sleeps while no call runs, and ends with the ticker or with the engine.
    fn run(&self, engine: &EngineWeak) {
        loop {
            let waiting = self
                .changed
                .wait_while(self.lock(), |state| state.calls == 0 && !state.ended);
            if waiting.unwrap_or_else(PoisonError::into_inner).ended {
                return;
            }
            // Without the lock: calls begin and end meanwhile. A call that begins now gets its first tick a
            // little early.
            std::thread::sleep(TICK);
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => return,
            }
        }
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.0.lock().calls -= 1;
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tick_goes_on_while_a_call_runs_and_only_then() {
        let (ticker, engine) = (Ticker::new(), Engine::default());
        let (first, second) = (ticker.tick(&engine).unwrap(), ticker.tick(&engine).unwrap());
        assert_eq!(ticker.0.lock().calls, 2);
        drop(first);
        assert_eq!(ticker.0.lock().calls, 1);
        drop(second);
        assert_eq!(ticker.0.lock().calls, 0);
    }
}
