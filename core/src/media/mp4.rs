//! The duration of an MP4.

/// What the probe wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeStep {
    /// Read these bytes.
    Need {
        /// From here.
        offset: u64,
        /// This many.
        len: u64,
    },
    /// Found (milliseconds), or not to be found.
    Done(Option<u64>),
}

/// Looks for the duration.
#[derive(Debug, Clone)]
pub struct DurationProbe {
    total: u64,
}

impl DurationProbe {
    /// A probe of a file of this length.
    #[must_use]
    pub fn new(total_len: u64) -> Self {
        Self { total: total_len }
    }
    /// What to read first.
    #[must_use]
    pub fn first(&self) -> ProbeStep {
        ProbeStep::Need {
            offset: 0,
            len: self.total.min(65536),
        }
    }
    /// Takes what was read.
    pub fn feed(&mut self, _offset: u64, _bytes: &[u8]) -> ProbeStep {
        ProbeStep::Done(None)
    }
}
