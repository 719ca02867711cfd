//! Steps that use exactly so much of one thing: `exactly 7 requests`. For tests of the limits, at and beyond each.

use wasip2::clocks::monotonic_clock::{now, subscribe_duration};

use crate::wasi::{self, Ask};
use crate::{Attempt, step};

/// The step of a session of that name; none when it has another name.
pub fn attempt(session_id: &str) -> Option<Attempt> {
    let (count, what) = session_id.strip_prefix("exactly ")?.split_once(' ')?;
    let done = uses(count.parse().ok()?, what);
    Some(done.map(|()| step(session_id, Vec::new())))
}

fn uses(count: u64, what: &str) -> Result<(), String> {
    match what {
        "pages of memory" => memory(count),
        "ms of work" => {
            let end = now() + count * 1_000_000;
            while now() < end {}
            Ok(())
        }
        "ms of waiting" => {
            subscribe_duration(count * 1_000_000).block();
            Ok(())
        }
        "timers" => {
            let timers: Vec<_> = (0..count).map(|n| subscribe_duration(n << 40)).collect();
            drop(timers);
            Ok(())
        }
        "requests" => {
            for _ in 0..count {
                Ask::gateway("/api/v1/tasks").send().map(drop)?;
            }
            Ok(())
        }
        "requests at once" => {
            let all: Result<Vec<_>, _> = (0..count)
                .map(|_| Ask::gateway("/api/v1/tasks").start())
                .collect();
            all.map(drop)
        }
        "bytes sent" => send(count),
        "bytes received" => {
            let answer = Ask::gateway(&format!("/api/v1/tasks/bytes-{count}")).send()?;
            wasi::drain(answer).map(drop)
        }
        "bytes received in two halves" => {
            for half in [count / 2, count - count / 2] {
                let answer = Ask::gateway(&format!("/api/v1/tasks/bytes-{half}")).send()?;
                wasi::drain(answer)?;
            }
            Ok(())
        }
        "headers received" => {
            let path = format!("/api/v1/tasks/headers-{count}");
            let answer = Ask::gateway(&path).send()?;
            match answer.headers().entries().len() as u64 {
                got if got == count => Ok(()),
                got => Err(format!("{got} headers")),
            }
        }
        "bytes of headers received" => {
            let path = format!("/api/v1/tasks/head-{count}");
            Ask::gateway(&path).send().map(drop)
        }
        "bytes of errors printed" => {
            use std::io::Write;
            let line = vec![b'x'; usize::try_from(count).unwrap_or(0)];
            std::io::stderr()
                .write_all(&line)
                .map_err(|e| e.to_string())
        }
        other => Err(format!("nothing is known of {other}")),
    }
}

/// Grows the memory to so many pages, as no allocator would.
fn memory(pages: u64) -> Result<(), String> {
    #[cfg(target_arch = "wasm32")]
    {
        let pages = usize::try_from(pages).unwrap_or(usize::MAX);
        let more = pages.saturating_sub(core::arch::wasm32::memory_size(0));
        if core::arch::wasm32::memory_grow(0, more) == usize::MAX {
            return Err("no more memory".to_owned());
        }
    }
    #[cfg(not(target_arch = "wasm32"))]
    let _ = pages;
    Ok(())
}

fn send(bytes: u64) -> Result<(), String> {
    let content = vec![0; usize::try_from(bytes).unwrap_or(0)];
    Ask::gateway("/libtv/v1/session")
        .header("content-type", "application/json")
        .post(&content)
        .map(drop)
}
