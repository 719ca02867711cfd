//! Bytes that are made when they are read: a 200 MB file costs a few hundred bytes of memory.

use bytes::Bytes;
use ring::digest;
use std::sync::LazyLock;

/// What a generator hands out at most at a time: large enough to be fast, small enough not to matter.
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;

/// Reproducible noise, so that no layer can compress or deduplicate it away.
static NOISE: LazyLock<Bytes> = LazyLock::new(|| {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..CHUNK_BYTES)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect()
});

#[derive(Clone, Debug)]
enum Segment {
    Bytes(Bytes),
    Noise(u64),
}

impl Segment {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Noise(len) => *len,
        }
    }
}

/// A sequence of given bytes and noise.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blob(Vec<Segment>);

impl Blob {
    pub(crate) fn then(mut self, bytes: impl Into<Bytes>) -> Self {
        self.0.push(Segment::Bytes(bytes.into()));
        self
    }

    pub(crate) fn then_noise(mut self, len: u64) -> Self {
        self.0.push(Segment::Noise(len));
        self
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.iter().map(Segment::len).sum()
    }

    /// At most [`CHUNK_BYTES`] from `at` on, fewer at the end of a segment, none at the end.
    pub(crate) fn chunk(&self, mut at: u64, end: u64) -> Bytes {
        let most = usize::try_from(end.saturating_sub(at))
            .unwrap_or(CHUNK_BYTES)
            .min(CHUNK_BYTES);
        for segment in &self.0 {
            if at >= segment.len() {
                at -= segment.len();
                continue;
            }
            let left = usize::try_from(segment.len() - at)
                .unwrap_or(usize::MAX)
                .min(most);
            return match segment {
                Segment::Bytes(bytes) => bytes.slice(at as usize..at as usize + left),
                Segment::Noise(_) => {
                    let start = (at % CHUNK_BYTES as u64) as usize;
                    NOISE.slice(start..(start + left).min(CHUNK_BYTES))
                }
            };
        }
        Bytes::new()
    }

    /// The chunks in order.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = Bytes> {
        let (mut at, end) = (0, self.len());
        std::iter::from_fn(move || {
            let chunk = self.chunk(at, end);
            at += chunk.len() as u64;
            (!chunk.is_empty()).then_some(chunk)
        })
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self::default().then(bytes)
    }
}

/// SHA-256 as it goes. From ring, which TLS brings along and which is fast in debug builds too.
pub(crate) struct Sha256(digest::Context);

impl Sha256 {
    pub(crate) fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// In lower-case hexadecimal.
    pub(crate) fn finish(self) -> String {
        self.0
            .finish()
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_read_at_any_offset_are_the_same_bytes() {
        let blob = Blob::from(vec![1, 2, 3])
            .then_noise(200_000)
            .then(vec![9; 10]);
        let whole: Vec<u8> = blob.chunks().flatten().collect();
        assert_eq!(whole.len() as u64, blob.len());
        for at in [0, 2, 3, 65_000, 65_539, 131_075, 200_001, 200_010] {
            let chunk = blob.chunk(at as u64, blob.len());
            assert_eq!(&whole[at..at + chunk.len()], &chunk[..], "at {at}");
        }
    }
}
