//! Numbers at a place in a slice; `None` where the slice ends too early.

/// The `N` bytes from `at` on.
fn chunk<const N: usize>(data: &[u8], at: usize) -> Option<[u8; N]> {
    data.get(at..)?.first_chunk().copied()
}

/// Two bytes, the high one first, as JPEG and TIFF of the kind `MM` write a number.
pub fn be16(data: &[u8], at: usize) -> Option<u32> {
    chunk(data, at).map(|bytes| u32::from(u16::from_be_bytes(bytes)))
}

/// Two bytes, the low one first, as GIF, BMP and icons do.
pub fn le16(data: &[u8], at: usize) -> Option<u32> {
    chunk(data, at).map(|bytes| u32::from(u16::from_le_bytes(bytes)))
}

/// Four bytes, the high one first, as PNG and the boxes of an MP4 do.
pub fn be32(data: &[u8], at: usize) -> Option<u32> {
    chunk(data, at).map(u32::from_be_bytes)
}

/// Four bytes, the low one first, as WebP does.
pub fn le32(data: &[u8], at: usize) -> Option<u32> {
    chunk(data, at).map(u32::from_le_bytes)
}

/// Eight bytes, the high one first: lengths of large boxes and of long films.
pub fn be64(data: &[u8], at: usize) -> Option<u64> {
    chunk(data, at).map(u64::from_be_bytes)
}

/// The four characters at a place.
pub fn fourcc(data: &[u8], at: usize) -> Option<[u8; 4]> {
    chunk(data, at)
}

/// Whether the bytes stand anywhere in it; `needle` is not empty.
pub fn contains(data: &[u8], needle: &[u8]) -> bool {
    data.windows(needle.len()).any(|window| window == needle)
}
