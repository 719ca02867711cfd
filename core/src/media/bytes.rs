//! Numbers at a place in a slice; `None` where the slice ends too early.

fn chunk<const N: usize>(data: &[u8], at: usize) -> Option<[u8; N]> {
    data.get(at..)?.first_chunk().copied()
}

pub fn be16(data: &[u8], at: usize) -> Option<u32> {
    chunk(data, at).map(|bytes| u32::from(u16::from_be_bytes(bytes)))
}

pub fn le16(data: &[u8], at: usize) -> Option<u32> {
    chunk(data, at).map(|bytes| u32::from(u16::from_le_bytes(bytes)))
}

pub fn be32(data: &[u8], at: usize) -> Option<u32> {
    chunk(data, at).map(u32::from_be_bytes)
}

pub fn le32(data: &[u8], at: usize) -> Option<u32> {
    chunk(data, at).map(u32::from_le_bytes)
}

pub fn be64(data: &[u8], at: usize) -> Option<u64> {
    chunk(data, at).map(u64::from_be_bytes)
}

/// The four characters at a place.
pub fn fourcc(data: &[u8], at: usize) -> Option<[u8; 4]> {
    chunk(data, at)
}

pub fn contains(data: &[u8], needle: &[u8]) -> bool {
    data.windows(needle.len()).any(|window| window == needle)
}
