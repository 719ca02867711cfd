//! The memory that the answers of calls at the same time may take together: those that may be long come one after the
//! other, [`LISTS`] at once. Whoever comes later waits; nobody is refused. Not here: how long one answer may be, which is the
//! harness's (`host::limits`), and how many calls there may be (`server.rs`).

use std::future::Future;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::limits::LISTS;
use crate::tools::Tool;

/// Of the whole process: so is its memory.
static TURNS: Semaphore = Semaphore::const_new(LISTS);

/// May be held while there is an answer that may be long.
pub(crate) struct Turn {
    _permit: Option<SemaphorePermit<'static>>,
}

/// Waits until there is memory for one more long answer.
pub(crate) async fn turn() -> Turn {
    // It is never closed.
    Turn {
        _permit: TURNS.acquire().await.ok(),
    }
}

/// Does a tool's work, in its turn where it answers with lists. One that is waited with takes a turn for each of its looks.
pub(crate) async fn in_turn<T>(tool: Tool, work: impl Future<Output = T>) -> T {
    let _turn = if tool.lists() {
        Some(turn().await)
    } else {
        None
    };
    work.await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::*;

    /// The most of `calls` that worked at the same time.
    async fn most_at_once(tool: Tool, calls: usize) -> usize {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(0)));
        let work = |now: Arc<AtomicUsize>, most: Arc<Mutex<usize>>| async move {
            let count = now.fetch_add(1, Ordering::SeqCst) + 1;
            {
                let mut most = most.lock().unwrap();
                *most = count.max(*most);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
            now.fetch_sub(1, Ordering::SeqCst);
        };
        let calls: Vec<_> = (0..calls)
            .map(|_| tokio::spawn(in_turn(tool, work(now.clone(), most.clone()))))
            .collect();
        for call in calls {
            call.await.unwrap();
        }
        *most.lock().unwrap()
    }

    #[tokio::test]
    async fn long_answers_come_a_few_at_once_and_no_other_waits_for_them() {
        const CALLS: usize = crate::limits::CALLS;
        assert_eq!(most_at_once(Tool::QuerySession, CALLS).await, LISTS);
        let held = [turn().await, turn().await, turn().await, turn().await];
        assert_eq!(held.len(), LISTS);
        assert_eq!(most_at_once(Tool::CreateSession, CALLS).await, CALLS);
        let waits = tokio::time::timeout(Duration::from_millis(20), turn()).await;
        assert!(waits.is_err(), "a turn more than there are");
    }
}
