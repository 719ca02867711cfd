//! A procedure of the core that stops at every effect, for worlds in which several run at once and each may end anywhere: a
//! stackful coroutine, since the procedures are plain functions.
//!
//! Not here: what an effect does, and whose turn it is.

use std::cell::Cell;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use libtv_video_core::io::{Driver, Effect, Io, Outcome, UnixMs};

/// What a procedure is resumed with: the outcome of its effect, and the time. The first time there is no outcome.
type Resumed = (Option<Outcome>, UnixMs);

/// More than a procedure of the core ever needs, unoptimised too.
const STACK_BYTES: usize = 1 << 20;

thread_local! {
    /// Stacks of procedures that have ended: the simulation starts millions, and a fresh one costs system calls.
    static STACKS: Cell<Vec<DefaultStack>> = const { Cell::new(Vec::new()) };
}

/// A procedure under way. Dropped before its end, it ends where it stands, as in a crash: what it would have done next isn't
/// done.
pub struct Task<T> {
    // None only while it is dropped.
    coroutine: Option<Coroutine<Resumed, Effect, T>>,
}

/// Where a task stopped.
#[allow(clippy::large_enum_variant, reason = "handed over once, never kept")]
pub enum Step<T> {
    /// It wants this done, and then to be resumed.
    Do(Effect),
    /// It has ended.
    End(T),
}

impl<T: 'static> Task<T> {
    /// Prepares a procedure; `seed` is 32 bytes that no other task gets.
    pub fn new(seed: [u8; 32], procedure: impl FnOnce(&Io) -> T + 'static) -> Self {
        let stack = STACKS.with(|stacks| {
            let mut all = stacks.take();
            let stack = all.pop();
            stacks.set(all);
            stack
        });
        let stack = stack.unwrap_or_else(|| {
            DefaultStack::new(STACK_BYTES)
                .unwrap_or_else(|error| panic!("no memory for a task: {error}"))
        });
        let coroutine =
            Coroutine::with_stack(stack, move |yielder: &Yielder<_, _>, (_, now_ms)| {
                let now_ms = Cell::new(now_ms);
                procedure(&Io::new(&Stopping { yielder, now_ms }, seed))
            });
        Self {
            coroutine: Some(coroutine),
        }
    }

    /// Goes on to the next effect or to the end. The first call has no outcome.
    pub fn resume(&mut self, outcome: Option<Outcome>, now_ms: UnixMs) -> Step<T> {
        let coroutine = self.coroutine.as_mut().expect("it isn't dropped yet");
        match coroutine.resume((outcome, now_ms)) {
            CoroutineResult::Yield(effect) => Step::Do(effect),
            CoroutineResult::Return(value) => Step::End(value),
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        let Some(mut coroutine) = self.coroutine.take() else {
            return;
        };
        // What it holds is dropped, and nothing else of it runs.
        coroutine.force_unwind();
        STACKS.with(|stacks| {
            let mut all = stacks.take();
            all.push(coroutine.into_stack());
            stacks.set(all);
        });
    }
}

/// A driver that gives each effect to whoever resumes the task.
struct Stopping<'a> {
    yielder: &'a Yielder<Resumed, Effect>,
    now_ms: Cell<UnixMs>,
}

impl Driver for Stopping<'_> {
    fn perform(&self, effect: Effect) -> Outcome {
        let (outcome, now_ms) = self.yielder.suspend(effect);
        self.now_ms.set(now_ms);
        outcome.expect("a task is resumed with the outcome of its effect")
    }

    fn now_ms(&self) -> UnixMs {
        self.now_ms.get()
    }
}
