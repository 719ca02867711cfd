//! The fleet on a real PostgreSQL, with the real component and the fakes. By name only (`cargo test -p fleet --test
//! fleet`): they need a server and take minutes. Where there is none they say so and pass; `.ci/run fleet` installs one and sets
//! `LIBTV_FLEET_REQUIRED`, with which they fail instead.

#![allow(clippy::unwrap_used, reason = "a test that can't go on says where")]

mod barriers;
mod chaos;
mod crash;
mod deploy;
mod kills;
mod leases;
mod moved;
mod outage;
mod passage;
mod path;
mod pictures;
mod postgres;
mod proxy;
mod rig;
mod running;
mod tenants;

/// What the runs of `tests/it/crash` ask of the tests that they stand in.
mod env {
    pub fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(future)
    }
}

/// The same.
mod delivery {
    /// How a message is sent.
    pub const MESSAGES: &str = "POST /open-apis/im/v1/messages";
}
