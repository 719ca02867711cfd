//! Each limit at the limit and one beyond: a step that uses exactly as much as it may is done, one that uses one more is
//! stopped, and told by which limit. What is stopped is a hostile component's step (`tests/hostile/src/measured.rs`).

use std::time::Duration;

use host_harness::{CallError, Harness, LimitHit, Limits, Submit, limits};

use crate::env::{TestEnv, block_on};
use crate::no_component::{Attack, OddServer};

const PAGE_BYTES: usize = 64 << 10;

/// One harness, with these limits, and a gateway that answers with as much as it is asked for.
struct Bounded {
    harness: Harness,
    _server: OddServer,
    _env: TestEnv,
}

impl Bounded {
    fn new(change: impl FnOnce(&mut Limits)) -> Self {
        let server = OddServer::start();
        let env = TestEnv::builder()
            .var("LIBTV_GATEWAY_URL", server.base())
            .start();
        let attack = Attack::in_env("panics", env).limits(change);
        Self {
            harness: attack.harness(),
            _server: server,
            _env: attack.env,
        }
    }

    fn uses(&self, count: u64, what: &str) -> Result<(), CallError> {
        let session = format!("exactly {count} {what}");
        if what == "bytes sent" {
            // A poll step has no route for so many.
            return block_on(self.harness.submit(Submit::message(session))).map(drop);
        }
        block_on(self.harness.poll(&session)).map(drop)
    }

    /// So many are done, one more is stopped at `limit`, and so many are done again.
    #[track_caller]
    fn ends_at(&self, count: u64, what: &str, limit: LimitHit) {
        for (count, allowed) in [(count, true), (count + 1, false), (count, true)] {
            match self.uses(count, what) {
                Ok(()) if allowed => {}
                Err(CallError::Limit(hit)) if !allowed => assert_eq!(hit, limit),
                other => panic!("{count} {what}: {other:?}"),
            }
        }
    }

    /// So many are done, one more is refused with this typed error.
    #[track_caller]
    fn is_refused_beyond(&self, count: u64, what: &str, error: &str) {
        self.uses(count, what).unwrap();
        match self.uses(count + 1, what) {
            Err(CallError::Problem(problem)) => {
                assert!(format!("{problem:?}").contains(error), "{problem:?}");
            }
            other => panic!("{} {what}: {other:?}", count + 1),
        }
        self.uses(count, what).unwrap();
    }
}

#[test]
fn memory_ends_at_its_last_page() {
    const PAGES: usize = 100;
    Bounded::new(|limits| limits.memory_bytes = PAGES * PAGE_BYTES).ends_at(
        PAGES as u64,
        "pages of memory",
        LimitHit::Memory(PAGES * PAGE_BYTES),
    );
}

#[test]
fn memory_ends_where_the_pool_does_whatever_is_granted() {
    Bounded::new(|limits| limits.memory_bytes = usize::MAX).ends_at(
        (limits::MEMORY_BYTES / PAGE_BYTES) as u64,
        "pages of memory",
        LimitHit::Memory(limits::MEMORY_BYTES),
    );
}

#[test]
fn requests_end_at_their_number_also_when_they_are_refused() {
    Bounded::new(|limits| limits.requests = 7).ends_at(7, "requests", LimitHit::Requests(7));
}

#[test]
fn requests_under_way_end_at_their_number() {
    Bounded::new(|limits| limits.open_requests = 3).ends_at(
        3,
        "requests at once",
        LimitHit::OpenRequests(3),
    );
}

#[test]
fn bytes_sent_end_at_their_number() {
    Bounded::new(|limits| limits.transfer_bytes = 100_000).ends_at(
        100_000,
        "bytes sent",
        LimitHit::Sent(100_000),
    );
}

#[test]
fn bytes_received_end_at_their_number_over_all_responses() {
    Bounded::new(|limits| limits.transfer_bytes = 100_000).ends_at(
        100_000,
        "bytes received in two halves",
        LimitHit::Received(100_000),
    );
}

#[test]
fn one_response_ends_at_its_size() {
    Bounded::new(|limits| limits.response_bytes = 100_000).ends_at(
        100_000,
        "bytes received",
        LimitHit::Response(100_000),
    );
}

#[test]
fn output_ends_at_its_last_byte() {
    Bounded::new(|limits| limits.stderr_bytes = 10_000).ends_at(
        10_000,
        "bytes of errors printed",
        LimitHit::Output(10_000),
    );
}

#[test]
fn headers_of_a_response_end_at_their_number() {
    Bounded::new(|_| {}).is_refused_beyond(
        limits::RESPONSE_HEADERS as u64,
        "headers received",
        "HttpResponseHeaderSectionSize",
    );
}

#[test]
fn headers_of_a_response_end_at_their_size() {
    Bounded::new(|_| {}).is_refused_beyond(
        limits::RESPONSE_HEADER_BYTES as u64,
        "bytes of headers received",
        "HttpResponseHeaderSectionSize",
    );
}

/// The component itself has a few, so the number is found. A timer is two: the clock's, and the one that is waited on.
#[test]
fn handles_end_at_their_number() {
    let most = |handles| {
        let bounded = Bounded::new(|limits| limits.handles = handles);
        let most = (0..handles as u64)
            .take_while(|timers| bounded.uses(*timers, "timers").is_ok())
            .last()
            .unwrap();
        bounded.ends_at(most, "timers", LimitHit::Handles(handles));
        most
    };
    assert_eq!(most(22), most(20) + 1);
}

#[test]
fn the_processor_is_taken_away_at_the_limit_and_not_before() {
    const CPU: Duration = Duration::from_secs(1);
    let bounded = Bounded::new(|limits| limits.cpu = CPU);
    bounded.uses(100, "ms of work").unwrap();
    let stopped = bounded.uses(60_000, "ms of work");
    assert!(
        matches!(stopped, Err(CallError::Limit(LimitHit::Cpu(CPU)))),
        "{stopped:?}"
    );
    // Waiting costs nothing of it.
    bounded.uses(1_500, "ms of waiting").unwrap();
}

#[test]
fn time_ends_at_the_limit_and_not_before_host_calls_included() {
    const WALL: Duration = Duration::from_secs(2);
    let bounded = Bounded::new(|limits| limits.wall = WALL);
    bounded.uses(100, "ms of waiting").unwrap();
    for what in ["ms of waiting", "ms of work"] {
        let stopped = bounded.uses(60_000, what);
        assert!(
            matches!(stopped, Err(CallError::Limit(LimitHit::Wall(WALL)))),
            "{what}: {stopped:?}"
        );
    }
}
