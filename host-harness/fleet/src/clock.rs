//! The clock that says whether there is still time: it goes on while the machine sleeps, and nobody sets it. What is due, and
//! whose it is, the database's clock says; the two are never compared.

use std::time::Duration;

/// A moment on this machine since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(Duration);

impl Moment {
    /// Now.
    pub fn now() -> Self {
        #[cfg(target_os = "linux")]
        {
            // Not the monotonic clock: that stands still while a virtual machine is suspended, and its lease doesn't.
            let at = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
            let seconds = u64::try_from(at.tv_sec).unwrap_or_default();
            let nanos = u32::try_from(at.tv_nsec).unwrap_or_default();
            Self(Duration::new(seconds, nanos))
        }
        #[cfg(not(target_os = "linux"))]
        {
            use std::sync::OnceLock;
            use std::time::Instant;
            static START: OnceLock<Instant> = OnceLock::new();
            Self(START.get_or_init(Instant::now).elapsed())
        }
    }

    /// So much later.
    #[must_use]
    pub fn plus(self, time: Duration) -> Self {
        Self(self.0.saturating_add(time))
    }

    /// What is left until then; nothing where it has passed.
    pub fn left(self) -> Duration {
        self.0.saturating_sub(Self::now().0)
    }
}
