//! What a client encrypts and encodes, undone: AES-128 in single blocks with the padding of PKCS #7, MD5, hexadecimal, base64.

use aes::Aes128;
use aes::cipher::{Array, BlockCipherDecrypt, KeyInit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

/// The bytes that were encrypted; none where they can't have been by this key.
pub(super) fn opened(key: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let cipher = Aes128::new_from_slice(&unhex(key)?).ok()?;
    let mut bytes = sealed.to_vec();
    let (blocks, rest) = Array::slice_as_chunks_mut(&mut bytes);
    if !rest.is_empty() || blocks.is_empty() {
        return None;
    }
    cipher.decrypt_blocks(blocks);
    let padding = usize::from(*bytes.last()?);
    let len = bytes.len().checked_sub(padding)?;
    let is_padding =
        (1..=16).contains(&padding) && bytes[len..].iter().all(|b| usize::from(*b) == padding);
    bytes.truncate(len);
    is_padding.then_some(bytes)
}

/// In lower-case hexadecimal.
pub(super) fn md5(bytes: &[u8]) -> String {
    let digest = Md5::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Sixteen bytes in lower-case hexadecimal.
pub(super) fn is_hex(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 32 && text.bytes().all(is_digit)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = is_hex(text).then(|| (0..text.len()).step_by(2))?;
    pairs
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

/// The text that is written as base64.
pub(super) fn unbase64(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}
